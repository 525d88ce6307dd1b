// Configuration tiny. Written by `statestream verilog`: edit its sources in hdl/src instead.

module statestream_counters (
    input wire clock,
    input wire clear,
    input wire beat,
    input wire pass,
    input wire done,
    input wire stall_epilogue,
    input wire stall_barrier,
    input wire stall_host,
    input wire crc_error,
    input wire clamped,
    input wire guess,
    input wire accept,
    input wire [4:0] select,
    output wire [15:0] value
);
    reg [5:0] latest$0$d;
    reg [5:0] latest$0$q;
    reg [5:0] latest$1$d;
    reg [5:0] latest$1$q;
    reg [5:0] latest$2$d;
    reg [5:0] latest$2$q;
    reg [5:0] latest$3$d;
    reg [5:0] latest$3$q;
    reg [5:0] latest$4$d;
    reg [5:0] latest$4$q;
    reg [5:0] latest$5$d;
    reg [5:0] latest$5$q;
    reg [5:0] latest$6$d;
    reg [5:0] latest$6$q;
    reg [5:0] latest$7$d;
    reg [5:0] latest$7$q;
    reg [5:0] latest$8$d;
    reg [5:0] latest$8$q;
    reg [5:0] latest$9$d;
    reg [5:0] latest$9$q;
    reg [5:0] latest$10$d;
    reg [5:0] latest$10$q;
    reg [5:0] latest$11$d;
    reg [5:0] latest$11$q;
    reg [5:0] latest$12$d;
    reg [5:0] latest$12$q;
    reg odd_beat$d;
    reg odd_beat$q;
    reg in_pass$d;
    reg in_pass$q;
    reg [3:0] at$d;
    reg [3:0] at$q;
    reg [1:0] step$d;
    reg [1:0] step$q;
    reg carry$d;
    reg carry$q;
    reg sweep$d;
    reg sweep$q;
    reg renew$d;
    reg renew$q;
    reg renew_beats$d;
    reg renew_beats$q;
    reg [4:0] sums$raddr;
    wire signed [15:0] sums$rdata;
    wire sums$we;
    wire signed [15:0] sums$wdata;
    wire signed [15:0] window$rdata;
    wire window$we;
    wire signed [15:0] window$wdata;
    wire happens$0;
    wire happens$2;
    wire happens$10;
    reg [5:0] some;
    wire anew;
    reg [15:0] word;
    wire [5:0] low;
    wire wrapped;
    reg [16:0] old;
    reg [16:0] addend;
    wire [16:0] sum;

    statestream_counters_unit sums (
        .clock(clock),
        .raddr(sums$raddr),
        .rdata(sums$rdata),
        .we(sums$we),
        .waddr(sums$raddr),
        .wdata(sums$wdata)
    );

    statestream_counters_unit window (
        .clock(clock),
        .raddr(select),
        .rdata(window$rdata),
        .we(window$we),
        .waddr(sums$raddr),
        .wdata(window$wdata)
    );

    always @(*) begin
        odd_beat$d = odd_beat$q;
        if (beat) begin
            odd_beat$d = ~odd_beat$q;
        end
        if (clear) begin
            odd_beat$d = 1'b0;
        end
    end

    always @(*) begin
        in_pass$d = in_pass$q;
        if (done) begin
            in_pass$d = 1'b0;
        end
        if (pass) begin
            in_pass$d = 1'b1;
        end
    end

    always @(*) begin
        at$d = at$q;
        step$d = step$q;
        sweep$d = sweep$q;
        renew$d = renew$q;
        renew_beats$d = renew_beats$q;
        step$d = step$q + 1;
        if (step$q == 3) begin
            at$d = at$q + 1;
            if (at$q == 9) begin
                renew$d = 1'b0;
            end
            if (at$q == 10) begin
                renew_beats$d = 1'b0;
            end
            if (at$q == 12) begin
                at$d = 0;
                sweep$d = 1'b0;
            end
        end
        if (pass) begin
            renew$d = 1'b1;
            renew_beats$d = 1'b1;
            step$d = 0;
        end
        if (clear) begin
            sweep$d = 1'b1;
            at$d = 0;
            step$d = 0;
        end
    end

    always @(*) begin
        carry$d = carry$q;
        if (step$q == 1) begin
            carry$d = sum[16];
        end
    end

    assign happens$0 = 1'b1;
    assign happens$2 = beat & odd_beat$q;
    assign happens$10 = in_pass$q & beat;

    always @(*) begin
        some = 0;
        if (at$q == 0) begin
            some = latest$0$q;
        end
        if (at$q == 1) begin
            some = latest$1$q;
        end
        if (at$q == 2) begin
            some = latest$2$q;
        end
        if (at$q == 3) begin
            some = latest$3$q;
        end
        if (at$q == 4) begin
            some = latest$4$q;
        end
        if (at$q == 5) begin
            some = latest$5$q;
        end
        if (at$q == 6) begin
            some = latest$6$q;
        end
        if (at$q == 7) begin
            some = latest$7$q;
        end
        if (at$q == 8) begin
            some = latest$8$q;
        end
        if (at$q == 9) begin
            some = latest$9$q;
        end
        if (at$q == 10) begin
            some = latest$10$q;
        end
        if (at$q == 11) begin
            some = latest$11$q;
        end
        if (at$q == 12) begin
            some = latest$12$q;
        end
    end

    always @(*) begin
        latest$0$d = latest$0$q;
        if (happens$0) begin
            latest$0$d = latest$0$q + 1;
        end
        if (clear) begin
            latest$0$d = 0;
        end
    end

    always @(*) begin
        latest$1$d = latest$1$q;
        if (beat) begin
            latest$1$d = latest$1$q + 1;
        end
        if (clear) begin
            latest$1$d = 0;
        end
    end

    always @(*) begin
        latest$2$d = latest$2$q;
        if (happens$2) begin
            latest$2$d = latest$2$q + 1;
        end
        if (clear) begin
            latest$2$d = 0;
        end
    end

    always @(*) begin
        latest$3$d = latest$3$q;
        if (pass) begin
            latest$3$d = latest$3$q + 1;
        end
        if (clear) begin
            latest$3$d = 0;
        end
    end

    always @(*) begin
        latest$4$d = latest$4$q;
        if (stall_epilogue) begin
            latest$4$d = latest$4$q + 1;
        end
        if (clear) begin
            latest$4$d = 0;
        end
    end

    always @(*) begin
        latest$5$d = latest$5$q;
        if (stall_barrier) begin
            latest$5$d = latest$5$q + 1;
        end
        if (clear) begin
            latest$5$d = 0;
        end
    end

    always @(*) begin
        latest$6$d = latest$6$q;
        if (stall_host) begin
            latest$6$d = latest$6$q + 1;
        end
        if (clear) begin
            latest$6$d = 0;
        end
    end

    always @(*) begin
        latest$7$d = latest$7$q;
        if (crc_error) begin
            latest$7$d = latest$7$q + 1;
        end
        if (clear) begin
            latest$7$d = 0;
        end
    end

    always @(*) begin
        latest$8$d = latest$8$q;
        if (clamped) begin
            latest$8$d = latest$8$q + 1;
        end
        if (clear) begin
            latest$8$d = 0;
        end
    end

    always @(*) begin
        latest$9$d = latest$9$q;
        if (in_pass$q) begin
            latest$9$d = latest$9$q + 1;
        end
        if (clear) begin
            latest$9$d = 0;
        end
        latest$10$d = latest$10$q;
        if (happens$10) begin
            latest$10$d = latest$10$q + 1;
        end
        if (clear) begin
            latest$10$d = 0;
        end
        if (pass) begin
            latest$9$d = 0;
            latest$10$d = 0;
        end
    end

    always @(*) begin
        latest$11$d = latest$11$q;
        if (guess) begin
            latest$11$d = latest$11$q + 1;
        end
        if (clear) begin
            latest$11$d = 0;
        end
    end

    always @(*) begin
        latest$12$d = latest$12$q;
        if (accept) begin
            latest$12$d = latest$12$q + 1;
        end
        if (clear) begin
            latest$12$d = 0;
        end
    end

    assign anew = sweep$q | (renew$q & (at$q == 9)) | (renew_beats$q & (at$q == 10));

    always @(*) begin
        word = sums$rdata[15:0];
        if (anew) begin
            word = 0;
        end
    end

    assign low = word[5:0];
    assign wrapped = some < low;

    always @(*) begin
        old = {1'h0, word};
        addend = 0;
        if (carry$q) begin
            addend = 1;
        end
        if (~step$q[1]) begin
            old = ({7'h0, word[15:6]} << 6) | {11'h0, some};
            addend = 0;
            if (wrapped) begin
                addend = 64;
            end
        end
    end

    assign sum = old + addend;

    always @(*) begin
        sums$raddr = ({1'h0, at$q} << 1) | 1;
        if (step$q[1]) begin
            sums$raddr = {1'h0, at$q} << 1;
        end
    end

    assign sums$we = step$q[0];
    assign sums$wdata = $signed(sum[15:0]);
    assign window$we = step$q[0] & (sums$raddr != select);
    assign window$wdata = $signed(sum[15:0]);
    assign value = window$rdata[15:0];

    initial latest$0$q = 6'b0;
    always @(posedge clock) latest$0$q <= latest$0$d;
    initial latest$1$q = 6'b0;
    always @(posedge clock) latest$1$q <= latest$1$d;
    initial latest$2$q = 6'b0;
    always @(posedge clock) latest$2$q <= latest$2$d;
    initial latest$3$q = 6'b0;
    always @(posedge clock) latest$3$q <= latest$3$d;
    initial latest$4$q = 6'b0;
    always @(posedge clock) latest$4$q <= latest$4$d;
    initial latest$5$q = 6'b0;
    always @(posedge clock) latest$5$q <= latest$5$d;
    initial latest$6$q = 6'b0;
    always @(posedge clock) latest$6$q <= latest$6$d;
    initial latest$7$q = 6'b0;
    always @(posedge clock) latest$7$q <= latest$7$d;
    initial latest$8$q = 6'b0;
    always @(posedge clock) latest$8$q <= latest$8$d;
    initial latest$9$q = 6'b0;
    always @(posedge clock) latest$9$q <= latest$9$d;
    initial latest$10$q = 6'b0;
    always @(posedge clock) latest$10$q <= latest$10$d;
    initial latest$11$q = 6'b0;
    always @(posedge clock) latest$11$q <= latest$11$d;
    initial latest$12$q = 6'b0;
    always @(posedge clock) latest$12$q <= latest$12$d;
    initial odd_beat$q = 1'b0;
    always @(posedge clock) odd_beat$q <= odd_beat$d;
    initial in_pass$q = 1'b0;
    always @(posedge clock) in_pass$q <= in_pass$d;
    initial at$q = 4'h0;
    always @(posedge clock) at$q <= at$d;
    initial step$q = 2'b0;
    always @(posedge clock) step$q <= step$d;
    initial carry$q = 1'b0;
    always @(posedge clock) carry$q <= carry$d;
    initial sweep$q = 1'b1;
    always @(posedge clock) sweep$q <= sweep$d;
    initial renew$q = 1'b0;
    always @(posedge clock) renew$q <= renew$d;
    initial renew_beats$q = 1'b0;
    always @(posedge clock) renew_beats$q <= renew_beats$d;
endmodule

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
    reg [5:0] collected$0$d;
    reg [5:0] collected$0$q;
    reg [5:0] collected$1$d;
    reg [5:0] collected$1$q;
    reg [5:0] collected$2$d;
    reg [5:0] collected$2$q;
    reg [5:0] collected$3$d;
    reg [5:0] collected$3$q;
    reg [5:0] collected$4$d;
    reg [5:0] collected$4$q;
    reg [5:0] collected$5$d;
    reg [5:0] collected$5$q;
    reg [5:0] collected$6$d;
    reg [5:0] collected$6$q;
    reg [5:0] collected$7$d;
    reg [5:0] collected$7$q;
    reg [5:0] collected$8$d;
    reg [5:0] collected$8$q;
    reg [5:0] collected$9$d;
    reg [5:0] collected$9$q;
    reg [5:0] collected$10$d;
    reg [5:0] collected$10$q;
    reg [5:0] collected$11$d;
    reg [5:0] collected$11$q;
    reg [5:0] collected$12$d;
    reg [5:0] collected$12$q;
    reg zeroed$0$d;
    reg zeroed$0$q;
    reg zeroed$1$d;
    reg zeroed$1$q;
    reg zeroed$2$d;
    reg zeroed$2$q;
    reg zeroed$3$d;
    reg zeroed$3$q;
    reg zeroed$4$d;
    reg zeroed$4$q;
    reg zeroed$5$d;
    reg zeroed$5$q;
    reg zeroed$6$d;
    reg zeroed$6$q;
    reg zeroed$7$d;
    reg zeroed$7$q;
    reg zeroed$8$d;
    reg zeroed$8$q;
    reg zeroed$9$d;
    reg zeroed$9$q;
    reg zeroed$10$d;
    reg zeroed$10$q;
    reg zeroed$11$d;
    reg zeroed$11$q;
    reg zeroed$12$d;
    reg zeroed$12$q;
    reg odd_beat$d;
    reg odd_beat$q;
    reg in_pass$d;
    reg in_pass$q;
    reg [3:0] at$d;
    reg [3:0] at$q;
    wire [1:0] step$d;
    reg [1:0] step$q;
    reg carry$d;
    reg carry$q;
    reg afresh$d;
    reg afresh$q;
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
    reg anew;
    reg [15:0] word;
    reg [5:0] addend;
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
        if (step$q == 3) begin
            at$d = at$q + 1;
            if (at$q == 12) begin
                at$d = 0;
            end
        end
    end

    assign step$d = step$q + 1;

    always @(*) begin
        carry$d = carry$q;
        afresh$d = afresh$q;
        if (step$q == 1) begin
            afresh$d = anew;
            carry$d = sum[16];
        end
    end

    assign happens$0 = 1'b1;
    assign happens$2 = beat & odd_beat$q;
    assign happens$10 = in_pass$q & beat;

    always @(*) begin
        some = 0;
        anew = 1'b0;
        zeroed$0$d = zeroed$0$q;
        collected$0$d = collected$0$q;
        if (happens$0) begin
            collected$0$d = collected$0$q + 1;
        end
        if (at$q == 0) begin
            some = collected$0$q;
            anew = zeroed$0$q;
            if (step$q == 1) begin
                collected$0$d = 0;
                if (happens$0) begin
                    collected$0$d = 1;
                end
                zeroed$0$d = 1'b0;
            end
        end
        if (clear) begin
            collected$0$d = 0;
            zeroed$0$d = 1'b1;
        end
        zeroed$1$d = zeroed$1$q;
        collected$1$d = collected$1$q;
        if (beat) begin
            collected$1$d = collected$1$q + 1;
        end
        if (at$q == 1) begin
            some = collected$1$q;
            anew = zeroed$1$q;
            if (step$q == 1) begin
                collected$1$d = 0;
                if (beat) begin
                    collected$1$d = 1;
                end
                zeroed$1$d = 1'b0;
            end
        end
        if (clear) begin
            collected$1$d = 0;
            zeroed$1$d = 1'b1;
        end
        zeroed$2$d = zeroed$2$q;
        collected$2$d = collected$2$q;
        if (happens$2) begin
            collected$2$d = collected$2$q + 1;
        end
        if (at$q == 2) begin
            some = collected$2$q;
            anew = zeroed$2$q;
            if (step$q == 1) begin
                collected$2$d = 0;
                if (happens$2) begin
                    collected$2$d = 1;
                end
                zeroed$2$d = 1'b0;
            end
        end
        if (clear) begin
            collected$2$d = 0;
            zeroed$2$d = 1'b1;
        end
        zeroed$3$d = zeroed$3$q;
        collected$3$d = collected$3$q;
        if (pass) begin
            collected$3$d = collected$3$q + 1;
        end
        if (at$q == 3) begin
            some = collected$3$q;
            anew = zeroed$3$q;
            if (step$q == 1) begin
                collected$3$d = 0;
                if (pass) begin
                    collected$3$d = 1;
                end
                zeroed$3$d = 1'b0;
            end
        end
        if (clear) begin
            collected$3$d = 0;
            zeroed$3$d = 1'b1;
        end
        zeroed$4$d = zeroed$4$q;
        collected$4$d = collected$4$q;
        if (stall_epilogue) begin
            collected$4$d = collected$4$q + 1;
        end
        if (at$q == 4) begin
            some = collected$4$q;
            anew = zeroed$4$q;
            if (step$q == 1) begin
                collected$4$d = 0;
                if (stall_epilogue) begin
                    collected$4$d = 1;
                end
                zeroed$4$d = 1'b0;
            end
        end
        if (clear) begin
            collected$4$d = 0;
            zeroed$4$d = 1'b1;
        end
        zeroed$5$d = zeroed$5$q;
        collected$5$d = collected$5$q;
        if (stall_barrier) begin
            collected$5$d = collected$5$q + 1;
        end
        if (at$q == 5) begin
            some = collected$5$q;
            anew = zeroed$5$q;
            if (step$q == 1) begin
                collected$5$d = 0;
                if (stall_barrier) begin
                    collected$5$d = 1;
                end
                zeroed$5$d = 1'b0;
            end
        end
        if (clear) begin
            collected$5$d = 0;
            zeroed$5$d = 1'b1;
        end
        zeroed$6$d = zeroed$6$q;
        collected$6$d = collected$6$q;
        if (stall_host) begin
            collected$6$d = collected$6$q + 1;
        end
        if (at$q == 6) begin
            some = collected$6$q;
            anew = zeroed$6$q;
            if (step$q == 1) begin
                collected$6$d = 0;
                if (stall_host) begin
                    collected$6$d = 1;
                end
                zeroed$6$d = 1'b0;
            end
        end
        if (clear) begin
            collected$6$d = 0;
            zeroed$6$d = 1'b1;
        end
        zeroed$7$d = zeroed$7$q;
        collected$7$d = collected$7$q;
        if (crc_error) begin
            collected$7$d = collected$7$q + 1;
        end
        if (at$q == 7) begin
            some = collected$7$q;
            anew = zeroed$7$q;
            if (step$q == 1) begin
                collected$7$d = 0;
                if (crc_error) begin
                    collected$7$d = 1;
                end
                zeroed$7$d = 1'b0;
            end
        end
        if (clear) begin
            collected$7$d = 0;
            zeroed$7$d = 1'b1;
        end
        zeroed$8$d = zeroed$8$q;
        collected$8$d = collected$8$q;
        if (clamped) begin
            collected$8$d = collected$8$q + 1;
        end
        if (at$q == 8) begin
            some = collected$8$q;
            anew = zeroed$8$q;
            if (step$q == 1) begin
                collected$8$d = 0;
                if (clamped) begin
                    collected$8$d = 1;
                end
                zeroed$8$d = 1'b0;
            end
        end
        if (clear) begin
            collected$8$d = 0;
            zeroed$8$d = 1'b1;
        end
        zeroed$9$d = zeroed$9$q;
        collected$9$d = collected$9$q;
        if (in_pass$q) begin
            collected$9$d = collected$9$q + 1;
        end
        if (at$q == 9) begin
            some = collected$9$q;
            anew = zeroed$9$q;
            if (step$q == 1) begin
                collected$9$d = 0;
                if (in_pass$q) begin
                    collected$9$d = 1;
                end
                zeroed$9$d = 1'b0;
            end
        end
        if (clear) begin
            collected$9$d = 0;
            zeroed$9$d = 1'b1;
        end
        zeroed$10$d = zeroed$10$q;
        collected$10$d = collected$10$q;
        if (happens$10) begin
            collected$10$d = collected$10$q + 1;
        end
        if (at$q == 10) begin
            some = collected$10$q;
            anew = zeroed$10$q;
            if (step$q == 1) begin
                collected$10$d = 0;
                if (happens$10) begin
                    collected$10$d = 1;
                end
                zeroed$10$d = 1'b0;
            end
        end
        if (clear) begin
            collected$10$d = 0;
            zeroed$10$d = 1'b1;
        end
        zeroed$11$d = zeroed$11$q;
        collected$11$d = collected$11$q;
        if (guess) begin
            collected$11$d = collected$11$q + 1;
        end
        if (at$q == 11) begin
            some = collected$11$q;
            anew = zeroed$11$q;
            if (step$q == 1) begin
                collected$11$d = 0;
                if (guess) begin
                    collected$11$d = 1;
                end
                zeroed$11$d = 1'b0;
            end
        end
        if (clear) begin
            collected$11$d = 0;
            zeroed$11$d = 1'b1;
        end
        zeroed$12$d = zeroed$12$q;
        collected$12$d = collected$12$q;
        if (accept) begin
            collected$12$d = collected$12$q + 1;
        end
        if (at$q == 12) begin
            some = collected$12$q;
            anew = zeroed$12$q;
            if (step$q == 1) begin
                collected$12$d = 0;
                if (accept) begin
                    collected$12$d = 1;
                end
                zeroed$12$d = 1'b0;
            end
        end
        if (clear) begin
            collected$12$d = 0;
            zeroed$12$d = 1'b1;
        end
        if (pass) begin
            collected$9$d = 0;
            zeroed$9$d = 1'b1;
            collected$10$d = 0;
            zeroed$10$d = 1'b1;
        end
        addend = some;
        if (step$q[1]) begin
            anew = afresh$q;
            addend = 0;
            if (carry$q) begin
                addend = 1;
            end
        end
    end

    always @(*) begin
        word = sums$rdata[15:0];
        if (anew) begin
            word = 0;
        end
    end

    assign sum = {1'h0, word} + {11'h0, addend};

    always @(*) begin
        sums$raddr = ({1'h0, at$q} << 1) | 1;
        if (step$q[1]) begin
            sums$raddr = {1'h0, at$q} << 1;
        end
    end

    assign sums$we = step$q[0];
    assign sums$wdata = $signed(sum[15:0]);
    assign window$we = step$q[0];
    assign window$wdata = $signed(sum[15:0]);
    assign value = window$rdata[15:0];

    initial collected$0$q = 6'b0;
    always @(posedge clock) collected$0$q <= collected$0$d;
    initial collected$1$q = 6'b0;
    always @(posedge clock) collected$1$q <= collected$1$d;
    initial collected$2$q = 6'b0;
    always @(posedge clock) collected$2$q <= collected$2$d;
    initial collected$3$q = 6'b0;
    always @(posedge clock) collected$3$q <= collected$3$d;
    initial collected$4$q = 6'b0;
    always @(posedge clock) collected$4$q <= collected$4$d;
    initial collected$5$q = 6'b0;
    always @(posedge clock) collected$5$q <= collected$5$d;
    initial collected$6$q = 6'b0;
    always @(posedge clock) collected$6$q <= collected$6$d;
    initial collected$7$q = 6'b0;
    always @(posedge clock) collected$7$q <= collected$7$d;
    initial collected$8$q = 6'b0;
    always @(posedge clock) collected$8$q <= collected$8$d;
    initial collected$9$q = 6'b0;
    always @(posedge clock) collected$9$q <= collected$9$d;
    initial collected$10$q = 6'b0;
    always @(posedge clock) collected$10$q <= collected$10$d;
    initial collected$11$q = 6'b0;
    always @(posedge clock) collected$11$q <= collected$11$d;
    initial collected$12$q = 6'b0;
    always @(posedge clock) collected$12$q <= collected$12$d;
    initial zeroed$0$q = 1'b1;
    always @(posedge clock) zeroed$0$q <= zeroed$0$d;
    initial zeroed$1$q = 1'b1;
    always @(posedge clock) zeroed$1$q <= zeroed$1$d;
    initial zeroed$2$q = 1'b1;
    always @(posedge clock) zeroed$2$q <= zeroed$2$d;
    initial zeroed$3$q = 1'b1;
    always @(posedge clock) zeroed$3$q <= zeroed$3$d;
    initial zeroed$4$q = 1'b1;
    always @(posedge clock) zeroed$4$q <= zeroed$4$d;
    initial zeroed$5$q = 1'b1;
    always @(posedge clock) zeroed$5$q <= zeroed$5$d;
    initial zeroed$6$q = 1'b1;
    always @(posedge clock) zeroed$6$q <= zeroed$6$d;
    initial zeroed$7$q = 1'b1;
    always @(posedge clock) zeroed$7$q <= zeroed$7$d;
    initial zeroed$8$q = 1'b1;
    always @(posedge clock) zeroed$8$q <= zeroed$8$d;
    initial zeroed$9$q = 1'b1;
    always @(posedge clock) zeroed$9$q <= zeroed$9$d;
    initial zeroed$10$q = 1'b1;
    always @(posedge clock) zeroed$10$q <= zeroed$10$d;
    initial zeroed$11$q = 1'b1;
    always @(posedge clock) zeroed$11$q <= zeroed$11$d;
    initial zeroed$12$q = 1'b1;
    always @(posedge clock) zeroed$12$q <= zeroed$12$d;
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
    initial afresh$q = 1'b0;
    always @(posedge clock) afresh$q <= afresh$d;
endmodule

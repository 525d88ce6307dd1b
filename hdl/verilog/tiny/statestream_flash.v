// Configuration tiny. Written by `statestream verilog`: edit its sources in hdl/src instead.

module statestream_flash (
    input wire clock,
    input wire seek,
    input wire [23:0] address,
    input wire stop,
    input wire ready,
    output wire awake,
    output wire valid,
    output wire [3:0] nibble,
    output wire beat,
    output wire sck_en,
    output wire cs_n,
    output wire [3:0] io_o,
    output wire [3:0] io_oe,
    input wire [3:0] io_i
);
    localparam Phase$High = 0;
    localparam Phase$Opcode = 1;
    localparam Phase$Address = 2;
    localparam Phase$Dummy = 3;
    localparam Phase$Data = 4;
    reg [2:0] phase$d;
    reg [2:0] phase$q;
    reg [11:0] count$d;
    reg [11:0] count$q;
    reg [2:0] number$d;
    reg [2:0] number$q;
    reg wanted$d;
    reg wanted$q;
    reg leave$d;
    reg leave$q;
    reg [23:0] place$q;
    reg sck$d;
    reg sck$q;
    reg deselect$d;
    reg deselect$q;
    reg [3:0] out$d;
    reg [3:0] out$q;
    reg [3:0] drive$d;
    reg [3:0] drive$q;
    reg under_way$d;
    reg under_way$q;
    wire arrived$d;
    reg arrived$q;
    reg [3:0] sample$q;
    wire fifo$valid;
    wire [3:0] fifo$nibble;
    wire fifo$room;
    wire [5:0] opcodes$at;
    wire opcodes$value;
    wire [11:0] waits$value;
    reg [11:0] limit;
    wire [2:0] step;
    wire last;
    wire strobe;

    statestream_fifo fifo (
        .clock(clock),
        .flush(strobe),
        .push(arrived$q),
        .data(sample$q),
        .pop(ready),
        .valid(fifo$valid),
        .nibble(fifo$nibble),
        .room(fifo$room)
    );

    statestream_opcodes opcodes (
        .at(opcodes$at),
        .value(opcodes$value)
    );

    statestream_waits waits (
        .at(number$q),
        .value(waits$value)
    );

    always @(*) begin
        phase$d = phase$q;
        count$d = count$q;
        number$d = number$q;
        wanted$d = wanted$q;
        leave$d = leave$q;
        sck$d = sck$q;
        deselect$d = deselect$q;
        out$d = out$q;
        drive$d = drive$q;
        under_way$d = under_way$q;
        if (strobe) begin
            wanted$d = seek;
        end
        leave$d = 1'b0;
        count$d = count$q + 1;
        sck$d = 1'b1;
        deselect$d = 1'b0;
        under_way$d = 1'b0;
        out$d = 12;
        drive$d = 0;
        case (phase$q)
            Phase$High: begin
                sck$d = 1'b0;
                deselect$d = 1'b1;
                if (last) begin
                    count$d = count$q;
                    if (~awake) begin
                        phase$d = Phase$Opcode;
                        count$d = 0;
                    end
                    else if (wanted$q) begin
                        phase$d = Phase$Address;
                        count$d = 0;
                        wanted$d = 1'b0;
                    end
                end
                if (strobe & awake) begin
                    phase$d = Phase$High;
                    count$d = 0;
                    wanted$d = seek;
                end
            end
            Phase$Opcode: begin
                drive$d = 13;
                out$d = {3'h0, opcodes$value} | 12;
                if (last) begin
                    count$d = 0;
                    number$d = number$q + 1;
                    phase$d = Phase$High;
                    if (number$q == 4) begin
                        number$d = number$q;
                        phase$d = Phase$Address;
                    end
                end
            end
            Phase$Address: begin
                drive$d = 15;
                leave$d = leave$q | strobe;
                out$d = 0;
                if (step == 0) begin
                    out$d = place$q[(20 - 0 * 4)+:(4)];
                end
                if (step == 1) begin
                    out$d = place$q[(20 - 1 * 4)+:(4)];
                end
                if (step == 2) begin
                    out$d = place$q[(20 - 2 * 4)+:(4)];
                end
                if (step == 3) begin
                    out$d = place$q[(20 - 3 * 4)+:(4)];
                end
                if (step == 4) begin
                    out$d = place$q[(20 - 4 * 4)+:(4)];
                end
                if (step == 5) begin
                    out$d = place$q[(20 - 5 * 4)+:(4)];
                end
                if (step == 6) begin
                    out$d = 10;
                end
                if (last) begin
                    count$d = 0;
                    phase$d = Phase$Dummy;
                end
            end
            Phase$Dummy: begin
                leave$d = leave$q | strobe;
                if (last) begin
                    count$d = 0;
                    phase$d = Phase$Data;
                end
            end
            Phase$Data: begin
                count$d = 0;
                sck$d = fifo$room & awake;
                under_way$d = fifo$room & awake;
                if (leave$q | strobe | ~awake) begin
                    sck$d = 1'b0;
                    under_way$d = 1'b0;
                    number$d = 5;
                    phase$d = Phase$High;
                end
            end
        endcase
    end

    assign arrived$d = under_way$q & ~strobe;
    assign strobe = seek | stop;
    assign awake = number$q == 5;
    assign step = count$q[2:0];
    assign opcodes$at = ({3'h0, number$q} << 3) | {3'h0, step};

    always @(*) begin
        limit = waits$value;
        if ((phase$q == Phase$Opcode) | (phase$q == Phase$Address)) begin
            limit = 7;
        end
        if (phase$q == Phase$Dummy) begin
            limit = 3;
        end
    end

    assign last = count$q == limit;
    assign valid = fifo$valid;
    assign nibble = fifo$nibble;
    assign beat = under_way$q;
    assign sck_en = sck$q;
    assign cs_n = deselect$q;
    assign io_o = out$q;
    assign io_oe = drive$q;

    initial phase$q = 0;
    always @(posedge clock) phase$q <= phase$d;
    initial count$q = 12'h0;
    always @(posedge clock) count$q <= count$d;
    initial number$q = 3'b0;
    always @(posedge clock) number$q <= number$d;
    initial wanted$q = 1'b0;
    always @(posedge clock) wanted$q <= wanted$d;
    initial leave$q = 1'b0;
    always @(posedge clock) leave$q <= leave$d;
    initial place$q = 24'h0;
    always @(posedge clock) if (seek) place$q <= address;
    initial sck$q = 1'b0;
    always @(posedge clock) sck$q <= sck$d;
    initial deselect$q = 1'b1;
    always @(posedge clock) deselect$q <= deselect$d;
    initial out$q = 4'h0;
    always @(posedge clock) out$q <= out$d;
    initial drive$q = 4'h0;
    always @(posedge clock) drive$q <= drive$d;
    initial under_way$q = 1'b0;
    always @(posedge clock) under_way$q <= under_way$d;
    initial arrived$q = 1'b0;
    always @(posedge clock) arrived$q <= arrived$d;
    initial sample$q = 4'h0;
    always @(posedge clock) sample$q <= io_i;
endmodule

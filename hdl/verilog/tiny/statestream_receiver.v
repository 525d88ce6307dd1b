// Configuration tiny. Written by `statestream verilog`: edit its sources in hdl/src instead.

module statestream_receiver (
    input wire clock,
    input wire valid,
    input wire [7:0] data,
    input wire answered,
    input wire rewind,
    input wire advance,
    output wire crc_clear,
    output wire crc_en,
    output wire held,
    output wire overlong,
    output wire [7:0] command,
    output wire [7:0] length,
    output wire at_end,
    output wire [7:0] payload
);
    localparam Next$Mark = 0;
    localparam Next$Command = 1;
    localparam Next$LengthHigh = 2;
    localparam Next$LengthLow = 3;
    localparam Next$Payload = 4;
    localparam Next$CheckHigh = 5;
    localparam Next$CheckLow = 6;
    localparam Next$Held = 7;
    localparam Next$Pause = 8;
    reg [3:0] next$d;
    reg [3:0] next$q;
    reg [7:0] kind$d;
    reg [7:0] kind$q;
    reg [7:0] size$d;
    reg [7:0] size$q;
    reg long$d;
    reg long$q;
    reg [7:0] at$d;
    reg [7:0] at$q;
    reg [16:0] pause$d;
    reg [16:0] pause$q;
    wire [3:0] buffer$bank;
    wire buffer$we;
    wire signed [15:0] buffer$wdata;
    wire signed [15:0] buffer$rdata;
    wire through;

    statestream_buffer buffer (
        .clock(clock),
        .bank(buffer$bank),
        .addr(at$q),
        .we(buffer$we),
        .wdata(buffer$wdata),
        .rdata(buffer$rdata)
    );

    always @(*) begin
        next$d = next$q;
        kind$d = kind$q;
        size$d = size$q;
        long$d = long$q;
        at$d = at$q;
        if (advance) begin
            at$d = at$q + 1;
        end
        if (rewind) begin
            at$d = 0;
        end
        case (next$q)
            Next$Mark: begin
                at$d = 0;
                long$d = 1'b0;
                if (valid & (data == 165)) begin
                    next$d = Next$Command;
                end
            end
            Next$Command: begin
                if (valid) begin
                    kind$d = data;
                    next$d = Next$LengthHigh;
                end
            end
            Next$LengthHigh: begin
                if (valid) begin
                    long$d = |data;
                    next$d = Next$LengthLow;
                end
            end
            Next$LengthLow: begin
                if (valid) begin
                    size$d = data;
                    next$d = Next$Payload;
                    if (long$q | (data > 252)) begin
                        long$d = 1'b1;
                        next$d = Next$Pause;
                    end
                end
            end
            Next$Payload: begin
                if (valid) begin
                    at$d = at$q + 1;
                end
                if (through) begin
                    next$d = Next$CheckHigh;
                end
            end
            Next$CheckHigh: begin
                if (valid) begin
                    next$d = Next$CheckLow;
                end
            end
            Next$CheckLow: begin
                if (valid) begin
                    next$d = Next$Held;
                end
            end
            Next$Held: begin
                if (answered) begin
                    next$d = Next$Mark;
                end
            end
            Next$Pause: begin
            end
        endcase
        if (pause$q[16] & (next$q != Next$Held)) begin
            next$d = Next$Mark;
            if (next$q == Next$Pause) begin
                next$d = Next$Held;
            end
        end
    end

    always @(*) begin
        pause$d = pause$q;
        pause$d = pause$q + 1;
        if (valid | (next$q == Next$Mark) | (next$q == Next$Held)) begin
            pause$d = 0;
        end
    end

    assign through = at$q == size$q;
    assign held = next$q == Next$Held;
    assign crc_clear = next$q == Next$Mark;
    assign crc_en = valid & (next$q != Next$Mark) & (next$q != Next$Held);
    assign overlong = long$q;
    assign command = kind$q;
    assign length = size$q;
    assign at_end = through;
    assign buffer$bank = 0;
    assign buffer$wdata = {{8{data[7]}}, data};
    assign buffer$we = valid & (next$q == Next$Payload);
    assign payload = buffer$rdata[7:0];

    initial next$q = 0;
    always @(posedge clock) next$q <= next$d;
    initial kind$q = 8'h0;
    always @(posedge clock) kind$q <= kind$d;
    initial size$q = 8'h0;
    always @(posedge clock) size$q <= size$d;
    initial long$q = 1'b0;
    always @(posedge clock) long$q <= long$d;
    initial at$q = 8'h0;
    always @(posedge clock) at$q <= at$d;
    initial pause$q = 17'b0;
    always @(posedge clock) pause$q <= pause$d;
endmodule

// Configuration tiny. Written by `statestream verilog`: edit its sources in hdl/src instead.

module statestream_hash (
    input wire clock,
    input wire clear,
    input wire take,
    input wire [15:0] token,
    input wire [15:0] multiplier,
    output wire [15:0] value,
    output wire ready
);
    reg [15:0] sum$times;
    wire [15:0] sum$value;
    wire sum$ready;
    reg first$d;
    reg first$q;

    statestream_sum sum (
        .clock(clock),
        .start(take),
        .from(token),
        .times(sum$times),
        .step(multiplier),
        .value(sum$value),
        .ready(sum$ready)
    );

    always @(*) begin
        first$d = first$q;
        if (take) begin
            first$d = 1'b0;
        end
        if (clear) begin
            first$d = 1'b1;
        end
    end

    always @(*) begin
        sum$times = sum$value;
        if (first$q) begin
            sum$times = 0;
        end
    end

    assign value = sum$value;
    assign ready = sum$ready;

    initial first$q = 1'b0;
    always @(posedge clock) first$q <= first$d;
endmodule

// Configuration tiny. Written by `statestream verilog`: edit its sources in hdl/src instead.

module statestream_locate (
    input wire clock,
    input wire start,
    input wire [23:0] offset,
    input wire [15:0] index,
    input wire [23:0] stride,
    output wire [23:0] address,
    output wire ready
);
    localparam base = 24'h0;
    wire [23:0] sum$from;
    wire [23:0] sum$value;
    wire sum$ready;

    statestream_locate_sum sum (
        .clock(clock),
        .start(start),
        .from(sum$from),
        .times(index),
        .step(stride),
        .value(sum$value),
        .ready(sum$ready)
    );

    assign sum$from = offset + base;
    assign address = sum$value;
    assign ready = sum$ready;
endmodule

// Configuration tiny. Written by `statestream verilog`: edit its sources in hdl/src instead.

module statestream_origin (
    input wire [16:0] offset,
    output wire [23:0] address
);
    localparam start = 24'h350;

    assign address = {7'h0, offset} + start;
endmodule

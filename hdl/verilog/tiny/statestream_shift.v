// Configuration tiny. Written by `statestream verilog`: edit its sources in hdl/src instead.

module statestream_shift (
    input wire signed [32:0] x,
    input wire [4:0] s,
    output reg signed [32:0] y
);

    always @(*) y = x >>> s;
endmodule

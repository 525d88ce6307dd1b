// Configuration tiny. Written by `statestream verilog`: edit its sources in hdl/src instead.

module statestream_over_params (
    input wire [15:0] x,
    output reg over
);

    always @(*) over = |x[15:7] | (x[6] & (|x[5:0]));
endmodule

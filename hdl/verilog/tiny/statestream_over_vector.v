// Configuration tiny. Written by `statestream verilog`: edit its sources in hdl/src instead.

module statestream_over_vector (
    input wire [15:0] x,
    output reg over
);

    always @(*) over = |x[15:8] | (x[7] & (|x[6:0]));
endmodule

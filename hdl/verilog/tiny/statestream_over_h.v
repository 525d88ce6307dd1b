// Configuration tiny. Written by `statestream verilog`: edit its sources in hdl/src instead.

module statestream_over_h (
    input wire [15:0] x,
    output reg over
);

    always @(*) over = |x[15:6] | (x[5] & (|x[4:0]));
endmodule

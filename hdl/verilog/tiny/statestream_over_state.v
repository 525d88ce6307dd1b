// Configuration tiny. Written by `statestream verilog`: edit its sources in hdl/src instead.

module statestream_over_state (
    input wire [20:0] x,
    output reg over
);

    always @(*) over = |x[20:10] | (x[9] & (|x[8:0]));
endmodule

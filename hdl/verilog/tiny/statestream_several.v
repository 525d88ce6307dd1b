// Configuration tiny. Written by `statestream verilog`: edit its sources in hdl/src instead.

module statestream_several (
    input wire x,
    output reg y
);

    always @(*) y = x & 1'b0;
endmodule

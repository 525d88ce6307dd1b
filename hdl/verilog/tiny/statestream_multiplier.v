// Configuration tiny. Written by `statestream verilog`: edit its sources in hdl/src instead.

module statestream_multiplier (
    input wire clock,
    input wire signed [15:0] a,
    input wire signed [15:0] b,
    output reg signed [31:0] p
);

    (* keep *) wire signed [31:0] m;
    assign m = a * b;
    initial p = 0;
    always @(posedge clock) p <= m;
endmodule

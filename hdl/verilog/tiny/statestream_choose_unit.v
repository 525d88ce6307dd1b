// Configuration tiny. Written by `statestream verilog`: edit its sources in hdl/src instead.

module statestream_choose_unit (
    input wire [31:0] x,
    output wire [31:0] y
);
    wire [31:0] left_13;
    wire [31:0] a;
    wire [31:0] right_17;
    wire [31:0] b;
    wire [31:0] left_5;

    assign left_13 = x << 13;
    assign a = left_13 ^ x;
    assign right_17 = a >> 17;
    assign b = right_17 ^ a;
    assign left_5 = b << 5;
    assign y = left_5 ^ b;
endmodule

// Configuration tiny. Written by `statestream verilog`: edit its sources in hdl/src instead.

module statestream_entries (
    input wire clock,
    input wire push,
    input wire [3:0] data,
    input wire [2:0] oldest,
    output reg [3:0] nibble
);

    reg [31:0] held;
    initial held = 0;
    always @(posedge clock) if (push) held <= {held[27:0], data};
    always @(*) nibble = held[{oldest, 2'b00} +: 4];
endmodule

// Configuration tiny. Written by `statestream verilog`: edit its sources in hdl/src instead.

module statestream_uart_out_baud (
    input wire clock,
    input wire restart,
    output reg tick
);

    reg [2:0] left;
    initial left = 0;
    always @(posedge clock)
        if (restart) left <= 3'd7;
        else if (tick) left <= 3'd7;
        else left <= left - 3'd1;
    always @(*) tick = left == 3'd0;
endmodule

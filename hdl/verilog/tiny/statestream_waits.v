// Configuration tiny. Written by `statestream verilog`: edit its sources in hdl/src instead.

module statestream_waits (
    input wire [2:0] at,
    output reg [11:0] value
);

    always @(*) case (at)
        3'd0: value = 12'h2;
        3'd1: value = 12'h48;
        3'd2: value = 12'h2;
        3'd3: value = 12'h2;
        3'd4: value = 12'h2d0;
        3'd5: value = 12'h2;
        default: value = 12'h0;
    endcase
endmodule

// Configuration tiny. Written by `statestream verilog`: edit its sources in hdl/src instead.

module statestream_rules_rules (
    input wire [3:0] at,
    output reg [12:0] value
);

    always @(*) case (at)
        4'd1: value = 13'h40;
        4'd3: value = 13'hc8c;
        4'd4: value = 13'hc82;
        4'd5: value = 13'h26;
        4'd6: value = 13'hf16;
        4'd7: value = 13'hf1e;
        4'd8: value = 13'h1004;
        4'd9: value = 13'he02;
        4'd10: value = 13'h40;
        4'd11: value = 13'h40;
        4'd12: value = 13'he02;
        default: value = 13'h0;
    endcase
endmodule

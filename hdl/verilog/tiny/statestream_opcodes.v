// Configuration tiny. Written by `statestream verilog`: edit its sources in hdl/src instead.

module statestream_opcodes (
    input wire [5:0] at,
    output reg value
);

    always @(*) case (at)
        6'd0: value = 1'h1;
        6'd2: value = 1'h1;
        6'd4: value = 1'h1;
        6'd6: value = 1'h1;
        6'd7: value = 1'h1;
        6'd8: value = 1'h1;
        6'd9: value = 1'h1;
        6'd10: value = 1'h1;
        6'd11: value = 1'h1;
        6'd12: value = 1'h1;
        6'd13: value = 1'h1;
        6'd14: value = 1'h1;
        6'd15: value = 1'h1;
        6'd17: value = 1'h1;
        6'd18: value = 1'h1;
        6'd21: value = 1'h1;
        6'd22: value = 1'h1;
        6'd24: value = 1'h1;
        6'd27: value = 1'h1;
        6'd28: value = 1'h1;
        6'd31: value = 1'h1;
        6'd32: value = 1'h1;
        6'd33: value = 1'h1;
        6'd34: value = 1'h1;
        6'd36: value = 1'h1;
        6'd38: value = 1'h1;
        6'd39: value = 1'h1;
        default: value = 1'h0;
    endcase
endmodule

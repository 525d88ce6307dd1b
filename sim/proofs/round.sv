// Two clocks after x and s: y = sat16(R(x, s)), R(x, s) = floor((x + 2^(s-1)) / 2^s), R(x, 0) = x, for all x and s, and `clamped`
// says that sat16 changed it. A result is kept while `en` is 0.

module proof (input clock, input signed [31:0] x, input [4:0] s, input en);
    wire signed [15:0] y;
    wire clamped;
    statestream_round dut (.clock, .x, .s, .en, .y, .clamped);

    // in 64 bits, where nothing overflows
    reg signed [63:0] x_1 = 0;
    reg [4:0] s_1 = 0;
    wire signed [63:0] half = s_1 == 0 ? 64'sd0 : 64'sd1 <<< (s_1 - 1);
    wire signed [63:0] rounded = (x_1 + half) >>> s_1;
    wire above = rounded > 32767, below = rounded < -32768;
    reg signed [15:0] expected = 0;
    reg expected_clamp = 0;
    always @(posedge clock) begin
        x_1 <= x;
        s_1 <= s;
        if (en) begin
            expected <= above ? 16'sh7fff : below ? 16'sh8000 : rounded[15:0];
            expected_clamp <= above | below;
        end
    end
    always @(*) assert(y == expected & clamped == expected_clamp);

`ifdef INDUCTION
    (* inside = "dut.shifted$q" *) wire signed [32:0] shifted;
    wire signed [63:0] doubled = x_1 <<< 1;
    always @(*) assert(x_1 <= 64'sh7fffffff & x_1 >= -64'sh80000000 & shifted == doubled >>> s_1);
`endif
endmodule

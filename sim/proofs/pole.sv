// What rounding does to a state s that gets no input. acc is ar sr - ai si or ar si + ai sr, y the new part of the state.
//
// 1. y is acc / 2^15 to within a half, or nearer to zero and of the same sign (sat16). So |s'| <= |a| |s| + 1/sqrt(2), and
//    |s| never exceeds the larger of its first value and 1 / (sqrt(2) (1 - |a|)).
// 2. If |ar| + |ai| <= 2^15, which real poles always are, neither part ever exceeds the larger magnitude of the two parts before.
//
// More does not hold: see docs/decisions/0022-a-state-may-grow-by-rounding.md.

module proof (input clock, input signed [31:0] acc, input signed [15:0] re, input signed [15:0] im);
    wire signed [15:0] y;
    statestream_round dut (.clock, .x(acc), .s(5'd15), .en(1'b1), .y);

    wire [16:0] re_size = re[15] ? 17'd0 - {re[15], re} : re;
    wire [16:0] im_size = im[15] ? 17'd0 - {im[15], im} : im;
    reg signed [33:0] acc_1 = 0, acc_2 = 0;
    reg [16:0] larger_1 = 0, larger_2 = 0;
    always @(posedge clock) begin
        acc_1 <= acc;
        acc_2 <= acc_1;
        larger_1 <= re_size > im_size ? re_size : im_size;
        larger_2 <= larger_1;
    end

    wire signed [33:0] scaled = y <<< 15;
    wire signed [33:0] error = scaled - acc_2;
    always @(*) assert((error <= 16384 & error >= -16384) | (y == 32767 & scaled < acc_2) | (y == -32768 & scaled > acc_2));

    // the triangle inequality: |acc| <= (|ar| + |ai|) max(|sr|, |si|)
    wire signed [33:0] most = larger_2 << 15;
    wire signed [17:0] larger = larger_2;
    always @(*) if (-most <= acc_2 & acc_2 <= most) assert(-larger <= y & y <= larger);

`ifdef INDUCTION
    (* inside = "dut.shifted$q" *) wire signed [32:0] shifted;
    (* inside = "dut.result$q" *) wire signed [15:0] result;
    always @(*) begin
        assert(acc_1 <= 34'sh07fffffff & acc_1 >= -34'sh080000000 & shifted == (acc_1 <<< 1) >>> 15);
        assert(larger_1 <= 32768);
    end
`endif
endmodule

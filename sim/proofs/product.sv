// One clock after its factors the multiplier's product is at most |a| 2^15 in magnitude, here at a quarter of the area: the same
// text with 8-bit factors, |a| 2^7. (At 16 bits no solver that we have finishes; there it is arithmetic: |a b| = |a| |b|.)

module proof (input clock, input signed [7:0] a, input signed [7:0] b);
    wire signed [15:0] p;
    statestream_multiplier dut (.clock, .a, .b, .p);

    wire [8:0] magnitude = a[7] ? 9'd0 - {a[7], a} : a;
    reg signed [16:0] most = 0;
    always @(posedge clock) most <= magnitude << 7;
    always @(*) assert(-most <= p & p <= most);
endmodule

// One lookup table of four inputs, as an index. The libraries' own models choose in four steps, which simulates at a
// quarter of the speed; `sim/tests/netlist/cells.rs` finds no table and no input on which they differ.
module SB_LUT4 (output O, input I0, input I1, input I2, input I3);
    parameter [15:0] LUT_INIT = 0;
    wire [3:0] at = {I3, I2, I1, I0};
    assign O = LUT_INIT[at];
endmodule

module LUT4 (input A, B, C, D, output Z);
    parameter [15:0] INIT = 16'h0000;
    wire [3:0] at = {D, C, B, A};
    assign Z = INIT[at];
endmodule

// Models of the vendor's cells, as far as the shell needs them, and what is asked of the flash's clock.
`timescale 1ns / 1ps
module SB_PLL40_PAD #(
    parameter FEEDBACK_PATH = "", parameter DIVR = 0, parameter DIVF = 0, parameter DIVQ = 0, parameter FILTER_RANGE = 0
) (input PACKAGEPIN, output reg PLLOUTGLOBAL, output reg LOCK, input RESETB, input BYPASS);
    // Before it locks, the clock is too fast and its period wanders.
    integer seed = 1;
    initial begin
        {PLLOUTGLOBAL, LOCK} = 0;
        repeat (5000) #(2 + $urandom(seed) % 5) PLLOUTGLOBAL = ~PLLOUTGLOBAL;
        LOCK = 1;
        forever #(10.416) PLLOUTGLOBAL = ~PLLOUTGLOBAL;
    end
endmodule
module SB_LFOSC(input CLKLFPU, input CLKLFEN, output reg CLKLF);
    initial CLKLF = 0;
    always #50000 CLKLF = ~CLKLF;
endmodule
module SB_GB(input USER_SIGNAL_TO_GLOBAL_BUFFER, output GLOBAL_BUFFER_OUTPUT);
    assign GLOBAL_BUFFER_OUTPUT = USER_SIGNAL_TO_GLOBAL_BUFFER;
endmodule
module SB_IO #(parameter PIN_TYPE = 0, parameter PULLUP = 0) (
    inout PACKAGE_PIN, input CLOCK_ENABLE, input OUTPUT_CLK, input OUTPUT_ENABLE, input D_OUT_0, input D_OUT_1,
    output D_IN_0
);
    // Two data rates: one value after the clock's rise, the other after its fall.
    reg ddr = 0;
    always @(posedge OUTPUT_CLK) ddr <= D_OUT_0;
    always @(negedge OUTPUT_CLK) ddr <= D_OUT_1;
    assign PACKAGE_PIN = PIN_TYPE == 6'b0100_01 ? ddr : OUTPUT_ENABLE ? D_OUT_0 : 1'bz;
    assign D_IN_0 = PACKAGE_PIN;
endmodule

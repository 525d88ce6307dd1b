// Models of the vendor's cells, as far as the shell needs them, and what is asked of the flash's clock.
`timescale 1ns / 1ps
module EHXPLLL #(
    parameter CLKI_DIV = 0, parameter CLKFB_DIV = 0, parameter FEEDBK_PATH = "", parameter CLKOP_ENABLE = "",
    parameter CLKOP_DIV = 0, parameter CLKOP_CPHASE = 0, parameter CLKOP_FPHASE = 0, parameter CLKOS_ENABLE = "",
    parameter CLKOS_DIV = 0, parameter CLKOS_CPHASE = 0, parameter CLKOS_FPHASE = 0
) (
    input CLKI, input CLKFB, output reg CLKOP, output reg CLKOS, output reg LOCK, input RST, input STDBY,
    input PHASESEL0, input PHASESEL1, input PHASEDIR, input PHASESTEP, input PHASELOADREG, input PLLWAKESYNC,
    input ENCLKOP
);
    // Before it locks, the clock is too fast and its period wanders.
    integer seed = 1;
    initial begin
        {CLKOP, CLKOS, LOCK} = 0;
        repeat (5000) begin
            #(1 + $urandom(seed) % 3) {CLKOP, CLKOS} = $urandom(seed);
        end
        LOCK = 1;
        forever begin
            {CLKOP, CLKOS} = 2'b11;
            #4.166 CLKOS = 0;
            #4.166 {CLKOP, CLKOS} = 2'b01;
            #4.166 CLKOS = 0;
            #4.166;
        end
    end
endmodule
module DCCA(input CLKI, input CE, output CLKO);
    // The enable is taken while the clock is low.
    reg enabled = 0;
    always @(CLKI or CE) if (!CLKI) enabled <= CE;
    assign CLKO = CLKI & enabled;
endmodule
module USRMCLK(input USRMCLKI, input USRMCLKTS);
    assign bench.sck = USRMCLKI;
endmodule
module BB(inout B, input T, input I, output O);
    assign B = T ? 1'bz : I;
    assign O = B;
endmodule

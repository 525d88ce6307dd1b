// The shell of ECP5 boards: 25 MHz in, 60 MHz for the machine, and the pads of a flash on the configuration pins. The
// flash's clock pin is no user pin: USRMCLK drives it.
module shell (
    input wire clk_25,
    output wire flash_cs_n,
    inout wire [3:0] flash_io,
    input wire rx,
    output wire tx,
    output wire alive,
    output wire busy,
    output wire fault
);
    // 25 MHz x 12 / 5 = 60 MHz and twice that, rising together (ecppll -i 25 --clkout0 60 --clkout1 120).
    wire clk_60;
    wire pll_120;
    wire locked;
    (* ICP_CURRENT="12", LPF_RESISTOR="8", MFG_ENABLE_FILTEROPAMP="1", MFG_GMCREF_SEL="2" *)
    EHXPLLL #(
        .CLKI_DIV(5),
        .CLKFB_DIV(12),
        .FEEDBK_PATH("CLKOP"),
        .CLKOP_ENABLE("ENABLED"),
        .CLKOP_DIV(10),
        .CLKOP_CPHASE(4),
        .CLKOP_FPHASE(0),
        .CLKOS_ENABLE("ENABLED"),
        .CLKOS_DIV(5),
        .CLKOS_CPHASE(4),
        .CLKOS_FPHASE(0)
    ) pll (
        .CLKI(clk_25),
        .CLKFB(clk_60),
        .CLKOP(clk_60),
        .CLKOS(pll_120),
        .LOCK(locked),
        .RST(1'b0),
        .STDBY(1'b0),
        .PHASESEL0(1'b0),
        .PHASESEL1(1'b0),
        .PHASEDIR(1'b1),
        .PHASESTEP(1'b1),
        .PHASELOADREG(1'b1),
        .PLLWAKESYNC(1'b0),
        .ENCLKOP(1'b0)
    );

    // The oscillator's own clock counts the heartbeat, and waits for LOCK to have held for 2.6 ms.
    reg [23:0] beat = 0;
    reg [15:0] wait_count = 0;
    reg steady = 0;
    always @(posedge clk_25) begin
        beat <= beat + 1;
        wait_count <= locked ? wait_count + !steady : 0;
        steady <= locked & (steady | &wait_count);
    end

    // The machine has no reset: it relies on the values that configuration leaves, so its clock must not move before it
    // is good. DCCA lets whole pulses through, and none before.
    reg near = 0;
    reg run = 0;
    always @(posedge clk_60) begin
        near <= steady;
        run <= near;
    end
    wire clock;
    DCCA gate (
        .CLKI(clk_60),
        .CE(run),
        .CLKO(clock)
    );

    wire sck_en;
    wire [3:0] io_o;
    wire [3:0] io_oe;
    wire [3:0] io_i;
    machine machine (
        .clock(clock),
        .sck_en(sck_en),
        .cs_n(flash_cs_n),
        .io_o(io_o),
        .io_oe(io_oe),
        .io_i(io_i),
        .rx(rx),
        .tx(tx),
        .busy(busy),
        .fault(fault)
    );
    assign alive = run & beat[23];

    // The flash's clock must rise in the middle of `clock` and fall at its end. USRMCLK is fed from the fabric, so no
    // double-data-rate cell can do it, and an AND with the clock could glitch. A register on 120 MHz cannot: of its two
    // edges in a clock, the one in the middle takes the enable, the one at the end takes 0. Which is which is seen from
    // `turn`, which changes with every clock, and what it was half a clock ago: they differ before the edge in the middle.
    // The enable has half a clock, 8.3 ns, to arrive. Both clocks leave one PLL and take a DCCA to a global network, so
    // that they stay together.
    wire clk_120;
    DCCA pass_120 (
        .CLKI(pll_120),
        .CE(1'b1),
        .CLKO(clk_120)
    );
    reg turn = 0;
    always @(posedge clock) turn <= ~turn;
    reg turned = 0;
    reg sck = 0;
    always @(posedge clk_120) begin
        turned <= turn;
        sck <= (turn ^ turned) & sck_en;
    end
    USRMCLK clock_pin (
        .USRMCLKI(sck),
        .USRMCLKTS(1'b0)
    );
    BB io_pads[3:0] (
        .B(flash_io),
        .T(~io_oe),
        .I(io_o),
        .O(io_i)
    );
endmodule

// The shell of iCE40 UltraPlus boards: 12 MHz in, 24 MHz for the machine, and the pads of a flash on the configuration pins.
module shell (
    input wire clk_12,
    output wire flash_sck,
    output wire flash_cs_n,
    inout wire [3:0] flash_io,
    input wire rx,
    output wire tx,
    output wire alive,
    output wire busy,
    output wire fault
);
    // 12 MHz x 64 / 16 = 48 MHz (icepll -i 12 -o 48).
    wire clk_48;
    wire locked;
    SB_PLL40_PAD #(
        .FEEDBACK_PATH("SIMPLE"),
        .DIVR(4'd0),
        .DIVF(7'd63),
        .DIVQ(3'd4),
        .FILTER_RANGE(3'd1)
    ) pll (
        .PACKAGEPIN(clk_12),
        .PLLOUTGLOBAL(clk_48),
        .LOCK(locked),
        .RESETB(1'b1),
        .BYPASS(1'b0)
    );

    // The low-power oscillator, about 10 kHz, needs no PLL: it counts the heartbeat, and asks twice, 100 us apart, for
    // LOCK. The part's block RAM may not be read in its first microseconds either, and this wait covers them.
    wire clk_10k;
    SB_LFOSC oscillator (
        .CLKLFPU(1'b1),
        .CLKLFEN(1'b1),
        .CLKLF(clk_10k)
    );
    reg [12:0] beat = 0;
    reg seen = 0;
    reg steady = 0;
    always @(posedge clk_10k) begin
        beat <= beat + 1;
        seen <= locked;
        steady <= locked & seen;
    end

    // The machine has no reset: it relies on the values that configuration leaves, so its clock must not move before it
    // is good. The clock is a register that halves 48 MHz, and a register cannot glitch: it starts and stops whole.
    reg near = 0;
    reg run = 0;
    reg half = 0;
    always @(posedge clk_48) begin
        near <= steady;
        run <= near;
        half <= run & ~half;
    end
    wire clock;
    SB_GB buffer (
        .USER_SIGNAL_TO_GLOBAL_BUFFER(half),
        .GLOBAL_BUFFER_OUTPUT(clock)
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
    assign alive = run & beat[12];

    // A double-data-rate cell: 0 after the clock's rise, the enable after its fall. The pin cannot glitch.
    SB_IO #(
        .PIN_TYPE(6'b0100_01)
    ) sck_pad (
        .PACKAGE_PIN(flash_sck),
        .CLOCK_ENABLE(1'b1),
        .OUTPUT_CLK(clock),
        .D_OUT_0(1'b0),
        .D_OUT_1(sck_en)
    );
    SB_IO #(
        .PIN_TYPE(6'b1010_01),
        .PULLUP(1'b1)
    ) io_pads[3:0] (
        .PACKAGE_PIN(flash_io),
        .OUTPUT_ENABLE(io_oe),
        .D_OUT_0(io_o),
        .D_IN_0(io_i)
    );
endmodule

// UPduino 3: its LED has no resistors, so the part's current sources drive the three colours.
module top (
    input wire clk_12,
    output wire flash_sck,
    output wire flash_cs_n,
    inout wire [3:0] flash_io,
    input wire rx,
    output wire tx,
    output wire led_alive,
    output wire led_busy,
    output wire led_fault
);
    wire alive;
    wire busy;
    wire fault;
    shell shell (
        .clk_12(clk_12),
        .flash_sck(flash_sck),
        .flash_cs_n(flash_cs_n),
        .flash_io(flash_io),
        .rx(rx),
        .tx(tx),
        .alive(alive),
        .busy(busy),
        .fault(fault)
    );
    // Half-current mode, two steps of 2 mA.
    SB_RGBA_DRV #(
        .CURRENT_MODE("0b1"),
        .RGB0_CURRENT("0b000011"),
        .RGB1_CURRENT("0b000011"),
        .RGB2_CURRENT("0b000011")
    ) leds (
        .CURREN(1'b1),
        .RGBLEDEN(1'b1),
        .RGB0PWM(alive),
        .RGB1PWM(busy),
        .RGB2PWM(fault),
        .RGB0(led_alive),
        .RGB1(led_busy),
        .RGB2(led_fault)
    );
endmodule

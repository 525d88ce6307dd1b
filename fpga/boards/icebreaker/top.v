// iCEBreaker: the green and the red LED light on 0; blue of the RGB LED hangs on a pin with a current source.
module top (
    input wire clk_12,
    output wire flash_sck,
    output wire flash_cs_n,
    inout wire [3:0] flash_io,
    input wire rx,
    output wire tx,
    output wire led_alive_n,
    output wire led_busy,
    output wire led_fault_n
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
    assign led_alive_n = ~alive;
    assign led_fault_n = ~fault;
    // Half-current mode, two steps of 2 mA.
    SB_RGBA_DRV #(
        .CURRENT_MODE("0b1"),
        .RGB2_CURRENT("0b000011")
    ) leds (
        .CURREN(1'b1),
        .RGBLEDEN(1'b1),
        .RGB2PWM(busy),
        .RGB2(led_busy)
    );
endmodule

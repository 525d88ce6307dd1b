// ULX3S: three of the eight LEDs, which light on 1. The button PWR configures the FPGA anew; wifi_gpio0 stays high, or
// else the board's ESP32 restarts.
module top (
    input wire clk_25,
    output wire flash_cs_n,
    inout wire [3:0] flash_io,
    input wire rx,
    output wire tx,
    output wire led_alive,
    output wire led_busy,
    output wire led_fault,
    input wire button_n,
    inout wire program_n,
    output wire wifi_gpio0
);
    shell shell (
        .clk_25(clk_25),
        .flash_cs_n(flash_cs_n),
        .flash_io(flash_io),
        .rx(rx),
        .tx(tx),
        .alive(led_alive),
        .busy(led_busy),
        .fault(led_fault)
    );
    assign wifi_gpio0 = 1'b1;
    // Pulled down or let go, never driven high: the programmer uses the same net.
    BB program_pad (
        .B(program_n),
        .T(button_n),
        .I(1'b0),
        .O()
    );
endmodule

// Colorlight i5: the module has one LED, which lights on 0. It beats while nothing happens, is on while a request is worked
// on, and off when there is no image or the state is invalid; the other two are on the extension board's PMOD.
module top (
    input wire clk_25,
    output wire flash_cs_n,
    inout wire [3:0] flash_io,
    input wire rx,
    output wire tx,
    output wire led_n,
    output wire led_busy,
    output wire led_fault
);
    wire alive;
    shell shell (
        .clk_25(clk_25),
        .flash_cs_n(flash_cs_n),
        .flash_io(flash_io),
        .rx(rx),
        .tx(tx),
        .alive(alive),
        .busy(led_busy),
        .fault(led_fault)
    );
    assign led_n = led_fault | ~(alive | led_busy);
endmodule

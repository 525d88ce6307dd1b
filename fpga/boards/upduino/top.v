// UPduino 3: the three colours of its LED, on open-drain pins that light on 0.
module top (
    input wire clk_12,
    output wire flash_sck,
    output wire flash_cs_n,
    inout wire [3:0] flash_io,
    input wire rx,
    output wire tx,
    output wire led_alive_n,
    output wire led_busy_n,
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
    assign led_busy_n = ~busy;
    assign led_fault_n = ~fault;
endmodule

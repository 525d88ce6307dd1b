// What stands between a board's shell and the core: the trace port is left open and the throttle is off, so synthesis
// drops both. The core's pads are bare: `sck_en` asks for one clock of the flash, and the shell makes the pin from it
// (rise in the middle of `clock`, fall at its end). This module is what becomes the netlist, pure logic on every family.
module machine (
    input wire clock,
    output wire sck_en,
    output wire cs_n,
    output wire [3:0] io_o,
    output wire [3:0] io_oe,
    input wire [3:0] io_i,
    input wire rx,
    output wire tx,
    output wire busy,
    output wire fault
);
    statestream core (
        .clock(clock),
        .sck(sck_en),
        .cs_n(cs_n),
        .io_o(io_o),
        .io_oe(io_oe),
        .io_i(io_i),
        .rx(rx),
        .tx(tx),
        .pause(1'b0),
        .busy(busy),
        .fault(fault)
    );
endmodule

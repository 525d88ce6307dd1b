// Configuration tiny. Written by `statestream verilog`: edit its sources in hdl/src instead.

module statestream_pad (
    input wire clock,
    input wire en,
    output wire pin
);

    assign pin = en & ~clock;
endmodule

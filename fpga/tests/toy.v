// Every port of the core, and hardly anything behind them: shells, pins and the tools are tested with it in seconds.
module statestream (
    input wire clock,
    output reg sck,
    output reg cs_n,
    output reg [3:0] io_o,
    output reg [3:0] io_oe,
    input wire [3:0] io_i,
    input wire rx,
    output reg tx,
    input wire pause,
    output reg busy,
    output reg fault
);
    reg [15:0] product = 0;
    reg [15:0] memory [0:1023];
    reg [9:0] at = 0;
    reg [15:0] word = 0;
    initial {sck, cs_n, io_o, io_oe, tx, busy, fault} = 0;
    always @(posedge clock) begin
        at <= at + 1;
        word <= memory[at];
        if (rx & ~pause) memory[at] <= {io_i, word[11:0]};
        product <= word[7:0] * word[15:8];
        {sck, cs_n, tx, busy, fault} <= product[4:0];
        {io_o, io_oe} <= product[12:5];
    end
endmodule

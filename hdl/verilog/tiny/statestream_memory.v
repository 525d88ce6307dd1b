// Configuration tiny. Written by `statestream verilog`: edit its sources in hdl/src instead.

module statestream_memory (
    input wire clock,
    input wire [8:0] addr,
    input wire we,
    input wire signed [15:0] wdata,
    output reg signed [15:0] rdata
);

    reg signed [15:0] mem [0:511];
    always @(posedge clock) begin
        if (we) mem[addr] <= wdata;
        else rdata <= mem[addr];
    end
endmodule

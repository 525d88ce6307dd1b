// Configuration tiny. Written by `statestream verilog`: edit its sources in hdl/src instead.

module statestream_core_memory (
    input wire clock,
    input wire [3:0] bank,
    input wire [8:0] addr,
    input wire we,
    input wire signed [15:0] wdata,
    output reg signed [15:0] rdata
);

    wire unused = &{1'b0, bank[3:0]};
    reg signed [15:0] mem [0:511];
    always @(posedge clock) begin
        if (we) mem[addr] <= wdata;
        else rdata <= mem[addr];
    end
endmodule

// Configuration tiny. Written by `statestream verilog`: edit its sources in hdl/src instead.

module statestream_batch_memory (
    input wire clock,
    input wire [4:0] raddr,
    output reg signed [15:0] rdata,
    input wire we,
    input wire [4:0] waddr,
    input wire signed [15:0] wdata
);

    reg signed [15:0] mem [0:31];
    initial mem[0] = 16'h0000;
    initial mem[1] = 16'h0000;
    initial mem[2] = 16'h0000;
    initial mem[3] = 16'h0000;
    initial mem[4] = 16'h0000;
    initial mem[5] = 16'h0000;
    initial mem[6] = 16'h0000;
    initial mem[7] = 16'h0000;
    initial mem[8] = 16'h0000;
    initial mem[9] = 16'h0000;
    initial mem[10] = 16'h0000;
    initial mem[11] = 16'h0000;
    initial mem[12] = 16'h0000;
    initial mem[13] = 16'h0000;
    initial mem[14] = 16'h0000;
    initial mem[15] = 16'h0000;
    initial mem[16] = 16'h0000;
    initial mem[17] = 16'h0000;
    initial mem[18] = 16'h0000;
    initial mem[19] = 16'h0000;
    initial mem[20] = 16'h0000;
    initial mem[21] = 16'h0000;
    initial mem[22] = 16'h0000;
    initial mem[23] = 16'h0000;
    initial mem[24] = 16'h0000;
    initial mem[25] = 16'h0000;
    initial mem[26] = 16'h0000;
    initial mem[27] = 16'h0000;
    initial mem[28] = 16'h0000;
    initial mem[29] = 16'h0000;
    initial mem[30] = 16'h0000;
    initial mem[31] = 16'h0000;
    always @(posedge clock) begin
        rdata <= mem[raddr];
        if (we) mem[waddr] <= wdata;
        if (we && raddr == waddr) rdata <= 16'bx;
    end
endmodule

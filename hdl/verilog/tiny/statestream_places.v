// Configuration tiny. Written by `statestream verilog`: edit its sources in hdl/src instead.

module statestream_places (
    input wire clock,
    input wire [3:0] raddr,
    output reg signed [15:0] rdata,
    input wire we,
    input wire [3:0] waddr,
    input wire signed [15:0] wdata
);

    reg signed [15:0] mem [0:15];
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
    always @(posedge clock) begin
        rdata <= mem[raddr];
        if (we) mem[waddr] <= wdata;
        if (we && raddr == waddr) rdata <= 16'bx;
    end
endmodule

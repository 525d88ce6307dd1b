// Configuration tiny. Written by `statestream verilog`: edit its sources in hdl/src instead.

module statestream_residual (
    input wire clock,
    input wire [3:0] rbank,
    input wire [4:0] raddr,
    output reg signed [15:0] rdata,
    input wire we,
    input wire [3:0] wbank,
    input wire [4:0] waddr,
    input wire signed [15:0] wdata
);

    wire unused = &{1'b0, rbank[3:0], wbank[3:0]};
    reg signed [15:0] mem [0:31];
    always @(posedge clock) begin
        rdata <= mem[raddr];
        if (we) mem[waddr] <= wdata;
        if (we && raddr == waddr) rdata <= 16'bx;
    end
endmodule

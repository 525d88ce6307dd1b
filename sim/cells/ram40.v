// iCE40's 4 kbit block RAM: the library's own model, but for what the chip does not promise. What is read in the clock in which it is
// written is random here (yosys' ice40/brams.txt promises neither the old nor the new word), so that no design can rely on it.
module SB_RAM40_4K (
    output [15:0] RDATA,
    input RCLK, RCLKE, RE,
    input [10:0] RADDR,
    input WCLK, WCLKE, WE,
    input [10:0] WADDR,
    input [15:0] MASK,
    input [15:0] WDATA
);
    parameter WRITE_MODE = 0;
    parameter READ_MODE = 0;
    parameter [255:0] INIT_0 = 256'h0;
    parameter [255:0] INIT_1 = 256'h0;
    parameter [255:0] INIT_2 = 256'h0;
    parameter [255:0] INIT_3 = 256'h0;
    parameter [255:0] INIT_4 = 256'h0;
    parameter [255:0] INIT_5 = 256'h0;
    parameter [255:0] INIT_6 = 256'h0;
    parameter [255:0] INIT_7 = 256'h0;
    parameter [255:0] INIT_8 = 256'h0;
    parameter [255:0] INIT_9 = 256'h0;
    parameter [255:0] INIT_A = 256'h0;
    parameter [255:0] INIT_B = 256'h0;
    parameter [255:0] INIT_C = 256'h0;
    parameter [255:0] INIT_D = 256'h0;
    parameter [255:0] INIT_E = 256'h0;
    parameter [255:0] INIT_F = 256'h0;
    wire [15:0] sure;
    SB_RAM40_4K_library #(
        .WRITE_MODE(WRITE_MODE), .READ_MODE(READ_MODE),
        .INIT_0(INIT_0), .INIT_1(INIT_1), .INIT_2(INIT_2), .INIT_3(INIT_3), .INIT_4(INIT_4), .INIT_5(INIT_5),
        .INIT_6(INIT_6), .INIT_7(INIT_7), .INIT_8(INIT_8), .INIT_9(INIT_9), .INIT_A(INIT_A), .INIT_B(INIT_B),
        .INIT_C(INIT_C), .INIT_D(INIT_D), .INIT_E(INIT_E), .INIT_F(INIT_F)
    ) ram (
        .RDATA(sure), .RCLK(RCLK), .RCLKE(RCLKE), .RE(RE), .RADDR(RADDR),
        .WCLK(WCLK), .WCLKE(WCLKE), .WE(WE), .WADDR(WADDR), .MASK(MASK), .WDATA(WDATA)
    );

    // Bits of the row of 16 that a word of this mode and address has: all, or one of every 2, 4 or 8.
    function [15:0] lanes(input integer mode, input [2:0] column);
        case (mode)
            0: lanes = 16'hffff;
            1: lanes = 16'h5555 << column[0];
            2: lanes = 16'h1111 << column[1:0];
            default: lanes = 16'h0101 << column;
        endcase
    endfunction
    wire [15:0] written = lanes(WRITE_MODE, WADDR[10:8]) & (WRITE_MODE == 0 ? ~MASK : 16'hffff);
    wire [15:0] read = lanes(READ_MODE, RADDR[10:8]);
    // The level of the write clock tells whether an edge of the read clock is its edge too.
    wire meet = WE & WCLKE & WCLK & RADDR[7:0] == WADDR[7:0];
    wire [15:0] torn = meet ? written & read : 16'b0;

    // A word's bits come out spread over the pins, each from a group of as many bits as there are columns.
    reg [15:0] noise;
    integer k;
    initial noise = 0;
    always @(posedge RCLK) if (RE & RCLKE) begin
        noise <= 0;
        if (meet)
            for (k = 0; k < 16; k = k + 1)
                noise[k] <= |(torn >> (k >> READ_MODE << READ_MODE) & ((1 << (1 << READ_MODE)) - 1)) & $urandom;
    end
    assign RDATA = sure ^ noise;
endmodule

// Configuration tiny. Written by `statestream verilog`: edit its sources in hdl/src instead.

module statestream_intake (
    input wire [4:0] phase,
    input wire valid,
    input wire pause,
    input wire fresh,
    input wire first_row,
    input wire pending,
    input wire epilogue_busy,
    input wire heading,
    output wire in_words,
    output wire in_rows,
    output wire take,
    output wire stall_epilogue,
    output wire stall_barrier
);
    localparam Phase$Header = 2;
    localparam Phase$Tables = 3;
    localparam Phase$Guess = 6;
    localparam Phase$State = 8;
    localparam Phase$Embed = 9;
    localparam Phase$Section = 10;
    localparam Phase$Params = 11;
    localparam Phase$RowA = 12;
    localparam Phase$PadA = 13;
    localparam Phase$RowB = 14;
    localparam Phase$PadB = 15;
    localparam Phase$Crc = 16;
    wire words;
    wire rows;
    wire reading;
    wire blocked;
    wire barrier;
    wire lanes_taken;

    assign words = (phase == Phase$Header) | (phase == Phase$Tables) | (phase == Phase$State) | (phase == Phase$Guess) | (phase == Phase$Embed) | (phase == Phase$Section) | (phase == Phase$Params);
    assign rows = (phase == Phase$RowA) | (phase == Phase$RowB);
    assign reading = words | rows | (phase == Phase$PadA) | (phase == Phase$PadB) | (phase == Phase$Crc);
    assign blocked = pending & epilogue_busy;
    assign barrier = (phase == Phase$RowA) & first_row & (epilogue_busy | pending);
    assign lanes_taken = (phase == Phase$RowA) & fresh & heading;
    assign in_words = words;
    assign in_rows = rows;
    assign take = valid & reading & ~pause & ~blocked & ~lanes_taken & ~barrier;
    assign stall_barrier = ~blocked & barrier;
    assign stall_epilogue = (reading & blocked) | (lanes_taken & ~barrier);
endmodule

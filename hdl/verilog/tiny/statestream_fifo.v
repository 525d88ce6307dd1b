// Configuration tiny. Written by `statestream verilog`: edit its sources in hdl/src instead.

module statestream_fifo (
    input wire clock,
    input wire flush,
    input wire push,
    input wire [3:0] data,
    input wire pop,
    output wire valid,
    output wire [3:0] nibble,
    output wire room
);
    wire [2:0] entries$oldest;
    wire [3:0] entries$nibble;
    reg [3:0] oldest$d;
    reg [3:0] oldest$q;
    wire taken;

    statestream_entries entries (
        .clock(clock),
        .push(push),
        .data(data),
        .oldest(entries$oldest),
        .nibble(entries$nibble)
    );

    always @(*) begin
        oldest$d = oldest$q;
        if (push & ~taken) begin
            oldest$d = oldest$q + 1;
        end
        if (taken & ~push) begin
            oldest$d = oldest$q - 1;
        end
        if (flush) begin
            oldest$d = 15;
        end
    end

    assign entries$oldest = oldest$q[2:0];
    assign nibble = entries$nibble;
    assign valid = ~oldest$q[3];
    assign taken = pop & ~oldest$q[3];
    assign room = oldest$q[3] | (oldest$q < 5);

    initial oldest$q = 4'hf;
    always @(posedge clock) oldest$q <= oldest$d;
endmodule

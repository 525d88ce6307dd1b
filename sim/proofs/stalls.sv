// What pauses the machine loses no nibble: one that is taken was there (the FIFO hands it out in that very clock), none is taken
// while `pause` is set, and bytes and words are made of the nibbles taken since the last alignment, in order, whatever waits.
//
// BUS: 0 quad (nibbles), 1 and 2 eight bits (bytes).

`define N (`BUS == 0 ? 4 : 8)

module proof (
    input clock, input [4:0] phase, input valid, input pause, input fresh, input first_row, input pending, input epilogue_busy,
    input heading, input [`N-1:0] nibble, input align, input wide
);
    wire in_words, in_rows, take, byte_done, word_done;
    wire [7:0] full_byte;
    wire [15:0] word;
    statestream_intake intake (
        .phase, .valid, .pause, .fresh, .first_row, .pending, .epilogue_busy, .heading, .in_words, .in_rows, .take
    );
    statestream_unpack unpack (
        .clock, .align, .take, .nibble, .wide, .byte_done, .word_done, .full_byte, .word
    );

    // what was taken since the last alignment
    localparam EACH = `N == 4 ? 2 : 1;
    reg [1:0] taken = 0;
    reg [11:0] before = 0;
    wire half = EACH == 2 & ~taken[0];
    always @(posedge clock) begin
        taken <= align ? 0 : (taken + take) % (2 * EACH);
        if (take) before <= {before, nibble};
    end

    wire [7:0] newest = {before, nibble};
    wire [15:0] newest_two = {before, nibble};
    always @(*) begin
        if (take) assert(valid & ~pause);
        assert(byte_done == (take & ~half));
        assert(word_done == (take & taken == 2 * EACH - 1));
        if (byte_done) assert(full_byte == newest);
        if (word_done) assert(word == newest_two);
    end

`ifdef INDUCTION
    (* inside = "unpack.low$q" *) wire low;
    (* inside = "unpack.odd$q" *) wire odd;
    (* inside = "unpack.high_nibble$q" *) wire [`N-1:0] high_nibble;
    (* inside = "unpack.high_byte$q" *) wire [7:0] high_byte;
    always @(*) begin
        assert(EACH == 2 ? {odd, low} == taken : ~low & odd == taken);
        if (low) assert(high_nibble == before[3:0]);
        if (odd) assert(high_byte == (low ? before[11:4] : before[7:0]));
    end
`endif
endmodule

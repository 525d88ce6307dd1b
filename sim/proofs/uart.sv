// Whatever was on the line before: after one idle frame time (ten bits high), and after every frame that follows, a frame (start
// bit, any byte, stop bit) gives exactly that byte: one `valid`, half a bit and three clocks after its stop bit began, and no other.
//
// DIVISOR: clocks of a bit, at least 8.

module proof (input clock, input line);
    localparam D = `DIVISOR;
    localparam FRAME = 10 * D;
    localparam DONE = 9 * D + D / 2 + 3;
    wire valid;
    wire [7:0] data;
    statestream_uart_in dut (.clock(clock), .line(line), .valid(valid), .data(data));

    (* anyconst *) wire [7:0] sent;
    // clocks of silence so far, at most a frame's
    reg [15:0] quiet = 0;
    // the last p clocks were those of a frame with that byte; p = D number + at
    reg framed = 0;
    reg [3:0] number = 0;
    reg [15:0] at = 0;
    reg [15:0] p = 0;

    wire [9:0] frame = {1'b1, sent, 1'b0};
    wire expected = frame[number];
    wire follows = (framed & p == FRAME) | (~framed & quiet == FRAME);
    always @(posedge clock) begin
        quiet <= ~line ? 0 : quiet == FRAME ? quiet : quiet + 1;
        if (framed & p < FRAME) begin
            framed <= line == expected;
            p <= p + 1;
            at <= at == D - 1 ? 0 : at + 1;
            number <= at == D - 1 ? number + 1 : number;
        end
        else begin
            framed <= follows & ~line;
            p <= 1;
            at <= 1;
            number <= 0;
        end
    end

    always @(*) if (framed) begin
        assert(valid == (p == DONE));
        if (valid) assert(data == sent);
    end
    always @(*) if (follows) assert(~valid);

`ifdef INDUCTION
    (* inside = "dut.first$q" *) wire first;
    (* inside = "dut.low$q" *) wire low;
    (* inside = "dut.left$q" *) wire [3:0] left;
    (* inside = "dut.shift$q" *) wire [7:0] shift;
    (* inside = "dut.good$q" *) wire good;
    (* inside = "dut.baud.left" *) wire [$clog2(`DIVISOR)-1:0] baud;
    reg line_1 = 1, line_2 = 1;
    always @(posedge clock) begin
        line_1 <= line;
        line_2 <= line_1;
    end
    // clocks until the receiver is free, if the line stays as it is
    wire [15:0] rest = left == 0 ? good : (left - 1) * D + baud + 2;
    wire before = number == 0 ? 1 : frame[number - 1];
    wire [3:0] bits = 9 - left;
    always @(*) begin
        assert(first == ~line_1 & low == ~line_2);
        assert(left <= 10 & baud < D);
        if (left == 10) assert(baud < D / 2);
        if (quiet >= 1) assert(line_1);
        if (quiet >= 2) begin
            assert(line_2);
            assert(rest == 0 | rest + quiet <= 9 * D + D / 2 + 3);
        end
        assert(quiet <= FRAME);
        if (framed) begin
            assert(p >= 1 & p <= FRAME & at < D & p == number * D + at);
            if (p < FRAME) assert(number <= 9);
            assert(line_1 == (at >= 1 ? expected : before));
            if (p >= 2) assert(line_2 == (at >= 2 ? expected : before));
            if (p == 1) assert(line_2);
            if (p <= 2) assert(left == 0 & ~good);
            if (p > 2 & p < DONE) begin
                assert(left != 0 & ~good & rest == DONE - p + 1);
                if (left < 10) assert((shift >> (8 - bits)) == (sent & ((1 << bits) - 1)));
            end
            if (p == DONE) assert(left == 0 & good & shift == sent);
            if (p > DONE) assert(left == 0 & ~good);
        end
    end
`endif
endmodule

// Configuration tiny. Written by `statestream verilog`: edit its sources in hdl/src instead.

module statestream_index (
    input wire clock,
    input wire [2:0] side,
    input wire signed [15:0] y,
    input wire [43:0] squares,
    input wire [31:0] noise,
    output wire [8:0] entry,
    output wire signed [15:0] frac,
    output wire signed [15:0] rest,
    output wire [4:0] norm_shift
);
    reg [43:0] word$d;
    reg [43:0] word$q;
    reg [4:0] exponent$d;
    reg [4:0] exponent$q;
    reg [4:0] remaining$d;
    reg [4:0] remaining$q;
    reg by_one$d;
    reg by_one$q;
    reg [8:0] at$d;
    reg [8:0] at$q;
    reg [11:0] fraction$d;
    reg [11:0] fraction$q;
    reg signed [15:0] magnitude;
    wire [15:0] bits;
    wire [3:0] octave;
    wire signed [15:0] f;

    always @(*) begin
        word$d = word$q;
        exponent$d = exponent$q;
        remaining$d = remaining$q;
        by_one$d = by_one$q;
        at$d = at$q;
        fraction$d = fraction$q;
        if (|remaining$q) begin
            remaining$d = remaining$q - 1;
            if (by_one$q) begin
                if (~word$q[43] & (exponent$q != 15)) begin
                    word$d = word$q << 1;
                    exponent$d = exponent$q + 1;
                end
            end
            else if (~|word$q[43:42]) begin
                word$d = word$q << 2;
                exponent$d = exponent$q + 1;
            end
        end
        case (side)
            1: begin
                at$d = {4'h0, bits[13:9]};
                if (|bits[15:14]) begin
                    at$d = 32;
                end
                fraction$d = {3'h0, bits[8:0]} << 3;
            end
            2: begin
                at$d = {4'h0, word$q[43:39]} | 64;
                fraction$d = word$q[38:27];
            end
            3: begin
                at$d = 128 + ({5'h0, octave} << 4) + {5'h0, word$q[42:39]};
                fraction$d = word$q[38:27];
            end
            4: begin
                word$d = squares;
                exponent$d = 0;
                remaining$d = 22;
                by_one$d = 1'b0;
            end
            5: begin
                word$d = {12'h0, noise} << 12;
                exponent$d = 0;
                remaining$d = 22;
                by_one$d = 1'b1;
            end
            default: begin
            end
        endcase
    end

    always @(*) begin
        magnitude = y;
        if (y[15]) begin
            magnitude = (-y);
        end
    end

    assign bits = magnitude[15:0];
    assign octave = ~exponent$q[3:0];
    assign entry = at$q;
    assign f = $signed({4'h0, fraction$q});
    assign frac = f;
    assign rest = (4096 - f);
    assign norm_shift = 21 - exponent$q;

    initial word$q = 44'h0;
    always @(posedge clock) word$q <= word$d;
    initial exponent$q = 5'b0;
    always @(posedge clock) exponent$q <= exponent$d;
    initial remaining$q = 5'b0;
    always @(posedge clock) remaining$q <= remaining$d;
    initial by_one$q = 1'b0;
    always @(posedge clock) by_one$q <= by_one$d;
    initial at$q = 9'b0;
    always @(posedge clock) at$q <= at$d;
    initial fraction$q = 12'h0;
    always @(posedge clock) fraction$q <= fraction$d;
endmodule

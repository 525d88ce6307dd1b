// Configuration tiny. Written by `statestream verilog`: edit its sources in hdl/src instead.

module statestream_choose (
    input wire clock,
    input wire set_seed,
    input wire [31:0] seed,
    input wire [3:0] last,
    input wire each,
    input wire head,
    input wire turn,
    input wire step_noise,
    output wire [31:0] noise,
    input wire strobe,
    input wire signed [15:0] score,
    input wire [15:0] index,
    output wire [15:0] winner,
    input wire recall,
    input wire advance,
    input wire settle
);
    reg [31:0] position$d;
    reg [31:0] position$q;
    reg [31:0] walker$d;
    reg [31:0] walker$q;
    wire [31:0] walk$y;
    reg seeding$d;
    reg seeding$q;
    reg [3:0] left$d;
    reg [3:0] left$q;
    wire rows$turn;
    wire rows$en;
    reg [31:0] rows$d;
    wire [31:0] rows$q;
    wire [31:0] row$y;
    wire bests$turn;
    reg bests$en;
    reg [32:0] bests$d;
    wire [32:0] bests$q;
    wire [32:0] best;
    wire signed [15:0] best_score;
    wire [32:0] entry;
    reg [3:0] ring_last;

    statestream_choose_unit walk (
        .x(walker$q),
        .y(walk$y)
    );

    statestream_rows rows (
        .clock(clock),
        .turn(rows$turn),
        .last(ring_last),
        .en(rows$en),
        .d(rows$d),
        .q(rows$q)
    );

    statestream_choose_unit row (
        .x(rows$q),
        .y(row$y)
    );

    statestream_bests bests (
        .clock(clock),
        .turn(bests$turn),
        .last(ring_last),
        .en(bests$en),
        .d(bests$d),
        .q(bests$q)
    );

    always @(*) begin
        position$d = position$q;
        if (settle) begin
            position$d = walker$q;
        end
        if (set_seed) begin
            position$d = seed;
            if (~|seed) begin
                position$d = 1;
            end
        end
    end

    always @(*) begin
        walker$d = walker$q;
        if (head | recall) begin
            walker$d = position$q;
        end
        if (seeding$q | advance) begin
            walker$d = walk$y;
        end
    end

    always @(*) begin
        seeding$d = seeding$q;
        left$d = left$q;
        if (seeding$q) begin
            left$d = left$q - 1;
            seeding$d = |left$q;
        end
        if (head) begin
            left$d = last;
            seeding$d = 1'b1;
        end
    end

    always @(*) begin
        ring_last = 0;
        if (each) begin
            ring_last = last;
        end
    end

    assign rows$turn = turn | seeding$q;
    assign rows$en = step_noise | seeding$q;

    always @(*) begin
        rows$d = row$y;
        if (seeding$q) begin
            rows$d = walk$y ^ 32'h9e3779b9;
        end
    end

    assign noise = row$y;
    assign best = bests$q;
    assign best_score = $signed(best[32:17]);
    assign entry = ({17'h0, score[15:0]} << 17) | ({17'h0, index} << 1);
    assign bests$turn = turn | seeding$q;

    always @(*) begin
        bests$d = entry;
        bests$en = strobe & (best[0] | (score > best_score));
        if (seeding$q) begin
            bests$en = 1'b1;
            bests$d = 1;
        end
    end

    assign winner = best[16:1];

    initial position$q = 1;
    always @(posedge clock) position$q <= position$d;
    initial walker$q = 0;
    always @(posedge clock) walker$q <= walker$d;
    initial seeding$q = 1'b0;
    always @(posedge clock) seeding$q <= seeding$d;
    initial left$q = 4'h0;
    always @(posedge clock) left$q <= left$d;
endmodule

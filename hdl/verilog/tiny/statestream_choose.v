// Configuration tiny. Written by `statestream verilog`: edit its sources in hdl/src instead.

module statestream_choose (
    input wire clock,
    input wire set_seed,
    input wire [31:0] seed,
    input wire next_position,
    input wire head,
    input wire step_noise,
    output wire [31:0] noise,
    input wire strobe,
    input wire signed [15:0] score,
    input wire [15:0] index,
    output wire [15:0] token
);
    reg [31:0] position$d;
    reg [31:0] position$q;
    reg [31:0] row$d;
    reg [31:0] row$q;
    reg empty$d;
    reg empty$q;
    reg signed [15:0] best$d;
    reg signed [15:0] best$q;
    reg [15:0] winner$d;
    reg [15:0] winner$q;
    wire [31:0] step_position$y;
    wire [31:0] step_row$y;

    statestream_choose_unit step_position (
        .x(position$q),
        .y(step_position$y)
    );

    statestream_choose_unit step_row (
        .x(row$q),
        .y(step_row$y)
    );

    always @(*) begin
        position$d = position$q;
        if (next_position) begin
            position$d = step_position$y;
        end
        if (set_seed) begin
            position$d = seed;
            if (~|seed) begin
                position$d = 1;
            end
        end
    end

    always @(*) begin
        row$d = row$q;
        empty$d = empty$q;
        best$d = best$q;
        winner$d = winner$q;
        if (step_noise) begin
            row$d = step_row$y;
        end
        if (strobe & (empty$q | (score > best$q))) begin
            best$d = score;
            winner$d = index;
            empty$d = 1'b0;
        end
        if (head) begin
            row$d = position$q ^ 32'h9e3779b9;
            empty$d = 1'b1;
        end
    end

    assign noise = step_row$y;
    assign token = winner$q;

    initial position$q = 1;
    always @(posedge clock) position$q <= position$d;
    initial row$q = 0;
    always @(posedge clock) row$q <= row$d;
    initial empty$q = 1'b0;
    always @(posedge clock) empty$q <= empty$d;
    initial best$q = 16'h0;
    always @(posedge clock) best$q <= best$d;
    initial winner$q = 16'h0;
    always @(posedge clock) winner$q <= winner$d;
endmodule

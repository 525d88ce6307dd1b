// Configuration tiny. Written by `statestream verilog`: edit its sources in hdl/src instead.

module statestream_lanes (
    input wire clock,
    input wire [7:0] weight,
    input wire valid,
    input wire first,
    input wire signed [15:0] word,
    input wire load,
    input wire shift,
    input wire signed [31:0] next_row,
    output wire signed [31:0] row
);
    wire signed [15:0] multiplier$b;
    wire signed [31:0] multiplier$p;
    reg [7:0] held$q;
    reg held_valid$q;
    reg held_first$q;
    reg add$q;
    reg add_first$q;
    wire signed [31:0] sum$d;
    reg signed [31:0] sum$q;
    wire taken$en;
    reg signed [31:0] taken$d;
    reg signed [31:0] taken$q;
    reg signed [31:0] base;

    statestream_multiplier multiplier (
        .clock(clock),
        .a(word),
        .b(multiplier$b),
        .p(multiplier$p)
    );

    assign multiplier$b = {{8{held$q[7]}}, held$q};

    always @(*) begin
        base = sum$q;
        if (add_first$q) begin
            base = 0;
        end
    end

    assign sum$d = (base + multiplier$p);

    always @(*) begin
        taken$d = sum$q;
        if (shift) begin
            taken$d = next_row;
        end
    end

    assign taken$en = load | shift | (add$q & add_first$q);
    assign row = taken$q;

    initial held$q = 8'h0;
    always @(posedge clock) held$q <= weight;
    initial held_valid$q = 1'b0;
    always @(posedge clock) held_valid$q <= valid;
    initial held_first$q = 1'b0;
    always @(posedge clock) held_first$q <= first;
    initial add$q = 1'b0;
    always @(posedge clock) add$q <= held_valid$q;
    initial add_first$q = 1'b0;
    always @(posedge clock) add_first$q <= held_first$q;
    initial sum$q = 0;
    always @(posedge clock) if (add$q) sum$q <= sum$d;
    initial taken$q = 0;
    always @(posedge clock) if (taken$en) taken$q <= taken$d;
endmodule

// Configuration tiny. Written by `statestream verilog`: edit its sources in hdl/src instead.

module statestream_round (
    input wire clock,
    input wire signed [31:0] x,
    input wire [4:0] s,
    input wire en,
    output wire signed [15:0] y,
    output wire clamped
);
    localparam signed highest = 16'h7fff;
    localparam signed lowest = 16'h8000;
    wire signed [32:0] shift$x;
    wire signed [32:0] shift$y;
    reg signed [32:0] shifted$q;
    reg signed [15:0] result$d;
    reg signed [15:0] result$q;
    reg clamp$d;
    reg clamp$q;
    wire signed [33:0] sum;
    wire [17:0] above;
    wire [15:0] low;

    statestream_shift shift (
        .x(shift$x),
        .s(s),
        .y(shift$y)
    );

    assign shift$x = (x << 1);
    assign sum = (shifted$q + 1);
    assign low = sum[16:1];
    assign above = sum[33:16];

    always @(*) begin
        result$d = $signed(low);
        clamp$d = 1'b0;
        if (sum[33] & ~&above) begin
            result$d = lowest;
            clamp$d = 1'b1;
        end
        if (~sum[33] & |above) begin
            result$d = highest;
            clamp$d = 1'b1;
        end
    end

    assign y = result$q;
    assign clamped = clamp$q;

    initial shifted$q = 33'h0;
    always @(posedge clock) shifted$q <= shift$y;
    initial result$q = 16'h0;
    always @(posedge clock) if (en) result$q <= result$d;
    initial clamp$q = 1'b0;
    always @(posedge clock) if (en) clamp$q <= clamp$d;
endmodule

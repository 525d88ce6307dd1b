// Configuration tiny. Written by `statestream verilog`: edit its sources in hdl/src instead.

module statestream_bests (
    input wire clock,
    input wire turn,
    input wire [3:0] last,
    input wire en,
    input wire [32:0] d,
    output wire [32:0] q
);
    reg [32:0] slots$0$d;
    reg [32:0] slots$0$q;
    reg [32:0] front;

    always @(*) begin
        slots$0$d = slots$0$q;
        slots$0$d = front;
        if (turn) begin
            if (last == 0) begin
                slots$0$d = front;
            end
        end
    end

    always @(*) begin
        front = slots$0$q;
        if (en) begin
            front = d;
        end
    end

    assign q = slots$0$q;

    initial slots$0$q = 33'h0;
    always @(posedge clock) slots$0$q <= slots$0$d;
endmodule

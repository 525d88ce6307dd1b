// Configuration tiny. Written by `statestream verilog`: edit its sources in hdl/src instead.

module statestream_counters_unit (
    input wire clock,
    input wire clear,
    input wire en,
    output wire [31:0] value
);
    reg [31:0] count$d;
    reg [31:0] count$q;

    always @(*) begin
        count$d = count$q;
        if (en) begin
            count$d = count$q + 1;
        end
        if (clear) begin
            count$d = 0;
        end
    end

    assign value = count$q;

    initial count$q = 0;
    always @(posedge clock) count$q <= count$d;
endmodule

// Configuration tiny. Written by `statestream verilog`: edit its sources in hdl/src instead.

module statestream_sum (
    input wire clock,
    input wire start,
    input wire [15:0] from,
    input wire [15:0] times,
    input wire [15:0] step,
    output wire [15:0] value,
    output wire ready
);
    reg [15:0] sum$d;
    reg [15:0] sum$q;
    reg [15:0] bits$d;
    reg [15:0] bits$q;
    reg [15:0] addend$d;
    reg [15:0] addend$q;
    reg [4:0] left$d;
    reg [4:0] left$q;

    always @(*) begin
        sum$d = sum$q;
        bits$d = bits$q;
        addend$d = addend$q;
        left$d = left$q;
        if (|left$q) begin
            left$d = left$q - 1;
            bits$d = bits$q >> 1;
            addend$d = addend$q << 1;
            if (bits$q[0]) begin
                sum$d = sum$q + addend$q;
            end
        end
        if (start) begin
            sum$d = from;
            bits$d = times;
            addend$d = step;
            left$d = 16;
        end
    end

    assign value = sum$q;
    assign ready = ~|left$q;

    initial sum$q = 16'h0;
    always @(posedge clock) sum$q <= sum$d;
    initial bits$q = 16'h0;
    always @(posedge clock) bits$q <= bits$d;
    initial addend$q = 16'h0;
    always @(posedge clock) addend$q <= addend$d;
    initial left$q = 5'b0;
    always @(posedge clock) left$q <= left$d;
endmodule

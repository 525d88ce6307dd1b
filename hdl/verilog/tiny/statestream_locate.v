// Configuration tiny. Written by `statestream verilog`: edit its sources in hdl/src instead.

module statestream_locate (
    input wire clock,
    input wire start,
    input wire [23:0] offset,
    input wire [15:0] index,
    input wire [23:0] stride,
    output wire [23:0] address,
    output wire ready
);
    localparam base = 24'h0;
    reg [23:0] sum$d;
    reg [23:0] sum$q;
    reg [15:0] times$d;
    reg [15:0] times$q;
    reg [23:0] step$d;
    reg [23:0] step$q;
    reg [4:0] left$d;
    reg [4:0] left$q;

    always @(*) begin
        sum$d = sum$q;
        times$d = times$q;
        step$d = step$q;
        left$d = left$q;
        if (|left$q) begin
            left$d = left$q - 1;
            times$d = times$q >> 1;
            step$d = step$q << 1;
            if (times$q[0]) begin
                sum$d = sum$q + step$q;
            end
        end
        if (start) begin
            sum$d = offset + base;
            times$d = index;
            step$d = stride;
            left$d = 16;
        end
    end

    assign address = sum$q;
    assign ready = ~|left$q;

    initial sum$q = 24'h0;
    always @(posedge clock) sum$q <= sum$d;
    initial times$q = 16'h0;
    always @(posedge clock) times$q <= times$d;
    initial step$q = 24'h0;
    always @(posedge clock) step$q <= step$d;
    initial left$q = 5'b0;
    always @(posedge clock) left$q <= left$d;
endmodule

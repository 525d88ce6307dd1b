// Configuration tiny. Written by `statestream verilog`: edit its sources in hdl/src instead.

module statestream_hash (
    input wire clock,
    input wire clear,
    input wire take,
    input wire [15:0] token,
    input wire [15:0] multiplier,
    output wire [15:0] value,
    output wire ready
);
    reg [15:0] sum$d;
    reg [15:0] sum$q;
    reg [15:0] times$d;
    reg [15:0] times$q;
    reg [15:0] step$d;
    reg [15:0] step$q;
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
        if (take) begin
            sum$d = token;
            times$d = sum$q;
            step$d = multiplier;
            left$d = 16;
        end
        if (clear) begin
            sum$d = 0;
        end
    end

    assign value = sum$q;
    assign ready = ~|left$q;

    initial sum$q = 16'h0;
    always @(posedge clock) sum$q <= sum$d;
    initial times$q = 16'h0;
    always @(posedge clock) times$q <= times$d;
    initial step$q = 16'h0;
    always @(posedge clock) step$q <= step$d;
    initial left$q = 5'b0;
    always @(posedge clock) left$q <= left$d;
endmodule

// Configuration tiny. Written by `statestream verilog`: edit its sources in hdl/src instead.

module statestream_uart_in (
    input wire clock,
    input wire line,
    output wire valid,
    output wire [7:0] data
);
    wire first$d;
    reg first$q;
    reg low$q;
    wire baud$restart;
    wire baud$tick;
    reg [3:0] left$d;
    reg [3:0] left$q;
    reg [7:0] shift$d;
    reg [7:0] shift$q;
    reg good$d;
    reg good$q;

    statestream_uart_in_baud baud (
        .clock(clock),
        .restart(baud$restart),
        .tick(baud$tick)
    );

    assign first$d = ~line;

    always @(*) begin
        left$d = left$q;
        shift$d = shift$q;
        good$d = good$q;
        good$d = 1'b0;
        if (~|left$q) begin
            if (low$q) begin
                left$d = 10;
            end
        end
        else if (baud$tick) begin
            left$d = left$q - 1;
            shift$d = shift$q >> 1;
            if (~low$q) begin
                shift$d = (shift$q >> 1) | 128;
            end
            if (left$q == 10) begin
                if (~low$q) begin
                    left$d = 0;
                end
            end
            if (left$q == 1) begin
                shift$d = shift$q;
                good$d = ~low$q;
            end
        end
    end

    assign baud$restart = ~|left$q;
    assign valid = good$q;
    assign data = shift$q;

    initial first$q = 1'b0;
    always @(posedge clock) first$q <= first$d;
    initial low$q = 1'b0;
    always @(posedge clock) low$q <= first$q;
    initial left$q = 4'h0;
    always @(posedge clock) left$q <= left$d;
    initial shift$q = 8'h0;
    always @(posedge clock) shift$q <= shift$d;
    initial good$q = 1'b0;
    always @(posedge clock) good$q <= good$d;
endmodule

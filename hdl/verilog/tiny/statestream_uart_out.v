// Configuration tiny. Written by `statestream verilog`: edit its sources in hdl/src instead.

module statestream_uart_out (
    input wire clock,
    input wire start,
    input wire [7:0] data,
    output wire ready,
    output wire line
);
    wire baud$tick;
    reg [8:0] shift$d;
    reg [8:0] shift$q;
    reg [3:0] left$d;
    reg [3:0] left$q;

    statestream_uart_out_baud baud (
        .clock(clock),
        .restart(start),
        .tick(baud$tick)
    );

    always @(*) begin
        shift$d = shift$q;
        left$d = left$q;
        if (|left$q & baud$tick) begin
            shift$d = shift$q >> 1;
            left$d = left$q - 1;
        end
        if (start) begin
            shift$d = (({1'h0, data} ^ 255) << 1) | 1;
            left$d = 10;
        end
    end

    assign ready = ~|left$q;
    assign line = ~shift$q[0];

    initial shift$q = 9'b0;
    always @(posedge clock) shift$q <= shift$d;
    initial left$q = 4'h0;
    always @(posedge clock) left$q <= left$d;
endmodule

// Configuration tiny. Written by `statestream verilog`: edit its sources in hdl/src instead.

module statestream_whereabouts (
    input wire clock,
    input wire seek,
    input wire [23:0] address,
    input wire byte_done,
    input wire judged,
    input wire fault,
    output wire [23:0] record,
    output wire [23:0] place
);
    localparam base = 24'h0;
    reg [23:0] at$d;
    reg [23:0] at$q;
    reg [23:0] begin$d;
    reg [23:0] begin$q;

    always @(*) begin
        at$d = at$q;
        begin$d = begin$q;
        if (byte_done) begin
            at$d = at$q + 1;
        end
        if (judged & ~fault) begin
            begin$d = at$q;
        end
        if (seek) begin
            at$d = address;
            begin$d = address;
        end
    end

    assign record = begin$q;
    assign place = begin$q - base;

    initial at$q = 24'h0;
    always @(posedge clock) at$q <= at$d;
    initial begin$q = 24'h0;
    always @(posedge clock) begin$q <= begin$d;
endmodule

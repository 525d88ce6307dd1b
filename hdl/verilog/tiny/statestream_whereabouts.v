// Configuration tiny. Written by `statestream verilog`: edit its sources in hdl/src instead.

module statestream_whereabouts (
    input wire clock,
    input wire seek,
    input wire [23:0] address,
    input wire byte_done,
    input wire record_done,
    input wire fault,
    output wire [23:0] fault_address
);
    reg [23:0] at$d;
    reg [23:0] at$q;
    reg [23:0] record$d;
    reg [23:0] record$q;
    reg [23:0] previous$d;
    reg [23:0] previous$q;
    reg [23:0] faulty$d;
    reg [23:0] faulty$q;

    always @(*) begin
        at$d = at$q;
        record$d = record$q;
        previous$d = previous$q;
        if (byte_done) begin
            at$d = at$q + 1;
        end
        if (record_done) begin
            previous$d = record$q;
            record$d = at$q + 1;
        end
        if (seek) begin
            at$d = address;
            record$d = address;
        end
    end

    always @(*) begin
        faulty$d = faulty$q;
        if (fault) begin
            faulty$d = previous$q;
        end
    end

    assign fault_address = faulty$q;

    initial at$q = 24'h0;
    always @(posedge clock) at$q <= at$d;
    initial record$q = 24'h0;
    always @(posedge clock) record$q <= record$d;
    initial previous$q = 24'h0;
    always @(posedge clock) previous$q <= previous$d;
    initial faulty$q = 24'h0;
    always @(posedge clock) faulty$q <= faulty$d;
endmodule

// Configuration tiny. Written by `statestream verilog`: edit its sources in hdl/src instead.

module statestream_ledger (
    input wire clock,
    input wire [31:0] word,
    input wire load_count,
    input wire count_up,
    input wire count_down,
    input wire count_limit,
    input wire load_addr,
    input wire addr_up,
    input wire [15:0] limit,
    input wire or_equal,
    input wire [20:0] state_words,
    output wire [15:0] count,
    output wire some,
    output wire [20:0] addr,
    output wire beyond,
    output wire above,
    output wire differs,
    output wire no_address,
    output wire too_many
);
    reg [15:0] counter$d;
    reg [15:0] counter$q;
    reg [20:0] address$d;
    reg [20:0] address$q;
    wire [15:0] low;
    reg [15:0] change;
    reg [16:0] argument;
    wire [16:0] bound;

    always @(*) begin
        counter$d = counter$q;
        if (count_up | count_down | count_limit) begin
            counter$d = counter$q + change;
        end
        if (load_count) begin
            counter$d = low;
        end
    end

    always @(*) begin
        address$d = address$q;
        if (addr_up) begin
            address$d = address$q + 1;
        end
        if (load_addr) begin
            address$d = word[20:0];
        end
    end

    assign low = word[15:0];

    always @(*) begin
        change = 65535;
        if (count_up) begin
            change = 1;
        end
        if (count_limit) begin
            change = limit;
        end
    end

    assign count = counter$q;
    assign some = |counter$q;
    assign addr = address$q;
    assign beyond = address$q > state_words;

    always @(*) begin
        argument = {1'h0, low} << 1;
        if (or_equal) begin
            argument = ({1'h0, low} << 1) | 1;
        end
    end

    assign bound = {1'h0, limit} << 1;
    assign above = argument > bound;
    assign differs = low != limit;
    assign no_address = |word[31:20];
    assign too_many = low > 4096;

    initial counter$q = 16'h0;
    always @(posedge clock) counter$q <= counter$d;
    initial address$q = 21'h0;
    always @(posedge clock) address$q <= address$d;
endmodule

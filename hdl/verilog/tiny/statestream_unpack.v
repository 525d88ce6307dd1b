// Configuration tiny. Written by `statestream verilog`: edit its sources in hdl/src instead.

module statestream_unpack (
    input wire clock,
    input wire align,
    input wire take,
    input wire [3:0] nibble,
    input wire wide,
    output wire byte_done,
    output wire word_done,
    output reg weight_done,
    output wire [7:0] full_byte,
    output wire [15:0] word,
    output reg [7:0] weight
);
    reg low$d;
    reg low$q;
    reg odd$d;
    reg odd$q;
    reg [3:0] high_nibble$d;
    reg [3:0] high_nibble$q;
    reg [7:0] high_byte$d;
    reg [7:0] high_byte$q;
    wire [7:0] whole;
    wire signed [7:0] narrow;
    wire done;

    always @(*) begin
        low$d = low$q;
        odd$d = odd$q;
        high_nibble$d = high_nibble$q;
        high_byte$d = high_byte$q;
        if (take) begin
            low$d = ~low$q;
            high_nibble$d = nibble;
        end
        if (done) begin
            odd$d = ~odd$q;
            high_byte$d = whole;
        end
        if (align) begin
            low$d = 1'b0;
            odd$d = 1'b0;
        end
    end

    assign whole = ({4'h0, high_nibble$q} << 4) | {4'h0, nibble};
    assign narrow = {{4{nibble[3]}}, nibble};
    assign done = take & low$q;
    assign byte_done = done;
    assign word_done = done & odd$q;
    assign full_byte = whole;
    assign word = ({8'h0, high_byte$q} << 8) | {8'h0, whole};

    always @(*) begin
        weight_done = take;
        weight = narrow[7:0];
        if (wide) begin
            weight_done = done;
            weight = whole;
        end
    end

    initial low$q = 1'b0;
    always @(posedge clock) low$q <= low$d;
    initial odd$q = 1'b0;
    always @(posedge clock) odd$q <= odd$d;
    initial high_nibble$q = 4'h0;
    always @(posedge clock) high_nibble$q <= high_nibble$d;
    initial high_byte$q = 8'h0;
    always @(posedge clock) high_byte$q <= high_byte$d;
endmodule

// Eight multiply-accumulate lanes over a vector memory: about the work per clock of the machine's core, in a form that
// fits on a page. The bench measures the binding, so what is computed does not matter.
module lanes (
    input wire clock,
    input wire reset,
    input wire valid,
    input wire [3:0] nibble,
    input wire [15:0] word,
    output wire [31:0] sum
);
    reg [15:0] vector [0:1023];
    reg [9:0] address;
    reg signed [31:0] acc [0:7];
    reg [31:0] check;
    assign sum = check;
    integer i;
    wire signed [15:0] operand = vector[address];
    wire signed [3:0] weight = nibble;

    always @(posedge clock) begin
        if (reset) begin
            address <= 0;
            check <= 0;
            for (i = 0; i < 8; i = i + 1) acc[i] <= 0;
        end else if (valid) begin
            address <= address + 1;
            vector[address + 10'd7] <= word;
            for (i = 0; i < 8; i = i + 1) acc[i] <= acc[i] + operand * (weight ^ i[3:0]);
            check <= {check[30:0], check[31]} ^ acc[address[2:0]];
        end
    end
endmodule

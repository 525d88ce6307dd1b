// The 32 bits of the epilogue's accumulator always hold the exact sum of its products: no intermediate sum overflows, for all second
// factors (states, inputs, rows), all instructions in any order, as long as the magnitudes of the first factors of a sum add up to
// at most 65535 (FORMAT.md section 6). The recurrence is such a sum: |ar| + |ai| + |b| <= 65535, and without input |a| < 1 is enough,
// since |ar| and |ai| are then at most 32767 each.
//
// The microcode is cut away (`statestream_control` says anything), and the multiplier is known by its bound alone (product.sv).

module statestream_control (
    input clock, input start, input [7:0] entry, input [3:0] states_less_1, input [15:0] elements_less_1,
    input [15:0] first_element, input [3:0] last_token, input [3:0] first_token, input hold, output [47:0] op,
    output [3:0] token, output turn, output heading, output [15:0] element, output [6:0] param_offset,
    output [4:0] state_offset, output busy
);
    (* anyseq *) wire [82:0] anything;
    assign {op, token, turn, heading, element, param_offset, state_offset, busy} = anything;
endmodule

module statestream_multiplier (input clock, input signed [15:0] a, input signed [15:0] b, output reg signed [31:0] p);
    (* anyseq *) wire signed [31:0] product;
    wire [16:0] magnitude = a[15] ? 17'd0 - {a[15], a} : a;
    wire signed [32:0] bound = magnitude << 15;
    always @(*) assume(-bound <= product & product <= bound);
    initial p = 0;
    always @(posedge clock) p <= product;
endmodule

module proof (
    input clock, input start, input [7:0] entry, input bank, input [4:0] shift_a, input [4:0] shift_b, input [4:0] shift_conv,
    input [4:0] shift_readout, input [4:0] shift_gate, input [3:0] states_less_1, input [7:0] state_words, input [15:0] dest,
    input from_start, input [15:0] operand_at, input [3:0] first_token, input rewind, input [3:0] last_token,
    input [3:0] bank_before, input [15:0] elements_less_1, input [43:0] eps, input signed [15:0] temperature,
    input [31:0] noise, input hold, input signed [31:0] row, input signed [15:0] operand, input signed [15:0] param,
    input signed [15:0] table_word, input signed [15:0] h, input signed [15:0] state
);
    statestream_epilogue dut (
        .clock, .start, .entry, .bank, .shift_a, .shift_b, .shift_conv, .shift_readout, .shift_gate, .states_less_1,
        .state_words, .dest, .from_start, .operand_at, .first_token, .rewind, .last_token, .bank_before, .elements_less_1, .eps,
        .temperature, .noise, .hold, .row, .operand, .param, .table_word, .h, .state
    );
    (* inside = "dut.x" *) wire signed [15:0] x;
    (* inside = "dut.acc$q" *) wire signed [31:0] acc;
    (* inside = "dut.multiplier$p" *) wire signed [31:0] p;
    (* inside = "dut.add$q" *) wire [47:0] add;
    // 1 set, 2 add, 3 subtract a product; 4 take a row's dot product, which the packer proves to be below 2^30
    wire [2:0] mac = add[19:17];
    // magnitude of the first factor, and the sum of those in acc, of which the packer proves that it is at most 65535
    reg [16:0] weight = 0;
    reg [17:0] spent = 0;
    // the sum, in 40 bits
    reg signed [39:0] sum = 0;
    wire [17:0] spent_n = mac == 1 ? weight : mac == 2 | mac == 3 ? spent + weight : mac == 4 ? 32768 : spent;
    always @(*) if (mac >= 1 & mac <= 3) assume(spent_n <= 65535);
    always @(*) if (mac == 4) assume(-(40'sd1 << 30) <= row & row <= (40'sd1 << 30));
    always @(posedge clock) begin
        weight <= x[15] ? 17'd0 - {x[15], x} : x;
        spent <= spent_n;
        case (mac)
            1: sum <= p;
            2: sum <= sum + p;
            3: sum <= sum - p;
            4: sum <= row;
            default: sum <= sum;
        endcase
    end
    always @(*) assert(acc == sum);

`ifdef INDUCTION
    wire signed [39:0] most = spent << 15;
    wire signed [39:0] part = weight << 15;
    always @(*) begin
        assert(weight <= 32768 & spent <= 65535);
        assert(-most <= sum & sum <= most);
        assert(-part <= p & p <= part);
    end
`endif
endmodule

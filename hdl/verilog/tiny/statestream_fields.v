// Configuration tiny. Written by `statestream verilog`: edit its sources in hdl/src instead.

module statestream_fields (
    input wire [5:0] select,
    input wire [7:0] status,
    input wire [15:0] size,
    input wire [15:0] crc,
    input wire [15:0] consumed,
    input wire [15:0] token,
    input wire [15:0] guess,
    input wire signed [15:0] logit,
    input wire signed [15:0] state_rdata,
    input wire [15:0] counter_value,
    input wire [7:0] boot_code,
    input wire [31:0] error_address,
    input wire [15:0] d,
    input wire [15:0] vocab_minus_1,
    input wire [31:0] state_words,
    input wire [31:0] model_id,
    input wire [15:0] logit_frac,
    input wire [15:0] states,
    output reg [15:0] value,
    output reg last
);

    wire [511:0] all = {
        16'd0,
        16'd0,
        16'd0,
        16'd0,
        guess,
        size,
        {8'h5a, status},
        crc,
        state_rdata,
        logit,
        (status[7] ? consumed : token),
        error_address[15:0],
        error_address[31:16],
        {8'd0, boot_code},
        states,
        logit_frac,
        model_id[15:0],
        model_id[31:16],
        state_words[15:0],
        state_words[31:16],
        vocab_minus_1,
        d,
        16'd0,
        16'd0,
        {8'd0, boot_code},
        16'd64,
        16'd512,
        16'd0,
        16'd128,
        16'd32,
        16'd1,
        16'd2
    };
    always @(*) begin
        value = select[5] ? counter_value : all[{select[4:0], 4'd0} +: 16];
        last = (select == 6'd17) | (select == 6'd20) | (select == 6'd21) | (select == 6'd57);
    end
endmodule

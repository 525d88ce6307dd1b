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
    input wire [15:0] header_value,
    output reg [4:0] header_field,
    input wire grouping,
    output reg [15:0] limit,
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
        header_value,
        header_value,
        header_value,
        header_value,
        header_value,
        header_value,
        header_value,
        header_value,
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
        case (select)
            6'd10: header_field = 5'd6;
            6'd11: header_field = 5'd7;
            6'd12: header_field = 5'd10;
            6'd13: header_field = 5'd11;
            6'd14: header_field = 5'd4;
            6'd15: header_field = 5'd5;
            6'd16: header_field = 5'd26;
            6'd17: header_field = 5'd20;
            default: header_field = 5'd0;
        endcase
        value = select[5] ? counter_value : all[{select[4:0], 4'd0} +: 16];
        limit = grouping ? 16'd1 : header_value;
        last = (select == 6'd17) | (select == 6'd20) | (select == 6'd21) | (select == 6'd57);
    end
endmodule

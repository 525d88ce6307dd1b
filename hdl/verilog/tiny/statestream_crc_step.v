// Configuration tiny. Written by `statestream verilog`: edit its sources in hdl/src instead.

module statestream_crc_step (
    input wire [31:0] register,
    input wire [7:0] data,
    output reg [31:0] next_register
);

    always @(*) begin
        next_register[0] = register[2] ^ register[8] ^ data[2];
        next_register[1] = register[0] ^ register[3] ^ register[9] ^ data[0] ^ data[3];
        next_register[2] = register[0] ^ register[1] ^ register[4] ^ register[10] ^ data[0] ^ data[1] ^ data[4];
        next_register[3] = register[1] ^ register[2] ^ register[5] ^ register[11] ^ data[1] ^ data[2] ^ data[5];
        next_register[4] = register[0] ^ register[2] ^ register[3] ^ register[6] ^ register[12] ^ data[0] ^ data[2] ^ data[3] ^ data[6];
        next_register[5] = register[1] ^ register[3] ^ register[4] ^ register[7] ^ register[13] ^ data[1] ^ data[3] ^ data[4] ^ data[7];
        next_register[6] = register[4] ^ register[5] ^ register[14] ^ data[4] ^ data[5];
        next_register[7] = register[0] ^ register[5] ^ register[6] ^ register[15] ^ data[0] ^ data[5] ^ data[6];
        next_register[8] = register[1] ^ register[6] ^ register[7] ^ register[16] ^ data[1] ^ data[6] ^ data[7];
        next_register[9] = register[7] ^ register[17] ^ data[7];
        next_register[10] = register[2] ^ register[18] ^ data[2];
        next_register[11] = register[3] ^ register[19] ^ data[3];
        next_register[12] = register[0] ^ register[4] ^ register[20] ^ data[0] ^ data[4];
        next_register[13] = register[0] ^ register[1] ^ register[5] ^ register[21] ^ data[0] ^ data[1] ^ data[5];
        next_register[14] = register[1] ^ register[2] ^ register[6] ^ register[22] ^ data[1] ^ data[2] ^ data[6];
        next_register[15] = register[2] ^ register[3] ^ register[7] ^ register[23] ^ data[2] ^ data[3] ^ data[7];
        next_register[16] = register[0] ^ register[2] ^ register[3] ^ register[4] ^ register[24] ^ data[0] ^ data[2] ^ data[3] ^ data[4];
        next_register[17] = register[0] ^ register[1] ^ register[3] ^ register[4] ^ register[5] ^ register[25] ^ data[0] ^ data[1] ^ data[3] ^ data[4] ^ data[5];
        next_register[18] = register[0] ^ register[1] ^ register[2] ^ register[4] ^ register[5] ^ register[6] ^ register[26] ^ data[0] ^ data[1] ^ data[2] ^ data[4] ^ data[5] ^ data[6];
        next_register[19] = register[1] ^ register[2] ^ register[3] ^ register[5] ^ register[6] ^ register[7] ^ register[27] ^ data[1] ^ data[2] ^ data[3] ^ data[5] ^ data[6] ^ data[7];
        next_register[20] = register[3] ^ register[4] ^ register[6] ^ register[7] ^ register[28] ^ data[3] ^ data[4] ^ data[6] ^ data[7];
        next_register[21] = register[2] ^ register[4] ^ register[5] ^ register[7] ^ register[29] ^ data[2] ^ data[4] ^ data[5] ^ data[7];
        next_register[22] = register[2] ^ register[3] ^ register[5] ^ register[6] ^ register[30] ^ data[2] ^ data[3] ^ data[5] ^ data[6];
        next_register[23] = register[3] ^ register[4] ^ register[6] ^ register[7] ^ register[31] ^ data[3] ^ data[4] ^ data[6] ^ data[7];
        next_register[24] = register[0] ^ register[2] ^ register[4] ^ register[5] ^ register[7] ^ data[0] ^ data[2] ^ data[4] ^ data[5] ^ data[7];
        next_register[25] = register[0] ^ register[1] ^ register[2] ^ register[3] ^ register[5] ^ register[6] ^ data[0] ^ data[1] ^ data[2] ^ data[3] ^ data[5] ^ data[6];
        next_register[26] = register[0] ^ register[1] ^ register[2] ^ register[3] ^ register[4] ^ register[6] ^ register[7] ^ data[0] ^ data[1] ^ data[2] ^ data[3] ^ data[4] ^ data[6] ^ data[7];
        next_register[27] = register[1] ^ register[3] ^ register[4] ^ register[5] ^ register[7] ^ data[1] ^ data[3] ^ data[4] ^ data[5] ^ data[7];
        next_register[28] = register[0] ^ register[4] ^ register[5] ^ register[6] ^ data[0] ^ data[4] ^ data[5] ^ data[6];
        next_register[29] = register[0] ^ register[1] ^ register[5] ^ register[6] ^ register[7] ^ data[0] ^ data[1] ^ data[5] ^ data[6] ^ data[7];
        next_register[30] = register[0] ^ register[1] ^ register[6] ^ register[7] ^ data[0] ^ data[1] ^ data[6] ^ data[7];
        next_register[31] = register[1] ^ register[7] ^ data[1] ^ data[7];
    end
endmodule

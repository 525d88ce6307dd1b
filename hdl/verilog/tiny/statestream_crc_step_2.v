// Configuration tiny. Written by `statestream verilog`: edit its sources in hdl/src instead.

module statestream_crc_step_2 (
    input wire [15:0] register,
    input wire [7:0] data,
    output reg [15:0] next_register
);

    always @(*) begin
        next_register[0] = register[8] ^ register[12] ^ data[0] ^ data[4];
        next_register[1] = register[9] ^ register[13] ^ data[1] ^ data[5];
        next_register[2] = register[10] ^ register[14] ^ data[2] ^ data[6];
        next_register[3] = register[11] ^ register[15] ^ data[3] ^ data[7];
        next_register[4] = register[12] ^ data[4];
        next_register[5] = register[8] ^ register[12] ^ register[13] ^ data[0] ^ data[4] ^ data[5];
        next_register[6] = register[9] ^ register[13] ^ register[14] ^ data[1] ^ data[5] ^ data[6];
        next_register[7] = register[10] ^ register[14] ^ register[15] ^ data[2] ^ data[6] ^ data[7];
        next_register[8] = register[0] ^ register[11] ^ register[15] ^ data[3] ^ data[7];
        next_register[9] = register[1] ^ register[12] ^ data[4];
        next_register[10] = register[2] ^ register[13] ^ data[5];
        next_register[11] = register[3] ^ register[14] ^ data[6];
        next_register[12] = register[4] ^ register[8] ^ register[12] ^ register[15] ^ data[0] ^ data[4] ^ data[7];
        next_register[13] = register[5] ^ register[9] ^ register[13] ^ data[1] ^ data[5];
        next_register[14] = register[6] ^ register[10] ^ register[14] ^ data[2] ^ data[6];
        next_register[15] = register[7] ^ register[11] ^ register[15] ^ data[3] ^ data[7];
    end
endmodule

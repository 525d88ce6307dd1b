// The register is the remainder of CRC-16/IBM-3740 (polynomial 0x1021, from 0xFFFF, not reflected) of all bytes since the last
// `clear`, computed here bit by bit.

module proof (input clock, input clear, input en, input [7:0] data);
    wire [15:0] value;
    statestream_host_crc dut (.clock, .clear, .en, .data, .value);

    function [15:0] step(input [15:0] r, input [7:0] d);
        integer i;
        begin
            step = r;
            for (i = 7; i >= 0; i = i - 1)
                step = (step << 1) ^ (step[15] ^ d[i] ? 16'h1021 : 0);
        end
    endfunction
    reg [15:0] register = 16'hFFFF;
    always @(posedge clock) register <= clear ? 16'hFFFF : en ? step(register, data) : register;
    always @(*) assert(value == register);
endmodule

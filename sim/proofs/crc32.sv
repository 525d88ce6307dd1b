// `ok` says that the four bytes checked are the CRC-32 of zlib (polynomial 0xEDB88320 reflected, from and to all ones inverted) of the
// bytes since `clear` or the last check, exclusive or the place that is there while each is checked, most significant byte first.
//
// A step is a remainder, so it is linear: the sum of the steps of all set bits, of which each is computed here bit by bit. With
// SERIAL the whole step is, which takes the solver ten times as long.

module proof (input clock, input clear, input en, input check, input [7:0] data, input [23:0] place);
    wire ok;
    statestream_sequencer_crc dut (.clock, .clear, .en, .check, .data, .place, .ok);

    // eight bits later
    function [31:0] later(input [31:0] r);
        integer i;
        begin
            later = r;
            for (i = 0; i < 8; i = i + 1)
                later = (later >> 1) ^ (later[0] ? 32'hEDB88320 : 0);
        end
    endfunction
    reg [31:0] register = 32'hFFFFFFFF;
    reg [31:0] step;
    integer k;
    always @(*) begin
`ifdef SERIAL
        step = later(register ^ data);
`else
        step = 0;
        for (k = 0; k < 32; k = k + 1)
            step = step ^ (register[k] ? later(32'd1 << k) : 0);
        for (k = 0; k < 8; k = k + 1)
            step = step ^ (data[k] ? later(32'd1 << k) : 0);
`endif
    end

    // the ports' rules
    always @(*) assume(~(en & check));
    reg [2:0] checked = 0;
    always @(*) assume(~(check & checked == 4));

    reg right = 1;
    wire [31:0] left_to_send = (~register ^ place) << 8 * checked;
    always @(posedge clock) begin
        if (check) begin
            checked <= checked + 1;
            right <= right & data == left_to_send[31:24];
            if (checked == 3) register <= 32'hFFFFFFFF;
        end
        if (en) register <= step;
        if (clear) register <= 32'hFFFFFFFF;
        if (clear | en) begin
            checked <= 0;
            right <= 1;
        end
    end
    always @(*) assert(ok == (checked == 4 & right));

`ifdef INDUCTION
    (* inside = "dut.register$q" *) wire [31:0] its_register;
    (* inside = "dut.checked$q" *) wire [2:0] its_checked;
    (* inside = "dut.wrong$q" *) wire wrong;
    always @(*) assert(its_register == register & its_checked == checked & checked <= 4 & wrong == ~right);
`endif
endmodule

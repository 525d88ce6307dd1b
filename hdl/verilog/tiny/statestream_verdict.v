// Configuration tiny. Written by `statestream verilog`: edit its sources in hdl/src instead.

module statestream_verdict (
    input wire asked,
    input wire crc_ok,
    input wire of_header,
    input wire of_section,
    input wire bad_magic,
    input wire bad_version,
    input wire too_large,
    input wire known,
    output reg [7:0] code
);

    always @(*) begin
        code = 0;
        if (asked) begin
            if (of_section & ~known) begin
                code = 17;
            end
            if (of_header & too_large) begin
                code = 20;
            end
            if (of_header & bad_version) begin
                code = 19;
            end
            if (~crc_ok) begin
                code = 16;
            end
            if (of_header & bad_magic) begin
                code = 18;
            end
        end
    end
endmodule

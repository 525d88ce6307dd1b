// Configuration tiny. Written by `statestream verilog`: edit its sources in hdl/src instead.

module statestream_host_crc (
    input wire clock,
    input wire clear,
    input wire en,
    input wire [7:0] data,
    output wire [15:0] value
);
    wire [15:0] step$next_register;
    reg [15:0] register$d;
    reg [15:0] register$q;

    statestream_crc_step_2 step (
        .register(register$q),
        .data(data),
        .next_register(step$next_register)
    );

    always @(*) begin
        register$d = register$q;
        if (en) begin
            register$d = step$next_register;
        end
        if (clear) begin
            register$d = 65535;
        end
    end

    assign value = register$q;

    initial register$q = 16'hffff;
    always @(posedge clock) register$q <= register$d;
endmodule

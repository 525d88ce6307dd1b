// Configuration tiny. Written by `statestream verilog`: edit its sources in hdl/src instead.

module statestream_sequencer_crc (
    input wire clock,
    input wire clear,
    input wire en,
    input wire check,
    input wire [7:0] data,
    input wire [23:0] place,
    output wire ok
);
    wire [31:0] step$next_register;
    reg [31:0] register$d;
    reg [31:0] register$q;
    reg [2:0] checked$d;
    reg [2:0] checked$q;
    reg wrong$d;
    reg wrong$q;
    reg [7:0] expected;

    statestream_crc_step step (
        .register(register$q),
        .data(data),
        .next_register(step$next_register)
    );

    always @(*) begin
        register$d = register$q;
        if (en) begin
            register$d = step$next_register;
        end
        if (clear | (check & (checked$q == 3))) begin
            register$d = 32'hffffffff;
        end
    end

    always @(*) begin
        checked$d = checked$q;
        wrong$d = wrong$q;
        if (check) begin
            checked$d = checked$q + 1;
            if (~&(expected ^ data)) begin
                wrong$d = 1'b1;
            end
        end
        if (clear | en) begin
            checked$d = 0;
            wrong$d = 1'b0;
        end
    end

    always @(*) begin
        expected = register$q[31:24];
        case (checked$q)
            1: begin
                expected = register$q[23:16] ^ place[23:16];
            end
            2: begin
                expected = register$q[15:8] ^ place[15:8];
            end
            3: begin
                expected = register$q[7:0] ^ place[7:0];
            end
            default: begin
            end
        endcase
    end

    assign ok = checked$q[2] & ~wrong$q;

    initial register$q = 32'hffffffff;
    always @(posedge clock) register$q <= register$d;
    initial checked$q = 3'b0;
    always @(posedge clock) checked$q <= checked$d;
    initial wrong$q = 1'b0;
    always @(posedge clock) wrong$q <= wrong$d;
endmodule

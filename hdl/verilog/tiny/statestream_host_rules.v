// Configuration tiny. Written by `statestream verilog`: edit its sources in hdl/src instead.

module statestream_host_rules (
    input wire [7:0] command,
    input wire [7:0] length,
    input wire overlong,
    input wire [15:0] crc,
    input wire [7:0] boot_code,
    input wire met,
    input wire state_valid,
    output reg [7:0] verdict,
    output wire wide_first,
    output wire wide_second,
    output wire range,
    output wire [3:0] refusal
);
    wire [3:0] rules$at;
    wire [12:0] rules$value;
    wire [7:0] shortest;
    reg fits;

    statestream_rules_rules rules (
        .at(rules$at),
        .value(rules$value)
    );

    assign rules$at = command[3:0];
    assign wide_first = rules$value[4];
    assign wide_second = rules$value[5];
    assign range = rules$value[8];
    assign refusal = rules$value[12:9];
    assign shortest = {5'h0, rules$value[2:0]};

    always @(*) begin
        fits = length == shortest;
        if (rules$value[3]) begin
            fits = (length >= shortest) & ~length[0];
        end
    end

    always @(*) begin
        verdict = 0;
        if (rules$value[7] & ~state_valid) begin
            verdict = 5;
        end
        if ((|boot_code | ~met) & ~rules$value[6]) begin
            verdict = 4;
        end
        if (~fits) begin
            verdict = 3;
        end
        if (~|command | (command > 12)) begin
            verdict = 2;
        end
        if (|crc) begin
            verdict = 1;
        end
        if (overlong) begin
            verdict = 3;
        end
    end
endmodule

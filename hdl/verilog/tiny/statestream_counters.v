// Configuration tiny. Written by `statestream verilog`: edit its sources in hdl/src instead.

module statestream_counters (
    input wire clock,
    input wire clear,
    input wire beat,
    input wire pass,
    input wire done,
    input wire stall_epilogue,
    input wire stall_barrier,
    input wire stall_host,
    input wire crc_error,
    input wire clamped,
    input wire [3:0] select,
    output reg [31:0] value
);
    wire cycles$en;
    wire [31:0] cycles$value;
    wire [31:0] beats$value;
    wire [31:0] passes$value;
    wire [31:0] epilogue$value;
    wire [31:0] barrier$value;
    wire [31:0] host$value;
    wire [31:0] crc$value;
    wire [31:0] saturations$value;
    wire pass_cycles$clear;
    wire [31:0] pass_cycles$value;
    wire pass_beats$clear;
    wire pass_beats$en;
    wire [31:0] pass_beats$value;
    reg in_pass$d;
    reg in_pass$q;

    statestream_counters_unit cycles (
        .clock(clock),
        .clear(clear),
        .en(cycles$en),
        .value(cycles$value)
    );

    statestream_counters_unit beats (
        .clock(clock),
        .clear(clear),
        .en(beat),
        .value(beats$value)
    );

    statestream_counters_unit passes (
        .clock(clock),
        .clear(clear),
        .en(pass),
        .value(passes$value)
    );

    statestream_counters_unit epilogue (
        .clock(clock),
        .clear(clear),
        .en(stall_epilogue),
        .value(epilogue$value)
    );

    statestream_counters_unit barrier (
        .clock(clock),
        .clear(clear),
        .en(stall_barrier),
        .value(barrier$value)
    );

    statestream_counters_unit host (
        .clock(clock),
        .clear(clear),
        .en(stall_host),
        .value(host$value)
    );

    statestream_counters_unit crc (
        .clock(clock),
        .clear(clear),
        .en(crc_error),
        .value(crc$value)
    );

    statestream_counters_unit saturations (
        .clock(clock),
        .clear(clear),
        .en(clamped),
        .value(saturations$value)
    );

    statestream_counters_unit pass_cycles (
        .clock(clock),
        .clear(pass_cycles$clear),
        .en(in_pass$q),
        .value(pass_cycles$value)
    );

    statestream_counters_unit pass_beats (
        .clock(clock),
        .clear(pass_beats$clear),
        .en(pass_beats$en),
        .value(pass_beats$value)
    );

    always @(*) begin
        in_pass$d = in_pass$q;
        if (done) begin
            in_pass$d = 1'b0;
        end
        if (pass) begin
            in_pass$d = 1'b1;
        end
    end

    assign pass_cycles$clear = clear | pass;
    assign pass_beats$clear = clear | pass;
    assign cycles$en = 1'b1;
    assign pass_beats$en = in_pass$q & beat;

    always @(*) begin
        value = cycles$value;
        case (select)
            1: begin
                value = beats$value;
            end
            2: begin
                value = beats$value >> 1;
            end
            3: begin
                value = passes$value;
            end
            4: begin
                value = epilogue$value;
            end
            5: begin
                value = barrier$value;
            end
            6: begin
                value = host$value;
            end
            7: begin
                value = crc$value;
            end
            8: begin
                value = saturations$value;
            end
            9: begin
                value = pass_cycles$value;
            end
            10: begin
                value = pass_beats$value;
            end
            default: begin
            end
        endcase
    end

    initial in_pass$q = 1'b0;
    always @(posedge clock) in_pass$q <= in_pass$d;
endmodule

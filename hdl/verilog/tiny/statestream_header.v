// Configuration tiny. Written by `statestream verilog`: edit its sources in hdl/src instead.

module statestream_header (
    input wire clock,
    input wire strobe,
    input wire [4:0] index,
    input wire [15:0] word,
    input wire [4:0] field,
    output wire [15:0] value,
    output wire [15:0] d,
    output wire [15:0] vocab_less_1,
    output wire many_tokens,
    output wire [20:0] state_words,
    output wire [43:0] eps,
    output wire [15:0] draft_mask,
    output wire [15:0] draft_multiplier,
    output wire bad_magic,
    output wire bad_version,
    output wire too_large
);
    wire signed [15:0] all$rdata;
    wire signed [15:0] all$wdata;
    wire [3:0] eps_high$raddr;
    wire signed [15:0] eps_high$rdata;
    wire eps_high$we;
    wire [3:0] eps_high$waddr;
    wire signed [15:0] eps_high$wdata;
    wire [3:0] eps_middle$raddr;
    wire signed [15:0] eps_middle$rdata;
    wire eps_middle$we;
    wire [3:0] eps_middle$waddr;
    wire signed [15:0] eps_middle$wdata;
    wire [3:0] eps_low$raddr;
    wire signed [15:0] eps_low$rdata;
    wire eps_low$we;
    wire [3:0] eps_low$waddr;
    wire signed [15:0] eps_low$wdata;
    reg magic$d;
    reg magic$q;
    reg version$d;
    reg version$q;
    reg oversize$d;
    reg oversize$q;
    reg [15:0] channels$d;
    reg [15:0] channels$q;
    reg [15:0] vocab$d;
    reg [15:0] vocab$q;
    reg many$d;
    reg many$q;
    reg [4:0] words_high$d;
    reg [4:0] words_high$q;
    reg [15:0] words_low$d;
    reg [15:0] words_low$q;
    reg [15:0] slots_less_1$d;
    reg [15:0] slots_less_1$q;
    reg [15:0] multiplier$d;
    reg [15:0] multiplier$q;
    wire over_h$over;
    wire over_vector$over;
    wire over_params$over;
    wire over_state$over;
    wire [20:0] all_words;

    statestream_counters_unit all (
        .clock(clock),
        .raddr(field),
        .rdata(all$rdata),
        .we(strobe),
        .waddr(index),
        .wdata(all$wdata)
    );

    statestream_header_unit eps_high (
        .clock(clock),
        .raddr(eps_high$raddr),
        .rdata(eps_high$rdata),
        .we(eps_high$we),
        .waddr(eps_high$waddr),
        .wdata(eps_high$wdata)
    );

    statestream_header_unit eps_middle (
        .clock(clock),
        .raddr(eps_middle$raddr),
        .rdata(eps_middle$rdata),
        .we(eps_middle$we),
        .waddr(eps_middle$waddr),
        .wdata(eps_middle$wdata)
    );

    statestream_header_unit eps_low (
        .clock(clock),
        .raddr(eps_low$raddr),
        .rdata(eps_low$rdata),
        .we(eps_low$we),
        .waddr(eps_low$waddr),
        .wdata(eps_low$wdata)
    );

    statestream_over_h over_h (
        .x(word),
        .over(over_h$over)
    );

    statestream_over_vector over_vector (
        .x(word),
        .over(over_vector$over)
    );

    statestream_over_params over_params (
        .x(word),
        .over(over_params$over)
    );

    statestream_over_state over_state (
        .x(all_words),
        .over(over_state$over)
    );

    always @(*) begin
        magic$d = magic$q;
        version$d = version$q;
        oversize$d = oversize$q;
        channels$d = channels$q;
        vocab$d = vocab$q;
        many$d = many$q;
        words_high$d = words_high$q;
        words_low$d = words_low$q;
        slots_less_1$d = slots_less_1$q;
        multiplier$d = multiplier$q;
        if (strobe) begin
            case (index)
                0: begin
                    magic$d = word != 21331;
                    version$d = 1'b0;
                    oversize$d = 1'b0;
                end
                1: begin
                    if (word != 21586) begin
                        magic$d = 1'b1;
                    end
                end
                2: begin
                    version$d = word != 2;
                end
                3: begin
                    slots_less_1$d = word;
                end
                6: begin
                    channels$d = word;
                    if (over_h$over) begin
                        oversize$d = 1'b1;
                    end
                end
                7: begin
                    vocab$d = word;
                    many$d = |word[15:11] | &word[10:0];
                end
                8: begin
                    if (over_vector$over) begin
                        oversize$d = 1'b1;
                    end
                end
                9: begin
                    if (over_params$over) begin
                        oversize$d = 1'b1;
                    end
                end
                10: begin
                    words_high$d = word[4:0];
                    if (|word[15:5]) begin
                        oversize$d = 1'b1;
                    end
                end
                11: begin
                    words_low$d = word;
                end
                12: begin
                    if (over_state$over) begin
                        oversize$d = 1'b1;
                    end
                end
                27: begin
                    multiplier$d = word;
                end
                default: begin
                end
            endcase
        end
    end

    assign all$wdata = $signed(word);
    assign value = all$rdata[15:0];
    assign eps_high$we = strobe & (index == 22);
    assign eps_middle$we = strobe & (index == 23);
    assign eps_low$we = strobe & (index == 24);
    assign eps_high$waddr = 0;
    assign eps_middle$waddr = 0;
    assign eps_low$waddr = 0;
    assign eps_high$raddr = 0;
    assign eps_middle$raddr = 0;
    assign eps_low$raddr = 0;
    assign eps_high$wdata = $signed(word);
    assign eps_middle$wdata = $signed(word);
    assign eps_low$wdata = $signed(word);
    assign all_words = ({16'h0, words_high$q} << 16) | {5'h0, words_low$q};
    assign d = channels$q;
    assign vocab_less_1 = vocab$q;
    assign many_tokens = many$q;
    assign state_words = all_words;
    assign eps = ({28'h0, eps_high$rdata[15:0]} << 32) | ({28'h0, eps_middle$rdata[15:0]} << 16) | {28'h0, eps_low$rdata[15:0]};
    assign draft_mask = slots_less_1$q;
    assign draft_multiplier = multiplier$q;
    assign bad_magic = magic$q;
    assign bad_version = version$q;
    assign too_large = oversize$q;

    initial magic$q = 1'b0;
    always @(posedge clock) magic$q <= magic$d;
    initial version$q = 1'b0;
    always @(posedge clock) version$q <= version$d;
    initial oversize$q = 1'b0;
    always @(posedge clock) oversize$q <= oversize$d;
    initial channels$q = 16'h0;
    always @(posedge clock) channels$q <= channels$d;
    initial vocab$q = 16'h0;
    always @(posedge clock) vocab$q <= vocab$d;
    initial many$q = 1'b0;
    always @(posedge clock) many$q <= many$d;
    initial words_high$q = 5'b0;
    always @(posedge clock) words_high$q <= words_high$d;
    initial words_low$q = 16'h0;
    always @(posedge clock) words_low$q <= words_low$d;
    initial slots_less_1$q = 16'h0;
    always @(posedge clock) slots_less_1$q <= slots_less_1$d;
    initial multiplier$q = 16'h0;
    always @(posedge clock) multiplier$q <= multiplier$d;
endmodule

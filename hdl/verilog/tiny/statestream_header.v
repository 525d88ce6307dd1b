// Configuration tiny. Written by `statestream verilog`: edit its sources in hdl/src instead.

module statestream_header (
    input wire clock,
    input wire strobe,
    input wire [4:0] index,
    input wire [15:0] word,
    output wire [15:0] d,
    output wire [15:0] vocab_less_1,
    output wire [31:0] state_words,
    output wire [31:0] model_id,
    output wire [23:0] embedding_at,
    output wire [23:0] tape_at,
    output wire [23:0] states_at,
    output wire [23:0] state_stride,
    output wire [15:0] states,
    output wire [15:0] embedding_stride,
    output wire [43:0] eps,
    output wire [15:0] logit_frac,
    output wire [15:0] draft_mask,
    output wire [15:0] draft_multiplier,
    output wire bad_magic,
    output wire bad_version,
    output wire too_large
);
    localparam magic_high = 16'h5353;
    localparam magic_low = 16'h5452;
    localparam this_version = 16'h1;
    localparam most_h = 17'b100000;
    localparam most_vector = 17'b10000000;
    localparam most_params = 17'b1000000;
    localparam most_state = 512;
    reg magic$d;
    reg magic$q;
    reg version$d;
    reg version$q;
    reg oversize$d;
    reg oversize$q;
    reg [15:0] id_high$d;
    reg [15:0] id_high$q;
    reg [15:0] id_low$d;
    reg [15:0] id_low$q;
    reg [15:0] channels$d;
    reg [15:0] channels$q;
    reg [15:0] vocab$d;
    reg [15:0] vocab$q;
    reg [15:0] words_high$d;
    reg [15:0] words_high$q;
    reg [15:0] words_low$d;
    reg [15:0] words_low$q;
    reg [7:0] embedding_high$d;
    reg [7:0] embedding_high$q;
    reg [15:0] embedding_low$d;
    reg [15:0] embedding_low$q;
    reg [7:0] tape_high$d;
    reg [7:0] tape_high$q;
    reg [15:0] tape_low$d;
    reg [15:0] tape_low$q;
    reg [7:0] states_high$d;
    reg [7:0] states_high$q;
    reg [15:0] states_low$d;
    reg [15:0] states_low$q;
    reg [7:0] stride_high$d;
    reg [7:0] stride_high$q;
    reg [15:0] stride_low$d;
    reg [15:0] stride_low$q;
    reg [15:0] count$d;
    reg [15:0] count$q;
    reg [15:0] embedding_step$d;
    reg [15:0] embedding_step$q;
    reg [15:0] eps_high$d;
    reg [15:0] eps_high$q;
    reg [15:0] eps_middle$d;
    reg [15:0] eps_middle$q;
    reg [15:0] eps_low$d;
    reg [15:0] eps_low$q;
    reg [15:0] frac$d;
    reg [15:0] frac$q;
    reg [15:0] slots_less_1$d;
    reg [15:0] slots_less_1$q;
    reg [15:0] multiplier$d;
    reg [15:0] multiplier$q;
    wire [31:0] all_words;

    always @(*) begin
        magic$d = magic$q;
        version$d = version$q;
        oversize$d = oversize$q;
        id_high$d = id_high$q;
        id_low$d = id_low$q;
        channels$d = channels$q;
        vocab$d = vocab$q;
        words_high$d = words_high$q;
        words_low$d = words_low$q;
        embedding_high$d = embedding_high$q;
        embedding_low$d = embedding_low$q;
        tape_high$d = tape_high$q;
        tape_low$d = tape_low$q;
        states_high$d = states_high$q;
        states_low$d = states_low$q;
        stride_high$d = stride_high$q;
        stride_low$d = stride_low$q;
        count$d = count$q;
        embedding_step$d = embedding_step$q;
        eps_high$d = eps_high$q;
        eps_middle$d = eps_middle$q;
        eps_low$d = eps_low$q;
        frac$d = frac$q;
        slots_less_1$d = slots_less_1$q;
        multiplier$d = multiplier$q;
        if (strobe) begin
            case (index)
                0: begin
                    magic$d = word != magic_high;
                    version$d = 1'b0;
                    oversize$d = 1'b0;
                end
                1: begin
                    if (word != magic_low) begin
                        magic$d = 1'b1;
                    end
                end
                2: begin
                    version$d = word != this_version;
                end
                3: begin
                    slots_less_1$d = word;
                end
                4: begin
                    id_high$d = word;
                end
                5: begin
                    id_low$d = word;
                end
                6: begin
                    channels$d = word;
                    if ({1'h0, word} > most_h) begin
                        oversize$d = 1'b1;
                    end
                end
                7: begin
                    vocab$d = word;
                end
                8: begin
                    if ({1'h0, word} > most_vector) begin
                        oversize$d = 1'b1;
                    end
                end
                9: begin
                    if ({1'h0, word} > most_params) begin
                        oversize$d = 1'b1;
                    end
                end
                10: begin
                    words_high$d = word;
                end
                11: begin
                    words_low$d = word;
                end
                12: begin
                    embedding_high$d = word[7:0];
                    if (all_words > most_state) begin
                        oversize$d = 1'b1;
                    end
                end
                13: begin
                    embedding_low$d = word;
                end
                14: begin
                    tape_high$d = word[7:0];
                end
                15: begin
                    tape_low$d = word;
                end
                16: begin
                    states_high$d = word[7:0];
                end
                17: begin
                    states_low$d = word;
                end
                18: begin
                    stride_high$d = word[7:0];
                end
                19: begin
                    stride_low$d = word;
                end
                20: begin
                    count$d = word;
                end
                21: begin
                    embedding_step$d = word;
                end
                22: begin
                    eps_high$d = word;
                end
                23: begin
                    eps_middle$d = word;
                end
                24: begin
                    eps_low$d = word;
                end
                26: begin
                    frac$d = word;
                end
                27: begin
                    multiplier$d = word;
                end
                default: begin
                end
            endcase
        end
    end

    assign all_words = ({16'h0, words_high$q} << 16) | {16'h0, words_low$q};
    assign d = channels$q;
    assign vocab_less_1 = vocab$q;
    assign state_words = all_words;
    assign model_id = ({16'h0, id_high$q} << 16) | {16'h0, id_low$q};
    assign embedding_at = ({16'h0, embedding_high$q} << 16) | {8'h0, embedding_low$q};
    assign tape_at = ({16'h0, tape_high$q} << 16) | {8'h0, tape_low$q};
    assign states_at = ({16'h0, states_high$q} << 16) | {8'h0, states_low$q};
    assign state_stride = ({16'h0, stride_high$q} << 16) | {8'h0, stride_low$q};
    assign states = count$q;
    assign embedding_stride = embedding_step$q;
    assign eps = ({28'h0, eps_high$q} << 32) | ({28'h0, eps_middle$q} << 16) | {28'h0, eps_low$q};
    assign logit_frac = frac$q;
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
    initial id_high$q = 16'h0;
    always @(posedge clock) id_high$q <= id_high$d;
    initial id_low$q = 16'h0;
    always @(posedge clock) id_low$q <= id_low$d;
    initial channels$q = 16'h0;
    always @(posedge clock) channels$q <= channels$d;
    initial vocab$q = 16'h0;
    always @(posedge clock) vocab$q <= vocab$d;
    initial words_high$q = 16'h0;
    always @(posedge clock) words_high$q <= words_high$d;
    initial words_low$q = 16'h0;
    always @(posedge clock) words_low$q <= words_low$d;
    initial embedding_high$q = 8'h0;
    always @(posedge clock) embedding_high$q <= embedding_high$d;
    initial embedding_low$q = 16'h0;
    always @(posedge clock) embedding_low$q <= embedding_low$d;
    initial tape_high$q = 8'h0;
    always @(posedge clock) tape_high$q <= tape_high$d;
    initial tape_low$q = 16'h0;
    always @(posedge clock) tape_low$q <= tape_low$d;
    initial states_high$q = 8'h0;
    always @(posedge clock) states_high$q <= states_high$d;
    initial states_low$q = 16'h0;
    always @(posedge clock) states_low$q <= states_low$d;
    initial stride_high$q = 8'h0;
    always @(posedge clock) stride_high$q <= stride_high$d;
    initial stride_low$q = 16'h0;
    always @(posedge clock) stride_low$q <= stride_low$d;
    initial count$q = 16'h0;
    always @(posedge clock) count$q <= count$d;
    initial embedding_step$q = 16'h0;
    always @(posedge clock) embedding_step$q <= embedding_step$d;
    initial eps_high$q = 16'h0;
    always @(posedge clock) eps_high$q <= eps_high$d;
    initial eps_middle$q = 16'h0;
    always @(posedge clock) eps_middle$q <= eps_middle$d;
    initial eps_low$q = 16'h0;
    always @(posedge clock) eps_low$q <= eps_low$d;
    initial frac$q = 16'h0;
    always @(posedge clock) frac$q <= frac$d;
    initial slots_less_1$q = 16'h0;
    always @(posedge clock) slots_less_1$q <= slots_less_1$d;
    initial multiplier$q = 16'h0;
    always @(posedge clock) multiplier$q <= multiplier$d;
endmodule

// Configuration tiny. Written by `statestream verilog`: edit its sources in hdl/src instead.

module statestream_core (
    input wire clock,
    output wire sck_en,
    output wire cs_n,
    output wire [3:0] io_o,
    output wire [3:0] io_oe,
    input wire [3:0] io_i,
    input wire pause,
    input wire push,
    input wire start,
    input wire [3:0] request,
    input wire [15:0] arg,
    input wire [3:0] room,
    input wire set_group,
    input wire [3:0] group,
    output wire full,
    output wire [3:0] last_token,
    output wire extra,
    output wire [15:0] guess,
    input wire taken,
    input wire want_head,
    input wire stream_logits,
    output wire busy,
    output wire done,
    output wire [7:0] code,
    output wire [31:0] error_address,
    output wire [15:0] token,
    output wire token_valid,
    output wire state_valid,
    input wire commit,
    input wire invalidate,
    input wire set_sampling,
    input wire signed [15:0] temperature,
    input wire [31:0] seed,
    output wire signed [15:0] logit,
    output wire logit_valid,
    input wire logit_ready,
    input wire [19:0] state_addr,
    input wire state_we,
    input wire signed [15:0] state_wdata,
    output wire signed [15:0] state_rdata,
    input wire [4:0] counter,
    output wire [15:0] counter_value,
    input wire clear_counters,
    output wire ready,
    output wire [7:0] boot_code,
    input wire [4:0] header_field,
    output wire [15:0] header_value,
    output wire many_tokens,
    output wire [20:0] state_words,
    output wire trace_valid,
    output wire [15:0] trace_section,
    output wire [15:0] trace_row,
    output reg [3:0] trace_token,
    output wire signed [15:0] trace_word,
    output wire trace_pass,
    output wire [15:0] trace_input,
    output wire trace_head,
    output wire trace_guess,
    output wire [3:0] trace_kept
);
    wire flash$awake;
    wire flash$valid;
    wire [3:0] flash$nibble;
    wire flash$beat;
    wire flash$sck_en;
    wire flash$cs_n;
    wire [3:0] flash$io_o;
    wire [3:0] flash$io_oe;
    wire [4:0] header$index;
    wire [15:0] header$value;
    wire [15:0] header$d;
    wire [15:0] header$vocab_less_1;
    wire header$many_tokens;
    wire [20:0] header$state_words;
    wire [43:0] header$eps;
    wire [15:0] header$draft_mask;
    wire [15:0] header$draft_multiplier;
    wire header$bad_magic;
    wire header$bad_version;
    wire header$too_large;
    wire [3:0] part$index;
    wire [7:0] part$entry;
    wire part$known;
    wire part$is_end;
    wire part$is_norm;
    wire part$is_logit;
    wire part$pair;
    wire [15:0] part$length;
    wire [15:0] part$base;
    wire [15:0] part$dest;
    wire [15:0] part$operand;
    wire [7:0] part$params;
    wire [7:0] part$state_words;
    wire [3:0] part$states_less_1;
    wire [4:0] part$shift_conv;
    wire [4:0] part$shift_readout;
    wire [4:0] part$shift_gate;
    wire sequencer$ready;
    wire sequencer$seek;
    wire sequencer$stop;
    wire [23:0] sequencer$address;
    wire sequencer$busy;
    wire sequencer$done;
    wire [7:0] sequencer$code;
    wire [23:0] sequencer$error_address;
    wire sequencer$booted;
    wire [7:0] sequencer$boot_code;
    wire sequencer$answer;
    wire sequencer$embed;
    wire sequencer$keep;
    wire sequencer$drop;
    wire sequencer$header_strobe;
    wire [19:0] sequencer$state_words;
    wire sequencer$section_strobe;
    wire sequencer$second;
    wire [15:0] sequencer$word;
    wire [19:0] sequencer$index;
    wire sequencer$table_write;
    wire sequencer$h_write;
    wire sequencer$state_write;
    wire sequencer$param_write;
    wire sequencer$bank;
    wire [7:0] sequencer$weight;
    wire sequencer$weight_valid;
    wire sequencer$weight_first;
    wire [15:0] sequencer$vector_address;
    wire sequencer$job;
    wire [4:0] sequencer$shift_a;
    wire [4:0] sequencer$shift_b;
    wire sequencer$rewind;
    wire sequencer$head;
    wire [15:0] sequencer$section;
    wire [15:0] sequencer$row;
    wire sequencer$stall_epilogue;
    wire sequencer$stall_barrier;
    wire sequencer$crc_error;
    wire sequencer$loaded;
    reg [3:0] epilogue$first_token;
    wire epilogue$busy;
    wire epilogue$heading;
    wire epilogue$turn;
    wire epilogue$step_noise;
    wire epilogue$shift;
    wire epilogue$load;
    wire [3:0] epilogue$token;
    wire [3:0] epilogue$operand_token;
    wire [15:0] epilogue$operand_address;
    reg signed [15:0] epilogue$operand;
    wire [3:0] epilogue$result_token;
    wire [7:0] epilogue$param_address;
    wire [8:0] epilogue$table_address;
    wire [15:0] epilogue$h_address;
    wire epilogue$h_write;
    wire [19:0] epilogue$state_address;
    wire [3:0] epilogue$state_bank;
    wire epilogue$state_write;
    wire [15:0] epilogue$vector_address;
    wire epilogue$vector_write;
    wire signed [15:0] epilogue$result;
    wire epilogue$report;
    wire epilogue$clamped;
    wire epilogue$is_logit;
    wire epilogue$is_score;
    wire batch$load;
    wire batch$guessing;
    wire batch$full;
    wire batch$extra;
    wire batch$asking;
    wire [23:0] batch$address;
    wire batch$ready;
    wire [15:0] batch$present;
    wire batch$more;
    wire [3:0] batch$number;
    wire [3:0] batch$slot;
    wire batch$settled;
    wire [3:0] batch$last;
    wire batch$guessed;
    wire batch$recall;
    wire batch$kept_one;
    wire batch$turn;
    wire batch$accepted;
    wire [3:0] batch$kept;
    wire [3:0] batch$bank;
    wire choose$turn;
    wire [31:0] choose$noise;
    wire [15:0] choose$winner;
    wire [15:0] counters$value;
    wire signed [31:0] lanes$0$row;
    wire [6:0] vectors$0$raddr;
    wire signed [15:0] vectors$0$rdata;
    wire vectors$0$we;
    wire [6:0] vectors$0$waddr;
    wire [4:0] residual$raddr;
    wire signed [15:0] residual$rdata;
    reg residual$we;
    reg [3:0] residual$wbank;
    reg [4:0] residual$waddr;
    reg signed [15:0] residual$wdata;
    wire signed [15:0] params$rdata;
    reg [7:0] params$waddr;
    wire signed [15:0] tables$rdata;
    wire [8:0] tables$waddr;
    reg [3:0] memory$bank;
    wire [8:0] memory$addr;
    reg memory$we;
    reg signed [15:0] memory$wdata;
    wire signed [15:0] memory$rdata;
    reg [19:0] window$q;
    reg signed [15:0] window_data$q;
    reg window_we$q;
    reg signed [15:0] t$q;
    reg streaming$d;
    reg streaming$q;
    reg offered$d;
    reg offered$q;
    reg signed [15:0] offer$q;
    reg whole$d;
    reg whole$q;
    reg chosen$d;
    reg chosen$q;
    reg passing$d;
    reg passing$q;
    reg heading$d;
    reg heading$q;
    reg each$d;
    reg each$q;
    reg in_logits$q;
    reg [15:0] job_section$q;
    reg [15:0] job_row$q;
    wire signed [15:0] word;
    reg [19:0] state_at;
    wire load_rows;
    reg [15:0] read_at;
    wire only_last;
    wire [15:0] elements;

    statestream_flash flash (
        .clock(clock),
        .seek(sequencer$seek),
        .address(sequencer$address),
        .stop(sequencer$stop),
        .ready(sequencer$ready),
        .awake(flash$awake),
        .valid(flash$valid),
        .nibble(flash$nibble),
        .beat(flash$beat),
        .sck_en(flash$sck_en),
        .cs_n(flash$cs_n),
        .io_o(flash$io_o),
        .io_oe(flash$io_oe),
        .io_i(io_i)
    );

    statestream_header header (
        .clock(clock),
        .strobe(sequencer$header_strobe),
        .index(header$index),
        .word(sequencer$word),
        .field(header_field),
        .value(header$value),
        .d(header$d),
        .vocab_less_1(header$vocab_less_1),
        .many_tokens(header$many_tokens),
        .state_words(header$state_words),
        .eps(header$eps),
        .draft_mask(header$draft_mask),
        .draft_multiplier(header$draft_multiplier),
        .bad_magic(header$bad_magic),
        .bad_version(header$bad_version),
        .too_large(header$too_large)
    );

    statestream_part part (
        .clock(clock),
        .strobe(sequencer$section_strobe),
        .index(part$index),
        .word(sequencer$word),
        .advance(sequencer$job),
        .entry(part$entry),
        .known(part$known),
        .is_end(part$is_end),
        .is_norm(part$is_norm),
        .is_logit(part$is_logit),
        .pair(part$pair),
        .second(sequencer$second),
        .length(part$length),
        .base(part$base),
        .dest(part$dest),
        .operand(part$operand),
        .params(part$params),
        .state_words(part$state_words),
        .states_less_1(part$states_less_1),
        .shift_conv(part$shift_conv),
        .shift_readout(part$shift_readout),
        .shift_gate(part$shift_gate)
    );

    statestream_sequencer sequencer (
        .clock(clock),
        .awake(flash$awake),
        .valid(flash$valid),
        .nibble(flash$nibble),
        .ready(sequencer$ready),
        .seek(sequencer$seek),
        .stop(sequencer$stop),
        .address(sequencer$address),
        .pause(pause),
        .start(start),
        .request(request),
        .arg(arg),
        .want_head(want_head),
        .busy(sequencer$busy),
        .done(sequencer$done),
        .code(sequencer$code),
        .error_address(sequencer$error_address),
        .booted(sequencer$booted),
        .boot_code(sequencer$boot_code),
        .asking(batch$asking),
        .asked_at(batch$address),
        .answer(sequencer$answer),
        .complete(batch$ready),
        .token(batch$present),
        .more(batch$more),
        .embed(sequencer$embed),
        .keep(sequencer$keep),
        .drop(sequencer$drop),
        .settled(batch$settled),
        .header_strobe(sequencer$header_strobe),
        .bad_magic(header$bad_magic),
        .bad_version(header$bad_version),
        .too_large(header$too_large),
        .d(header$d),
        .state_words(sequencer$state_words),
        .section_strobe(sequencer$section_strobe),
        .known(part$known),
        .is_end(part$is_end),
        .is_norm(part$is_norm),
        .is_logit(part$is_logit),
        .pair(part$pair),
        .second(sequencer$second),
        .length(part$length),
        .base(part$base),
        .params(part$params),
        .word(sequencer$word),
        .index(sequencer$index),
        .table_write(sequencer$table_write),
        .h_write(sequencer$h_write),
        .state_write(sequencer$state_write),
        .param_write(sequencer$param_write),
        .bank(sequencer$bank),
        .weight(sequencer$weight),
        .weight_valid(sequencer$weight_valid),
        .weight_first(sequencer$weight_first),
        .vector_address(sequencer$vector_address),
        .job(sequencer$job),
        .epilogue_busy(epilogue$busy),
        .heading(epilogue$heading),
        .shift_a(sequencer$shift_a),
        .shift_b(sequencer$shift_b),
        .rewind(sequencer$rewind),
        .head(sequencer$head),
        .section(sequencer$section),
        .row(sequencer$row),
        .stall_epilogue(sequencer$stall_epilogue),
        .stall_barrier(sequencer$stall_barrier),
        .crc_error(sequencer$crc_error),
        .loaded(sequencer$loaded)
    );

    statestream_epilogue epilogue (
        .clock(clock),
        .start(sequencer$job),
        .entry(part$entry),
        .bank(sequencer$bank),
        .shift_a(sequencer$shift_a),
        .shift_b(sequencer$shift_b),
        .shift_conv(part$shift_conv),
        .shift_readout(part$shift_readout),
        .shift_gate(part$shift_gate),
        .states_less_1(part$states_less_1),
        .state_words(part$state_words),
        .dest(part$dest),
        .from_start(part$is_norm),
        .operand_at(part$operand),
        .first_token(epilogue$first_token),
        .busy(epilogue$busy),
        .heading(epilogue$heading),
        .turn(epilogue$turn),
        .rewind(sequencer$rewind),
        .last_token(batch$last),
        .bank_before(batch$bank),
        .elements_less_1(elements),
        .eps(header$eps),
        .temperature(t$q),
        .noise(choose$noise),
        .step_noise(epilogue$step_noise),
        .hold(offered$q),
        .row(lanes$0$row),
        .shift(epilogue$shift),
        .load(epilogue$load),
        .token(epilogue$token),
        .operand_token(epilogue$operand_token),
        .operand_address(epilogue$operand_address),
        .operand(epilogue$operand),
        .result_token(epilogue$result_token),
        .param_address(epilogue$param_address),
        .param(params$rdata),
        .table_address(epilogue$table_address),
        .table_word(tables$rdata),
        .h_address(epilogue$h_address),
        .h(residual$rdata),
        .h_write(epilogue$h_write),
        .state_address(epilogue$state_address),
        .state_bank(epilogue$state_bank),
        .state(memory$rdata),
        .state_write(epilogue$state_write),
        .vector_address(epilogue$vector_address),
        .vector_write(epilogue$vector_write),
        .result(epilogue$result),
        .report(epilogue$report),
        .clamped(epilogue$clamped),
        .is_logit(epilogue$is_logit),
        .is_score(epilogue$is_score)
    );

    statestream_batch batch (
        .clock(clock),
        .push(push),
        .token(arg),
        .start(start),
        .load(batch$load),
        .guessing(batch$guessing),
        .room(room),
        .set_group(set_group),
        .group(group),
        .forget(invalidate),
        .full(batch$full),
        .extra(batch$extra),
        .taken(taken),
        .mask(header$draft_mask),
        .multiplier(header$draft_multiplier),
        .vocab_less_1(header$vocab_less_1),
        .asking(batch$asking),
        .address(batch$address),
        .answer(sequencer$answer),
        .word(sequencer$word),
        .ready(batch$ready),
        .present(batch$present),
        .more(batch$more),
        .embed(sequencer$embed),
        .number(batch$number),
        .slot(batch$slot),
        .keep(sequencer$keep),
        .drop(sequencer$drop),
        .settled(batch$settled),
        .last(batch$last),
        .guessed(batch$guessed),
        .winner(choose$winner),
        .recall(batch$recall),
        .kept_one(batch$kept_one),
        .turn(batch$turn),
        .accepted(batch$accepted),
        .kept(batch$kept),
        .bank(batch$bank)
    );

    statestream_choose choose (
        .clock(clock),
        .set_seed(set_sampling),
        .seed(seed),
        .last(batch$last),
        .each(each$q),
        .head(sequencer$head),
        .turn(choose$turn),
        .step_noise(epilogue$step_noise),
        .noise(choose$noise),
        .strobe(epilogue$is_score),
        .score(epilogue$result),
        .index(epilogue$vector_address),
        .winner(choose$winner),
        .recall(batch$recall),
        .advance(batch$kept_one),
        .settle(batch$settled)
    );

    statestream_counters counters (
        .clock(clock),
        .clear(clear_counters),
        .beat(flash$beat),
        .pass(sequencer$rewind),
        .done(sequencer$done),
        .stall_epilogue(sequencer$stall_epilogue),
        .stall_barrier(sequencer$stall_barrier),
        .stall_host(offered$q),
        .crc_error(sequencer$crc_error),
        .clamped(epilogue$clamped),
        .guess(sequencer$answer),
        .accept(batch$accepted),
        .select(counter),
        .value(counters$value)
    );

    statestream_lanes lanes$0 (
        .clock(clock),
        .weight(sequencer$weight),
        .valid(sequencer$weight_valid),
        .first(sequencer$weight_first),
        .word(vectors$0$rdata),
        .load(load_rows),
        .shift(epilogue$shift),
        .next_row(lanes$0$row),
        .row(lanes$0$row)
    );

    statestream_vectors vectors$0 (
        .clock(clock),
        .raddr(vectors$0$raddr),
        .rdata(vectors$0$rdata),
        .we(vectors$0$we),
        .waddr(vectors$0$waddr),
        .wdata(epilogue$result)
    );

    statestream_residual residual (
        .clock(clock),
        .rbank(epilogue$token),
        .raddr(residual$raddr),
        .rdata(residual$rdata),
        .we(residual$we),
        .wbank(residual$wbank),
        .waddr(residual$waddr),
        .wdata(residual$wdata)
    );

    statestream_epilogue_unit params (
        .clock(clock),
        .raddr(epilogue$param_address),
        .rdata(params$rdata),
        .we(sequencer$param_write),
        .waddr(params$waddr),
        .wdata(word)
    );

    statestream_tables tables (
        .clock(clock),
        .raddr(epilogue$table_address),
        .rdata(tables$rdata),
        .we(sequencer$table_write),
        .waddr(tables$waddr),
        .wdata(word)
    );

    statestream_core_memory memory (
        .clock(clock),
        .bank(memory$bank),
        .addr(memory$addr),
        .we(memory$we),
        .wdata(memory$wdata),
        .rdata(memory$rdata)
    );

    always @(*) begin
        streaming$d = streaming$q;
        whole$d = whole$q;
        chosen$d = chosen$q;
        passing$d = passing$q;
        heading$d = heading$q;
        each$d = each$q;
        if (start) begin
            chosen$d = 1'b0;
            passing$d = request != 1;
            heading$d = want_head;
            each$d = stream_logits | (request == 3);
            streaming$d = stream_logits;
            if (request == 1) begin
                whole$d = 1'b0;
            end
        end
        if (sequencer$done) begin
            passing$d = 1'b0;
            if (|sequencer$code) begin
                whole$d = 1'b0;
            end
            else begin
                chosen$d = passing$q & heading$q;
            end
        end
        if (sequencer$loaded | commit) begin
            whole$d = 1'b1;
        end
        if (invalidate) begin
            chosen$d = 1'b0;
            whole$d = 1'b0;
        end
    end

    always @(*) begin
        offered$d = offered$q;
        if (logit_ready) begin
            offered$d = 1'b0;
        end
        if (epilogue$is_logit & streaming$q) begin
            offered$d = 1'b1;
        end
    end

    assign sck_en = flash$sck_en;
    assign cs_n = flash$cs_n;
    assign io_o = flash$io_o;
    assign io_oe = flash$io_oe;
    assign header$index = sequencer$index[4:0];
    assign part$index = sequencer$index[3:0];
    assign sequencer$state_words = header$state_words[19:0];
    assign header_value = header$value;
    assign many_tokens = header$many_tokens;
    assign state_words = header$state_words;
    assign busy = sequencer$busy;
    assign done = sequencer$done;
    assign code = sequencer$code;
    assign ready = sequencer$booted;
    assign boot_code = sequencer$boot_code;
    assign error_address = {8'h0, sequencer$error_address};
    assign token_valid = chosen$q;
    assign state_valid = whole$q;
    assign batch$load = request == 1;
    assign batch$guessing = request == 3;
    assign full = batch$full;
    assign extra = batch$extra;
    assign guess = batch$present;
    assign last_token = batch$last;
    assign only_last = part$is_logit & ~each$q;

    always @(*) begin
        epilogue$first_token = 0;
        if (only_last) begin
            epilogue$first_token = batch$last;
        end
    end

    assign elements = header$d - 1;
    assign word = $signed(sequencer$word);

    always @(*) begin
        params$waddr = {1'h0, sequencer$index[6:0]};
        if (sequencer$bank) begin
            params$waddr = {1'h0, sequencer$index[6:0]} | 128;
        end
    end

    assign tables$waddr = sequencer$index[8:0];

    always @(*) begin
        state_at = window$q;
        memory$bank = batch$bank;
        memory$we = window_we$q;
        memory$wdata = window_data$q;
        if (sequencer$busy) begin
            state_at = epilogue$state_address;
            memory$bank = epilogue$state_bank;
            memory$we = epilogue$state_write;
            memory$wdata = epilogue$result;
        end
        if (sequencer$state_write) begin
            state_at = sequencer$index;
            memory$bank = batch$bank;
            memory$we = 1'b1;
            memory$wdata = word;
        end
    end

    assign memory$addr = state_at[8:0];
    assign state_rdata = memory$rdata;
    assign residual$raddr = epilogue$h_address[4:0];

    always @(*) begin
        residual$wbank = epilogue$result_token;
        residual$waddr = epilogue$h_address[4:0];
        residual$wdata = epilogue$result;
        residual$we = epilogue$h_write;
        if (sequencer$h_write) begin
            residual$wbank = batch$slot;
            residual$waddr = sequencer$index[4:0];
            residual$wdata = word;
            residual$we = 1'b1;
        end
    end

    assign load_rows = epilogue$load | (sequencer$job & ~part$pair);

    always @(*) begin
        read_at = sequencer$vector_address;
        if (epilogue$heading) begin
            read_at = epilogue$operand_address;
        end
    end

    always @(*) begin
        epilogue$operand = vectors$0$rdata;
        if (epilogue$operand_token == 0) begin
            epilogue$operand = vectors$0$rdata;
        end
    end

    assign vectors$0$raddr = read_at[6:0];
    assign vectors$0$waddr = epilogue$vector_address[6:0];
    assign vectors$0$we = epilogue$vector_write & (epilogue$result_token == 0);
    assign choose$turn = (epilogue$turn & in_logits$q) | batch$turn;
    assign token = choose$winner;
    assign logit = offer$q;
    assign logit_valid = offered$q;
    assign counter_value = counters$value;
    assign trace_valid = epilogue$report;
    assign trace_section = job_section$q;
    assign trace_row = job_row$q;

    always @(*) begin
        trace_token = epilogue$result_token;
        if (sequencer$embed) begin
            trace_token = batch$number;
        end
    end

    assign trace_pass = sequencer$embed;
    assign trace_input = batch$present;
    assign trace_head = heading$q & (each$q | (batch$number == batch$last));
    assign trace_guess = batch$guessed & |batch$number;
    assign trace_kept = batch$kept;
    assign trace_word = epilogue$result;

    initial window$q = 20'h0;
    always @(posedge clock) window$q <= state_addr;
    initial window_data$q = 16'h0;
    always @(posedge clock) window_data$q <= state_wdata;
    initial window_we$q = 1'b0;
    always @(posedge clock) window_we$q <= state_we;
    initial t$q = 16'h0;
    always @(posedge clock) if (set_sampling) t$q <= temperature;
    initial streaming$q = 1'b0;
    always @(posedge clock) streaming$q <= streaming$d;
    initial offered$q = 1'b0;
    always @(posedge clock) offered$q <= offered$d;
    initial offer$q = 16'h0;
    always @(posedge clock) if (epilogue$is_logit) offer$q <= epilogue$result;
    initial whole$q = 1'b0;
    always @(posedge clock) whole$q <= whole$d;
    initial chosen$q = 1'b0;
    always @(posedge clock) chosen$q <= chosen$d;
    initial passing$q = 1'b0;
    always @(posedge clock) passing$q <= passing$d;
    initial heading$q = 1'b0;
    always @(posedge clock) heading$q <= heading$d;
    initial each$q = 1'b0;
    always @(posedge clock) each$q <= each$d;
    initial in_logits$q = 1'b0;
    always @(posedge clock) if (sequencer$job) in_logits$q <= part$is_logit;
    initial job_section$q = 16'h0;
    always @(posedge clock) if (sequencer$job) job_section$q <= sequencer$section;
    initial job_row$q = 16'h0;
    always @(posedge clock) if (sequencer$job) job_row$q <= sequencer$row;
endmodule

// Configuration tiny. Written by `statestream verilog`: edit its sources in hdl/src instead.

module statestream (
    input wire clock,
    output wire sck,
    output wire cs_n,
    output wire [3:0] io_o,
    output wire [3:0] io_oe,
    input wire [3:0] io_i,
    input wire rx,
    output wire tx,
    input wire pause,
    output wire busy,
    output wire fault,
    output wire trace_valid,
    output wire [15:0] trace_section,
    output wire [15:0] trace_row,
    output wire [3:0] trace_token,
    output wire signed [15:0] trace_word,
    output wire trace_pass,
    output wire [15:0] trace_input,
    output wire trace_head,
    output wire trace_guess,
    output wire trace_done,
    output wire [3:0] trace_kept,
    output wire [15:0] trace_next
);
    wire core$sck_en;
    wire core$cs_n;
    wire [3:0] core$io_o;
    wire [3:0] core$io_oe;
    wire core$full;
    wire [3:0] core$last_token;
    wire core$extra;
    wire [15:0] core$guess;
    wire core$busy;
    wire core$done;
    wire [7:0] core$code;
    wire [31:0] core$error_address;
    wire [15:0] core$token;
    wire core$token_valid;
    wire core$state_valid;
    wire signed [15:0] core$logit;
    wire core$logit_valid;
    wire signed [15:0] core$state_rdata;
    wire [15:0] core$counter_value;
    wire core$ready;
    wire [7:0] core$boot_code;
    wire [15:0] core$header_value;
    wire core$many_tokens;
    wire [20:0] core$state_words;
    wire core$trace_valid;
    wire [15:0] core$trace_section;
    wire [15:0] core$trace_row;
    wire [3:0] core$trace_token;
    wire signed [15:0] core$trace_word;
    wire core$trace_pass;
    wire [15:0] core$trace_input;
    wire core$trace_head;
    wire core$trace_guess;
    wire [3:0] core$trace_kept;
    wire host$tx;
    wire host$push;
    wire host$start;
    wire [3:0] host$request;
    wire [15:0] host$arg;
    wire [3:0] host$room;
    wire host$taken;
    wire host$set_group;
    wire [3:0] host$group;
    wire host$want_head;
    wire host$stream_logits;
    wire signed [15:0] host$temperature;
    wire [31:0] host$seed;
    wire host$set_sampling;
    wire host$commit;
    wire host$invalidate;
    wire host$clear_counters;
    wire [19:0] host$state_addr;
    wire host$state_we;
    wire signed [15:0] host$state_wdata;
    wire host$logit_ready;
    wire [4:0] host$counter;
    wire [4:0] host$header_field;
    wire pad$pin;

    statestream_core core (
        .clock(clock),
        .sck_en(core$sck_en),
        .cs_n(core$cs_n),
        .io_o(core$io_o),
        .io_oe(core$io_oe),
        .io_i(io_i),
        .pause(pause),
        .push(host$push),
        .start(host$start),
        .request(host$request),
        .arg(host$arg),
        .room(host$room),
        .set_group(host$set_group),
        .group(host$group),
        .full(core$full),
        .last_token(core$last_token),
        .extra(core$extra),
        .guess(core$guess),
        .taken(host$taken),
        .want_head(host$want_head),
        .stream_logits(host$stream_logits),
        .busy(core$busy),
        .done(core$done),
        .code(core$code),
        .error_address(core$error_address),
        .token(core$token),
        .token_valid(core$token_valid),
        .state_valid(core$state_valid),
        .commit(host$commit),
        .invalidate(host$invalidate),
        .set_sampling(host$set_sampling),
        .temperature(host$temperature),
        .seed(host$seed),
        .logit(core$logit),
        .logit_valid(core$logit_valid),
        .logit_ready(host$logit_ready),
        .state_addr(host$state_addr),
        .state_we(host$state_we),
        .state_wdata(host$state_wdata),
        .state_rdata(core$state_rdata),
        .counter(host$counter),
        .counter_value(core$counter_value),
        .clear_counters(host$clear_counters),
        .ready(core$ready),
        .boot_code(core$boot_code),
        .header_field(host$header_field),
        .header_value(core$header_value),
        .many_tokens(core$many_tokens),
        .state_words(core$state_words),
        .trace_valid(core$trace_valid),
        .trace_section(core$trace_section),
        .trace_row(core$trace_row),
        .trace_token(core$trace_token),
        .trace_word(core$trace_word),
        .trace_pass(core$trace_pass),
        .trace_input(core$trace_input),
        .trace_head(core$trace_head),
        .trace_guess(core$trace_guess),
        .trace_kept(core$trace_kept)
    );

    statestream_host host (
        .clock(clock),
        .rx(rx),
        .tx(host$tx),
        .push(host$push),
        .full(core$full),
        .last_token(core$last_token),
        .start(host$start),
        .request(host$request),
        .arg(host$arg),
        .room(host$room),
        .extra(core$extra),
        .guess(core$guess),
        .taken(host$taken),
        .set_group(host$set_group),
        .group(host$group),
        .want_head(host$want_head),
        .stream_logits(host$stream_logits),
        .busy(core$busy),
        .code(core$code),
        .error_address(core$error_address),
        .token(core$token),
        .token_valid(core$token_valid),
        .state_valid(core$state_valid),
        .temperature(host$temperature),
        .seed(host$seed),
        .set_sampling(host$set_sampling),
        .commit(host$commit),
        .invalidate(host$invalidate),
        .clear_counters(host$clear_counters),
        .state_addr(host$state_addr),
        .state_we(host$state_we),
        .state_wdata(host$state_wdata),
        .state_rdata(core$state_rdata),
        .logit(core$logit),
        .logit_valid(core$logit_valid),
        .logit_ready(host$logit_ready),
        .counter(host$counter),
        .counter_value(core$counter_value),
        .ready(core$ready),
        .boot_code(core$boot_code),
        .header_field(host$header_field),
        .header_value(core$header_value),
        .many_tokens(core$many_tokens),
        .state_words(core$state_words)
    );

    statestream_pad pad (
        .clock(clock),
        .en(core$sck_en),
        .pin(pad$pin)
    );

    assign sck = pad$pin;
    assign cs_n = core$cs_n;
    assign io_o = core$io_o;
    assign io_oe = core$io_oe;
    assign tx = host$tx;
    assign busy = core$busy;
    assign fault = ~core$state_valid;
    assign trace_valid = core$trace_valid;
    assign trace_section = core$trace_section;
    assign trace_row = core$trace_row;
    assign trace_token = core$trace_token;
    assign trace_word = core$trace_word;
    assign trace_pass = core$trace_pass;
    assign trace_input = core$trace_input;
    assign trace_head = core$trace_head;
    assign trace_guess = core$trace_guess;
    assign trace_kept = core$trace_kept;
    assign trace_done = core$done & ~|core$code;
    assign trace_next = core$token;
endmodule

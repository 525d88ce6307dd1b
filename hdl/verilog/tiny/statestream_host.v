// Configuration tiny. Written by `statestream verilog`: edit its sources in hdl/src instead.

module statestream_host (
    input wire clock,
    input wire rx,
    output wire tx,
    output wire push,
    input wire full,
    input wire [3:0] last_token,
    output wire start,
    output wire [3:0] request,
    output wire [15:0] arg,
    output reg [3:0] room,
    input wire extra,
    input wire [15:0] guess,
    output wire taken,
    output wire set_group,
    output wire [3:0] group,
    output wire want_head,
    output wire stream_logits,
    input wire busy,
    input wire [7:0] code,
    input wire [31:0] error_address,
    input wire [15:0] token,
    input wire token_valid,
    input wire state_valid,
    output wire signed [15:0] temperature,
    output wire [31:0] seed,
    output wire set_sampling,
    output wire commit,
    output wire invalidate,
    output wire clear_counters,
    output wire [19:0] state_addr,
    output wire state_we,
    output wire signed [15:0] state_wdata,
    input wire signed [15:0] state_rdata,
    input wire signed [15:0] logit,
    input wire logit_valid,
    output wire logit_ready,
    output wire [4:0] counter,
    input wire [15:0] counter_value,
    input wire ready,
    input wire [7:0] boot_code,
    output wire [4:0] header_field,
    input wire [15:0] header_value,
    input wire many_tokens,
    input wire [20:0] state_words
);
    wire uart_in$valid;
    wire [7:0] uart_in$data;
    wire uart_out$ready;
    wire uart_out$line;
    wire crc$clear;
    wire crc$en;
    reg [7:0] crc$data;
    wire [15:0] crc$value;
    wire receiver$crc_clear;
    wire receiver$crc_en;
    wire receiver$held;
    wire receiver$overlong;
    wire [7:0] receiver$command;
    wire [7:0] receiver$length;
    wire receiver$at_end;
    wire [7:0] receiver$payload;
    wire [7:0] rules$verdict;
    wire rules$wide_first;
    wire rules$wide_second;
    wire rules$range;
    wire [3:0] rules$refusal;
    wire executor$held;
    wire executor$flag;
    wire executor$answered;
    wire executor$rewind;
    wire executor$advance;
    wire executor$send;
    wire [7:0] executor$status;
    wire executor$groups;
    wire [5:0] executor$pick;
    wire executor$load;
    wire executor$shift;
    wire executor$clear;
    wire executor$or_equal;
    wire executor$load_count;
    wire executor$count_up;
    wire executor$count_down;
    wire executor$count_limit;
    wire executor$load_addr;
    wire executor$addr_up;
    wire executor$push;
    wire executor$taken;
    wire executor$set_group;
    wire executor$start;
    wire [3:0] executor$request;
    wire executor$want_head;
    wire executor$stream_logits;
    wire executor$drop_logit;
    wire executor$set_sampling;
    wire executor$commit;
    wire executor$invalidate;
    wire executor$clear_counters;
    wire executor$state_we;
    wire ledger$count_down;
    wire ledger$addr_up;
    wire [15:0] ledger$count;
    wire ledger$some;
    wire [20:0] ledger$addr;
    wire ledger$beyond;
    wire ledger$above;
    wire ledger$differs;
    wire ledger$no_address;
    wire ledger$too_many;
    wire [5:0] reply$first;
    wire [15:0] reply$size;
    wire [15:0] fields$consumed;
    wire [4:0] fields$header_field;
    wire [15:0] fields$limit;
    wire [15:0] fields$value;
    wire fields$last;
    wire sender$hold;
    wire [5:0] sender$select;
    wire [31:0] sender$word;
    wire sender$logit_taken;
    wire sender$state_taken;
    wire sender$rest;
    wire sender$tx_start;
    wire [7:0] sender$tx_data;
    wire sender$crc_clear;
    wire sender$crc_en;
    reg met$d;
    reg met$q;

    statestream_uart_in uart_in (
        .clock(clock),
        .line(rx),
        .valid(uart_in$valid),
        .data(uart_in$data)
    );

    statestream_uart_out uart_out (
        .clock(clock),
        .start(sender$tx_start),
        .data(sender$tx_data),
        .ready(uart_out$ready),
        .line(uart_out$line)
    );

    statestream_host_crc crc (
        .clock(clock),
        .clear(crc$clear),
        .en(crc$en),
        .data(crc$data),
        .value(crc$value)
    );

    statestream_receiver receiver (
        .clock(clock),
        .valid(uart_in$valid),
        .data(uart_in$data),
        .answered(executor$answered),
        .rewind(executor$rewind),
        .advance(executor$advance),
        .crc_clear(receiver$crc_clear),
        .crc_en(receiver$crc_en),
        .held(receiver$held),
        .overlong(receiver$overlong),
        .command(receiver$command),
        .length(receiver$length),
        .at_end(receiver$at_end),
        .payload(receiver$payload)
    );

    statestream_host_rules rules (
        .command(receiver$command),
        .length(receiver$length),
        .overlong(receiver$overlong),
        .crc(crc$value),
        .boot_code(boot_code),
        .met(met$q),
        .state_valid(state_valid),
        .verdict(rules$verdict),
        .wide_first(rules$wide_first),
        .wide_second(rules$wide_second),
        .range(rules$range),
        .refusal(rules$refusal)
    );

    statestream_executor executor (
        .clock(clock),
        .held(executor$held),
        .command(receiver$command),
        .length(receiver$length),
        .at_end(receiver$at_end),
        .verdict(rules$verdict),
        .wide_first(rules$wide_first),
        .wide_second(rules$wide_second),
        .range(rules$range),
        .refusal(rules$refusal),
        .some(ledger$some),
        .beyond(ledger$beyond),
        .above(ledger$above),
        .differs(ledger$differs),
        .no_address(ledger$no_address),
        .too_many(ledger$too_many),
        .flag(executor$flag),
        .rest(sender$rest),
        .busy(busy),
        .code(code),
        .token_valid(token_valid),
        .logit_valid(logit_valid),
        .full(full),
        .last_token(last_token),
        .extra(extra),
        .many_logits(many_tokens),
        .answered(executor$answered),
        .rewind(executor$rewind),
        .advance(executor$advance),
        .send(executor$send),
        .status(executor$status),
        .groups(executor$groups),
        .pick(executor$pick),
        .load(executor$load),
        .shift(executor$shift),
        .clear(executor$clear),
        .or_equal(executor$or_equal),
        .load_count(executor$load_count),
        .count_up(executor$count_up),
        .count_down(executor$count_down),
        .count_limit(executor$count_limit),
        .load_addr(executor$load_addr),
        .addr_up(executor$addr_up),
        .push(executor$push),
        .taken(executor$taken),
        .set_group(executor$set_group),
        .start(executor$start),
        .request(executor$request),
        .want_head(executor$want_head),
        .stream_logits(executor$stream_logits),
        .drop_logit(executor$drop_logit),
        .set_sampling(executor$set_sampling),
        .commit(executor$commit),
        .invalidate(executor$invalidate),
        .clear_counters(executor$clear_counters),
        .state_we(executor$state_we)
    );

    statestream_ledger ledger (
        .clock(clock),
        .word(sender$word),
        .load_count(executor$load_count),
        .count_up(executor$count_up),
        .count_down(ledger$count_down),
        .count_limit(executor$count_limit),
        .load_addr(executor$load_addr),
        .addr_up(ledger$addr_up),
        .limit(fields$limit),
        .or_equal(executor$or_equal),
        .state_words(state_words),
        .count(ledger$count),
        .some(ledger$some),
        .addr(ledger$addr),
        .beyond(ledger$beyond),
        .above(ledger$above),
        .differs(ledger$differs),
        .no_address(ledger$no_address),
        .too_many(ledger$too_many)
    );

    statestream_reply reply (
        .status(executor$status),
        .command(receiver$command),
        .count(ledger$count),
        .first(reply$first),
        .size(reply$size)
    );

    statestream_fields fields (
        .select(sender$select),
        .status(executor$status),
        .size(reply$size),
        .crc(crc$value),
        .consumed(fields$consumed),
        .token(token),
        .guess(guess),
        .logit(logit),
        .state_rdata(state_rdata),
        .counter_value(counter_value),
        .boot_code(boot_code),
        .error_address(error_address),
        .header_value(header_value),
        .header_field(fields$header_field),
        .grouping(executor$groups),
        .limit(fields$limit),
        .value(fields$value),
        .last(fields$last)
    );

    statestream_sender sender (
        .clock(clock),
        .send(executor$send),
        .first(reply$first),
        .pick(executor$pick),
        .load(executor$load),
        .shift(executor$shift),
        .payload(receiver$payload),
        .clear(executor$clear),
        .hold(sender$hold),
        .more(ledger$some),
        .value(fields$value),
        .last(fields$last),
        .tx_ready(uart_out$ready),
        .select(sender$select),
        .word(sender$word),
        .logit_taken(sender$logit_taken),
        .state_taken(sender$state_taken),
        .rest(sender$rest),
        .tx_start(sender$tx_start),
        .tx_data(sender$tx_data),
        .crc_clear(sender$crc_clear),
        .crc_en(sender$crc_en)
    );

    always @(*) begin
        met$d = met$q;
        if (executor$answered & (receiver$command == 1) & ~|executor$status) begin
            met$d = 1'b1;
        end
    end

    assign tx = uart_out$line;
    assign crc$clear = receiver$crc_clear | sender$crc_clear;
    assign crc$en = receiver$crc_en | sender$crc_en;

    always @(*) begin
        crc$data = sender$tx_data;
        if (~receiver$held) begin
            crc$data = uart_in$data;
        end
    end

    assign executor$held = receiver$held & ready;
    assign executor$flag = sender$word[0];
    assign ledger$count_down = executor$count_down | sender$logit_taken | sender$state_taken;
    assign ledger$addr_up = executor$addr_up | sender$state_taken;
    assign sender$hold = busy & ~logit_valid;
    assign fields$consumed = ledger$addr[15:0];
    assign header_field = fields$header_field;
    assign push = executor$push;
    assign start = executor$start;
    assign taken = executor$taken;
    assign set_group = executor$set_group;
    assign group = ledger$count[3:0];

    always @(*) begin
        room = ledger$count[3:0];
        if (|ledger$count[15:4]) begin
            room = 15;
        end
    end

    assign request = executor$request;
    assign arg = sender$word[15:0];
    assign want_head = executor$want_head;
    assign stream_logits = executor$stream_logits;
    assign temperature = $signed(ledger$count);
    assign seed = sender$word;
    assign set_sampling = executor$set_sampling;
    assign commit = executor$commit;
    assign invalidate = executor$invalidate;
    assign clear_counters = executor$clear_counters;
    assign state_addr = ledger$addr[19:0];
    assign state_we = executor$state_we;
    assign state_wdata = $signed(sender$word[15:0]);
    assign logit_ready = executor$drop_logit | sender$logit_taken;
    assign counter = sender$select[4:0];

    initial met$q = 1'b0;
    always @(posedge clock) met$q <= met$d;
endmodule

// Configuration tiny. Written by `statestream verilog`: edit its sources in hdl/src instead.

module statestream_executor (
    input wire clock,
    input wire held,
    input wire [7:0] command,
    input wire [7:0] length,
    input wire at_end,
    input wire [7:0] verdict,
    input wire wide_first,
    input wire wide_second,
    input wire range,
    input wire [3:0] refusal,
    input wire some,
    input wire beyond,
    input wire above,
    input wire differs,
    input wire no_address,
    input wire too_many,
    input wire flag,
    input wire rest,
    input wire busy,
    input wire [7:0] code,
    input wire token_valid,
    input wire logit_valid,
    input wire full,
    input wire [3:0] last_token,
    input wire extra,
    input wire many_logits,
    output reg answered,
    output reg rewind,
    output reg advance,
    output reg send,
    output wire [7:0] status,
    output wire groups,
    output reg [5:0] pick,
    output reg load,
    output reg shift,
    output reg clear,
    output wire or_equal,
    output reg load_count,
    output reg count_up,
    output reg count_down,
    output reg count_limit,
    output reg load_addr,
    output reg addr_up,
    output reg push,
    output reg taken,
    output reg set_group,
    output reg start,
    output reg [3:0] request,
    output wire want_head,
    output wire stream_logits,
    output reg drop_logit,
    output reg set_sampling,
    output reg commit,
    output reg invalidate,
    output reg clear_counters,
    output reg state_we
);
    localparam Step$Idle = 0;
    localparam Step$Fetch = 1;
    localparam Step$Take = 2;
    localparam Step$Got = 3;
    localparam Step$Walk = 4;
    localparam Step$Judge = 5;
    localparam Step$Act = 6;
    localparam Step$Turn = 7;
    localparam Step$Launch = 8;
    localparam Step$Wait = 9;
    localparam Step$Pop = 10;
    localparam Step$Hand = 11;
    localparam Step$Open = 12;
    localparam Step$Raise = 13;
    localparam Step$Again = 14;
    localparam Step$Emit = 15;
    localparam Step$Sending = 16;
    reg [4:0] step$d;
    reg [4:0] step$q;
    reg [7:0] answer$d;
    reg [7:0] answer$q;
    reg [1:0] left$d;
    reg [1:0] left$q;
    reg acting$d;
    reg acting$q;
    reg later$d;
    reg later$q;
    reg refused$d;
    reg refused$q;
    reg stream$d;
    reg stream$q;
    reg streamed$d;
    reg streamed$q;
    reg [3:0] uncounted$d;
    reg [3:0] uncounted$q;
    wire whole;
    wire feeds;
    wire generates;
    wire reads;
    wire writes;
    wire commits;
    wire loads;

    always @(*) begin
        step$d = step$q;
        answer$d = answer$q;
        left$d = left$q;
        acting$d = acting$q;
        later$d = later$q;
        refused$d = refused$q;
        stream$d = stream$q;
        streamed$d = streamed$q;
        uncounted$d = uncounted$q;
        answered = 1'b0;
        rewind = 1'b0;
        advance = 1'b0;
        send = 1'b0;
        pick = 11;
        if (loads) begin
            pick = 17;
        end
        if (commits) begin
            pick = 14;
            if (later$q) begin
                pick = 15;
            end
        end
        load = 1'b0;
        shift = 1'b0;
        clear = 1'b0;
        load_count = 1'b0;
        count_up = 1'b0;
        count_down = 1'b0;
        count_limit = 1'b0;
        load_addr = 1'b0;
        addr_up = 1'b0;
        push = 1'b0;
        taken = 1'b0;
        set_group = 1'b0;
        start = 1'b0;
        drop_logit = 1'b0;
        set_sampling = 1'b0;
        commit = 1'b0;
        invalidate = 1'b0;
        clear_counters = 1'b0;
        state_we = 1'b0;
        case (step$q)
            Step$Idle: begin
                clear = 1'b1;
                rewind = held;
                acting$d = 1'b0;
                later$d = 1'b0;
                refused$d = 1'b0;
                stream$d = 1'b0;
                answer$d = verdict;
                left$d = 1;
                if (wide_first) begin
                    left$d = 3;
                end
                if (held) begin
                    step$d = Step$Fetch;
                    if (~|length) begin
                        step$d = Step$Act;
                    end
                    if (|verdict) begin
                        step$d = Step$Emit;
                    end
                end
            end
            Step$Fetch: begin
                step$d = Step$Take;
            end
            Step$Take: begin
                shift = 1'b1;
                advance = 1'b1;
                left$d = left$q - 1;
                step$d = Step$Fetch;
                if (~|left$q) begin
                    left$d = 0;
                    step$d = Step$Got;
                end
            end
            Step$Got: begin
                if (commits & differs) begin
                    refused$d = 1'b1;
                end
                later$d = 1'b1;
                left$d = 1;
                if (wide_second) begin
                    left$d = 3;
                end
                if (~later$q) begin
                    load_count = 1'b1;
                    load_addr = 1'b1;
                    stream$d = feeds & flag;
                    invalidate = writes & acting$q;
                    if ((range & no_address) | ((loads | groups) & above) | (generates & ~token_valid)) begin
                        refused$d = 1'b1;
                    end
                end
                else begin
                    load_count = reads;
                    addr_up = writes;
                    state_we = writes & acting$q;
                    if ((feeds & above) | (reads & too_many)) begin
                        refused$d = 1'b1;
                    end
                end
                step$d = Step$Fetch;
                if (at_end) begin
                    step$d = Step$Walk;
                    if (acting$q) begin
                        step$d = Step$Act;
                    end
                end
                if (feeds & acting$q & later$q) begin
                    push = 1'b1;
                    step$d = Step$Launch;
                end
            end
            Step$Walk: begin
                step$d = Step$Judge;
                if (reads & some) begin
                    count_down = 1'b1;
                    addr_up = 1'b1;
                    step$d = Step$Walk;
                end
            end
            Step$Judge: begin
                rewind = 1'b1;
                acting$d = 1'b1;
                later$d = 1'b0;
                left$d = 1;
                if (wide_first) begin
                    left$d = 3;
                end
                step$d = Step$Fetch;
                if (refused$q | (range & beyond)) begin
                    answer$d = {4'h0, refusal};
                    step$d = Step$Emit;
                end
            end
            Step$Act: begin
                set_sampling = command == 5;
                commit = commits;
                clear_counters = command == 11;
                set_group = groups;
                step$d = Step$Emit;
                if (generates) begin
                    step$d = Step$Turn;
                end
                if (loads | (command == 2)) begin
                    step$d = Step$Launch;
                end
            end
            Step$Turn: begin
                pick = 21;
                load = 1'b1;
                count_down = 1'b1;
                step$d = Step$Launch;
                if (~some) begin
                    step$d = Step$Emit;
                end
            end
            Step$Launch: begin
                start = 1'b1;
                load_addr = 1'b1;
                streamed$d = 1'b0;
                step$d = Step$Wait;
                if (generates) begin
                    push = 1'b1;
                    answer$d = 225;
                    step$d = Step$Emit;
                end
                if (feeds & ~whole) begin
                    start = 1'b0;
                    step$d = Step$Fetch;
                end
            end
            Step$Wait: begin
                load = 1'b1;
                if (~busy) begin
                    step$d = Step$Emit;
                    if (~at_end) begin
                        step$d = Step$Fetch;
                    end
                    if (generates) begin
                        step$d = Step$Turn;
                    end
                    if (extra) begin
                        step$d = Step$Pop;
                    end
                    if (|code) begin
                        answer$d = code;
                        step$d = Step$Emit;
                    end
                end
                else if (logit_valid) begin
                    drop_logit = streamed$q | ~stream$q;
                    if (stream$q & ~streamed$q) begin
                        step$d = Step$Open;
                    end
                end
            end
            Step$Pop: begin
                pick = 27;
                load = 1'b1;
                count_down = 1'b1;
                step$d = Step$Hand;
            end
            Step$Hand: begin
                load_addr = 1'b1;
                taken = 1'b1;
                answer$d = 225;
                step$d = Step$Emit;
            end
            Step$Open: begin
                load_count = 1'b1;
                uncounted$d = last_token;
                step$d = Step$Raise;
            end
            Step$Raise: begin
                count_up = 1'b1;
                streamed$d = 1'b1;
                answer$d = 226;
                step$d = Step$Emit;
                if (|uncounted$q) begin
                    step$d = Step$Again;
                end
            end
            Step$Again: begin
                count_limit = 1'b1;
                uncounted$d = uncounted$q - 1;
                step$d = Step$Raise;
            end
            Step$Emit: begin
                send = 1'b1;
                step$d = Step$Sending;
            end
            Step$Sending: begin
                if (rest) begin
                    step$d = Step$Wait;
                    answer$d = 0;
                    if (~answer$q[7]) begin
                        answered = 1'b1;
                        step$d = Step$Idle;
                    end
                end
            end
        endcase
    end

    assign feeds = command == 3;
    assign generates = command == 4;
    assign reads = command == 6;
    assign writes = command == 7;
    assign commits = command == 8;
    assign loads = command == 9;
    assign groups = command == 12;
    assign whole = at_end | full | (stream$q & many_logits);
    assign status = answer$q;
    assign or_equal = loads;

    always @(*) begin
        request = 1;
        if (feeds) begin
            request = 2;
        end
        if (generates) begin
            request = 3;
        end
    end

    assign stream_logits = stream$q;
    assign want_head = stream$q | at_end;

    initial step$q = 0;
    always @(posedge clock) step$q <= step$d;
    initial answer$q = 8'h0;
    always @(posedge clock) answer$q <= answer$d;
    initial left$q = 2'b0;
    always @(posedge clock) left$q <= left$d;
    initial acting$q = 1'b0;
    always @(posedge clock) acting$q <= acting$d;
    initial later$q = 1'b0;
    always @(posedge clock) later$q <= later$d;
    initial refused$q = 1'b0;
    always @(posedge clock) refused$q <= refused$d;
    initial stream$q = 1'b0;
    always @(posedge clock) stream$q <= stream$d;
    initial streamed$q = 1'b0;
    always @(posedge clock) streamed$q <= streamed$d;
    initial uncounted$q = 4'h0;
    always @(posedge clock) uncounted$q <= uncounted$d;
endmodule

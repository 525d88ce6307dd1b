// Configuration tiny. Written by `statestream verilog`: edit its sources in hdl/src instead.

module statestream_batch (
    input wire clock,
    input wire push,
    input wire [15:0] token,
    input wire start,
    input wire load,
    input wire guessing,
    input wire [3:0] room,
    input wire set_group,
    input wire [3:0] group,
    input wire forget,
    output wire full,
    output wire extra,
    input wire taken,
    input wire [15:0] mask,
    input wire [15:0] multiplier,
    input wire [15:0] vocab_less_1,
    output wire asking,
    output wire [23:0] address,
    input wire answer,
    input wire [15:0] word,
    output wire ready,
    output wire [15:0] present,
    output wire more,
    input wire embed,
    output wire [3:0] number,
    output wire [3:0] slot,
    input wire keep,
    input wire drop,
    output wire settled,
    output wire [3:0] last,
    output wire guessed,
    input wire [15:0] winner,
    output reg recall,
    output reg kept_one,
    output reg turn,
    output reg accepted,
    output wire [3:0] kept,
    output wire [3:0] bank
);
    localparam Step$Rest = 0;
    localparam Step$Forget = 1;
    localparam Step$Judge = 2;
    localparam Step$Fetch = 3;
    localparam Step$Take = 4;
    localparam Step$Mix = 5;
    localparam Step$Ask = 6;
    localparam Step$Prime = 7;
    localparam Step$Pass = 8;
    localparam Step$First = 9;
    localparam Step$Read = 10;
    localparam Step$Check = 11;
    localparam Step$End = 12;
    reg [3:0] step$d;
    reg [3:0] step$q;
    reg [4:0] memory$raddr;
    wire signed [15:0] memory$rdata;
    reg memory$we;
    reg [4:0] memory$waddr;
    reg signed [15:0] memory$wdata;
    reg hash$clear;
    reg hash$take;
    wire [15:0] hash$value;
    wire hash$ready;
    reg [4:0] base$d;
    reg [4:0] base$q;
    reg [4:0] fill$d;
    reg [4:0] fill$q;
    reg [4:0] at$d;
    reg [4:0] at$q;
    reg [1:0] back$d;
    reg [1:0] back$q;
    reg [3:0] limit$d;
    reg [3:0] limit$q;
    reg writing$d;
    reg writing$q;
    reg wrong$d;
    reg wrong$q;
    reg [3:0] count$d;
    reg [3:0] count$q;
    wire [3:0] count_next$x;
    wire [3:0] count_next$y;
    wire [3:0] group_next$x;
    wire [3:0] group_next$y;
    wire [3:0] last_number$x;
    wire [3:0] last_number$y;
    reg [3:0] state_bank$d;
    reg [3:0] state_bank$q;
    reg [3:0] reading$d;
    reg [3:0] reading$q;
    reg [3:0] left$d;
    reg [3:0] left$q;
    reg [4:0] taking$d;
    reg [4:0] taking$q;
    reg [16:0] origin$offset;
    wire [23:0] origin$address;
    wire several$x;
    wire several$y;
    wire [15:0] here;
    wire right;
    reg [15:0] value;
    wire wide;
    wire [15:0] slot_at;
    wire [3:0] fill_low;
    wire one_more;

    statestream_batch_memory memory (
        .clock(clock),
        .raddr(memory$raddr),
        .rdata(memory$rdata),
        .we(memory$we),
        .waddr(memory$waddr),
        .wdata(memory$wdata)
    );

    statestream_hash hash (
        .clock(clock),
        .clear(hash$clear),
        .take(hash$take),
        .token(here),
        .multiplier(multiplier),
        .value(hash$value),
        .ready(hash$ready)
    );

    statestream_batch_unit count_next (
        .x(count_next$x),
        .y(count_next$y)
    );

    statestream_batch_unit group_next (
        .x(group_next$x),
        .y(group_next$y)
    );

    statestream_batch_unit last_number (
        .x(last_number$x),
        .y(last_number$y)
    );

    statestream_origin origin (
        .offset(origin$offset),
        .address(origin$address)
    );

    statestream_several several (
        .x(several$x),
        .y(several$y)
    );

    always @(*) begin
        step$d = step$q;
        base$d = base$q;
        fill$d = fill$q;
        at$d = at$q;
        back$d = back$q;
        writing$d = writing$q;
        wrong$d = wrong$q;
        count$d = count$q;
        state_bank$d = state_bank$q;
        reading$d = reading$q;
        left$d = left$q;
        taking$d = taking$q;
        recall = 1'b0;
        kept_one = 1'b0;
        turn = 1'b0;
        accepted = 1'b0;
        hash$clear = 1'b0;
        hash$take = 1'b0;
        memory$raddr = base$q + at$q;
        memory$we = 1'b0;
        memory$waddr = base$q + fill$q;
        case (step$q)
            Step$Rest: begin
                memory$raddr = taking$q;
                at$d = 0;
                back$d = 3;
                if (taken) begin
                    taking$d = taking$q + 1;
                    left$d = left$q - 1;
                end
                if (push) begin
                    memory$we = 1'b1;
                    fill$d = fill$q + 1;
                end
                writing$d = guessing;
                if (start) begin
                    step$d = Step$Judge;
                end
                if (forget) begin
                    step$d = Step$Forget;
                end
                if (start & load) begin
                    state_bank$d = 0;
                    step$d = Step$Forget;
                end
            end
            Step$Forget: begin
                memory$we = 1'b1;
                memory$waddr = base$q - {3'h0, back$q};
                back$d = back$q - 1;
                if (back$q == 1) begin
                    step$d = Step$Rest;
                end
            end
            Step$Judge: begin
                hash$clear = 1'b1;
                step$d = Step$Prime;
                if (several$y & writing$q & |mask & one_more) begin
                    step$d = Step$Fetch;
                end
            end
            Step$Fetch: begin
                memory$raddr = base$q + fill$q - {3'h0, back$q};
                step$d = Step$Take;
            end
            Step$Take: begin
                hash$take = several$y;
                back$d = back$q - 1;
                step$d = Step$Mix;
            end
            Step$Mix: begin
                if (hash$ready) begin
                    step$d = Step$Fetch;
                    if (~|back$q) begin
                        back$d = 3;
                        step$d = Step$Ask;
                    end
                end
            end
            Step$Ask: begin
                if (answer) begin
                    memory$we = 1'b1;
                    fill$d = fill$q + 1;
                    step$d = Step$Judge;
                end
            end
            Step$Prime: begin
                step$d = Step$Pass;
            end
            Step$Pass: begin
                wrong$d = 1'b0;
                count$d = 0;
                if (embed) begin
                    at$d = at$q + 1;
                    reading$d = at$q[3:0];
                end
                if (keep) begin
                    recall = 1'b1;
                    step$d = Step$First;
                end
                if (drop) begin
                    fill$d = 0;
                    step$d = Step$Rest;
                end
            end
            Step$First: begin
                kept_one = 1'b1;
                at$d = 1;
                step$d = Step$Read;
            end
            Step$Read: begin
                step$d = Step$Check;
                if (~several$y | (at$q == fill$q)) begin
                    step$d = Step$End;
                end
            end
            Step$Check: begin
                at$d = at$q + 1;
                wrong$d = ~right;
                if (several$y & right) begin
                    kept_one = 1'b1;
                    turn = 1'b1;
                    accepted = writing$q;
                    count$d = count_next$y;
                end
                step$d = Step$Read;
            end
            Step$End: begin
                state_bank$d = count$q;
                taking$d = base$q + 1;
                left$d = 0;
                if (writing$q) begin
                    left$d = count$q;
                end
                base$d = base$q + {1'h0, count$q} + 1;
                fill$d = 0;
                step$d = Step$Rest;
            end
        endcase
    end

    always @(*) begin
        limit$d = limit$q;
        if (set_group) begin
            limit$d = group_next$y;
        end
    end

    assign asking = several$y & (step$q == Step$Ask);
    assign ready = step$q == Step$Pass;
    assign settled = step$q == Step$End;
    assign here = memory$rdata[15:0];
    assign wide = |vocab_less_1[15:8];
    assign slot_at = hash$value & mask;

    always @(*) begin
        origin$offset = {1'h0, slot_at};
        value = word >> 8;
        if (wide) begin
            origin$offset = {1'h0, slot_at} << 1;
            value = word;
        end
    end

    assign address = origin$address;
    assign fill_low = fill$q[3:0];
    assign last_number$x = fill_low - 1;
    assign last = last_number$y;
    assign count_next$x = count$q + 1;
    assign group_next$x = group - 1;
    assign full = fill$q > {1'h0, limit$q};
    assign one_more = (fill$q <= {1'h0, limit$q}) & (fill$q <= {1'h0, room});
    assign several$x = 1'b1;
    assign right = ~writing$q | (~wrong$q & (here == winner));

    always @(*) begin
        memory$wdata = $signed(token);
        if (step$q == Step$Forget) begin
            memory$wdata = 0;
        end
        if (asking) begin
            memory$wdata = $signed(value);
            if (value > vocab_less_1) begin
                memory$wdata = 0;
            end
        end
    end

    assign present = here;
    assign more = at$q != fill$q;
    assign number = at$q[3:0];
    assign slot = reading$q;
    assign guessed = writing$q;
    assign extra = |left$q;
    assign kept = count$q;
    assign bank = state_bank$q;

    initial step$q = 0;
    always @(posedge clock) step$q <= step$d;
    initial base$q = 5'b0;
    always @(posedge clock) base$q <= base$d;
    initial fill$q = 5'b0;
    always @(posedge clock) fill$q <= fill$d;
    initial at$q = 5'b0;
    always @(posedge clock) at$q <= at$d;
    initial back$q = 2'b0;
    always @(posedge clock) back$q <= back$d;
    initial limit$q = 4'h0;
    always @(posedge clock) limit$q <= limit$d;
    initial writing$q = 1'b0;
    always @(posedge clock) writing$q <= writing$d;
    initial wrong$q = 1'b0;
    always @(posedge clock) wrong$q <= wrong$d;
    initial count$q = 4'h0;
    always @(posedge clock) count$q <= count$d;
    initial state_bank$q = 4'h0;
    always @(posedge clock) state_bank$q <= state_bank$d;
    initial reading$q = 4'h0;
    always @(posedge clock) reading$q <= reading$d;
    initial left$q = 4'h0;
    always @(posedge clock) left$q <= left$d;
    initial taking$q = 5'b0;
    always @(posedge clock) taking$q <= taking$d;
endmodule

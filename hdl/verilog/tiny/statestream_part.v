// Configuration tiny. Written by `statestream verilog`: edit its sources in hdl/src instead.

module statestream_part (
    input wire clock,
    input wire strobe,
    input wire [3:0] index,
    input wire [15:0] word,
    input wire advance,
    output wire [7:0] entry,
    output wire known,
    output wire is_end,
    output wire is_norm,
    output wire is_logit,
    output wire pair,
    input wire second,
    output wire [15:0] length,
    output wire [15:0] base,
    output wire [15:0] dest,
    output wire [15:0] operand,
    output wire [7:0] params,
    output wire [7:0] state_words,
    output wire [3:0] states_less_1,
    output wire [4:0] shift_conv,
    output wire [4:0] shift_readout,
    output wire [4:0] shift_gate
);
    wire [12:0] lookup$case_code;
    wire [7:0] lookup$entry;
    wire lookup$known;
    reg [3:0] kind$d;
    reg [3:0] kind$q;
    reg strange$d;
    reg strange$q;
    reg [8:0] flags$d;
    reg [8:0] flags$q;
    reg [7:0] first$q;
    wire served$d;
    reg served$q;
    reg [3:0] lengths$raddr;
    wire signed [15:0] lengths$rdata;
    wire lengths$we;
    wire [3:0] lengths$waddr;
    wire signed [15:0] lengths$wdata;
    reg [3:0] bases$raddr;
    wire signed [15:0] bases$rdata;
    wire bases$we;
    wire [3:0] bases$waddr;
    wire signed [15:0] bases$wdata;
    reg [15:0] to$d;
    reg [15:0] to$q;
    reg [7:0] words$d;
    reg [7:0] words$q;
    reg [7:0] state$d;
    reg [7:0] state$q;
    reg [3:0] n$d;
    reg [3:0] n$q;
    reg [4:0] conv$d;
    reg [4:0] conv$q;
    reg [4:0] readout$d;
    reg [4:0] readout$q;
    reg [4:0] gate$d;
    reg [4:0] gate$q;
    reg [15:0] from$d;
    reg [15:0] from$q;
    wire [3:0] low_bits;
    wire [15:0] less_1;

    statestream_lookup lookup (
        .case_code(lookup$case_code),
        .entry(lookup$entry),
        .known(lookup$known)
    );

    statestream_header_unit lengths (
        .clock(clock),
        .raddr(lengths$raddr),
        .rdata(lengths$rdata),
        .we(lengths$we),
        .waddr(lengths$waddr),
        .wdata(lengths$wdata)
    );

    statestream_header_unit bases (
        .clock(clock),
        .raddr(bases$raddr),
        .rdata(bases$rdata),
        .we(bases$we),
        .waddr(bases$waddr),
        .wdata(bases$wdata)
    );

    always @(*) begin
        kind$d = kind$q;
        strange$d = strange$q;
        flags$d = flags$q;
        to$d = to$q;
        words$d = words$q;
        state$d = state$q;
        n$d = n$q;
        conv$d = conv$q;
        readout$d = readout$q;
        gate$d = gate$q;
        from$d = from$q;
        if (advance) begin
            from$d = from$q + 1;
            to$d = to$q + 1;
            if (flags$q[6]) begin
                to$d = to$q + 2;
            end
        end
        if (strobe) begin
            case (index)
                0: begin
                    kind$d = word[3:0];
                    strange$d = |word[15:4];
                end
                1: begin
                    flags$d = word[8:0];
                    if (|word[15:9]) begin
                        strange$d = 1'b1;
                    end
                end
                7: begin
                    to$d = word;
                end
                14: begin
                    from$d = word;
                end
                8: begin
                    words$d = word[7:0];
                end
                9: begin
                    state$d = word[7:0];
                end
                10: begin
                    n$d = low_bits - 1;
                    if (word > 16) begin
                        strange$d = 1'b1;
                    end
                end
                11: begin
                    conv$d = word[4:0];
                end
                12: begin
                    readout$d = word[4:0];
                end
                13: begin
                    gate$d = word[4:0];
                end
                default: begin
                end
            endcase
        end
    end

    assign served$d = lookup$known | (kind$q == 0);
    assign lengths$we = strobe & ((index == 3) | (index == 5));
    assign bases$we = strobe & ((index == 4) | (index == 6));
    assign lengths$waddr = {3'h0, index[2]};
    assign bases$waddr = {3'h0, index[1]};
    assign less_1 = word - 1;
    assign lengths$wdata = $signed(less_1);
    assign bases$wdata = $signed(word);

    always @(*) begin
        lengths$raddr = 0;
        bases$raddr = 0;
        if (second) begin
            lengths$raddr = 1;
            bases$raddr = 1;
        end
    end

    assign length = lengths$rdata[15:0];
    assign base = bases$rdata[15:0];
    assign low_bits = word[3:0];
    assign lookup$case_code = ({9'h0, kind$q} << 9) | {4'h0, flags$q};
    assign entry = first$q;
    assign is_end = kind$q == 0;
    assign known = ~strange$q & served$q;
    assign is_norm = kind$q == 1;
    assign is_logit = kind$q == 7;
    assign pair = flags$q[0];
    assign dest = to$q;
    assign operand = from$q;
    assign params = words$q;
    assign state_words = state$q;
    assign states_less_1 = n$q;
    assign shift_conv = conv$q;
    assign shift_readout = readout$q;
    assign shift_gate = gate$q;

    initial kind$q = 4'h0;
    always @(posedge clock) kind$q <= kind$d;
    initial strange$q = 1'b0;
    always @(posedge clock) strange$q <= strange$d;
    initial flags$q = 9'b0;
    always @(posedge clock) flags$q <= flags$d;
    initial first$q = 8'h0;
    always @(posedge clock) first$q <= lookup$entry;
    initial served$q = 1'b0;
    always @(posedge clock) served$q <= served$d;
    initial to$q = 16'h0;
    always @(posedge clock) to$q <= to$d;
    initial words$q = 8'h0;
    always @(posedge clock) words$q <= words$d;
    initial state$q = 8'h0;
    always @(posedge clock) state$q <= state$d;
    initial n$q = 4'h0;
    always @(posedge clock) n$q <= n$d;
    initial conv$q = 5'b0;
    always @(posedge clock) conv$q <= conv$d;
    initial readout$q = 5'b0;
    always @(posedge clock) readout$q <= readout$d;
    initial gate$q = 5'b0;
    always @(posedge clock) gate$q <= gate$d;
    initial from$q = 16'h0;
    always @(posedge clock) from$q <= from$d;
endmodule

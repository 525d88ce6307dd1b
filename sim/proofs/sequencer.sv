// The sequencer always comes back to idle. `rank` is a number of 72 bits that says how much is left to do. From boot and from every
// request on, in every clock
//
// * it falls, or the sequencer waits for somebody else: for a nibble of the flash, the throttle, the epilogue, the boot of the flash, the
//   tokens of the pass, or the word on what is kept (`waiting` has them all), and then it does not rise;
// * idle is the lowest place, and `busy` says whether it is reached.
//
// So if the flash delivers and nobody else makes it wait for ever, it is idle after finitely many clocks, fewer than 2^72 of them its own
// (how many exactly is sim/src/cycles.rs). And it never waits for a flash that it has stopped: while it reads, the last strobe was a seek.
//
// BUS: 0 quad, 1 two chips, 2 double transfer rate. TERNARY: the machine reads ternary rows.

`define N (`BUS == 0 ? 4 : 8)

module proof (
    input clock, input awake, input valid, input [`N-1:0] nibble, input pause, input start, input [3:0] request, input [15:0] arg,
    input want_head, input asking, input [23:0] asked_at, input complete, input [15:0] token, input more, input settled,
    input bad_magic, input bad_version, input too_large, input [15:0] d, input [19:0] state_words, input known, input is_end,
    input is_norm, input is_logit, input pair, input [15:0] length, input [15:0] base, input [7:0] params, input epilogue_busy,
    input heading
`ifdef TERNARY
    , input ternary
`endif
);
    wire seek, stop, busy, embed;
    statestream_sequencer dut (
        .clock, .awake, .valid, .nibble, .pause, .start, .request, .arg, .want_head, .asking, .asked_at, .complete, .token, .more,
        .settled, .bad_magic, .bad_version, .too_large, .d, .state_words, .known, .is_end, .is_norm, .is_logit, .pair, .length,
        .base, .params, .epilogue_busy, .heading, .seek, .stop, .busy, .embed
`ifdef TERNARY
        , .\ternary$0 (ternary)
`endif
    );
    (* inside = "dut.phase$q" *) wire [4:0] phase;
    (* inside = "dut.after$q" *) wire [4:0] after;
    (* inside = "dut.left$q" *) wire [19:0] left;
    (* inside = "dut.weights_left$q" *) wire [15:0] weights_left;
    (* inside = "dut.rows_left$q" *) wire [15:0] rows_left;
    (* inside = "dut.verify$q" *) wire verify;
    (* inside = "dut.pending$q" *) wire pending;
    (* inside = "dut.crc_left$q" *) wire [1:0] crc_left;
    (* inside = "dut.unpack.low$q" *) wire low;
    (* inside = "dut.unpack.odd$q" *) wire odd;
    (* inside = "dut.wide_a$q" *) wire wide_a;
    (* inside = "dut.wide_b$q" *) wire wide_b;
    (* inside = "dut.fresh$q" *) wire fresh;
    (* inside = "dut.first_row$q" *) wire first_row;
    (* inside = "dut.sought$q" *) wire sought;
    (* inside = "dut.sought_before$q" *) wire sought_before;
    (* inside = "dut.locate.left$q" *) wire [4:0] locating;
    (* inside = "dut.record_done" *) wire record_done;
    localparam Boot = 0, Find = 1, Header = 2, Tables = 3, Idle = 4, Draft = 5, Guess = 6, Locate = 7, State = 8, Embed = 9, Section = 10,
        Params = 11, RowA = 12, PadA = 13, RowB = 14, PadB = 15, Crc = 16, Finish = 17, Keep = 18;

    // Assumed of what is read and of the tokens, and of nothing else: within a request
    // * the 65,536th section, if it comes so far, is the tape's end;
    // * a pass has at most 16 tokens, and 255 slots of the draft table are asked for.
    reg [15:0] sections = 65535;
    reg [4:0] tokens = 16;
    reg [7:0] guesses = 255;
    wire section_done = record_done & after == Section;
    always @(posedge clock) begin
        if (phase == Idle) begin
            sections <= 65535;
            tokens <= 16;
            guesses <= 255;
        end
        else begin
            if (section_done & sections != 0) sections <= sections - 1;
            if (embed) tokens <= tokens - 1;
            if (phase == Draft & asking) guesses <= guesses - 1;
        end
    end
    always @(*) begin
        if (section_done & sections == 0) assume(is_end);
        if (phase == Locate & tokens == 0) assume(~more);
        if (phase == Draft & guesses == 0) assume(~asking);
    end

`ifdef TERNARY
    // Assumed too: within a row its kind stays what the section said.
    reg ternary_1 = 0;
    always @(posedge clock) ternary_1 <= ternary;
    always @(*) if (phase >= RowA & phase <= PadB) assume(ternary == ternary_1);
`else
    wire ternary = 0;
`endif

    wire words = phase == Header | phase == Tables | phase == State | phase == Guess | phase == Embed | phase == Section | phase == Params;
    wire reading = words | phase >= RowA & phase <= Crc;
    // waiting for: the flash, the throttle, the epilogue; the boot of the flash; the tokens; what is kept
    wire waiting = reading & (~valid | pause | pending & epilogue_busy)
        | phase == RowA & (first_row & epilogue_busy | fresh & heading)
        | phase == Finish & epilogue_busy
        | phase == Boot & ~awake
        | phase == Draft & ~asking & ~complete
        | phase == Keep & ~settled;

    // The rank. Its first digit is the place in the order of a boot, a load or a pass.
    wire [3:0] stage =
        phase == Boot ? (after == Tables ? 9 : 15) :
        phase == Find ? 14 :
        phase == Header ? 13 :
        phase == Tables ? 11 :
        phase == Draft | phase == Guess ? 8 :
        phase == Locate | phase == Embed ? 7 :
        phase == State ? 5 :
        phase == Finish ? 2 :
        phase == Keep ? 1 :
        phase == Idle ? 0 :
        phase == Crc & after == Header ? 12 :
        phase == Crc & after == Tables ? 10 :
        phase == Crc & after == Embed ? 7 :
        phase == Crc & after == State ? 4 : 6;
    wire of_section = phase == Section | phase == Crc & after == Section;
    wire [17:0] budget =
        stage == 8 ? {guesses, phase == Guess} :
        stage == 7 ? tokens :
        stage == 6 ? {sections, ~of_section} : 0;
    wire [16:0] rows = stage != 6 ? 0 : phase == Section ? 17'h1FFFF : of_section ? 17'h1FFFE : rows_left;
    wire [2:0] part = phase == Params ? 5 : phase == RowA ? 4 : phase == PadA ? 3 : phase == RowB | phase == Embed ? 2 :
        phase == PadB | phase == Crc & after == Embed ? 1 : 0;
    wire [19:0] units = words ? left : phase == RowA | phase == RowB ? weights_left : 0;
    wire wide = phase == RowB ? wide_b : wide_a;
    wire [2:0] nibbles = words ? 3 - {odd, low} : phase == RowA | phase == RowB ? (wide | ternary) & ~low :
        phase == Crc ? {2'd3 - crc_left, ~low} : 0;
    wire [4:0] address = phase == Find | phase == Locate ? locating : 0;
    wire [71:0] rank = {stage, budget, rows, part, units, nibbles, address, verify, pending};

    reg [71:0] rank_1;
    reg waited = 1, idle = 1, past = 0;
    reg open = 0;
    always @(posedge clock) begin
        rank_1 <= rank;
        waited <= waiting;
        idle <= phase == Idle;
        past <= 1;
        open <= seek | open & ~stop;
    end
    always @(*) if (past & ~idle) begin
        assert(rank <= rank_1);
        if (~waited) assert(rank < rank_1);
    end
    always @(*) if (reading) assert(open);
    always @(*) assert(busy == (phase != Idle));

`ifdef INDUCTION
    always @(*) begin
        assert(phase <= Keep);
        if (phase == Crc) assert(after == Header | after == Tables | after == State | after == Embed | after == Section | after == RowA);
        if (phase == Params | phase == RowA) assert(after == Section | after == RowA);
        if (phase >= PadA & phase <= PadB) assert(after == RowA);
        if (sought) assert((phase == Embed & ~odd & ~low) | phase == Finish);
        if (sought_before) assert(phase == Embed | phase == Finish | phase == Idle | phase == Keep);
    end
`endif
endmodule

// Configuration tiny. Written by `statestream verilog`: edit its sources in hdl/src instead.

module statestream_sequencer (
    input wire clock,
    input wire awake,
    input wire valid,
    input wire [3:0] nibble,
    output wire ready,
    output reg seek,
    output reg stop,
    output reg [23:0] address,
    input wire pause,
    input wire start,
    input wire [3:0] request,
    input wire [15:0] arg,
    input wire want_head,
    output wire busy,
    output reg done,
    output wire [7:0] code,
    output wire [23:0] error_address,
    output wire booted,
    output wire [7:0] boot_code,
    input wire asking,
    input wire [23:0] asked_at,
    output reg answer,
    input wire complete,
    input wire [15:0] token,
    input wire more,
    output reg embed,
    output reg keep,
    output reg drop,
    input wire settled,
    output wire header_strobe,
    input wire bad_magic,
    input wire bad_version,
    input wire too_large,
    input wire [15:0] d,
    input wire [19:0] state_words,
    output wire section_strobe,
    input wire known,
    input wire is_end,
    input wire is_norm,
    input wire is_logit,
    input wire pair,
    output wire second,
    input wire [15:0] length,
    input wire [15:0] base,
    input wire [7:0] params,
    output wire [15:0] word,
    output wire [19:0] index,
    output wire table_write,
    output wire h_write,
    output wire state_write,
    output wire param_write,
    output wire bank,
    output wire [7:0] weight,
    output wire weight_valid,
    output wire weight_first,
    output wire [15:0] vector_address,
    output wire job,
    input wire epilogue_busy,
    input wire heading,
    output wire [4:0] shift_a,
    output wire [4:0] shift_b,
    output reg rewind,
    output reg head,
    output wire [15:0] section,
    output wire [15:0] row,
    output wire stall_epilogue,
    output wire stall_barrier,
    output wire crc_error,
    output reg loaded
);
    localparam Phase$Boot = 0;
    localparam Phase$Find = 1;
    localparam Phase$Header = 2;
    localparam Phase$Tables = 3;
    localparam Phase$Idle = 4;
    localparam Phase$Draft = 5;
    localparam Phase$Guess = 6;
    localparam Phase$Locate = 7;
    localparam Phase$State = 8;
    localparam Phase$Embed = 9;
    localparam Phase$Section = 10;
    localparam Phase$Params = 11;
    localparam Phase$RowA = 12;
    localparam Phase$PadA = 13;
    localparam Phase$RowB = 14;
    localparam Phase$PadB = 15;
    localparam Phase$Crc = 16;
    localparam Phase$Finish = 17;
    localparam Phase$Keep = 18;
    wire intake$in_words;
    wire intake$in_rows;
    wire intake$take;
    wire intake$stall_epilogue;
    wire intake$stall_barrier;
    wire [4:0] locate$field;
    reg locate$start;
    reg [1:0] locate$region;
    reg [15:0] locate$index;
    wire [23:0] locate$address;
    wire locate$ready;
    reg crc$clear;
    wire crc$en;
    wire crc$check;
    wire crc$ok;
    reg unpack$align;
    wire unpack$byte_done;
    wire unpack$word_done;
    wire unpack$weight_done;
    wire [7:0] unpack$full_byte;
    wire [15:0] unpack$word;
    wire [7:0] unpack$weight;
    wire verdict$of_header;
    wire verdict$of_section;
    wire [7:0] verdict$code;
    wire whereabouts$fault;
    wire [23:0] whereabouts$record;
    wire [23:0] whereabouts$place;
    reg [4:0] phase$d;
    reg [4:0] phase$q;
    reg [4:0] after$d;
    reg [4:0] after$q;
    reg [19:0] left$d;
    reg [19:0] left$q;
    reg [19:0] count$d;
    reg [19:0] count$q;
    reg [15:0] weights_left$d;
    reg [15:0] weights_left$q;
    reg [15:0] weight_at$d;
    reg [15:0] weight_at$q;
    reg fresh$d;
    reg fresh$q;
    reg first_row$d;
    reg first_row$q;
    reg [15:0] rows_left$d;
    reg [15:0] rows_left$q;
    reg wide_a$d;
    reg wide_a$q;
    reg wide_b$d;
    reg wide_b$q;
    reg [4:0] qa$d;
    reg [4:0] qa$q;
    reg [4:0] qb$d;
    reg [4:0] qb$q;
    reg in_bank$d;
    reg in_bank$q;
    reg verify$d;
    reg verify$q;
    reg pending$d;
    reg pending$q;
    reg [1:0] crc_left$d;
    reg [1:0] crc_left$q;
    reg is_pass$d;
    reg is_pass$q;
    reg head_wanted$d;
    reg head_wanted$q;
    reg [7:0] status$d;
    reg [7:0] status$q;
    reg boot_over$d;
    reg boot_over$q;
    reg [7:0] boot_status$d;
    reg [7:0] boot_status$q;
    reg [15:0] section_number$d;
    reg [15:0] section_number$q;
    reg [15:0] row_number$d;
    reg [15:0] row_number$q;
    reg head_begun$d;
    reg head_begun$q;
    reg sought$d;
    reg sought$q;
    reg sought_before$q;
    wire last_word;
    reg wide;
    wire a_weight;
    wire last_weight;
    reg record_done;
    wire launch;

    statestream_intake intake (
        .phase(phase$q),
        .valid(valid),
        .pause(pause),
        .fresh(fresh$q),
        .first_row(first_row$q),
        .pending(pending$q),
        .epilogue_busy(epilogue_busy),
        .heading(heading),
        .in_words(intake$in_words),
        .in_rows(intake$in_rows),
        .take(intake$take),
        .stall_epilogue(intake$stall_epilogue),
        .stall_barrier(intake$stall_barrier)
    );

    statestream_locate locate (
        .clock(clock),
        .strobe(header_strobe),
        .field(locate$field),
        .word(unpack$word),
        .start(locate$start),
        .region(locate$region),
        .index(locate$index),
        .address(locate$address),
        .ready(locate$ready)
    );

    statestream_sequencer_crc crc (
        .clock(clock),
        .clear(crc$clear),
        .en(crc$en),
        .check(crc$check),
        .data(unpack$full_byte),
        .place(whereabouts$place),
        .ok(crc$ok)
    );

    statestream_unpack unpack (
        .clock(clock),
        .align(unpack$align),
        .take(intake$take),
        .nibble(nibble),
        .wide(wide),
        .byte_done(unpack$byte_done),
        .word_done(unpack$word_done),
        .weight_done(unpack$weight_done),
        .full_byte(unpack$full_byte),
        .word(unpack$word),
        .weight(unpack$weight)
    );

    statestream_verdict verdict (
        .asked(verify$q),
        .crc_ok(crc$ok),
        .of_header(verdict$of_header),
        .of_section(verdict$of_section),
        .bad_magic(bad_magic),
        .bad_version(bad_version),
        .too_large(too_large),
        .known(known),
        .code(verdict$code)
    );

    statestream_whereabouts whereabouts (
        .clock(clock),
        .seek(seek),
        .address(address),
        .byte_done(unpack$byte_done),
        .judged(verify$q),
        .fault(whereabouts$fault),
        .record(whereabouts$record),
        .place(whereabouts$place)
    );

    always @(*) begin
        phase$d = phase$q;
        after$d = after$q;
        left$d = left$q;
        count$d = count$q;
        weights_left$d = weights_left$q;
        weight_at$d = weight_at$q;
        fresh$d = fresh$q;
        first_row$d = first_row$q;
        rows_left$d = rows_left$q;
        wide_a$d = wide_a$q;
        wide_b$d = wide_b$q;
        qa$d = qa$q;
        qb$d = qb$q;
        in_bank$d = in_bank$q;
        verify$d = verify$q;
        pending$d = pending$q;
        crc_left$d = crc_left$q;
        is_pass$d = is_pass$q;
        head_wanted$d = head_wanted$q;
        status$d = status$q;
        boot_over$d = boot_over$q;
        boot_status$d = boot_status$q;
        section_number$d = section_number$q;
        row_number$d = row_number$q;
        head_begun$d = head_begun$q;
        sought$d = sought$q;
        unpack$align = 1'b0;
        crc$clear = 1'b0;
        if (unpack$word_done & intake$in_words) begin
            count$d = count$q + 1;
            left$d = left$q - 1;
        end
        if (section_strobe & (count$q == 2)) begin
            rows_left$d = unpack$word;
        end
        if (a_weight) begin
            weights_left$d = weights_left$q - 1;
            weight_at$d = weight_at$q + 1;
            fresh$d = 1'b0;
        end
        verify$d = 1'b0;
        if (launch) begin
            pending$d = 1'b0;
            in_bank$d = ~in_bank$q;
            row_number$d = row_number$q + 1;
        end
        seek = 1'b0;
        stop = 1'b0;
        address = locate$address;
        locate$start = 1'b0;
        locate$region = 3;
        locate$index = arg;
        rewind = 1'b0;
        head = 1'b0;
        done = 1'b0;
        loaded = 1'b0;
        record_done = 1'b0;
        answer = 1'b0;
        embed = 1'b0;
        keep = 1'b0;
        drop = 1'b0;
        sought$d = 1'b0;
        if (is_pass$q) begin
            locate$region = 2;
            locate$index = 0;
            if (more) begin
                locate$region = 1;
                locate$index = token;
            end
            locate$start = sought_before$q;
        end
        case (phase$q)
            Phase$Boot: begin
                locate$region = 0;
                locate$index = 0;
                if (awake) begin
                    locate$start = 1'b1;
                    phase$d = Phase$Find;
                end
                if (after$q == Phase$Tables) begin
                    locate$region = 3;
                    phase$d = Phase$Locate;
                end
            end
            Phase$Find: begin
                if (locate$ready) begin
                    seek = 1'b1;
                    phase$d = Phase$Header;
                    count$d = 0;
                    left$d = 29;
                end
            end
            Phase$Idle: begin
                head_wanted$d = want_head;
                head_begun$d = 1'b0;
                is_pass$d = request != 1;
                locate$region = 3;
                locate$index = arg;
                if (start) begin
                    status$d = 0;
                    locate$start = 1'b1;
                    rewind = request != 1;
                    phase$d = Phase$Locate;
                    if (request != 1) begin
                        phase$d = Phase$Draft;
                    end
                end
            end
            Phase$Draft: begin
                count$d = 0;
                left$d = 0;
                if (asking) begin
                    address = asked_at;
                    seek = 1'b1;
                    phase$d = Phase$Guess;
                end
                if (complete) begin
                    locate$start = 1'b1;
                    phase$d = Phase$Locate;
                end
            end
            Phase$Guess: begin
                if (last_word) begin
                    answer = 1'b1;
                    stop = 1'b1;
                    phase$d = Phase$Draft;
                end
            end
            Phase$Locate: begin
                if (locate$ready) begin
                    seek = 1'b1;
                    count$d = 0;
                    left$d = state_words - 1;
                    phase$d = Phase$State;
                    if (is_pass$q) begin
                        section_number$d = 65535;
                        left$d = 15;
                        phase$d = Phase$Section;
                        if (more) begin
                            embed = 1'b1;
                            sought$d = 1'b1;
                            left$d = {4'h0, d} - 1;
                            phase$d = Phase$Embed;
                        end
                    end
                end
            end
            Phase$Params: begin
                if (param_write & ~|count$q) begin
                    qa$d = unpack$word[4:0];
                    wide_a$d = unpack$word[15];
                end
                if (param_write & (count$q == 3)) begin
                    qb$d = unpack$word[4:0];
                    wide_b$d = unpack$word[15];
                end
                if (last_word) begin
                    weights_left$d = length;
                    weight_at$d = base;
                    fresh$d = 1'b1;
                    phase$d = Phase$RowA;
                end
            end
            Phase$RowA: begin
                if (last_weight) begin
                    phase$d = Phase$Crc;
                    after$d = Phase$RowA;
                    if (pair) begin
                        phase$d = Phase$RowB;
                        weights_left$d = length;
                        weight_at$d = base;
                        fresh$d = 1'b1;
                    end
                    if (~unpack$byte_done) begin
                        phase$d = Phase$PadA;
                    end
                end
            end
            Phase$PadA: begin
                if (intake$take) begin
                    phase$d = Phase$Crc;
                    if (pair) begin
                        phase$d = Phase$RowB;
                    end
                end
            end
            Phase$RowB: begin
                if (last_weight) begin
                    phase$d = Phase$Crc;
                    if (~unpack$byte_done) begin
                        phase$d = Phase$PadB;
                    end
                end
            end
            Phase$PadB: begin
                if (intake$take) begin
                    phase$d = Phase$Crc;
                end
            end
            Phase$Crc: begin
                if (unpack$byte_done) begin
                    crc_left$d = crc_left$q + 1;
                    record_done = &crc_left$q;
                end
            end
            Phase$Finish: begin
                if (~epilogue_busy & ~pending$q & ~verify$q) begin
                    phase$d = Phase$Idle;
                    loaded = ~is_pass$q & ~|status$q;
                    if (~boot_over$q) begin
                        boot_over$d = 1'b1;
                        boot_status$d = status$q;
                    end
                    else if (is_pass$q & ~|status$q) begin
                        keep = 1'b1;
                        phase$d = Phase$Keep;
                    end
                    else begin
                        drop = is_pass$q;
                        done = 1'b1;
                    end
                end
            end
            Phase$Keep: begin
                if (settled) begin
                    done = 1'b1;
                    phase$d = Phase$Idle;
                end
            end
            default: begin
                if (last_word) begin
                    after$d = phase$q;
                    phase$d = Phase$Crc;
                end
            end
        endcase
        if (record_done) begin
            verify$d = 1'b1;
            unpack$align = 1'b1;
            count$d = 0;
            left$d = 15;
            phase$d = Phase$Section;
            case (after$q)
                Phase$Header: begin
                    phase$d = Phase$Tables;
                    left$d = 384;
                end
                Phase$Tables: begin
                    stop = 1'b1;
                    phase$d = Phase$Boot;
                end
                Phase$State: begin
                    stop = 1'b1;
                    phase$d = Phase$Finish;
                end
                Phase$Embed: begin
                    phase$d = Phase$Locate;
                end
                Phase$Section: begin
                    section_number$d = section_number$q + 1;
                    row_number$d = 0;
                    rows_left$d = rows_left$q - 1;
                    first_row$d = 1'b1;
                    pending$d = is_norm;
                    if (|rows_left$q & ~is_norm) begin
                        phase$d = Phase$Params;
                        left$d = {12'h0, params} - 1;
                    end
                    if (is_logit) begin
                        head = head_wanted$q & ~head_begun$q;
                        head_begun$d = 1'b1;
                    end
                    if (is_end | (is_logit & ~head_wanted$q)) begin
                        stop = 1'b1;
                        phase$d = Phase$Finish;
                    end
                end
                default: begin
                    pending$d = 1'b1;
                    first_row$d = 1'b0;
                    rows_left$d = rows_left$q - 1;
                    if (|rows_left$q) begin
                        phase$d = Phase$Params;
                        left$d = {12'h0, params} - 1;
                    end
                end
            endcase
        end
        if (|verdict$code) begin
            status$d = verdict$code;
            pending$d = 1'b0;
            seek = 1'b0;
            stop = 1'b1;
            phase$d = Phase$Finish;
        end
        if (seek) begin
            crc$clear = 1'b1;
            unpack$align = 1'b1;
            crc_left$d = 0;
        end
    end

    assign ready = intake$take;
    assign stall_epilogue = intake$stall_epilogue;
    assign stall_barrier = intake$stall_barrier;

    always @(*) begin
        wide = wide_a$q;
        if (phase$q == Phase$RowB) begin
            wide = wide_b$q;
        end
    end

    assign crc$en = unpack$byte_done & (phase$q != Phase$Crc);
    assign crc$check = unpack$byte_done & (phase$q == Phase$Crc);
    assign word = unpack$word;
    assign index = count$q;
    assign last_word = unpack$word_done & intake$in_words & ~|left$q;
    assign header_strobe = unpack$word_done & (phase$q == Phase$Header);
    assign table_write = unpack$word_done & (phase$q == Phase$Tables);
    assign state_write = unpack$word_done & (phase$q == Phase$State);
    assign h_write = unpack$word_done & (phase$q == Phase$Embed);
    assign section_strobe = unpack$word_done & (phase$q == Phase$Section);
    assign param_write = unpack$word_done & (phase$q == Phase$Params);
    assign a_weight = unpack$weight_done & intake$in_rows;
    assign last_weight = a_weight & ~|weights_left$q;
    assign weight = unpack$weight;
    assign weight_valid = a_weight;
    assign weight_first = fresh$q;
    assign vector_address = weight_at$q;
    assign second = last_word | (phase$q == Phase$RowA) | (phase$q == Phase$PadA);
    assign launch = pending$q & ~epilogue_busy & ~(verify$q & (~crc$ok | ~known));
    assign job = launch;
    assign shift_a = qa$q;
    assign shift_b = qb$q;
    assign bank = in_bank$q;
    assign section = section_number$q;
    assign row = row_number$q;
    assign locate$field = count$q[4:0];
    assign crc_error = verify$q & ~crc$ok;
    assign verdict$of_header = phase$q == Phase$Tables;
    assign verdict$of_section = after$q == Phase$Section;
    assign busy = phase$q != Phase$Idle;
    assign code = status$q;
    assign whereabouts$fault = |verdict$code;
    assign error_address = whereabouts$record;
    assign booted = boot_over$q;
    assign boot_code = boot_status$q;

    initial phase$q = 0;
    always @(posedge clock) phase$q <= phase$d;
    initial after$q = 0;
    always @(posedge clock) after$q <= after$d;
    initial left$q = 20'h0;
    always @(posedge clock) left$q <= left$d;
    initial count$q = 20'h0;
    always @(posedge clock) count$q <= count$d;
    initial weights_left$q = 16'h0;
    always @(posedge clock) weights_left$q <= weights_left$d;
    initial weight_at$q = 16'h0;
    always @(posedge clock) weight_at$q <= weight_at$d;
    initial fresh$q = 1'b0;
    always @(posedge clock) fresh$q <= fresh$d;
    initial first_row$q = 1'b0;
    always @(posedge clock) first_row$q <= first_row$d;
    initial rows_left$q = 16'h0;
    always @(posedge clock) rows_left$q <= rows_left$d;
    initial wide_a$q = 1'b0;
    always @(posedge clock) wide_a$q <= wide_a$d;
    initial wide_b$q = 1'b0;
    always @(posedge clock) wide_b$q <= wide_b$d;
    initial qa$q = 5'b0;
    always @(posedge clock) qa$q <= qa$d;
    initial qb$q = 5'b0;
    always @(posedge clock) qb$q <= qb$d;
    initial in_bank$q = 1'b0;
    always @(posedge clock) in_bank$q <= in_bank$d;
    initial verify$q = 1'b0;
    always @(posedge clock) verify$q <= verify$d;
    initial pending$q = 1'b0;
    always @(posedge clock) pending$q <= pending$d;
    initial crc_left$q = 2'b0;
    always @(posedge clock) crc_left$q <= crc_left$d;
    initial is_pass$q = 1'b0;
    always @(posedge clock) is_pass$q <= is_pass$d;
    initial head_wanted$q = 1'b0;
    always @(posedge clock) head_wanted$q <= head_wanted$d;
    initial status$q = 8'h0;
    always @(posedge clock) status$q <= status$d;
    initial boot_over$q = 1'b0;
    always @(posedge clock) boot_over$q <= boot_over$d;
    initial boot_status$q = 8'h0;
    always @(posedge clock) boot_status$q <= boot_status$d;
    initial section_number$q = 16'h0;
    always @(posedge clock) section_number$q <= section_number$d;
    initial row_number$q = 16'h0;
    always @(posedge clock) row_number$q <= row_number$d;
    initial head_begun$q = 1'b0;
    always @(posedge clock) head_begun$q <= head_begun$d;
    initial sought$q = 1'b0;
    always @(posedge clock) sought$q <= sought$d;
    initial sought_before$q = 1'b0;
    always @(posedge clock) sought_before$q <= sought$q;
endmodule

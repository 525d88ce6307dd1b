// Configuration tiny. Written by `statestream verilog`: edit its sources in hdl/src instead.

module statestream_epilogue (
    input wire clock,
    input wire start,
    input wire [7:0] entry,
    input wire bank,
    input wire [4:0] shift_a,
    input wire [4:0] shift_b,
    input wire [4:0] shift_conv,
    input wire [4:0] shift_readout,
    input wire [4:0] shift_gate,
    input wire [3:0] states_less_1,
    input wire [7:0] state_words,
    input wire [15:0] dest,
    input wire from_start,
    input wire [15:0] operand_at,
    input wire [3:0] first_token,
    output wire busy,
    output wire heading,
    output wire turn,
    input wire rewind,
    input wire [3:0] last_token,
    input wire [3:0] bank_before,
    input wire [15:0] elements_less_1,
    input wire [43:0] eps,
    input wire signed [15:0] temperature,
    input wire [31:0] noise,
    output wire step_noise,
    input wire hold,
    input wire signed [31:0] row,
    output reg shift,
    output reg load,
    output wire [3:0] token,
    output wire [3:0] operand_token,
    output wire [15:0] operand_address,
    input wire signed [15:0] operand,
    output wire [3:0] result_token,
    output reg [7:0] param_address,
    input wire signed [15:0] param,
    output reg [8:0] table_address,
    input wire signed [15:0] table_word,
    output wire [15:0] h_address,
    input wire signed [15:0] h,
    output reg h_write,
    output reg [19:0] state_address,
    output reg [3:0] state_bank,
    input wire signed [15:0] state,
    output wire state_write,
    output wire [15:0] vector_address,
    output reg vector_write,
    output wire signed [15:0] result,
    output reg report,
    output wire clamped,
    output reg is_logit,
    output reg is_score
);
    reg [3:0] control$states_less_1;
    reg [15:0] control$first_element;
    wire [47:0] control$op;
    wire [3:0] control$token;
    wire control$turn;
    wire control$heading;
    wire [15:0] control$element;
    wire [6:0] control$param_offset;
    wire [4:0] control$state_offset;
    wire control$busy;
    wire [8:0] index$entry;
    wire signed [15:0] index$frac;
    wire signed [15:0] index$rest;
    wire [4:0] index$norm_shift;
    wire [7:0] working$raddr;
    wire signed [15:0] working$rdata;
    reg working$we;
    wire [7:0] working$waddr;
    wire signed [31:0] multiplier$p;
    reg [4:0] round$s;
    wire round$en;
    wire signed [15:0] round$y;
    wire round$clamped;
    reg [47:0] read$q;
    reg [47:0] add$q;
    reg [47:0] shifting$q;
    reg [47:0] rounding$q;
    reg [47:0] back$q;
    reg [4:0] offset_read$q;
    reg [4:0] offset_add$q;
    reg [4:0] offset_shift$q;
    reg [4:0] offset_round$q;
    reg [4:0] offset_back$q;
    reg signed [31:0] acc$d;
    reg signed [31:0] acc$q;
    wire squares$en;
    reg [43:0] squares$d;
    wire [43:0] squares$q;
    reg signed [15:0] scale$d;
    reg signed [15:0] scale$q;
    reg job_bank$d;
    reg job_bank$q;
    reg [4:0] job_shift_a$d;
    reg [4:0] job_shift_a$q;
    reg [4:0] job_shift_b$d;
    reg [4:0] job_shift_b$q;
    reg [4:0] job_shift_conv$d;
    reg [4:0] job_shift_conv$q;
    reg [4:0] job_shift_readout$d;
    reg [4:0] job_shift_readout$q;
    reg [4:0] job_shift_gate$d;
    reg [4:0] job_shift_gate$q;
    reg [3:0] job_states_less_1$d;
    reg [3:0] job_states_less_1$q;
    reg [7:0] job_state_words$d;
    reg [7:0] job_state_words$q;
    reg [15:0] job_dest$d;
    reg [15:0] job_dest$q;
    reg job_from_start$d;
    reg job_from_start$q;
    reg [15:0] job_operand_at$d;
    reg [15:0] job_operand_at$q;
    reg [3:0] job_first_token$d;
    reg [3:0] job_first_token$q;
    reg [3:0] token_read$q;
    reg [3:0] token_add$q;
    reg [3:0] token_shift$q;
    reg [3:0] token_round$q;
    reg [3:0] token_back$q;
    wire [3:0] earlier$x;
    wire [3:0] earlier$y;
    reg [15:0] vector_at$d;
    reg [15:0] vector_at$q;
    reg [19:0] state_at$d;
    reg [19:0] state_at$q;
    reg was_busy$q;
    wire [47:0] op;
    reg [4:0] offset;
    reg signed [15:0] x;
    reg signed [15:0] y;
    reg signed [15:0] y_rectified;
    wire [2:0] side;
    wire [30:0] product;
    reg [6:0] param_at;
    wire [3:0] dest_code;
    reg writes_state;
    wire has_result;

    statestream_control control (
        .clock(clock),
        .start(start),
        .entry(entry),
        .states_less_1(control$states_less_1),
        .elements_less_1(elements_less_1),
        .first_element(control$first_element),
        .last_token(last_token),
        .first_token(job_first_token$q),
        .hold(hold),
        .op(control$op),
        .token(control$token),
        .turn(control$turn),
        .heading(control$heading),
        .element(control$element),
        .param_offset(control$param_offset),
        .state_offset(control$state_offset),
        .busy(control$busy)
    );

    statestream_index index (
        .clock(clock),
        .side(side),
        .y(y),
        .squares(squares$q),
        .noise(noise),
        .entry(index$entry),
        .frac(index$frac),
        .rest(index$rest),
        .norm_shift(index$norm_shift)
    );

    statestream_epilogue_unit working (
        .clock(clock),
        .raddr(working$raddr),
        .rdata(working$rdata),
        .we(working$we),
        .waddr(working$waddr),
        .wdata(round$y)
    );

    statestream_multiplier multiplier (
        .clock(clock),
        .a(x),
        .b(y_rectified),
        .p(multiplier$p)
    );

    statestream_round round (
        .clock(clock),
        .x(acc$q),
        .s(round$s),
        .en(round$en),
        .y(round$y),
        .clamped(round$clamped)
    );

    statestream_squares squares (
        .clock(clock),
        .turn(control$turn),
        .last(last_token),
        .en(squares$en),
        .d(squares$d),
        .q(squares$q)
    );

    statestream_batch_unit earlier (
        .x(earlier$x),
        .y(earlier$y)
    );

    always @(*) begin
        acc$d = acc$q;
        shift = 1'b0;
        load = 1'b0;
        case (add$q[19:17])
            1: begin
                acc$d = multiplier$p;
            end
            2: begin
                acc$d = (acc$q + multiplier$p);
            end
            3: begin
                acc$d = (acc$q - multiplier$p);
            end
            4: begin
                acc$d = row;
                shift = 1'b1;
            end
            5: begin
                load = 1'b1;
            end
            default: begin
            end
        endcase
    end

    always @(*) begin
        scale$d = scale$q;
        writes_state = 1'b0;
        h_write = 1'b0;
        vector_write = 1'b0;
        is_logit = 1'b0;
        is_score = 1'b0;
        working$we = 1'b0;
        report = has_result;
        case (dest_code)
            1: begin
                working$we = 1'b1;
            end
            2: begin
                writes_state = 1'b1;
            end
            3: begin
                h_write = 1'b1;
            end
            4: begin
                vector_write = 1'b1;
            end
            5: begin
                scale$d = round$y;
            end
            6: begin
                working$we = 1'b1;
                is_logit = 1'b1;
            end
            7: begin
                is_score = 1'b1;
            end
            8: begin
                writes_state = 1'b1;
                report = 1'b0;
            end
            9: begin
                writes_state = 1'b1;
                vector_write = 1'b1;
            end
            10: begin
                working$we = 1'b1;
                report = 1'b0;
            end
            default: begin
            end
        endcase
    end

    always @(*) begin
        job_bank$d = job_bank$q;
        job_shift_a$d = job_shift_a$q;
        job_shift_b$d = job_shift_b$q;
        job_shift_conv$d = job_shift_conv$q;
        job_shift_readout$d = job_shift_readout$q;
        job_shift_gate$d = job_shift_gate$q;
        job_states_less_1$d = job_states_less_1$q;
        job_state_words$d = job_state_words$q;
        job_dest$d = job_dest$q;
        job_from_start$d = job_from_start$q;
        job_operand_at$d = job_operand_at$q;
        job_first_token$d = job_first_token$q;
        if (start) begin
            job_bank$d = bank;
            job_shift_a$d = shift_a;
            job_shift_b$d = shift_b;
            job_shift_conv$d = shift_conv;
            job_shift_readout$d = shift_readout;
            job_shift_gate$d = shift_gate;
            job_states_less_1$d = states_less_1;
            job_state_words$d = state_words;
            job_dest$d = dest;
            job_from_start$d = from_start;
            job_operand_at$d = operand_at;
            job_first_token$d = first_token;
        end
    end

    always @(*) begin
        vector_at$d = vector_at$q;
        if (vector_write) begin
            vector_at$d = vector_at$q + 1;
        end
        if (start | control$turn) begin
            vector_at$d = job_dest$d;
        end
    end

    always @(*) begin
        state_at$d = state_at$q;
        if (was_busy$q & ~control$busy) begin
            state_at$d = state_at$q + {12'h0, job_state_words$q};
        end
        if (rewind) begin
            state_at$d = 0;
        end
    end

    always @(*) begin
        control$states_less_1 = job_states_less_1$q;
        if (start) begin
            control$states_less_1 = states_less_1;
        end
    end

    always @(*) begin
        control$first_element = job_dest$d;
        if (job_from_start$d) begin
            control$first_element = 0;
        end
    end

    assign busy = control$busy;
    assign heading = control$heading;
    assign turn = control$turn;
    assign operand_address = job_operand_at$q;
    assign op = control$op;

    always @(*) begin
        offset = 0;
        param_at = {1'h0, op[8:3]};
        if (op[9]) begin
            offset = control$state_offset;
            param_at = {1'h0, op[8:3]} + control$param_offset;
        end
    end

    always @(*) begin
        param_address = {1'h0, param_at};
        if (job_bank$q) begin
            param_address = {1'h0, param_at} | 128;
        end
    end

    assign token = control$token;
    assign working$raddr = ({4'h0, control$token} << 4) | {4'h0, op[16:13]};

    always @(*) begin
        table_address = index$entry;
        if (op[2:0] == 2) begin
            table_address = index$entry + 1;
        end
    end

    assign h_address = control$element;

    always @(*) begin
        y = working$rdata;
        case (read$q[12:10])
            1: begin
                y = state;
            end
            2: begin
                y = h;
            end
            3: begin
                y = round$y;
            end
            4: begin
                y = index$frac;
            end
            5: begin
                y = index$rest;
            end
            6: begin
                y = operand;
            end
            7: begin
                y = 16384;
            end
            default: begin
            end
        endcase
    end

    assign operand_token = token_read$q;
    assign side = read$q[35:33];

    always @(*) begin
        y_rectified = y;
        if ((side == 1) & y[15]) begin
            y_rectified = 0;
        end
    end

    always @(*) begin
        x = param;
        case (read$q[2:0])
            1: begin
                x = table_word;
            end
            2: begin
                x = table_word;
            end
            3: begin
                x = round$y;
            end
            4: begin
                x = scale$q;
            end
            5: begin
                x = temperature;
            end
            6: begin
                x = 16384;
            end
            7: begin
                x = 4096;
            end
            default: begin
            end
        endcase
        if (side == 7) begin
            x = y;
        end
    end

    assign step_noise = side == 5;
    assign product = multiplier$p[30:0];
    assign squares$en = (add$q[35:33] == 7) | (side == 6);

    always @(*) begin
        squares$d = squares$q + {13'h0, product};
        if (side == 6) begin
            squares$d = eps;
        end
    end

    always @(*) begin
        round$s = 12;
        case (shifting$q[24:21])
            1: begin
                round$s = 14;
            end
            2: begin
                round$s = 15;
            end
            3: begin
                round$s = job_shift_a$q;
            end
            4: begin
                round$s = job_shift_b$q;
            end
            5: begin
                round$s = job_shift_conv$q;
            end
            6: begin
                round$s = job_shift_readout$q;
            end
            7: begin
                round$s = job_shift_gate$q;
            end
            8: begin
                round$s = index$norm_shift;
            end
            default: begin
            end
        endcase
    end

    assign round$en = rounding$q[20];
    assign result = round$y;
    assign has_result = back$q[20] & (token_back$q >= job_first_token$q);
    assign dest_code = back$q[28:25];
    assign clamped = has_result & round$clamped;
    assign result_token = token_back$q;
    assign working$waddr = ({4'h0, token_back$q} << 4) | {4'h0, back$q[32:29]};

    always @(*) begin
        state_address = state_at$q + {16'h0, op[16:13]} + {15'h0, offset};
        if (writes_state) begin
            state_address = state_at$q + {16'h0, back$q[32:29]} + {15'h0, offset_back$q};
        end
    end

    assign state_write = writes_state;
    assign earlier$x = control$token - 1;

    always @(*) begin
        state_bank = earlier$y;
        if (~|control$token) begin
            state_bank = bank_before;
        end
        if (op[47] | writes_state) begin
            state_bank = control$token;
        end
    end

    assign vector_address = vector_at$q;

    initial read$q = 48'h0;
    always @(posedge clock) read$q <= op;
    initial add$q = 48'h0;
    always @(posedge clock) add$q <= read$q;
    initial shifting$q = 48'h0;
    always @(posedge clock) shifting$q <= add$q;
    initial rounding$q = 48'h0;
    always @(posedge clock) rounding$q <= shifting$q;
    initial back$q = 48'h0;
    always @(posedge clock) back$q <= rounding$q;
    initial offset_read$q = 5'b0;
    always @(posedge clock) offset_read$q <= offset;
    initial offset_add$q = 5'b0;
    always @(posedge clock) offset_add$q <= offset_read$q;
    initial offset_shift$q = 5'b0;
    always @(posedge clock) offset_shift$q <= offset_add$q;
    initial offset_round$q = 5'b0;
    always @(posedge clock) offset_round$q <= offset_shift$q;
    initial offset_back$q = 5'b0;
    always @(posedge clock) offset_back$q <= offset_round$q;
    initial acc$q = 0;
    always @(posedge clock) acc$q <= acc$d;
    initial scale$q = 16'h0;
    always @(posedge clock) scale$q <= scale$d;
    initial job_bank$q = 1'b0;
    always @(posedge clock) job_bank$q <= job_bank$d;
    initial job_shift_a$q = 5'b0;
    always @(posedge clock) job_shift_a$q <= job_shift_a$d;
    initial job_shift_b$q = 5'b0;
    always @(posedge clock) job_shift_b$q <= job_shift_b$d;
    initial job_shift_conv$q = 5'b0;
    always @(posedge clock) job_shift_conv$q <= job_shift_conv$d;
    initial job_shift_readout$q = 5'b0;
    always @(posedge clock) job_shift_readout$q <= job_shift_readout$d;
    initial job_shift_gate$q = 5'b0;
    always @(posedge clock) job_shift_gate$q <= job_shift_gate$d;
    initial job_states_less_1$q = 4'h0;
    always @(posedge clock) job_states_less_1$q <= job_states_less_1$d;
    initial job_state_words$q = 8'h0;
    always @(posedge clock) job_state_words$q <= job_state_words$d;
    initial job_dest$q = 16'h0;
    always @(posedge clock) job_dest$q <= job_dest$d;
    initial job_from_start$q = 1'b0;
    always @(posedge clock) job_from_start$q <= job_from_start$d;
    initial job_operand_at$q = 16'h0;
    always @(posedge clock) job_operand_at$q <= job_operand_at$d;
    initial job_first_token$q = 4'h0;
    always @(posedge clock) job_first_token$q <= job_first_token$d;
    initial token_read$q = 4'h0;
    always @(posedge clock) token_read$q <= control$token;
    initial token_add$q = 4'h0;
    always @(posedge clock) token_add$q <= token_read$q;
    initial token_shift$q = 4'h0;
    always @(posedge clock) token_shift$q <= token_add$q;
    initial token_round$q = 4'h0;
    always @(posedge clock) token_round$q <= token_shift$q;
    initial token_back$q = 4'h0;
    always @(posedge clock) token_back$q <= token_round$q;
    initial vector_at$q = 16'h0;
    always @(posedge clock) vector_at$q <= vector_at$d;
    initial state_at$q = 20'h0;
    always @(posedge clock) state_at$q <= state_at$d;
    initial was_busy$q = 1'b0;
    always @(posedge clock) was_busy$q <= control$busy;
endmodule

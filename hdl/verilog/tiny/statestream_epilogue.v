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
    input wire [15:0] first_element,
    input wire signed [15:0] operand,
    output wire busy,
    input wire rewind,
    input wire [15:0] elements_less_1,
    input wire [43:0] eps,
    input wire signed [15:0] temperature,
    input wire [31:0] noise,
    output wire step_noise,
    input wire hold,
    input wire signed [31:0] row_a,
    input wire signed [31:0] row_b,
    output wire [3:0] token,
    output reg [7:0] param_address,
    input wire signed [15:0] param,
    output reg [8:0] table_address,
    input wire signed [15:0] table_word,
    output wire [15:0] h_address,
    input wire signed [15:0] h,
    output reg h_write,
    output reg [19:0] state_address,
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
    wire [45:0] control$op;
    wire [15:0] control$element;
    wire [6:0] control$param_offset;
    wire [4:0] control$state_offset;
    wire control$busy;
    wire [8:0] index$entry;
    wire signed [15:0] index$frac;
    wire signed [15:0] index$rest;
    wire [4:0] index$norm_shift;
    wire [3:0] working$raddr;
    wire signed [15:0] working$rdata;
    reg working$we;
    wire [3:0] working$waddr;
    wire signed [31:0] multiplier$p;
    reg [4:0] round$s;
    wire round$en;
    wire signed [15:0] round$y;
    wire round$clamped;
    reg [45:0] read$q;
    reg [45:0] add$q;
    reg [45:0] shift$q;
    reg [45:0] rounding$q;
    reg [45:0] back$q;
    reg [4:0] offset_read$q;
    reg [4:0] offset_add$q;
    reg [4:0] offset_shift$q;
    reg [4:0] offset_round$q;
    reg [4:0] offset_back$q;
    reg signed [31:0] acc$d;
    reg signed [31:0] acc$q;
    reg [43:0] squares$d;
    reg [43:0] squares$q;
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
    reg [15:0] job_first_element$d;
    reg [15:0] job_first_element$q;
    reg signed [15:0] job_operand$d;
    reg signed [15:0] job_operand$q;
    reg [15:0] vector_at$d;
    reg [15:0] vector_at$q;
    reg [19:0] state_at$d;
    reg [19:0] state_at$q;
    reg was_busy$q;
    wire [45:0] op;
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
        .hold(hold),
        .op(control$op),
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

    statestream_working working (
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

    always @(*) begin
        acc$d = acc$q;
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
                acc$d = row_a;
            end
            5: begin
                acc$d = row_b;
            end
            default: begin
            end
        endcase
    end

    always @(*) begin
        squares$d = squares$q;
        if (add$q[35:33] == 7) begin
            squares$d = squares$q + {13'h0, product};
        end
        if (side == 6) begin
            squares$d = eps;
        end
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
        job_first_element$d = job_first_element$q;
        job_operand$d = job_operand$q;
        if (start) begin
            job_bank$d = bank;
            job_shift_a$d = shift_a;
            job_shift_b$d = shift_b;
            job_shift_conv$d = shift_conv;
            job_shift_readout$d = shift_readout;
            job_shift_gate$d = shift_gate;
            job_states_less_1$d = states_less_1;
            job_state_words$d = state_words;
            job_first_element$d = first_element;
            job_operand$d = operand;
        end
    end

    always @(*) begin
        vector_at$d = vector_at$q;
        if (vector_write) begin
            vector_at$d = vector_at$q + 1;
        end
        if (start) begin
            vector_at$d = dest;
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

    assign token = 0;

    always @(*) begin
        control$states_less_1 = job_states_less_1$q;
        control$first_element = job_first_element$q;
        if (start) begin
            control$states_less_1 = states_less_1;
            control$first_element = first_element;
        end
    end

    assign busy = control$busy;
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

    assign working$raddr = op[16:13];

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
                y = job_operand$q;
            end
            default: begin
            end
        endcase
    end

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

    always @(*) begin
        round$s = 12;
        case (shift$q[24:21])
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
    assign has_result = back$q[20];
    assign dest_code = back$q[28:25];
    assign clamped = has_result & round$clamped;
    assign working$waddr = back$q[32:29];

    always @(*) begin
        state_address = state_at$q + {16'h0, op[16:13]} + {15'h0, offset};
        if (writes_state) begin
            state_address = state_at$q + {16'h0, back$q[32:29]} + {15'h0, offset_back$q};
        end
    end

    assign state_write = writes_state;
    assign vector_address = vector_at$q;

    initial read$q = 46'h0;
    always @(posedge clock) read$q <= op;
    initial add$q = 46'h0;
    always @(posedge clock) add$q <= read$q;
    initial shift$q = 46'h0;
    always @(posedge clock) shift$q <= add$q;
    initial rounding$q = 46'h0;
    always @(posedge clock) rounding$q <= shift$q;
    initial back$q = 46'h0;
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
    initial squares$q = 44'h0;
    always @(posedge clock) squares$q <= squares$d;
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
    initial job_first_element$q = 16'h0;
    always @(posedge clock) job_first_element$q <= job_first_element$d;
    initial job_operand$q = 16'h0;
    always @(posedge clock) job_operand$q <= job_operand$d;
    initial vector_at$q = 16'h0;
    always @(posedge clock) vector_at$q <= vector_at$d;
    initial state_at$q = 20'h0;
    always @(posedge clock) state_at$q <= state_at$d;
    initial was_busy$q = 1'b0;
    always @(posedge clock) was_busy$q <= control$busy;
endmodule

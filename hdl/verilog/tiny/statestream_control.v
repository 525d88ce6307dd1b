// Configuration tiny. Written by `statestream verilog`: edit its sources in hdl/src instead.

module statestream_control (
    input wire clock,
    input wire start,
    input wire [7:0] entry,
    input wire [3:0] states_less_1,
    input wire [15:0] elements_less_1,
    input wire [15:0] first_element,
    input wire [3:0] last_token,
    input wire [3:0] first_token,
    input wire hold,
    output reg [47:0] op,
    output wire [3:0] token,
    output reg turn,
    output wire heading,
    output wire [15:0] element,
    output wire [6:0] param_offset,
    output wire [4:0] state_offset,
    output wire busy
);
    wire [47:0] rom$data;
    reg [7:0] pc$q;
    reg running$d;
    reg running$q;
    reg [7:0] pause$d;
    reg [7:0] pause$q;
    reg [3:0] at_token$d;
    reg [3:0] at_token$q;
    wire [3:0] next_token$x;
    wire [3:0] next_token$y;
    reg in_head$d;
    reg in_head$q;
    reg [3:0] states$d;
    reg [3:0] states$q;
    reg [15:0] elements$d;
    reg [15:0] elements$q;
    reg [15:0] at$d;
    reg [15:0] at$q;
    reg [6:0] params$d;
    reg [6:0] params$q;
    reg [4:0] words$d;
    reg [4:0] words$q;
    reg [7:0] next;
    wire of_head;
    wire [47:0] word;
    wire [2:0] flow;
    wire [7:0] target;
    wire issue;

    statestream_rom rom (
        .clock(clock),
        .addr(next),
        .data(rom$data)
    );

    statestream_batch_unit next_token (
        .x(next_token$x),
        .y(next_token$y)
    );

    always @(*) begin
        running$d = running$q;
        pause$d = pause$q;
        at_token$d = at_token$q;
        in_head$d = in_head$q;
        states$d = states$q;
        elements$d = elements$q;
        at$d = at$q;
        params$d = params$q;
        words$d = words$q;
        turn = 1'b0;
        op = 0;
        next = pc$q;
        if (|pause$q) begin
            pause$d = pause$q - 1;
        end
        if (issue) begin
            op = word;
            if (~of_head) begin
                in_head$d = 1'b0;
            end
            next = pc$q + 1;
            case (flow)
                0: begin
                    pause$d = target;
                end
                1: begin
                    states$d = states$q - 1;
                    params$d = params$q + 5;
                    words$d = words$q + 2;
                    next = target;
                    if (~|states$q) begin
                        states$d = states_less_1;
                        params$d = 0;
                        words$d = 0;
                        next = pc$q + 1;
                    end
                end
                2: begin
                    elements$d = elements$q - 1;
                    at$d = at$q + 1;
                    next = pc$q;
                    if (~|elements$q) begin
                        elements$d = elements_less_1;
                        at$d = first_element;
                        next = pc$q + 1;
                        pause$d = target;
                    end
                end
                3: begin
                    at_token$d = next_token$y;
                    next = pc$q;
                    if (at_token$q == last_token) begin
                        at_token$d = first_token;
                        next = pc$q + 1;
                        pause$d = target;
                    end
                end
                default: begin
                    turn = 1'b1;
                    at_token$d = next_token$y;
                    next = target;
                    if (at_token$q == last_token) begin
                        running$d = 1'b0;
                    end
                end
            endcase
        end
        if (start) begin
            next = entry;
            running$d = 1'b1;
            in_head$d = 1'b1;
            at_token$d = 0;
            pause$d = 0;
            states$d = states_less_1;
            elements$d = elements_less_1;
            at$d = first_element;
            params$d = 0;
            words$d = 0;
        end
    end

    assign word = rom$data;
    assign flow = word[38:36];
    assign target = word[46:39];
    assign issue = running$q & ~|pause$q & ~(hold & &flow);
    assign of_head = (flow == 3) | (word[19:17] == 5);
    assign next_token$x = at_token$q + 1;
    assign element = at$q;
    assign param_offset = params$q;
    assign state_offset = words$q;
    assign token = at_token$q;
    assign heading = in_head$q;
    assign busy = running$q;

    initial pc$q = 8'h0;
    always @(posedge clock) pc$q <= next;
    initial running$q = 1'b0;
    always @(posedge clock) running$q <= running$d;
    initial pause$q = 8'h0;
    always @(posedge clock) pause$q <= pause$d;
    initial at_token$q = 4'h0;
    always @(posedge clock) at_token$q <= at_token$d;
    initial in_head$q = 1'b0;
    always @(posedge clock) in_head$q <= in_head$d;
    initial states$q = 4'h0;
    always @(posedge clock) states$q <= states$d;
    initial elements$q = 16'h0;
    always @(posedge clock) elements$q <= elements$d;
    initial at$q = 16'h0;
    always @(posedge clock) at$q <= at$d;
    initial params$q = 7'b0;
    always @(posedge clock) params$q <= params$d;
    initial words$q = 5'b0;
    always @(posedge clock) words$q <= words$d;
endmodule

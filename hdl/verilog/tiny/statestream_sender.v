// Configuration tiny. Written by `statestream verilog`: edit its sources in hdl/src instead.

module statestream_sender (
    input wire clock,
    input wire send,
    input wire [5:0] first,
    input wire [5:0] pick,
    input wire load,
    input wire shift,
    input wire [7:0] payload,
    input wire clear,
    input wire hold,
    input wire more,
    input wire [15:0] value,
    input wire last,
    input wire tx_ready,
    output reg [5:0] select,
    output wire [31:0] word,
    output reg logit_taken,
    output reg state_taken,
    output wire rest,
    output reg tx_start,
    output wire [7:0] tx_data,
    output reg crc_clear,
    output reg crc_en
);
    localparam Sending$Rest = 0;
    localparam Sending$Settle = 1;
    localparam Sending$Load = 2;
    localparam Sending$Bytes = 3;
    localparam Sending$Advance = 4;
    reg [2:0] state$d;
    reg [2:0] state$q;
    reg [5:0] field$d;
    reg [5:0] field$q;
    reg [31:0] register$d;
    reg [31:0] register$q;
    reg [1:0] left$d;
    reg [1:0] left$q;
    reg take;
    reg roll;
    reg [7:0] enter;
    wire header;
    wire repeats;

    always @(*) begin
        state$d = state$q;
        field$d = field$q;
        left$d = left$q;
        select = field$q;
        logit_taken = 1'b0;
        state_taken = 1'b0;
        tx_start = 1'b0;
        crc_clear = 1'b0;
        crc_en = 1'b0;
        take = 1'b0;
        roll = 1'b0;
        enter = 0;
        case (state$q)
            Sending$Rest: begin
                select = pick;
                take = load;
                roll = shift;
                enter = payload;
                field$d = 25;
                left$d = 0;
                if (send) begin
                    state$d = Sending$Settle;
                end
            end
            Sending$Settle: begin
                left$d = left$q + 1;
                if (left$q == 2) begin
                    state$d = Sending$Load;
                end
            end
            Sending$Load: begin
                if (~(hold & (field$q == 22))) begin
                    take = 1'b1;
                    left$d = 1;
                    logit_taken = field$q == 22;
                    state_taken = field$q == 23;
                    state$d = Sending$Bytes;
                end
            end
            Sending$Bytes: begin
                if (tx_ready) begin
                    crc_clear = (field$q == 25) & |left$q;
                    crc_en = 1'b1;
                    tx_start = 1'b1;
                    roll = 1'b1;
                    left$d = left$q - 1;
                    if (~|left$q) begin
                        left$d = 0;
                        state$d = Sending$Advance;
                    end
                end
            end
            Sending$Advance: begin
                state$d = Sending$Settle;
                field$d = field$q + 1;
                if (repeats & more) begin
                    field$d = field$q;
                end
                if (last | (repeats & ~more)) begin
                    field$d = 24;
                end
                if (header) begin
                    field$d = first;
                end
                if (field$q == 24) begin
                    state$d = Sending$Rest;
                end
            end
        endcase
    end

    always @(*) begin
        register$d = register$q;
        if (roll) begin
            register$d = (register$q << 8) | {24'h0, enter};
        end
        if (take) begin
            register$d = (register$q & 32'hffff0000) | {16'h0, value};
        end
        if (clear) begin
            register$d = 0;
        end
    end

    assign header = field$q == 26;
    assign repeats = (field$q == 22) | (field$q == 23);
    assign rest = state$q == Sending$Rest;
    assign word = register$q;
    assign tx_data = register$q[15:8];

    initial state$q = 0;
    always @(posedge clock) state$q <= state$d;
    initial field$q = 6'b0;
    always @(posedge clock) field$q <= field$d;
    initial register$q = 0;
    always @(posedge clock) register$q <= register$d;
    initial left$q = 2'b0;
    always @(posedge clock) left$q <= left$d;
endmodule

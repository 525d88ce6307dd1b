// Configuration tiny. Written by `statestream verilog`: edit its sources in hdl/src instead.

module statestream_locate (
    input wire clock,
    input wire strobe,
    input wire [4:0] field,
    input wire [15:0] word,
    input wire start,
    input wire [1:0] region,
    input wire [15:0] index,
    output wire [23:0] address,
    output wire ready
);
    localparam base = 24'h0;
    wire [3:0] places$raddr;
    wire signed [15:0] places$rdata;
    reg places$we;
    reg [3:0] places$waddr;
    wire signed [15:0] places$wdata;
    reg [23:0] sum$d;
    reg [23:0] sum$q;
    reg [15:0] bits$d;
    reg [15:0] bits$q;
    reg [23:0] addend$d;
    reg [23:0] addend$q;
    reg [1:0] chosen$d;
    reg [1:0] chosen$q;
    reg [4:0] left$d;
    reg [4:0] left$q;
    wire [1:0] which;
    wire reading;
    reg adding;

    statestream_places places (
        .clock(clock),
        .raddr(places$raddr),
        .rdata(places$rdata),
        .we(places$we),
        .waddr(places$waddr),
        .wdata(places$wdata)
    );

    always @(*) begin
        sum$d = sum$q;
        bits$d = bits$q;
        addend$d = addend$q;
        chosen$d = chosen$q;
        left$d = left$q;
        adding = left$q == 18;
        if (|left$q) begin
            left$d = left$q - 1;
        end
        if (reading) begin
            addend$d = (addend$q << 16) | {8'h0, places$rdata[15:0]};
        end
        else begin
            addend$d = addend$q << 1;
            bits$d = bits$q >> 1;
            adding = |left$q & bits$q[0];
        end
        if (adding) begin
            sum$d = sum$q + addend$q;
        end
        if (start) begin
            sum$d = base;
            bits$d = index;
            chosen$d = region;
            left$d = 21;
        end
    end

    assign places$wdata = $signed(word);

    always @(*) begin
        places$we = strobe;
        places$waddr = 0;
        case (field)
            12: begin
                places$waddr = 4;
            end
            13: begin
                places$waddr = 5;
            end
            21: begin
                places$waddr = 7;
            end
            14: begin
                places$waddr = 8;
            end
            15: begin
                places$waddr = 9;
            end
            16: begin
                places$waddr = 12;
            end
            17: begin
                places$waddr = 13;
            end
            18: begin
                places$waddr = 14;
            end
            19: begin
                places$waddr = 15;
            end
            default: begin
                places$we = 1'b0;
            end
        endcase
    end

    assign which = left$q[1:0] ^ 1;
    assign places$raddr = ({2'h0, chosen$q} << 2) | {2'h0, which};
    assign reading = left$q > 16;
    assign address = sum$q;
    assign ready = ~|left$q;

    initial sum$q = 24'h0;
    always @(posedge clock) sum$q <= sum$d;
    initial bits$q = 16'h0;
    always @(posedge clock) bits$q <= bits$d;
    initial addend$q = 24'h0;
    always @(posedge clock) addend$q <= addend$d;
    initial chosen$q = 2'b0;
    always @(posedge clock) chosen$q <= chosen$d;
    initial left$q = 5'b0;
    always @(posedge clock) left$q <= left$d;
endmodule

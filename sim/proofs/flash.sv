// Whatever the machine behind it does, and in whatever mode the flash powers up:
//
// 1. the flash sees no opcode but AB, FF, 66, 99 and the one read (EB, with double transfer rate ED), and it never loses its
//    select in the middle of one, or of a read's address and mode, after which an address could be taken for an opcode;
// 2. while `valid`, `nibble` is the one that the consumer has not had yet of the stream that begins at the address of the last
//    `seek`: none is lost, repeated or out of order, however long the consumer waits and whenever it seeks or stops.
//
// The flash is modelled at the pins (`chip`). Its contents are free: one item of the stream, at a position that the solver
// chooses, has a value that the solver chooses.
//
// BUS: 0 quad, 1 two chips, 2 double transfer rate.

`define N (`BUS == 0 ? 4 : 8)
`define M (`BUS == 2 ? 8 : 4)

// What a chip makes of its pins, clock by clock. `..._next`: with this clock's pins.
module chip #(parameter READ = 8'hEB, DOUBLE = 0) (
    input clock, input cs_n, input sck, input [7:0] io, input power_up_mode,
    output reg [4:0] clocks, output reg [7:0] opcode, output reg [24:0] sent, output reg [23:0] address, output reg continuous,
    output data_clock, output [4:0] clocks_next, output [7:0] opcode_next, output [24:0] sent_next, output [23:0] address_next,
    output mode_next, output continuous_next
);
    localparam MODE = DOUBLE ? 3 : 6, DATA = DOUBLE ? 11 : 12;
    // Continuous: a transaction is a read without an opcode. The mode counts from the next transaction on.
    reg mode;
    initial begin
        clocks = 0;
        opcode = 0;
        sent = 0;
        address = 0;
        assume(mode == power_up_mode & continuous == power_up_mode);
    end
    wire edge_here = sck & ~cs_n;
    wire in_opcode = ~continuous & clocks < 8;
    wire reading = continuous | (~in_opcode & opcode == READ);
    wire [4:0] begin_at = continuous ? 0 : 8;
    // io: two nibbles with double transfer rate, the first one high; else the same nibble twice
    wire [3:0] first = io[7:4];
    assign data_clock = edge_here & reading & clocks >= begin_at + DATA;
    assign clocks_next = cs_n ? 0 : edge_here & clocks != 31 ? clocks + 1 : clocks;
    assign opcode_next = cs_n ? 0 : edge_here & in_opcode ? {opcode[6:0], first[0]} : opcode;
    assign address_next = ~(edge_here & reading & clocks < begin_at + MODE) ? address :
        DOUBLE ? {address[15:0], io} : {address[19:0], first};
    assign mode_next = edge_here & reading & clocks == begin_at + MODE ? first[1:0] == 2 : mode;
    assign continuous_next = cs_n ? mode : continuous;
    assign sent_next = cs_n ? 0 : sent + data_clock;
    always @(posedge clock) begin
        clocks <= clocks_next;
        opcode <= opcode_next;
        address <= address_next;
        mode <= mode_next;
        continuous <= continuous_next;
        sent <= sent_next;
    end
endmodule

module proof (
    input clock, input seek, input [23:0] address, input stop, input ready, input [`N-1:0] io_i, input [`M-1:0] floating
);
    localparam READ = `BUS == 2 ? 8'hED : 8'hEB;
    wire awake, valid, sck, cs_n;
    wire [`N-1:0] nibble;
    wire [`M-1:0] io_o;
    wire [3:0] io_oe;
    statestream_flash dut (
        .clock, .seek, .address, .stop, .ready, .awake, .valid, .nibble, .sck_en(sck), .cs_n, .io_o, .io_oe, .io_i
    );

    // a pin that nobody drives has any value
    wire [`M-1:0] driven = {2{io_oe}};
    wire [`M-1:0] pins = (driven & io_o) | (~driven & floating);
    wire [7:0] halves = `BUS == 2 ? pins : {2{pins[3:0]}};
    (* anyconst *) wire power_up_mode;
    wire [4:0] clocks, clocks_next;
    wire [7:0] opcode, opcode_next;
    wire [24:0] sent, sent_next;
    wire [23:0] at, at_next;
    wire continuous, continuous_next, mode_next, data_clock;
    chip #(.READ(READ), .DOUBLE(`BUS == 2)) flash (
        .clock, .cs_n, .sck, .io(halves), .power_up_mode, .clocks, .opcode, .sent, .address(at), .continuous, .data_clock,
        .clocks_next, .opcode_next, .sent_next, .address_next(at_next), .mode_next, .continuous_next
    );

    // 1.
    wire known = opcode == 8'hAB | opcode == 8'hFF | opcode == 8'h66 | opcode == 8'h99 | opcode == READ;
    localparam ADDRESS = `BUS == 2 ? 4 : 8;
    wire complete = continuous ? clocks >= ADDRESS : opcode == READ ? clocks >= 8 + ADDRESS : clocks == 8;
    always @(*) begin
        if (~continuous & clocks >= 8) assert(known);
        if (cs_n & clocks != 0) assert(complete);
    end

    // 2. What a chip clocks out is at the pins in the same clock; with double transfer rate the pads take two more.
    (* anyconst *) wire [24:0] index;
    (* anyconst *) wire [`N-1:0] value;
    reg out_1 = 0, out_2 = 0;
    reg [24:0] sent_1, sent_2;
    always @(posedge clock) begin
        out_1 <= data_clock;
        out_2 <= out_1;
        sent_1 <= sent;
        sent_2 <= sent_1;
    end
    always @(*) if (`BUS == 2 ? out_2 & sent_2 == index : data_clock & sent == index) assume(io_i == value);

    reg [23:0] asked = 0;
    reg [24:0] got = 0;
    reg sought = 0;
    always @(posedge clock) begin
        if (seek) asked <= address;
        got <= seek | stop ? 0 : got + (valid & ready);
        sought <= seek | (sought & ~stop);
    end
    // two chips hold a nibble of every byte each, and begin with the byte before an odd one
    wire [23:0] asked_here = `BUS == 1 ? asked >> 1 : asked;
    wire skipped = `BUS == 1 & asked[0];
    wire [24:0] position = got + skipped;
    always @(*) if (valid) begin
        assert(sought & at == asked_here);
        if (position == index) assert(nibble == value);
    end

`ifdef INDUCTION
    // How the reader's registers and the chip's belong together. Pins are registers: the chip is a clock behind the phase.
    localparam High = 0, Opcode = 1, Address = 2, Dummy = 3, Data = 4;
    localparam MODE = `BUS == 2 ? 3 : 6, DUMMIES = `BUS == 2 ? 7 : 4;
    (* inside = "dut.phase$q" *) wire [2:0] phase;
    (* inside = "dut.number$q" *) wire [2:0] number;
    (* inside = "dut.count$q" *) wire [11:0] count;
    (* inside = "dut.wanted$q" *) wire wanted;
    (* inside = "dut.leave$q" *) wire leave;
    (* inside = "dut.place$q" *) wire [23:0] place;
    (* inside = "dut.under_way$q" *) wire under_way;
    (* inside = "dut.arrived$q" *) wire arrived;
    (* inside = "dut.sample$q" *) wire [`N-1:0] sample;
    (* inside = "dut.fifo.oldest$q" *) wire [3:0] oldest;
    (* inside = "dut.fifo.entries.held" *) wire [8*`N-1:0] entries;
`ifdef TWO_CHIPS
    (* inside = "dut.odd$0$q" *) wire odd;
    (* inside = "dut.drop_one$0$q" *) wire drop_one;
`else
    wire odd = 0, drop_one = 0;
`endif
`ifdef DOUBLE_RATE
    (* inside = "dut.in_pads$0$q" *) wire in_pads;
`else
    wire in_pads = 0;
`endif
    wire [7:0] sending = number == 0 ? 8'hAB : number == 1 ? 8'hFF : number == 2 ? 8'h66 : number == 3 ? 8'h99 : READ;
    wire [4:0] begin_at = number == 5 ? 0 : 8;
    wire read_goes_on = phase == Address | phase == Dummy | phase == Data;
    wire ours = number == 5 & ~leave;
    wire [5:0] to_come = 24 - count * (`BUS == 2 ? 8 : 4);
    wire address_is_out = count >= (`BUS == 2 ? 3 : 6);
    always @(*) begin
        assert(phase <= Data & number <= 5);
        if (sought) assert(place == asked_here & odd == skipped);
        if (wanted) assert(sought);
        if (clocks_next == 0) assert(sent_next == 0 & opcode_next == 0);
        case (phase)
            High: begin
                assert(clocks_next == 0 | (continuous_next ? clocks_next >= ADDRESS :
                    opcode_next == READ ? clocks_next >= 8 + ADDRESS : clocks_next == 8));
                if (~continuous_next & clocks_next >= 8) assert(opcode_next == 8'hAB | opcode_next == 8'hFF |
                    opcode_next == 8'h66 | opcode_next == 8'h99 | opcode_next == READ);
                if (count != 0) assert(clocks_next == 0);
                if (clocks_next == 0) assert(continuous_next == mode_next);
            end
            Opcode: begin
                assert(number <= 4 & count <= 7);
                assert(clocks_next == count & sent_next == 0);
                if (~continuous_next) assert(opcode_next == sending >> (8 - count));
            end
            Address: begin
                assert(count < ADDRESS & clocks_next == begin_at + count & sent_next == 0);
                if (ours & address_is_out) assert(at_next == asked_here);
                if (ours & ~address_is_out) assert(at_next << to_come == (asked_here >> to_come) << to_come);
                if (count == ADDRESS - 1 & `BUS != 2) assert(mode_next);
            end
            Dummy: assert(count < DUMMIES & clocks_next == begin_at + ADDRESS + count & sent_next == 0 & mode_next);
            Data: assert(clocks_next >= begin_at + ADDRESS + DUMMIES & mode_next);
        endcase
        if (read_goes_on) assert(number >= 4 & continuous_next == (number == 5) & (number == 5 | opcode_next == READ));
        if (ours & read_goes_on) assert(sought);
        if (ours & (phase == Dummy | phase == Data)) assert(at_next == asked_here);

        // the mode: unknown until FF has left it
        if (number < 4 & ~continuous_next) assert(~mode_next);
        if (number == 1 & phase == Opcode & continuous_next & count > MODE) assert(~mode_next);
        if (number == 2 | number == 3 | (number == 4 & phase < Address)) assert(~mode_next & (phase == High | ~continuous_next));
        if (number == 5) assert(mode_next);
    end

    // Where every item of the stream is: with the consumer, held, or under way.
    wire [24:0] held = oldest == 15 ? 0 : oldest + 1;
    wire [24:0] newest = sent_next - under_way - 1;
    wire [24:0] newest_arrived = newest - in_pads;
    wire dropped = odd & ~drop_one;
    always @(*) begin
        assert(oldest < 8 | oldest == 15);
        assert(held + arrived + in_pads + under_way <= 8);
        if (phase == Data & ours) begin
            assert(got + dropped + held + arrived + in_pads + under_way == sent_next);
            if (drop_one) assert(odd & got == 0 & held == 0);
        end
        else assert(got == 0 & held == 0 & ~arrived & ~in_pads & ~under_way);
        if (under_way) assert(data_clock);
        if (in_pads) assert(out_1 & sent_1 == newest);
        if (arrived & `BUS == 2) assert(out_2 & sent_2 == newest_arrived);
        if (arrived & `BUS != 2 & newest_arrived == index) assert(sample == value);
    end
    generate for (genvar i = 0; i < 8; i = i + 1) begin
        wire [24:0] here = newest_arrived - arrived - i;
        always @(*) if (i < held & here == index) assert(entries[i * `N +: `N] == value);
    end endgenerate
`endif
endmodule

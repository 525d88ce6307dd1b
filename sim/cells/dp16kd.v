// ECP5's 18 kbit block RAM as yosys' lattice/brams_map_16kd.v makes it: port A reads or writes, port B reads.
//
// Words of 1, 2, 4, 9, 18 or 36 bits. Bytes have nine bits, of which words of 1, 2 and 4 use eight. The lowest addresses of words of
// 18 and 36 bits are byte enables of a write. A port of 36 bits borrows the other port's data pins (TN-02204, "Pseudo Dual-Port RAM";
// which half goes where is in brams_map_16kd.v).
//
// What the chip does not promise is random here, so that no design can rely on it: bits that port B reads while port A writes them, and
// bytes that port A shows while it writes others through. What is not modelled stops the build (`unsupported` is no module) or the run.
module DP16KD (
    input DIA17, DIA16, DIA15, DIA14, DIA13, DIA12, DIA11, DIA10, DIA9, DIA8, DIA7, DIA6, DIA5, DIA4, DIA3, DIA2, DIA1, DIA0,
    input ADA13, ADA12, ADA11, ADA10, ADA9, ADA8, ADA7, ADA6, ADA5, ADA4, ADA3, ADA2, ADA1, ADA0,
    input CEA, OCEA, CLKA, WEA, RSTA, CSA2, CSA1, CSA0,
    output DOA17, DOA16, DOA15, DOA14, DOA13, DOA12, DOA11, DOA10, DOA9, DOA8, DOA7, DOA6, DOA5, DOA4, DOA3, DOA2, DOA1, DOA0,
    input DIB17, DIB16, DIB15, DIB14, DIB13, DIB12, DIB11, DIB10, DIB9, DIB8, DIB7, DIB6, DIB5, DIB4, DIB3, DIB2, DIB1, DIB0,
    input ADB13, ADB12, ADB11, ADB10, ADB9, ADB8, ADB7, ADB6, ADB5, ADB4, ADB3, ADB2, ADB1, ADB0,
    input CEB, OCEB, CLKB, WEB, RSTB, CSB2, CSB1, CSB0,
    output DOB17, DOB16, DOB15, DOB14, DOB13, DOB12, DOB11, DOB10, DOB9, DOB8, DOB7, DOB6, DOB5, DOB4, DOB3, DOB2, DOB1, DOB0
);
    parameter DATA_WIDTH_A = 18;
    parameter DATA_WIDTH_B = 18;
    parameter REGMODE_A = "NOREG";
    parameter REGMODE_B = "NOREG";
    parameter RESETMODE = "SYNC";
    parameter ASYNC_RESET_RELEASE = "SYNC";
    parameter CSDECODE_A = "0b000";
    parameter CSDECODE_B = "0b000";
    parameter WRITEMODE_A = "NORMAL";
    parameter WRITEMODE_B = "NORMAL";
    parameter CLKAMUX = "CLKA";
    parameter CLKBMUX = "CLKB";
    parameter GSR = "ENABLED";
    parameter INIT_DATA = "STATIC";
    parameter [319:0] INITVAL_00 = 320'h0, INITVAL_01 = 320'h0, INITVAL_02 = 320'h0, INITVAL_03 = 320'h0,
        INITVAL_04 = 320'h0, INITVAL_05 = 320'h0, INITVAL_06 = 320'h0, INITVAL_07 = 320'h0, INITVAL_08 = 320'h0,
        INITVAL_09 = 320'h0, INITVAL_0A = 320'h0, INITVAL_0B = 320'h0, INITVAL_0C = 320'h0, INITVAL_0D = 320'h0,
        INITVAL_0E = 320'h0, INITVAL_0F = 320'h0, INITVAL_10 = 320'h0, INITVAL_11 = 320'h0, INITVAL_12 = 320'h0,
        INITVAL_13 = 320'h0, INITVAL_14 = 320'h0, INITVAL_15 = 320'h0, INITVAL_16 = 320'h0, INITVAL_17 = 320'h0,
        INITVAL_18 = 320'h0, INITVAL_19 = 320'h0, INITVAL_1A = 320'h0, INITVAL_1B = 320'h0, INITVAL_1C = 320'h0,
        INITVAL_1D = 320'h0, INITVAL_1E = 320'h0, INITVAL_1F = 320'h0, INITVAL_20 = 320'h0, INITVAL_21 = 320'h0,
        INITVAL_22 = 320'h0, INITVAL_23 = 320'h0, INITVAL_24 = 320'h0, INITVAL_25 = 320'h0, INITVAL_26 = 320'h0,
        INITVAL_27 = 320'h0, INITVAL_28 = 320'h0, INITVAL_29 = 320'h0, INITVAL_2A = 320'h0, INITVAL_2B = 320'h0,
        INITVAL_2C = 320'h0, INITVAL_2D = 320'h0, INITVAL_2E = 320'h0, INITVAL_2F = 320'h0, INITVAL_30 = 320'h0,
        INITVAL_31 = 320'h0, INITVAL_32 = 320'h0, INITVAL_33 = 320'h0, INITVAL_34 = 320'h0, INITVAL_35 = 320'h0,
        INITVAL_36 = 320'h0, INITVAL_37 = 320'h0, INITVAL_38 = 320'h0, INITVAL_39 = 320'h0, INITVAL_3A = 320'h0,
        INITVAL_3B = 320'h0, INITVAL_3C = 320'h0, INITVAL_3D = 320'h0, INITVAL_3E = 320'h0, INITVAL_3F = 320'h0;
    // 1024 words of 18 bits at power-up, each in a field of 20.
    wire [64 * 320 - 1:0] init = {
        INITVAL_3F, INITVAL_3E, INITVAL_3D, INITVAL_3C, INITVAL_3B, INITVAL_3A, INITVAL_39, INITVAL_38,
        INITVAL_37, INITVAL_36, INITVAL_35, INITVAL_34, INITVAL_33, INITVAL_32, INITVAL_31, INITVAL_30,
        INITVAL_2F, INITVAL_2E, INITVAL_2D, INITVAL_2C, INITVAL_2B, INITVAL_2A, INITVAL_29, INITVAL_28,
        INITVAL_27, INITVAL_26, INITVAL_25, INITVAL_24, INITVAL_23, INITVAL_22, INITVAL_21, INITVAL_20,
        INITVAL_1F, INITVAL_1E, INITVAL_1D, INITVAL_1C, INITVAL_1B, INITVAL_1A, INITVAL_19, INITVAL_18,
        INITVAL_17, INITVAL_16, INITVAL_15, INITVAL_14, INITVAL_13, INITVAL_12, INITVAL_11, INITVAL_10,
        INITVAL_0F, INITVAL_0E, INITVAL_0D, INITVAL_0C, INITVAL_0B, INITVAL_0A, INITVAL_09, INITVAL_08,
        INITVAL_07, INITVAL_06, INITVAL_05, INITVAL_04, INITVAL_03, INITVAL_02, INITVAL_01, INITVAL_00
    };

    generate
        if (!(DATA_WIDTH_A == 1 || DATA_WIDTH_A == 2 || DATA_WIDTH_A == 4 || DATA_WIDTH_A == 9 || DATA_WIDTH_A == 18
              || DATA_WIDTH_A == 36)) unsupported width_a ();
        if (!(DATA_WIDTH_B == 1 || DATA_WIDTH_B == 2 || DATA_WIDTH_B == 4 || DATA_WIDTH_B == 9 || DATA_WIDTH_B == 18
              || DATA_WIDTH_B == 36)) unsupported width_b ();
        if (REGMODE_A != "NOREG" || REGMODE_B != "NOREG") unsupported output_register ();
        if (CSDECODE_A != "0b000" || CSDECODE_B != "0b000") unsupported chip_select ();
        if (CLKAMUX != "CLKA" && CLKAMUX != "INV") unsupported clock_a ();
        if (CLKBMUX != "CLKB" && CLKBMUX != "INV") unsupported clock_b ();
        if (RESETMODE != "SYNC" && RESETMODE != "ASYNC") unsupported reset ();
        if (WRITEMODE_A != "NORMAL" && WRITEMODE_A != "WRITETHROUGH" && WRITEMODE_A != "READBEFOREWRITE") unsupported mode ();
        if (INIT_DATA != "STATIC") unsupported initial_data ();
    endgenerate

    wire clk_a = CLKAMUX == "INV" ? ~CLKA : CLKA;
    wire clk_b = CLKBMUX == "INV" ? ~CLKB : CLKB;
    wire selected_a = CEA & ~(CSA2 | CSA1 | CSA0);
    wire selected_b = CEB & ~(CSB2 | CSB1 | CSB0);
    // A reset in step with the clock blocks the write of its port (brams_16kd.txt, `block_wr`).
    wire write = WEA & selected_a & ~(RESETMODE == "SYNC" & RSTA);
    always @(posedge clk_b) if (WEB & selected_b) $fatal(1, "DP16KD: a write through port B is not modelled");

    wire [13:0] at_a = {ADA13, ADA12, ADA11, ADA10, ADA9, ADA8, ADA7, ADA6, ADA5, ADA4, ADA3, ADA2, ADA1, ADA0};
    wire [13:0] at_b = {ADB13, ADB12, ADB11, ADB10, ADB9, ADB8, ADB7, ADB6, ADB5, ADB4, ADB3, ADB2, ADB1, ADB0};
    wire [35:0] data = {DIB17, DIB16, DIB15, DIB14, DIB13, DIB12, DIB11, DIB10, DIB9, DIB8, DIB7, DIB6, DIB5, DIB4, DIB3, DIB2, DIB1, DIB0,
                        DIA17, DIA16, DIA15, DIA14, DIA13, DIA12, DIA11, DIA10, DIA9, DIA8, DIA7, DIA6, DIA5, DIA4, DIA3, DIA2, DIA1, DIA0};

    // A row is 36 bits, four bytes; a word begins at one of its bits.
    reg [35:0] rows [0:511];
    integer i;
    initial for (i = 0; i < 512; i = i + 1) rows[i] = {init[40 * i + 20 +: 18], init[40 * i +: 18]};

    function [5:0] first(input [5:0] width, input [4:0] at);
        case (width)
            6'd36: first = 6'd0;
            6'd18: first = at[4] ? 6'd18 : 6'd0;
            6'd9: first = 6'd9 * at[4:3];
            6'd4: first = 6'd9 * at[4:3] + {at[2], 2'b0};
            6'd2: first = 6'd9 * at[4:3] + {at[2:1], 1'b0};
            default: first = 6'd9 * at[4:3] + at[2:0];
        endcase
    endfunction
    function [35:0] ones(input [5:0] width);
        ones = {36{1'b1}} >> (6'd36 - width);
    endfunction
    function [35:0] enabled(input [5:0] width, input [3:0] at);
        case (width)
            6'd36: enabled = {{9{at[3]}}, {9{at[2]}}, {9{at[1]}}, {9{at[0]}}};
            6'd18: enabled = {18'b0, {9{at[1]}}, {9{at[0]}}};
            default: enabled = ones(width);
        endcase
    endfunction

    wire [35:0] mask = enabled(DATA_WIDTH_A, at_a[3:0]);
    wire [35:0] written = mask << first(DATA_WIDTH_A, at_a[4:0]);
    always @(posedge clk_a)
        if (write) rows[at_a[13:5]] <= rows[at_a[13:5]] & ~written | (data & mask) << first(DATA_WIDTH_A, at_a[4:0]);

    // What a read finds. The level of port A's clock tells whether an edge of port B's is its edge too.
    function [35:0] noise(input unused);
        noise = {$urandom, $urandom};
    endfunction
    wire [35:0] found_a = rows[at_a[13:5]] >> first(DATA_WIDTH_A, at_a[4:0]) & ones(DATA_WIDTH_A);
    wire [35:0] found_b = rows[at_b[13:5]] >> first(DATA_WIDTH_B, at_b[4:0]) & ones(DATA_WIDTH_B);
    wire torn = write & clk_a & at_a[13:5] == at_b[13:5] & |(written >> first(DATA_WIDTH_B, at_b[4:0]) & ones(DATA_WIDTH_B));
    wire [35:0] unsure = written >> first(DATA_WIDTH_B, at_b[4:0]) & ones(DATA_WIDTH_B);

    reg [35:0] a, b;
    initial a = 0;
    initial b = 0;
    task read_a;
        if (!write || WRITEMODE_A == "READBEFOREWRITE") a <= found_a;
        else if (WRITEMODE_A == "WRITETHROUGH") a <= data & mask | noise(0) & ~mask & ones(DATA_WIDTH_A);
    endtask
    task read_b;
        b <= torn ? found_b ^ noise(0) & unsure : found_b;
    endtask
    generate
        if (RESETMODE == "SYNC") begin
            always @(posedge clk_a) if (RSTA) a <= 0; else if (selected_a) read_a;
            always @(posedge clk_b) if (RSTB) b <= 0; else if (selected_b) read_b;
        end else begin
            always @(posedge clk_a, posedge RSTA) if (RSTA) a <= 0; else if (selected_a) read_a;
            always @(posedge clk_b, posedge RSTB) if (RSTB) b <= 0; else if (selected_b) read_b;
        end
    endgenerate
    assign {DOA17, DOA16, DOA15, DOA14, DOA13, DOA12, DOA11, DOA10, DOA9, DOA8, DOA7, DOA6, DOA5, DOA4, DOA3, DOA2, DOA1, DOA0} =
        DATA_WIDTH_B == 36 ? b[17:0] : a[17:0];
    assign {DOB17, DOB16, DOB15, DOB14, DOB13, DOB12, DOB11, DOB10, DOB9, DOB8, DOB7, DOB6, DOB5, DOB4, DOB3, DOB2, DOB1, DOB0} =
        DATA_WIDTH_B == 36 ? b[35:18] : b[17:0];
endmodule

//! The pads: the clock pin's level in both halves of a clock, and the cells of each family.

mod common;

use common::{run_bench, settle, Clocked, Recording};
use rust_hdl::prelude::*;
use statestream_hdl::dtr_pads::DtrPads;
use statestream_hdl::pads::{ClockPad, PadKind, QuadPads};

impl Clocked for ClockPad {
    fn clock(&mut self) -> &mut Signal<In, Clock> {
        &mut self.clock
    }
}

#[test]
fn the_clock_pin_is_high_only_in_the_second_half_of_an_enabled_clock() {
    let mut pad = ClockPad::new(PadKind::Sim);
    pad.connect_all();
    let mut recording = Recording::new(&[("en", 1)], &[("pin", 1)]);
    for en in [false, true, true, false, true] {
        pad.en.next = en;
        pad.clock.next = true.into();
        simulate(&mut pad, 10);
        assert!(!pad.pin.val());
        settle(&mut pad);
        assert_eq!(pad.pin.val(), en);
        recording.row(&[en.into(), en.into()]);
    }
    recording.replay("clock_pad", &generate_verilog(&pad));
}

#[test]
fn each_family_gets_its_own_cells() {
    for (kind, clock_cell, data_cell) in
        [(PadKind::Ice40, "SB_IO", "SB_IO"), (PadKind::Ecp5, "ODDRX1F", "BB")]
    {
        let mut clock_pad = ClockPad::new(kind);
        clock_pad.connect_all();
        assert!(generate_verilog(&clock_pad).contains(clock_cell));
        let mut data_pads = QuadPads::new(kind);
        data_pads.connect_all();
        assert_eq!(generate_verilog(&data_pads).matches(&format!("{data_cell} ")).count(), 4);
    }
}

/// What the machine says is at the pins a clock later, a nibble in each half with an edge of SCK in its middle; what a flash says there
/// reaches the machine a clock later. Quarters of a clock are 1 ns.
const BENCH: &str = r#"`timescale 1ns/1ps
module bench;
    reg clock = 0, sck_clock = 0, en = 0, cs_n = 1;
    reg [7:0] o = 0, o_was = 0, heard = 0, heard_was = 0;
    reg [3:0] oe = 0, drive = 0;
    reg en_was = 0, cs_was = 1, driven = 0;
    wire [7:0] i;
    wire sck, cs_pin;
    wire [3:0] pins;
    integer at, bad = 0;
    assign pins = driven ? 4'hz : drive;
    top dut(.clock(clock), .drive_clock(clock), .sck_clock(sck_clock), .en(en), .cs_n(cs_n), .o(o), .oe(oe),
        .i(i), .sck(sck), .cs_pin(cs_pin), .pins(pins));
    task check(input right); if (right !== 1) begin bad = bad + 1; $display("clock %0d, %0t", at, $time); end endtask
    initial begin
        for (at = 0; at < 500; at = at + 1) begin
            clock = 1; #0.1;
            {en_was, cs_was, driven, o_was, heard_was} = {en, cs_n, oe[0], o, heard};
            {en, cs_n, o, oe} = {$random, {4{at % 3 == 0}}};
            drive = $random; #0.1;
            check(at < 2 || i === heard_was);
            check(!driven || pins === o_was[7:4]); check(!sck); check(cs_pin === cs_was); #0.8;
            sck_clock = 1; heard[7:4] = drive; #0.1; check(sck === en_was); #0.9;
            clock = 0; #0.1; drive = $random; #0.1;
            check(!driven || pins === o_was[3:0]); check(sck === en_was); #0.8;
            sck_clock = 0; heard[3:0] = drive; #0.1; check(!sck); #0.9;
            if (driven) heard = o_was;
        end
        if (bad == 0) $display("500 clocks");
        $finish;
    end
endmodule
"#;

#[test]
fn at_double_transfer_rate_two_nibbles_go_out_in_a_clock_and_come_in() {
    let mut pads = DtrPads::new(PadKind::Sim);
    pads.connect_all();
    assert_eq!(run_bench("dtr_pads", &generate_verilog(&pads), BENCH).trim(), "500 clocks");
}

#[test]
fn each_family_gets_its_own_cells_at_double_transfer_rate() {
    for (kind, cells) in [
        (PadKind::Ice40, [("SB_IO ", 5)].as_slice()),
        (PadKind::Ecp5, &[("ODDRX1F ", 5), ("IDDRX1F ", 4), ("BB ", 4)]),
    ] {
        let mut pads = DtrPads::new(kind);
        pads.connect_all();
        let text = generate_verilog(&pads);
        cells.iter().for_each(|(cell, count)| assert_eq!(text.matches(cell).count(), *count, "{cell}"));
    }
}

#[test]
fn a_bare_clock_pad_passes_the_enable_on() {
    let mut pad = ClockPad::new(PadKind::Bare);
    pad.connect_all();
    assert!(generate_verilog(&pad).contains("assign pin = en;"));
    pad.en.next = true;
    for level in [true, false] {
        pad.clock.next = level.into();
        simulate(&mut pad, 10);
        assert!(pad.pin.val());
    }
}

//! The pads: the clock pin's level in both halves of a clock, and the cells of each family.

mod common;

use common::{settle, Clocked, Recording};
use rust_hdl::prelude::*;
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

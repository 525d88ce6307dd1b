//! The flash reader against a strict model of a flash, in rust-hdl; the same clocks are then replayed in its Verilog.

mod common;
#[path = "common/flash_model.rs"]
mod flash_model;

use common::{settle, tick, Clocked, Port, Random, Recording};
use flash_model::{content, FlashModel};
use rust_hdl::prelude::*;
use statestream_hdl::flash::{latency, opcodes, FlashReader, FlashTiming};
use statestream_image::config::FlashBus;

impl Clocked for FlashReader<4, 4> {
    fn clock(&mut self) -> &mut Signal<In, Clock> {
        &mut self.clock
    }
}

const TIMING: FlashTiming = FlashTiming { wake: 40, reset: 300, cs_high: 3 };
const INPUTS: &[Port] = &[("seek", 1), ("address", 24), ("stop", 1), ("ready", 1), ("io_i", 4)];
const OUTPUTS: &[Port] = &[
    ("awake", 1),
    ("valid", 1),
    ("nibble", 4),
    ("beat", 1),
    ("sck_en", 1),
    ("cs_n", 1),
    ("io_o", 4),
    ("io_oe", 4),
];

/// Reader and flash, joined at the pins; checks every nibble that is taken.
struct Bench {
    uut: FlashReader<4, 4>,
    flash: FlashModel,
    recording: Recording,
    expected: u64,
    taken: usize,
    beats: usize,
}

impl Bench {
    fn new(timing: FlashTiming, continuous: bool) -> Self {
        let mut uut = FlashReader::new(FlashBus::Quad, timing);
        uut.connect_all();
        settle(&mut uut);
        let recording = Recording::new(INPUTS, OUTPUTS);
        Self { uut, flash: FlashModel::new(timing, continuous), recording, expected: 0, taken: 0, beats: 0 }
    }

    /// One clock; true when a nibble was valid.
    fn clock(&mut self, seek: Option<u32>, stop: bool, ready: bool) -> bool {
        self.uut.seek.next = seek.is_some();
        self.uut.address.next = u64::from(seek.unwrap_or(0)).into();
        self.uut.stop.next = stop;
        self.uut.ready.next = ready;
        self.uut.io_i.next = u64::from(self.flash.pins()).into();
        settle(&mut self.uut);
        self.record();
        let (valid, nibble) = (self.uut.valid.val(), self.uut.nibble.val().to_u8());
        if valid && ready {
            assert_eq!(nibble, content(self.expected), "nibble {:x}", self.expected);
            self.expected += 1;
            self.taken += 1;
        }
        self.beats += usize::from(self.uut.beat.val());
        let (o, oe) = (self.uut.io_o.val().to_u8(), self.uut.io_oe.val().to_u8());
        self.flash.clock(self.uut.sck_en.val(), self.uut.cs_n.val(), o, oe);
        tick(&mut self.uut);
        if let Some(address) = seek {
            self.expected = u64::from(address) * 2;
        }
        valid
    }

    fn record(&mut self) {
        let u = &self.uut;
        self.recording.row(&[
            u.seek.val().into(),
            u.address.val().to_u64(),
            u.stop.val().into(),
            u.ready.val().into(),
            u.io_i.val().to_u64(),
            u.awake.val().into(),
            u.valid.val().into(),
            u.nibble.val().to_u64(),
            u.beat.val().into(),
            u.sck_en.val().into(),
            u.cs_n.val().into(),
            u.io_o.val().to_u64(),
            u.io_oe.val().to_u64(),
        ]);
    }

    fn boot(&mut self) {
        let clocks = (0..10_000).position(|_| {
            self.clock(None, false, true);
            self.uut.awake.val()
        });
        assert!(clocks.is_some(), "the boot does not end");
    }

    fn idle(&mut self, clocks: u64, ready: bool) {
        for _ in 0..clocks {
            self.clock(None, false, ready);
        }
    }

    /// Seeks with the consumer always ready, and reads; returns the clocks from the seek to the first nibble.
    fn read(&mut self, address: u32, nibbles: usize) -> usize {
        self.clock(Some(address), false, true);
        let waited = (1..1000).find(|_| self.clock(None, false, true)).expect("a nibble");
        for _ in 1..nibbles {
            assert!(self.clock(None, false, true), "a bubble in the stream");
        }
        waited
    }

    fn replay(&self, name: &str) {
        self.recording.replay(name, &generate_verilog(&self.uut));
    }
}

#[test]
fn boot_sends_the_five_opcodes_once_in_order_and_opcodes_never_again() {
    let mut bench = Bench::new(TIMING, false);
    bench.boot();
    bench.read(0x12_3456, 50);
    bench.read(0xFF_FFFF, 1);
    bench.idle(20, true);
    assert_eq!(bench.flash.opcodes, opcodes(FlashBus::Quad));
    bench.replay("flash_boot");
}

#[test]
fn boot_frees_a_flash_left_in_continuous_mode() {
    let mut bench = Bench::new(TIMING, true);
    bench.boot();
    bench.read(0x00_1000, 20);
    assert_eq!(bench.flash.opcodes, opcodes(FlashBus::Quad)[1..]);
    bench.replay("flash_continuous");
}

#[test]
fn a_seek_before_the_boot_is_served_after_it() {
    let mut bench = Bench::new(TIMING, false);
    for _ in 0..30 {
        bench.idle(17, false);
        bench.clock(Some(0xA0_0001), false, false);
    }
    bench.idle(1000, false);
    assert!(bench.uut.awake.val());
    bench.idle(1, true);
    assert_eq!(bench.taken, 1);
}

#[test]
fn latency_is_constant_from_every_state_and_the_stream_has_no_bubbles() {
    for cs_high in [1, 2, 5] {
        let timing = FlashTiming { cs_high, ..TIMING };
        let mut bench = Bench::new(timing, false);
        bench.boot();
        for wait in 0..12 {
            assert_eq!(bench.read(0x1_0000 * wait, 100 + wait as usize), latency(FlashBus::Quad, timing));
            bench.idle(wait.into(), true);
            bench.clock(None, wait % 2 == 0, true);
            bench.idle(wait.into(), true);
        }
        bench.replay(&format!("flash_latency_{cs_high}"));
    }
}

#[test]
fn stalls_of_every_pattern_lose_nothing_and_cost_no_more_than_themselves() {
    let mut random = Random(7);
    let mut bench = Bench::new(TIMING, false);
    bench.boot();
    for stall_in_8 in 0..8 {
        bench.clock(Some(random.below(1 << 24) as u32), false, false);
        bench.idle(100, false);
        let (before, mut ready_clocks) = (bench.taken, 0);
        for _ in 0..2000 {
            let ready = random.below(8) >= stall_in_8;
            ready_clocks += usize::from(ready);
            bench.clock(None, false, ready);
        }
        assert_eq!(bench.taken - before, ready_clocks, "a bubble after a stall");
    }
    bench.replay("flash_stalls");
}

#[test]
fn seeks_and_stops_at_any_moment_discard_what_was_read() {
    let mut random = Random(3);
    let mut bench = Bench::new(TIMING, false);
    bench.boot();
    for _ in 0..20_000 {
        let seek = random.once_in(40).then(|| random.below(1 << 24) as u32);
        bench.clock(seek, random.once_in(80), !random.once_in(3));
    }
    assert!(bench.taken > 3000, "only {} nibbles", bench.taken);
    assert!(bench.beats >= bench.taken);
    assert_eq!(bench.flash.opcodes, opcodes(FlashBus::Quad));
    bench.replay("flash_random");
}

#[test]
fn a_stopped_reader_stays_silent() {
    let mut bench = Bench::new(TIMING, false);
    bench.boot();
    bench.read(5, 30);
    bench.clock(None, true, false);
    assert!((0..500).all(|_| !bench.clock(None, false, false)), "a nibble after the stop");
    assert!(bench.uut.cs_n.val());
}

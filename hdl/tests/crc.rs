//! The two CRC blocks against a software CRC, in rust-hdl and in the emitted Verilog.

mod common;

use common::{settle, tick, Clocked, Port, Random, Recording};
use rust_hdl::prelude::*;
use statestream_hdl::crc::{Crc16, Crc32};

impl Clocked for Crc32 {
    fn clock(&mut self) -> &mut Signal<In, Clock> {
        &mut self.clock
    }
}
impl Clocked for Crc16 {
    fn clock(&mut self) -> &mut Signal<In, Clock> {
        &mut self.clock
    }
}

const INPUTS: &[Port] = &[("clear", 1), ("en", 1), ("check", 1), ("data", 8), ("place", 24)];

struct Checked {
    uut: Crc32,
    place: u32,
    recording: Recording,
}

impl Checked {
    fn new() -> Self {
        let mut uut = Crc32::default();
        uut.connect_all();
        settle(&mut uut);
        Self { uut, place: 0, recording: Recording::new(INPUTS, &[("ok", 1)]) }
    }
    fn clock(&mut self, clear: bool, en: bool, check: bool, data: u8) {
        self.uut.clear.next = clear;
        self.uut.en.next = en;
        self.uut.check.next = check;
        self.uut.data.next = u64::from(data).into();
        self.uut.place.next = u64::from(self.place).into();
        settle(&mut self.uut);
        let ok = self.uut.ok.val().into();
        self.recording.row(&[clear.into(), en.into(), check.into(), data.into(), self.place.into(), ok]);
        tick(&mut self.uut);
    }
    fn record(&mut self, random: &mut Random, bytes: &[u8], sent: u32) -> bool {
        for byte in bytes {
            self.clock(false, true, false, *byte);
            if random.once_in(3) {
                self.clock(false, false, false, random.word() as u8);
            }
        }
        for byte in sent.to_be_bytes() {
            assert!(!self.uut.ok.val(), "ok before the fourth byte");
            self.clock(false, false, true, byte);
        }
        self.uut.ok.val()
    }
}

#[test]
fn crc32_accepts_the_right_checksum_of_the_place_and_no_other() {
    let mut random = Random(1);
    let mut checked = Checked::new();
    for round in 0..200 {
        let bytes: Vec<u8> = (0..=random.below(40)).map(|_| random.word() as u8).collect();
        checked.place = random.word() as u32 & 0xFF_FFFF;
        let right = crc32fast::hash(&bytes) ^ checked.place;
        assert!(checked.record(&mut random, &bytes, right), "{bytes:02x?}");
        assert!(!checked.record(&mut random, &bytes, right ^ 1 << (round % 32)), "{bytes:02x?}");
        if random.once_in(2) {
            checked.clock(false, true, false, 0);
            checked.clock(true, false, false, 0);
        }
    }
    checked.recording.replay("crc32", &generate_verilog(&checked.uut));
}

#[test]
fn crc16_gives_the_published_check_value_and_a_zero_after_itself() {
    let mut uut = Crc16::default();
    uut.connect_all();
    settle(&mut uut);
    let mut recording = Recording::new(&[("clear", 1), ("en", 1), ("data", 8)], &[("value", 16)]);
    let mut values = Vec::new();
    for byte in *b"123456789\x29\xB1" {
        uut.en.next = true;
        uut.data.next = u64::from(byte).into();
        settle(&mut uut);
        recording.row(&[0, 1, byte.into(), uut.value.val().to_u64()]);
        tick(&mut uut);
        values.push(uut.value.val().to_u64());
    }
    assert_eq!((values[8], values[10]), (0x29B1, 0));
    recording.replay("crc16", &generate_verilog(&uut));
}

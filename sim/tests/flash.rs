//! The flash model, driven pin by pin as the design drives it.

use statestream_sim::flash::{Flash, FlashError, Part, Power, Violation};

const CLOCK_HZ: u64 = 20_000_000;
/// Clocks at 20 MHz: tRES1 is 60, tRST 600, tSHSL 1.
const WAKE: usize = 60;
const RESET: usize = 600;
const BASE: usize = 0x1234;
const SMALL: Part = Part { bytes: 1 << 16, ..Part::W25Q32 };

/// The design's side: registers change with the clock's rising edge, when SCK falls; SCK rises at mid-cycle.
struct Pins {
    flash: Flash,
    io_i: u8,
}

impl Pins {
    fn new(power: Power) -> Pins {
        let image: Vec<u8> = (0..64).map(|i| 0x10 + i).collect();
        let flash = Flash::new(SMALL, &image, BASE, CLOCK_HZ).expect("fits");
        Pins { flash: flash.found(power), io_i: 0 }
    }

    /// One clock; returns what the design samples at its end.
    fn clock(&mut self, cs_n: bool, enable: bool, io_o: u8, io_oe: u8) -> u8 {
        self.flash.step(cs_n, false, io_o, io_oe);
        self.io_i = self.flash.step(cs_n, enable, io_o, io_oe);
        self.io_i
    }

    fn idle(&mut self, clocks: usize) {
        for _ in 0..clocks {
            self.clock(true, false, 0, 0);
        }
    }

    fn bits(&mut self, opcode: u8, bits: u32) {
        for bit in (8 - bits..8).rev() {
            self.clock(false, true, opcode >> bit & 1, 1);
        }
    }

    fn command(&mut self, opcode: u8) {
        self.bits(opcode, 8);
        self.idle(2);
    }

    fn nibbles(&mut self, value: u64, count: u32) {
        for nibble in (0..count).rev() {
            self.clock(false, true, (value >> (4 * nibble) & 15) as u8, 15);
        }
    }

    /// Address, mode byte, dummy clocks, then `count` bytes.
    fn read(&mut self, address: usize, mode: u8, count: usize) -> Vec<u8> {
        self.nibbles((address as u64) << 8 | u64::from(mode), 8);
        (0..4).for_each(|_| {
            self.clock(false, true, 0, 0);
        });
        let mut nibble = || self.clock(false, true, 0, 0);
        let bytes = (0..count).map(|_| nibble() << 4 | nibble()).collect();
        self.idle(2);
        bytes
    }

    fn seen(&self) -> Vec<Violation> {
        self.flash.breaches().iter().map(|breach| breach.violation).collect()
    }
}

fn awake() -> Pins {
    Pins::new(Power::Awake)
}

#[test]
fn a_read_after_the_whole_wake_up_delivers_the_image_without_a_breach() {
    let mut pins = Pins::new(Power::Down);
    pins.command(0xff);
    pins.command(0xab);
    pins.idle(WAKE);
    pins.command(0x66);
    pins.command(0x99);
    pins.idle(RESET);
    pins.bits(0xeb, 8);
    assert_eq!(pins.read(BASE, 0xa0, 4), [0x10, 0x11, 0x12, 0x13]);
    assert_eq!(pins.seen(), []);
    assert_eq!((pins.flash.nibbles(), pins.flash.transactions()), (8, 5));
    assert_eq!(pins.flash.opcodes().keys().copied().collect::<Vec<_>>(), [0x66, 0x99, 0xab, 0xeb, 0xff]);
}

#[test]
fn continuous_reading_needs_no_opcode_and_other_mode_bits_end_it() {
    let mut pins = awake();
    pins.bits(0xeb, 8);
    pins.read(BASE, 0x20, 1);
    assert!(pins.flash.is_continuous());
    assert_eq!(pins.read(BASE + 8, 0xa0, 2), [0x18, 0x19]);
    assert_eq!(pins.read(BASE + 9, 0x00, 1), [0x19]);
    assert!(!pins.flash.is_continuous());
    assert_eq!(pins.seen(), []);
}

#[test]
fn ff_ends_continuous_reading_and_is_harmless_elsewhere() {
    let mut pins = Pins::new(Power::Continuous);
    pins.command(0xff);
    assert!(!pins.flash.is_continuous());
    pins.command(0xff);
    pins.bits(0xeb, 8);
    assert_eq!(pins.read(BASE, 0, 1), [0x10]);
    assert_eq!(pins.seen(), []);
}

#[test]
fn an_image_lies_in_an_erased_array() {
    let mut pins = awake();
    pins.bits(0xeb, 8);
    assert_eq!(pins.read(BASE - 1, 0, 2), [0xff, 0x10]);
}

#[test]
fn a_stopped_clock_stops_the_data_and_loses_none() {
    let mut pins = awake();
    pins.bits(0xeb, 8);
    pins.nibbles((BASE as u64) << 8, 8);
    (0..4).for_each(|_| {
        pins.clock(false, true, 0, 0);
    });
    let mut seen = Vec::new();
    for clock in 0..12 {
        let nibble = pins.clock(false, clock % 3 == 0, 0, 0);
        if clock % 3 == 0 {
            seen.push(nibble);
        }
    }
    assert_eq!(seen, [1, 0, 1, 1]);
    assert_eq!(pins.flash.nibbles(), 4);
}

#[test]
fn the_read_address_wraps_at_the_end_and_says_so() {
    let mut pins = awake();
    pins.flash.corrupt(0, 7).expect("there");
    pins.bits(0xeb, 8);
    assert_eq!(pins.read(SMALL.bytes - 1, 0, 2), [0xff, 0x7f]);
    assert_eq!(pins.seen(), [Violation::Wrapped]);
}

#[test]
fn in_power_down_all_but_release_is_ignored() {
    let mut pins = Pins::new(Power::Down);
    pins.command(0x66);
    pins.bits(0xeb, 8);
    pins.read(BASE, 0, 1);
    assert_eq!(pins.seen(), [Violation::PoweredDown(0x66), Violation::PoweredDown(0xeb)]);
    assert_eq!(pins.flash.nibbles(), 0);
}

#[test]
fn a_command_before_the_flash_is_ready_is_ignored() {
    let mut pins = Pins::new(Power::Down);
    pins.command(0xab);
    pins.idle(WAKE - 20);
    pins.bits(0xeb, 8);
    pins.read(BASE, 0, 1);
    assert!(
        matches!(pins.seen()[..], [Violation::Busy { opcode: 0xeb, early: 1..=30 }]),
        "{:?}",
        pins.seen()
    );
    assert_eq!(pins.flash.nibbles(), 0);
}

#[test]
fn reset_needs_its_enable_directly_before_it() {
    let mut pins = awake();
    pins.command(0x99);
    pins.command(0x66);
    pins.command(0xab);
    pins.command(0x99);
    assert_eq!(pins.seen(), [Violation::ResetNotEnabled; 2]);
}

#[test]
fn every_opcode_that_could_change_the_chip_is_called_writing() {
    let writing =
        [0x06, 0x50, 0x01, 0x31, 0x11, 0x02, 0x32, 0x42, 0x44, 0x20, 0x52, 0xd8, 0xc7, 0x60, 0x75, 0x7a];
    for opcode in writing {
        let mut pins = awake();
        pins.command(opcode);
        assert_eq!(pins.seen(), [Violation::Writing(opcode)]);
    }
}

#[test]
fn only_six_opcodes_pass_without_a_word() {
    let passes = |opcode: &u8| {
        let mut pins = awake();
        if *opcode == 0x99 {
            pins.command(0x66);
        }
        pins.command(*opcode);
        pins.seen().is_empty()
    };
    let passing: Vec<u8> = (0..=255).filter(passes).collect();
    assert_eq!(passing, [0x66, 0x99, 0xab, 0xeb, 0xed, 0xff]);
}

#[test]
fn both_sides_driving_is_contention_once_per_transaction() {
    let mut pins = awake();
    pins.bits(0xeb, 8);
    pins.nibbles((BASE as u64) << 8, 8);
    pins.nibbles(0, 12);
    assert_eq!(pins.seen(), [Violation::Contention(15)]);
}

#[test]
fn an_address_on_one_pin_is_undriven_on_the_others_for_whoever_wants_data() {
    let mut pins = awake();
    pins.bits(0xeb, 8);
    let clocks = |pins: &mut Pins, count, io_oe| {
        (0..count).for_each(|_| {
            pins.clock(false, true, 0, io_oe);
        })
    };
    clocks(&mut pins, 8, 1);
    clocks(&mut pins, 3, 0);
    assert_eq!(pins.seen(), []);
    clocks(&mut pins, 2, 0);
    assert_eq!(pins.seen(), [Violation::Undriven(14)]);
}

#[test]
fn a_clock_without_selection_is_seen() {
    let mut pins = awake();
    pins.clock(true, true, 0, 0);
    assert_eq!(pins.seen(), [Violation::ClockWhileDeselected]);
}

#[test]
fn a_transaction_that_ends_inside_opcode_address_or_mode_is_truncated() {
    for (nibbles, clocks) in [(3, 3), (7, 7)] {
        let mut pins = awake();
        pins.bits(0xeb, 8);
        pins.nibbles(0, nibbles);
        pins.idle(1);
        assert_eq!(pins.seen(), [Violation::Truncated(clocks)]);
    }
    let mut pins = awake();
    pins.bits(0xeb, 5);
    pins.idle(1);
    assert_eq!(pins.seen(), [Violation::Truncated(5)]);
}

#[test]
fn a_command_clocked_too_long_has_no_effect() {
    let mut pins = Pins::new(Power::Down);
    pins.bits(0xab, 8);
    pins.bits(0, 3);
    pins.idle(WAKE);
    pins.command(0x66);
    assert_eq!(pins.seen(), [Violation::Overlong(0xab), Violation::PoweredDown(0x66)]);
}

#[test]
fn selecting_again_too_soon_is_seen() {
    let image = [0; 4];
    let flash = Flash::new(SMALL, &image, 0, 104_000_000).expect("fits").found(Power::Awake);
    let mut pins = Pins { flash, io_i: 0 };
    pins.command(0x66);
    pins.bits(0x99, 8);
    assert_eq!(pins.seen(), [Violation::Deselect { was: 4, least: 11 }]);
}

#[test]
fn an_undriven_bus_is_noise_and_a_driven_one_reads_back() {
    let mut pins = awake();
    pins.bits(0xeb, 8);
    let echo: Vec<u8> = (0..8).map(|nibble| pins.clock(false, true, nibble, 15)).collect();
    assert_eq!(echo, (0..8).collect::<Vec<u8>>());
    let mut pins = awake();
    pins.bits(0, 8);
    let open: Vec<u8> = (0..16).map(|_| pins.clock(false, true, 0, 0)).collect();
    assert!(open.iter().any(|level| *level != open[0]), "{open:?}");
}

#[test]
fn a_corrupted_bit_is_the_only_one_that_changes_in_the_image_or_outside() {
    for place in [BASE + 2, 0, BASE - 1, SMALL.bytes - 1] {
        let mut pins = awake();
        let content = |pins: &Pins| (0..SMALL.bytes).map(|at| pins.flash.byte(at)).collect::<Vec<u8>>();
        let mut wanted = content(&pins);
        pins.flash.corrupt(place, 3).expect("there");
        wanted[place] ^= 8;
        assert!(content(&pins) == wanted, "{place}");
    }
    let mut pins = awake();
    assert!(matches!(pins.flash.corrupt(SMALL.bytes, 0), Err(FlashError::Bit { .. })));
    assert!(matches!(pins.flash.corrupt(0, 8), Err(FlashError::Bit { .. })));
}

#[test]
fn what_cannot_be_made_is_refused_with_the_number() {
    let make = |part, base, clock| Flash::new(part, &[0; 16], base, clock).map(drop);
    let end = SMALL.bytes - 15;
    assert_eq!(make(SMALL, end, 1), Err(FlashError::Image { image: 16, base: end, flash: SMALL.bytes }));
    assert!(matches!(make(SMALL, usize::MAX, 1), Err(FlashError::Image { .. })));
    assert!(matches!(make(SMALL, 0, 0), Err(FlashError::Clock { .. })));
    assert!(matches!(make(Part { bytes: 1000, ..SMALL }, 0, 1), Err(FlashError::Size { bytes: 1000 })));
}

#[test]
fn breaches_are_counted_without_end_and_kept_up_to_a_bound() {
    let mut pins = awake();
    for _ in 0..1000 {
        pins.clock(true, true, 0, 0);
    }
    assert_eq!((pins.flash.breach_count(), pins.flash.breaches().len()), (1000, 256));
}

impl Pins {
    /// A nibble in each half of a clock, SCK's edges in their middles; returns the nibbles that the flash had ready for them.
    fn double_clock(&mut self, io_o: u8, io_oe: u8) -> u8 {
        let early = self.io_i;
        let late = self.flash.step(false, true, io_o >> 4, io_oe);
        self.io_i = self.flash.step(false, false, io_o & 15, io_oe);
        (early & 15) << 4 | late & 15
    }

    /// Selects the chip a clock before its first edge.
    fn select(&mut self) {
        for _ in 0..2 {
            self.flash.step(false, false, 0, 0);
        }
    }

    /// An opcode, each of its bits in both halves of a clock.
    fn double_bits(&mut self, opcode: u8) {
        self.select();
        for bit in (0..8).rev() {
            self.double_clock((opcode >> bit & 1) * 0x11, 1);
        }
    }

    /// Address, mode byte, dummy clocks, then `count` bytes, all at double transfer rate.
    fn double_read(&mut self, address: usize, mode: u8, dummies: u32, count: usize) -> Vec<u8> {
        for byte in [(address >> 16) as u8, (address >> 8) as u8, address as u8, mode] {
            self.double_clock(byte, 15);
        }
        for _ in 0..dummies {
            self.double_clock(0, 0);
        }
        let bytes = (0..count).map(|_| self.double_clock(0, 0)).collect();
        self.idle(2);
        bytes
    }
}

#[test]
fn a_read_at_double_transfer_rate_brings_a_byte_a_clock_and_goes_on_without_an_opcode() {
    let mut pins = awake();
    pins.double_bits(0xed);
    assert_eq!(pins.double_read(BASE, 0xa0, 7, 3), [0x10, 0x11, 0x12]);
    assert!(pins.flash.is_continuous());
    pins.select();
    assert_eq!(pins.double_read(BASE + 5, 0, 7, 2), [0x15, 0x16]);
    assert!(!pins.flash.is_continuous());
    assert_eq!(pins.flash.nibbles(), 10);
    assert_eq!(pins.seen(), []);
}

#[test]
fn a_dummy_clock_too_few_or_too_many_moves_the_bytes() {
    for (dummies, bytes) in [(6, [0x10, 0x11]), (8, [0x11, 0x12])] {
        let mut pins = awake();
        pins.double_bits(0xed);
        let read = pins.double_read(BASE, 0, dummies, 3);
        assert_eq!(if dummies == 6 { &read[1..] } else { &read[..2] }, bytes);
    }
}

#[test]
fn eight_ones_end_a_continuous_read_at_double_transfer_rate_too() {
    let mut pins = awake();
    pins.double_bits(0xed);
    pins.double_read(BASE, 0xa0, 7, 1);
    pins.command(0xff);
    assert!(!pins.flash.is_continuous());
    pins.bits(0xeb, 8);
    assert_eq!(pins.read(BASE, 0, 2), [0x10, 0x11]);
    assert_eq!(pins.seen(), []);
}

#[test]
fn an_address_cut_off_at_double_transfer_rate_is_a_breach() {
    let mut pins = awake();
    pins.double_bits(0xed);
    pins.double_clock(0, 15);
    pins.idle(2);
    assert_eq!(pins.seen(), [Violation::Truncated(2)]);
}

#[test]
fn a_clock_beyond_the_parts_double_transfer_rate_is_a_breach() {
    let flash = Flash::new(SMALL, &[0; 16], 0, 80_000_000).expect("fits").found(Power::Awake);
    let mut pins = Pins { flash, io_i: 0 };
    pins.bits(0xeb, 8);
    pins.read(0, 0, 1);
    pins.idle(20);
    assert_eq!(pins.seen(), []);
    pins.double_bits(0xed);
    assert_eq!(pins.seen(), [Violation::TooFast(80_000_000)]);
}

#[test]
fn a_clock_edge_in_the_half_clock_of_the_selection_is_a_breach() {
    let mut pins = awake();
    pins.flash.step(false, true, 0, 1);
    assert_eq!(pins.seen(), [Violation::Hurried]);
}

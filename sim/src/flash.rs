//! A quad SPI NOR flash of the W25Q class at its pins, in SPI mode 0: it samples on SCK's rising edge and changes its
//! outputs on the falling one, at double transfer rate both on both.
//!
//! [`Flash::step`] is called after every half clock of the design, whose SCK is `!clock & enable`. The model answers
//! with the levels on the four pins and records every breach of the chip's rules as a [`Violation`]; it never
//! stops the run. It starts in deep power-down, as an FPGA's boot leaves it, and assumes the quad-enable bit to be
//! set, since nothing here may write a status register.
//!
//! | opcode | does |
//! |---|---|
//! | `AB` | release from power-down; ready after tRES1 |
//! | `66` `99` | enable reset, reset; ready after tRST |
//! | `FF` | ends continuous reading, else nothing |
//! | `EB` | fast read quad I/O: address and mode on four pins, four dummy clocks, then nibbles, high one first |
//! | `ED` | the same at double transfer rate: from the address on a nibble per edge, the first on a rising one; seven dummy clocks |
//!
//! `ED` as in the W25Q128JV-DTR data sheet, instruction set table 4 ("DTR Fast Read Quad I/O"): three clocks of address, one of mode,
//! seven dummy clocks; the first nibble comes with the falling edge of the last of these, then one with every edge.

mod part;

use std::collections::BTreeMap;

pub use part::{FlashError, Part};

/// A breach of the chip's rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum Violation {
    /// An opcode that writes, erases, or changes a status or lock bit.
    #[error("opcode {0:02x} writes or erases")]
    Writing(u8),
    /// An opcode outside those the design may use.
    #[error("opcode {0:02x} is not one of ab, 66, 99, ff, eb, ed")]
    Unknown(u8),
    /// A command in deep power-down other than `AB`.
    #[error("opcode {0:02x} in deep power-down")]
    PoweredDown(u8),
    /// A command before tRES1 or tRST was over.
    #[error("opcode {opcode:02x} came {early} half clocks before the flash is ready")]
    Busy {
        /// The command.
        opcode: u8,
        /// Half clocks still to wait.
        early: u64,
    },
    /// `99` that does not follow `66`.
    #[error("reset without reset enable before it")]
    ResetNotEnabled,
    /// Design and flash drive a pin at once.
    #[error("both sides drive pins {0:04b}")]
    Contention(u8),
    /// A pin the flash samples is driven by nobody.
    #[error("the flash samples pins {0:04b}, which nobody drives")]
    Undriven(u8),
    /// SCK rose while the chip was not selected.
    #[error("SCK rises while CS# is high")]
    ClockWhileDeselected,
    /// SCK rose in the half clock in which CS# fell: closer than tSLCH.
    #[error("SCK rises in the half clock in which CS# falls")]
    Hurried,
    /// `ED` from a clock the part is too slow for.
    #[error("opcode ed at an SCK of {0} Hz, beyond the part")]
    TooFast(u64),
    /// A transaction that ends inside its opcode, address or mode byte.
    #[error("CS# rises after {0} clocks (at double transfer rate, edges), inside a command")]
    Truncated(u32),
    /// A command without data that is clocked on after its opcode, and so has no effect.
    #[error("opcode {0:02x} is clocked beyond its 8 clocks and has no effect")]
    Overlong(u8),
    /// CS# was high for less than tSHSL.
    #[error("CS# was high for {was} half clocks; tSHSL asks for {least}")]
    Deselect {
        /// Half clocks it was high.
        was: u64,
        /// Half clocks it must be.
        least: u64,
    },
    /// A read ran over the end of the chip and went on at address 0.
    #[error("a read runs over the end of the flash")]
    Wrapped,
}

/// A violation and when it happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Breach {
    /// Half clocks since the start.
    pub half_clock: u64,
    /// What happened.
    pub violation: Violation,
}

/// The condition the chip is found in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Power {
    /// Deep power-down: all but `AB` is ignored.
    Down,
    /// Ready for an opcode.
    Awake,
    /// Ready for an address: somebody left it in continuous reading.
    Continuous,
}

/// What a transaction is at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Opcode,
    Command(u8),
    Address,
    Mode,
    Dummy,
    Data,
    Ignored,
}

const OPCODE_CLOCKS: u32 = 8;
const ADDRESS_CLOCKS: u32 = 6;
const MODE_CLOCKS: u32 = 2;
/// Of `EB` and of `ED`.
const DUMMY_CLOCKS: [u32; 2] = [4, 7];
/// A byte that was never written.
const ERASED: u8 = 0xff;
/// Breaches are counted without end but kept only up to this number.
const KEPT: usize = 256;

/// The chip and its content.
#[derive(Debug, Clone)]
pub struct Flash {
    // What every half clock touches comes first.
    now: u64,
    nibbles: u64,
    cs_n: bool,
    sck: bool,
    /// The levels the flash sees on or puts on pins the design does not drive.
    level: u8,
    /// The pins the flash drives.
    drive: u8,
    phase: Phase,
    /// The next nibble's index.
    cursor: usize,
    /// What was written; all else is erased.
    content: Vec<u8>,
    /// Where it begins.
    base: usize,
    /// Bytes of the chip.
    bytes: usize,
    /// Clocks within the phase.
    clocks: u32,
    shift: u32,
    undriven: u8,
    contended: bool,
    power: Power,
    /// The read under way, or to be continued, is `ED`.
    double: bool,
    /// SCK in Hz, where it is beyond what `ED` may have.
    too_fast: Option<u64>,
    reset_enabled: bool,
    ready_at: u64,
    deselected_at: Option<u64>,
    wake: u64,
    reset: u64,
    deselect: u64,
    transactions: u64,
    opcodes: BTreeMap<u8, u64>,
    breaches: Vec<Breach>,
    breach_count: u64,
}

impl Flash {
    /// An erased chip with `image` at address `base`, beside a design with this clock.
    pub fn new(part: Part, image: &[u8], base: usize, clock_hz: u64) -> Result<Flash, FlashError> {
        part.check(image, base)?;
        if !(1..=part.max_hz).contains(&clock_hz) {
            return Err(FlashError::Clock { clock_hz, max_hz: part.max_hz });
        }
        let half_clocks = |ns: u64| (ns * 2 * clock_hz).div_ceil(1_000_000_000);
        Ok(Flash {
            now: 0,
            nibbles: 0,
            cs_n: true,
            sck: false,
            level: 0xf,
            drive: 0,
            phase: Phase::Ignored,
            cursor: 0,
            content: image.to_vec(),
            base,
            bytes: part.bytes,
            clocks: 0,
            shift: 0,
            undriven: 0,
            contended: false,
            power: Power::Down,
            double: false,
            too_fast: (clock_hz > part.max_double_hz).then_some(clock_hz),
            reset_enabled: false,
            ready_at: 0,
            deselected_at: None,
            wake: half_clocks(part.wake_ns),
            reset: half_clocks(part.reset_ns),
            deselect: half_clocks(part.deselect_ns),
            transactions: 0,
            opcodes: BTreeMap::new(),
            breaches: Vec::new(),
            breach_count: 0,
        })
    }

    /// The same chip, found in another condition.
    pub fn found(mut self, power: Power) -> Flash {
        self.power = power;
        self
    }

    /// One half clock: the design's pins in, the levels of the four data pins out. A pin that nobody drives reads as
    /// noise, so that a design that samples it is seen.
    #[inline(always)]
    pub fn step(&mut self, cs_n: bool, sck: bool, io_o: u8, io_oe: u8) -> u8 {
        self.now += 1;
        if sck != self.sck || cs_n != self.cs_n {
            self.edge(cs_n, sck, io_o, io_oe);
        }
        if io_oe & self.drive != 0 {
            self.contend(io_oe);
        }
        (io_o & io_oe) | (self.level & !io_oe)
    }

    /// Flips one bit of the content, 0 the lowest of its byte.
    pub fn corrupt(&mut self, byte: usize, bit: u8) -> Result<(), FlashError> {
        if byte >= self.bytes || bit >= 8 {
            return Err(FlashError::Bit { byte, bit, flash: self.bytes });
        }
        self.reach(byte);
        self.content[byte - self.base] ^= 1 << bit;
        Ok(())
    }

    /// Keeps this byte as if it had been written.
    fn reach(&mut self, byte: usize) {
        let before = self.base.saturating_sub(byte);
        self.content.splice(..0, std::iter::repeat_n(ERASED, before));
        self.base -= before;
        let least = byte - self.base + 1;
        self.content.resize(self.content.len().max(least), ERASED);
    }

    /// The byte at this address, which wraps at the chip's end.
    #[inline(always)]
    pub fn byte(&self, at: usize) -> u8 {
        let place = (at & (self.bytes - 1)).wrapping_sub(self.base);
        self.content.get(place).copied().unwrap_or(ERASED)
    }

    /// The first breaches of the chip's rules, in order.
    pub fn breaches(&self) -> &[Breach] {
        &self.breaches
    }

    /// How many breaches there were, kept or not.
    pub fn breach_count(&self) -> u64 {
        self.breach_count
    }

    /// Nibbles of data that were clocked out.
    pub fn nibbles(&self) -> u64 {
        self.nibbles
    }

    /// Transactions begun.
    pub fn transactions(&self) -> u64 {
        self.transactions
    }

    /// Every opcode seen, and how often.
    pub fn opcodes(&self) -> &BTreeMap<u8, u64> {
        &self.opcodes
    }

    /// How often it saw write enable (`06`, `50`), without which no opcode changes it.
    pub fn write_enables(&self) -> u64 {
        [0x06, 0x50].iter().filter_map(|opcode| self.opcodes.get(opcode)).sum()
    }

    /// True if the next transaction begins with an address.
    pub fn is_continuous(&self) -> bool {
        self.power == Power::Continuous
    }

    #[inline(always)]
    fn edge(&mut self, cs_n: bool, sck: bool, io_o: u8, io_oe: u8) {
        if self.phase == Phase::Data && !cs_n {
            self.sck = sck;
            // The design samples on the rising edge; at double transfer rate it samples, and the flash goes on, on both.
            self.nibbles += u64::from(sck | self.double);
            if !sck | self.double {
                self.present();
            }
        } else {
            self.rare_edge(cs_n, sck, io_o, io_oe);
        }
    }

    /// Puts the next nibble on the pins.
    #[inline(always)]
    fn present(&mut self) {
        if self.cursor >= 2 * self.bytes {
            self.cursor = 0;
            self.breach(Violation::Wrapped);
        }
        let byte = self.byte(self.cursor / 2);
        self.level = if self.cursor & 1 == 0 { byte >> 4 } else { byte & 15 };
        self.cursor += 1;
    }

    /// Any edge but those of streaming data.
    #[inline(never)]
    fn rare_edge(&mut self, cs_n: bool, sck: bool, io_o: u8, io_oe: u8) {
        let (was_deselected, was_high) = (self.cs_n, self.sck);
        (self.cs_n, self.sck) = (cs_n, sck);
        if was_deselected != cs_n {
            match cs_n {
                true => self.end_transaction(),
                false => self.begin_transaction(),
            }
        }
        match (cs_n, was_high, sck) {
            (true, false, true) => self.breach(Violation::ClockWhileDeselected),
            (false, false, true) => self.rise(was_deselected, io_o, io_oe),
            (false, true, false) => self.fall(io_o, io_oe),
            _ => {}
        }
    }

    fn begin_transaction(&mut self) {
        self.transactions += 1;
        let was = self.deselected_at.map_or(u64::MAX, |since| self.now - since);
        if was < self.deselect {
            self.breach(Violation::Deselect { was, least: self.deselect });
        }
        self.contended = false;
        self.enter(if self.power == Power::Continuous { Phase::Address } else { Phase::Opcode });
    }

    fn end_transaction(&mut self) {
        self.deselected_at = Some(self.now);
        self.drive = 0;
        match self.phase {
            Phase::Command(opcode) if self.clocks == 0 => self.execute(opcode),
            Phase::Command(opcode) => self.breach(Violation::Overlong(opcode)),
            Phase::Opcode | Phase::Address if self.clocks > 0 => self.truncated(0),
            Phase::Mode => self.truncated(ADDRESS_CLOCKS),
            _ => {}
        }
        self.phase = Phase::Ignored;
    }

    fn truncated(&mut self, before: u32) {
        self.breach(Violation::Truncated(before + self.clocks));
    }

    fn enter(&mut self, phase: Phase) {
        (self.phase, self.clocks) = (phase, 0);
        if matches!(phase, Phase::Opcode | Phase::Address) {
            (self.shift, self.undriven) = (0, 0);
        }
    }

    /// SCK rises in a transaction that is not at its data.
    fn rise(&mut self, begins: bool, io_o: u8, io_oe: u8) {
        if begins {
            self.breach(Violation::Hurried);
        }
        self.sample(io_o, io_oe);
    }

    /// An edge at which the chip samples its pins.
    fn sample(&mut self, io_o: u8, io_oe: u8) {
        self.clocks += 1;
        match self.phase {
            Phase::Opcode => self.sample_opcode(io_o, io_oe),
            Phase::Address => self.sample_address(io_o, io_oe),
            Phase::Mode => self.sample_mode(io_o, io_oe),
            Phase::Command(_) | Phase::Dummy | Phase::Data | Phase::Ignored => {}
        }
    }

    fn sample_opcode(&mut self, io_o: u8, io_oe: u8) {
        self.undriven |= !io_oe & 1;
        self.shift = self.shift << 1 | u32::from(io_o & io_oe & 1);
        if self.clocks == OPCODE_CLOCKS {
            self.decode(self.shift as u8);
        }
    }

    fn sample_nibble(&mut self, io_o: u8, io_oe: u8) {
        self.undriven |= !io_oe & 15;
        // An open pin is anything. `FF` on the first one ends continuous reading all the same: its mode bit alone decides.
        let open = noise(self.now);
        self.shift = self.shift << 4 | u32::from((io_o & io_oe | open & !io_oe) & 15);
    }

    fn sample_address(&mut self, io_o: u8, io_oe: u8) {
        self.sample_nibble(io_o, io_oe);
        if self.clocks == ADDRESS_CLOCKS {
            self.enter(Phase::Mode);
        }
    }

    fn sample_mode(&mut self, io_o: u8, io_oe: u8) {
        self.sample_nibble(io_o, io_oe);
        if self.clocks < MODE_CLOCKS {
            return;
        }
        self.power = if self.shift & 0x30 == 0x20 { Power::Continuous } else { Power::Awake };
        let address = self.shift >> 8;
        self.cursor = address as usize % self.bytes * 2;
        self.enter(Phase::Dummy);
    }

    /// SCK falls in a transaction that is not at its data.
    fn fall(&mut self, io_o: u8, io_oe: u8) {
        self.level = noise(self.now);
        match self.phase {
            // an odd number of nibbles: the last came with the rising edge of this clock
            Phase::Address | Phase::Mode if self.double && self.clocks % 2 == 1 => self.sample(io_o, io_oe),
            Phase::Dummy if self.clocks == DUMMY_CLOCKS[usize::from(self.double)] => {
                self.enter(Phase::Data);
                // Without data an address is of no use to anybody.
                if self.undriven != 0 {
                    self.breach(Violation::Undriven(self.undriven));
                }
                self.drive = 15;
                self.present();
            }
            _ => {}
        }
    }

    /// The eighth clock of an opcode.
    fn decode(&mut self, opcode: u8) {
        *self.opcodes.entry(opcode).or_default() += 1;
        if self.undriven != 0 {
            self.breach(Violation::Undriven(self.undriven));
        }
        match self.refusal(opcode) {
            Some(violation) => {
                self.breach(violation);
                self.enter(Phase::Ignored);
            }
            None if matches!(opcode, 0xeb | 0xed) => self.read(opcode == 0xed),
            None => self.enter(Phase::Command(opcode)),
        }
        self.reset_enabled &= opcode == 0x99;
    }

    fn read(&mut self, double: bool) {
        self.double = double;
        if let Some(clock_hz) = self.too_fast.filter(|_| double) {
            self.breach(Violation::TooFast(clock_hz));
        }
        self.enter(Phase::Address);
    }

    /// Why the chip will not do this now.
    fn refusal(&self, opcode: u8) -> Option<Violation> {
        match opcode {
            0xff => None,
            _ if writes(opcode) => Some(Violation::Writing(opcode)),
            0x66 | 0x99 | 0xab | 0xeb | 0xed => self.not_ready(opcode),
            _ => Some(Violation::Unknown(opcode)),
        }
    }

    fn not_ready(&self, opcode: u8) -> Option<Violation> {
        if self.power == Power::Down && opcode != 0xab {
            return Some(Violation::PoweredDown(opcode));
        }
        let early = self.ready_at.saturating_sub(self.now);
        (early > 0).then_some(Violation::Busy { opcode, early })
    }

    /// CS# rises exactly after an opcode: the command takes effect.
    fn execute(&mut self, opcode: u8) {
        match opcode {
            0xab if self.power == Power::Down => {
                self.power = Power::Awake;
                self.ready_at = self.now + self.wake;
            }
            0x66 => self.reset_enabled = true,
            0x99 if self.reset_enabled => self.ready_at = self.now + self.reset,
            0x99 => self.breach(Violation::ResetNotEnabled),
            _ => {}
        }
        self.reset_enabled &= opcode == 0x66;
    }

    /// Once per transaction: contention lasts for many half clocks.
    #[cold]
    fn contend(&mut self, io_oe: u8) {
        if !self.contended {
            self.contended = true;
            self.breach(Violation::Contention(io_oe & self.drive));
        }
    }

    #[cold]
    fn breach(&mut self, violation: Violation) {
        self.breach_count += 1;
        if self.breaches.len() < KEPT {
            self.breaches.push(Breach { half_clock: self.now, violation });
        }
    }
}

/// Opcodes after which a bit of the chip may differ: write enable, status writes, programs, erases, their suspend
/// and resume, security registers, block locks, the extended address.
fn writes(opcode: u8) -> bool {
    #[rustfmt::skip]
    const WRITING: [u8; 24] = [
        0x06, 0x50, 0x01, 0x31, 0x11, 0x02, 0x32, 0x42, 0x44, 0x20, 0x52, 0xd8,
        0xc7, 0x60, 0x75, 0x7a, 0x36, 0x39, 0x7e, 0x98, 0xc5, 0x12, 0x34, 0xdc,
    ];
    WRITING.contains(&opcode)
}

/// Levels of pins nobody drives: any function of time that is no constant.
fn noise(now: u64) -> u8 {
    (now.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 60) as u8
}

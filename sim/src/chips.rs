//! The flash of a configuration at the machine's pins: one chip, two in lockstep, or one behind double-data-rate pads.
//!
//! What such pads do is modelled after `ODDRX1F` and `IDDRX1F`, whole clocks of the design at a time (docs/decisions/0017): they take
//! what the machine says at its clock's rising edge and put it on the pins for the clock that follows, the high nibble in the first
//! half and the low one in the second; SCK rises in the middle of the first half and falls in the middle of the second. A nibble that the
//! flash sends at an edge of SCK is sampled at the end of the half clock after that edge's, and a clock's two nibbles reach the machine
//! with the next rising edge.

use statestream_image::chips;
use statestream_image::config::{Config, FlashBus};

use crate::flash::{Flash, FlashError, Part, Power};

/// Chips and pads, in a call for each half clock.
#[derive(Debug, Clone)]
pub struct Chips {
    bus: FlashBus,
    flashes: Vec<Flash>,
    base: usize,
    pads: Pads,
}

/// What the machine shows at its flash pins.
#[derive(Debug, Clone, Copy, Default)]
pub struct Drive {
    /// Select pin.
    pub cs_n: bool,
    /// Clock pin, or the pads' enable.
    pub sck: bool,
    /// Data, to the flash.
    pub io_o: u8,
    /// Which data pins are driven.
    pub io_oe: u8,
}

impl Chips {
    /// The chips of a configuration, with an image at byte `base`.
    pub fn new(config: &Config, part: Part, image: &[u8], base: usize) -> Result<Chips, FlashError> {
        let flash = |image: &[u8], base| Flash::new(part, image, base, config.clock_hz);
        let flashes = match config.flash {
            FlashBus::Quad | FlashBus::Dtr => vec![flash(image, base)?],
            FlashBus::Dual => {
                let halves = chips::split(image);
                halves.iter().map(|half| flash(half, base / 2)).collect::<Result<_, _>>()?
            }
        };
        Ok(Chips { bus: config.flash, flashes, base, pads: Pads::default() })
    }

    /// The same chips, found in another condition.
    pub fn found(mut self, power: Power) -> Chips {
        self.flashes = self.flashes.into_iter().map(|flash| flash.found(power)).collect();
        self
    }

    /// Every chip.
    pub fn flashes(&self) -> &[Flash] {
        &self.flashes
    }

    /// Flips bit `bit` (0 the lowest) of the image's byte `byte`.
    pub fn corrupt(&mut self, byte: usize, bit: u8) -> Result<(), FlashError> {
        let at = self.base + byte;
        match self.bus {
            FlashBus::Quad | FlashBus::Dtr => self.flashes[0].corrupt(at, bit),
            FlashBus::Dual => {
                let (chip, place, bit) = chips::bit_place(at, bit);
                self.flashes[chip].corrupt(place, bit)
            }
        }
    }

    /// One half clock of this level: the machine's pins in, its data input for the next half clock out.
    #[inline(always)]
    pub fn half(&mut self, level: u8, drive: Drive) -> u8 {
        let Drive { cs_n, sck, io_o, io_oe } = drive;
        match self.bus {
            FlashBus::Quad => self.flashes[0].step(cs_n, sck, io_o, io_oe),
            FlashBus::Dual => {
                self.flashes.iter_mut().fold(0, |io, f| io << 4 | f.step(cs_n, sck, io_o, io_oe))
            }
            FlashBus::Dtr => self.pads.half(level != 0, drive, &mut self.flashes[0]),
        }
    }
}

/// The registers of double-data-rate pads.
#[derive(Debug, Clone, Copy)]
struct Pads {
    /// What the machine shows, taken with the next rising edge.
    shown: Drive,
    /// What is at the pins in this clock.
    now: Drive,
    /// The flash's level at the end of the half clock before.
    held: u8,
    /// Sampled in the middle of this clock.
    early: u8,
    /// Sampled at its end.
    late: u8,
    /// What reaches the machine.
    input: u8,
}

impl Default for Pads {
    fn default() -> Pads {
        let idle = Drive { cs_n: true, ..Drive::default() };
        Pads { shown: idle, now: idle, held: 0, early: 0, late: 0, input: 0 }
    }
}

impl Pads {
    #[inline]
    fn half(&mut self, first: bool, drive: Drive, flash: &mut Flash) -> u8 {
        match first {
            true => self.first(flash),
            false => self.second(flash),
        }
        self.shown = drive;
        self.input
    }

    /// From the rising edge on: the registers move, and SCK rises.
    fn first(&mut self, flash: &mut Flash) {
        self.input = self.early << 4 | self.late;
        self.now = self.shown;
        self.early = self.held;
        let Drive { cs_n, sck, io_o, io_oe } = self.now;
        self.held = flash.step(cs_n, sck, io_o >> 4, io_oe);
    }

    /// From the falling edge on: SCK falls.
    fn second(&mut self, flash: &mut Flash) {
        self.late = self.held;
        let Drive { cs_n, io_o, io_oe, .. } = self.now;
        self.held = flash.step(cs_n, false, io_o & 15, io_oe);
    }
}

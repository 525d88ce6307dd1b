//! A quad flash as its pins see it: strict about everything the reader must obey.

use statestream_hdl::flash::{opcodes, FlashTiming};
use statestream_image::config::FlashBus;

/// The flash.
pub struct FlashModel {
    timing: FlashTiming,
    /// Continuous mode: transactions come without an opcode.
    pub continuous: bool,
    /// Opcodes received, in order.
    pub opcodes: Vec<u8>,
    asleep: bool,
    selected: bool,
    clocks: usize,
    high: usize,
    needed: usize,
    opcode: u8,
    address: u32,
    mode: u8,
    driven: Option<u8>,
}

/// The nibble at a nibble address.
pub fn content(at: u64) -> u8 {
    let byte = (at >> 1).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 56;
    (if at & 1 == 0 { byte >> 4 } else { byte & 15 }) as u8
}

impl FlashModel {
    /// A flash in power-down, or left in continuous mode by the configuration before.
    pub fn new(timing: FlashTiming, continuous: bool) -> Self {
        Self {
            timing,
            continuous,
            opcodes: Vec::new(),
            asleep: !continuous,
            selected: false,
            clocks: 0,
            high: 1,
            needed: 0,
            opcode: 0,
            address: 0,
            mode: 0,
            driven: None,
        }
    }

    /// The pins as the flash and the pull-ups leave them.
    pub fn pins(&self) -> u8 {
        self.driven.unwrap_or(15)
    }

    /// One system clock: the select and the pins hold, and with `sck` the clock pin rises and falls.
    pub fn clock(&mut self, sck: bool, cs_n: bool, o: u8, oe: u8) {
        if cs_n {
            assert!(!sck, "clocked while deselected");
            self.deselect();
            return;
        }
        if !self.selected {
            assert!(self.high >= self.needed, "selected after {} of {} clocks", self.high, self.needed);
            (self.selected, self.clocks, self.opcode) = (true, 0, 0);
        }
        assert!(self.driven.is_none() || oe == 0, "both drive the pins");
        if sck {
            self.shift((o & oe) | (15 & !oe), oe);
            self.clocks += 1;
        }
    }

    fn shift(&mut self, pins: u8, oe: u8) {
        if self.continuous {
            self.quad(self.clocks, pins, oe);
        } else if self.clocks < 8 {
            assert!(oe & 1 == 1, "nobody drives io0");
            self.opcode = self.opcode << 1 | (pins & 1);
        } else {
            assert!(self.opcode == 0xEB && !self.asleep, "clocks after opcode {:02x}", self.opcode);
            self.quad(self.clocks - 8, pins, oe);
        }
    }

    fn quad(&mut self, at: usize, pins: u8, oe: u8) {
        match at {
            0..=5 => self.address = (self.address << 4 | u32::from(pins)) & 0xFF_FFFF,
            6 => self.mode = pins,
            7 => {}
            8..=11 => assert!(oe == 0, "driven in the dummy clocks"),
            _ => {}
        }
        if at >= 11 {
            self.driven = Some(content(u64::from(self.address) * 2 + at as u64 - 11));
        }
    }

    fn deselect(&mut self) {
        self.high += 1;
        self.driven = None;
        if !std::mem::take(&mut self.selected) {
            return;
        }
        (self.high, self.needed) = (1, self.timing.cs_high.into());
        let (was_continuous, quad_clocks) = (self.continuous, if self.continuous { 0 } else { 8 });
        if self.clocks > quad_clocks {
            assert!(self.clocks >= quad_clocks + 8, "deselected before the mode nibble");
            self.continuous = self.mode & 3 == 2;
        }
        if !was_continuous {
            self.execute();
        }
    }

    fn execute(&mut self) {
        assert!(self.clocks >= 8, "deselected within an opcode");
        assert!(opcodes(FlashBus::Quad).contains(&self.opcode), "opcode {:02x}", self.opcode);
        match self.opcode {
            0xAB => (self.asleep, self.needed) = (false, self.timing.wake.into()),
            0x99 => {
                assert_eq!(self.opcodes.last(), Some(&0x66), "reset without enable");
                self.needed = self.timing.reset.into();
            }
            _ => {}
        }
        self.opcodes.push(self.opcode);
    }
}

//! Between the machine's pins and the world: what a fault makes of a level, one half clock at a time.

use std::collections::VecDeque;

use statestream_image::config::FlashBus;

use crate::chips::{Chips, Drive};

/// Which wires.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Line {
    /// What the machine reads from the flash.
    Answer,
    /// What the flash sees of the data the machine drives: opcode, address, mode.
    Command,
    /// The data pins themselves, whoever drives them.
    Data,
    /// CS#.
    Select,
    /// SCK, or where the pads make it its enable.
    Clock,
    /// From the host.
    Rx,
    /// To the host.
    Tx,
}

/// What becomes of the level.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// Its opposite.
    Flip,
    /// Its opposite or not, each pin by chance in each half clock.
    Burst,
    /// 0.
    Low,
    /// 1.
    High,
    /// Anything: nobody drives the wire.
    Noise,
    /// What it was so many half clocks before.
    Late(u8),
}

/// One fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fault {
    /// Where.
    pub line: Line,
    /// Which pins of it, one bit each.
    pub pins: u8,
    /// What.
    pub effect: Effect,
    /// The first half clock since power-up.
    pub from: u64,
    /// The first half clock in which it is over.
    pub until: u64,
}

/// Half clocks that an [`Effect::Late`] can look back.
pub const LATEST: u8 = 31;

impl Fault {
    fn acts(&self, line: Line, now: u64) -> bool {
        self.line == line && (self.from..self.until).contains(&now)
    }

    fn on(&self, level: u8, now: u64, history: &VecDeque<u8>) -> u8 {
        let pins = self.pins;
        match self.effect {
            Effect::Flip => level ^ pins,
            Effect::Burst => level ^ pins & chance(now),
            Effect::Low => level & !pins,
            Effect::High => level | pins,
            Effect::Noise => level & !pins | pins & chance(now),
            Effect::Late(by) => history.get(usize::from(by)).copied().unwrap_or(level) & pins | level & !pins,
        }
    }

    /// True if the pin is driven from outside, whatever the machine does with it.
    fn forces(&self) -> bool {
        matches!(self.effect, Effect::Low | Effect::High | Effect::Noise)
    }
}

/// Eight bits without a pattern, other ones in every half clock.
fn chance(now: u64) -> u8 {
    (now.wrapping_add(0x51).wrapping_mul(0xd6e8_feb8_6659_fd93) >> 47) as u8
}

/// In which half clocks the wires were in use.
#[derive(Debug, Clone, Default)]
pub struct Marks {
    /// The flash sent data.
    pub answers: Vec<u64>,
    /// The machine drove data pins.
    pub commands: Vec<u64>,
    /// The host sent a byte.
    pub requests: Vec<u64>,
    /// The machine sent a byte.
    pub replies: Vec<u64>,
}

/// All faults of a case, or none and only [`Marks`].
#[derive(Debug, Clone)]
pub struct Injector {
    faults: Vec<Fault>,
    /// The flash's data port has eight pins towards the machine, and towards the flash.
    wide: [bool; 2],
    /// Levels that the machine would have read, the newest first.
    history: VecDeque<u8>,
    marks: Option<Marks>,
}

impl Injector {
    /// These faults on the pins of a machine with such a flash.
    pub fn new(bus: FlashBus, faults: Vec<Fault>) -> Injector {
        let wide = [bus != FlashBus::Quad, bus == FlashBus::Dtr];
        Injector { faults, wide, history: VecDeque::new(), marks: None }
    }

    /// No fault; notes when the wires are in use.
    pub fn observer(bus: FlashBus) -> Injector {
        Injector { marks: Some(Marks::default()), ..Injector::new(bus, Vec::new()) }
    }

    /// What was noted.
    pub fn marks(&mut self) -> Marks {
        self.marks.take().unwrap_or_default()
    }

    /// A level of the serial line.
    pub fn serial(&mut self, line: Line, now: u64, level: bool) -> bool {
        if let Some(marks) = self.marks.as_mut().filter(|_| !level) {
            let list = if line == Line::Rx { &mut marks.requests } else { &mut marks.replies };
            list.push(now);
        }
        self.all_on(line, u8::from(level), now) & 1 != 0
    }

    /// Half a clock between the machine and its flash.
    pub fn half(&mut self, now: u64, level: u8, drive: Drive, chips: &mut Chips) -> u8 {
        let answer = chips.half(level, self.towards_flash(now, drive));
        self.mark(now, drive);
        self.history.truncate(usize::from(LATEST));
        self.history.push_front(answer);
        let width = if self.wide[0] { 0xff } else { 0x0f };
        let answer = self.all_on(Line::Answer, answer, now);
        self.all_on(Line::Data, answer, now) & width
    }

    fn mark(&mut self, now: u64, drive: Drive) {
        let Some(marks) = self.marks.as_mut().filter(|_| !drive.cs_n) else { return };
        let list = if drive.io_oe == 0 { &mut marks.answers } else { &mut marks.commands };
        list.push(now);
    }

    fn towards_flash(&self, now: u64, drive: Drive) -> Drive {
        let pins = |line, level: bool| self.all_on(line, u8::from(level), now) & 1 != 0;
        let (cs_n, sck) = (pins(Line::Select, drive.cs_n), pins(Line::Clock, drive.sck));
        let io_o = self.all_on(Line::Data, self.all_on(Line::Command, drive.io_o, now), now);
        let width = if self.wide[1] { 0xff } else { 0x0f };
        Drive { cs_n, sck, io_o: io_o & width, io_oe: drive.io_oe | self.forced(now) }
    }

    /// Data pins that somebody else drives.
    fn forced(&self, now: u64) -> u8 {
        let forcing = self.faults.iter().filter(|fault| fault.acts(Line::Data, now) && fault.forces());
        forcing.fold(0, |pins, fault| pins | (fault.pins & 15))
    }

    fn all_on(&self, line: Line, level: u8, now: u64) -> u8 {
        let acting = self.faults.iter().filter(|fault| fault.acts(line, now));
        acting.fold(level, |level, fault| fault.on(level, now, &self.history))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(effect: Effect, pins: u8) -> Fault {
        Fault { line: Line::Answer, pins, effect, from: 10, until: 12 }
    }

    #[test]
    fn a_fault_acts_on_its_line_and_its_pins_in_its_time_only() {
        let injector = Injector::new(FlashBus::Quad, vec![fault(Effect::Flip, 0b0101)]);
        let seen = [9, 10, 11, 12].map(|now| injector.all_on(Line::Answer, 0b0011, now));
        assert_eq!(seen, [0b0011, 0b0110, 0b0110, 0b0011]);
        assert_eq!(injector.all_on(Line::Command, 0b0011, 10), 0b0011);
    }

    #[test]
    fn stuck_pins_have_their_level_and_late_ones_an_older_one() {
        let history = VecDeque::from([1, 2, 3, 4]);
        let on = |effect, level| fault(effect, 0b1100).on(level, 10, &history);
        assert_eq!([on(Effect::Low, 0b1010), on(Effect::High, 0b0010)], [0b0010, 0b1110]);
        assert_eq!(on(Effect::Late(3), 0b1010), 0b0110);
        assert_eq!(on(Effect::Late(9), 0b1010), 0b1010);
        assert_eq!(on(Effect::Noise, 0b0010) & 0b0011, 0b0010);
    }

    #[test]
    fn a_burst_flips_every_pin_at_some_time_and_none_at_another() {
        let flips = (0..64).map(|now| fault(Effect::Burst, 0xff).on(0, now, &VecDeque::new()));
        let (any, all) = flips.fold((0, 0xff), |(any, all), flip| (any | flip, all & flip));
        assert_eq!((any, all), (0xff, 0));
    }
}

//! The classes of faults, and how a case of each is drawn.

use statestream_image::config::FlashBus;
use statestream_image::rng::Rng;

use super::injector::LATEST;
use super::{Effect, Fault, Line, Scenario};
use crate::flash::Power;

/// What happens in a case.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Trouble {
    /// At the pins.
    pub faults: Vec<Fault>,
    /// Bytes of the image and bits of them that are wrong in the flash.
    pub bits: Vec<(usize, u8)>,
    /// The condition the flash is found in; none: asleep.
    pub power: Option<Power>,
    /// The clock in which the machine is configured anew. The host does not know.
    pub reset: Option<u64>,
    /// Clocks of another request before the machine is configured anew, and then asked.
    pub cut: Option<u64>,
    /// The step of the script before which the machine is configured anew. The host does not know.
    pub forgotten: Option<usize>,
}

/// A kind of fault.
#[derive(Debug, Clone, Copy)]
pub struct Class {
    /// For the table and `--only`.
    pub name: &'static str,
    /// What it is, in words.
    pub what: &'static str,
    draw: fn(&mut Dice) -> Trouble,
}

/// For ever.
const ALWAYS: u64 = u64::MAX;

/// All of them.
pub const CLASSES: [Class; 26] = [
    class("answer-flip", "one bit from the flash, for half a clock or one", |d| d.flip(Line::Answer)),
    class("answer-burst", "bits from the flash, up to 40 half clocks", |d| d.burst(Line::Answer)),
    class("command-flip", "one bit to the flash: opcode, address, mode", |d| d.flip(Line::Command)),
    class("command-burst", "bits to the flash, up to 40 half clocks", |d| d.burst(Line::Command)),
    class("select-flip", "CS#, half a clock or one", |d| d.flip(Line::Select)),
    class("select-burst", "CS#, up to 40 half clocks", |d| d.burst(Line::Select)),
    class("clock-flip", "SCK, half a clock or one", |d| d.flip(Line::Clock)),
    class("clock-burst", "SCK, up to 40 half clocks", |d| d.burst(Line::Clock)),
    class("data-stuck", "data pins at 0 or 1, both ways, a while or for ever", |d| d.stuck(Line::Data)),
    class("select-stuck", "CS# at 0 or 1, a while or for ever", |d| d.stuck(Line::Select)),
    class("clock-stuck", "SCK at 0 or 1, a while or for ever", |d| d.stuck(Line::Clock)),
    class("flash-late", "data up to 31 half clocks late, a while or for ever", |d| d.late()),
    class("flash-silent", "nobody drives the data, a while or for ever", |d| d.all(Effect::Noise)),
    class("flash-ones", "the flash says ones, a while or for ever", |d| d.all(Effect::High)),
    class("flash-zeros", "the flash says zeros, a while or for ever", |d| d.all(Effect::Low)),
    class("image-bit", "one bit of the image at rest", |d| d.rest(1)),
    class("image-burst", "2 to 64 bits of the image in a row", |d| d.rest(64)),
    class("rx-flip", "a bit from the host, or less of it", |d| d.flip(Line::Rx)),
    class("rx-burst", "the line from the host, up to 40 bits", |d| d.burst(Line::Rx)),
    class("rx-stuck", "the line from the host, a while or for ever", |d| d.stuck(Line::Rx)),
    class("tx-flip", "a bit to the host, or less of it", |d| d.flip(Line::Tx)),
    class("tx-burst", "the line to the host, up to 40 bits", |d| d.burst(Line::Tx)),
    class("tx-stuck", "the line to the host, a while or for ever", |d| d.stuck(Line::Tx)),
    class("reset", "configured anew at any clock, the host unaware", |d| d.reset()),
    class("reset-between", "configured anew between two requests, the host unaware", |d| d.forget()),
    class("power-up", "the flash asleep, awake, in continuous reading, or left in mid-read", |d| {
        d.power_up()
    }),
];

const fn class(name: &'static str, what: &'static str, draw: fn(&mut Dice) -> Trouble) -> Class {
    Class { name, what, draw }
}

impl Class {
    /// What happens in this scenario's case of this seed.
    pub fn draw(&self, scenario: &Scenario, seed: u64) -> Trouble {
        (self.draw)(&mut Dice { rng: Rng::new(seed), scenario })
    }
}

/// Draws when, where and how long.
struct Dice<'a> {
    rng: Rng,
    scenario: &'a Scenario,
}

impl Dice<'_> {
    fn flip(&mut self, line: Line) -> Trouble {
        let longest = if is_serial(line) { 2 * self.divisor() } else { 2 };
        let length = 1 + self.rng.below(longest) as u64;
        let pins = self.one_pin(line);
        self.one(line, pins, Effect::Flip, length)
    }

    fn burst(&mut self, line: Line) -> Trouble {
        let bit = if is_serial(line) { 2 * self.divisor() } else { 1 };
        let length = (2 + self.rng.below(39)) * bit;
        let pins = self.some_pins(line);
        self.one(line, pins, Effect::Burst, length as u64)
    }

    fn stuck(&mut self, line: Line) -> Trouble {
        let effect = [Effect::Low, Effect::High][self.rng.below(2)];
        let pins = if self.rng.one_in(2) { self.one_pin(line) } else { self.some_pins(line) };
        let length = self.while_or_always();
        self.one(line, pins, effect, length)
    }

    fn late(&mut self) -> Trouble {
        let by = 1 + self.rng.below(usize::from(LATEST)) as u8;
        self.all(Effect::Late(by))
    }

    /// Every pin from the flash.
    fn all(&mut self, effect: Effect) -> Trouble {
        let length = self.while_or_always();
        self.one(Line::Answer, 0xff, effect, length)
    }

    /// One fault, mostly while the line is in use, once in eight times from power-up on.
    fn one(&mut self, line: Line, pins: u8, effect: Effect, length: u64) -> Trouble {
        let from = if length > 40 && self.rng.one_in(8) { 0 } else { self.moment(line) };
        let fault = Fault { line, pins, effect, from, until: from.saturating_add(length) };
        Trouble { faults: vec![fault], ..Trouble::default() }
    }

    fn moment(&mut self, line: Line) -> u64 {
        let (marks, seldom) = (&self.scenario.marks, self.rng.one_in(4));
        let moments = match line {
            Line::Command => &marks.commands,
            _ if seldom => return self.rng.below(self.scenario.half_clocks as usize) as u64,
            Line::Answer => &marks.answers,
            Line::Rx => &marks.requests,
            Line::Tx => &marks.replies,
            Line::Data | Line::Select | Line::Clock if self.rng.one_in(2) => &marks.commands,
            Line::Data | Line::Select | Line::Clock => &marks.answers,
        };
        moments[self.rng.below(moments.len())]
    }

    /// Powers of two are as likely as each other.
    fn while_or_always(&mut self) -> u64 {
        let magnitude = 2 + self.rng.below(14);
        match self.rng.one_in(3) {
            true => ALWAYS,
            false => (1 << magnitude) + self.rng.below(1 << magnitude) as u64,
        }
    }

    fn divisor(&self) -> usize {
        self.scenario.config.uart_divisor as usize
    }

    /// Pins that the line has.
    fn width(&self, line: Line) -> usize {
        match (line, self.scenario.config.flash) {
            (Line::Answer, FlashBus::Dual | FlashBus::Dtr) | (Line::Command, FlashBus::Dtr) => 8,
            (Line::Answer | Line::Command | Line::Data, _) => 4,
            (Line::Select | Line::Clock | Line::Rx | Line::Tx, _) => 1,
        }
    }

    fn one_pin(&mut self, line: Line) -> u8 {
        let pin = 1 << self.rng.below(self.width(line));
        self.both_ways(line, pin)
    }

    fn some_pins(&mut self, line: Line) -> u8 {
        let pins = 1 + self.rng.below((1 << self.width(line)) - 1) as u8;
        self.both_ways(line, pins)
    }

    /// A data pin carries two bits of an eight-bit port in a clock.
    fn both_ways(&self, line: Line, pins: u8) -> u8 {
        let wide = line == Line::Data && self.scenario.config.flash != FlashBus::Quad;
        if wide {
            pins | pins << 4
        } else {
            pins
        }
    }

    /// Bits in a row; half of the cases in front of what nobody reads.
    fn rest(&mut self, most: usize) -> Trouble {
        let count = if most == 1 { 1 } else { 2 + self.rng.below(most - 1) };
        let end = self.scenario.image[self.rng.below(2)];
        let first = self.rng.below(8 * end - count);
        let row = (first..first + count).map(|at| (at / 8, 7 - (at % 8) as u8));
        // The ends of a burst are wrong, what is between by chance.
        let bits =
            row.filter(|at| *at == place(first) || *at == place(first + count - 1) || self.rng.one_in(2));
        Trouble { bits: bits.collect(), ..Trouble::default() }
    }

    fn reset(&mut self) -> Trouble {
        let at = self.rng.below(self.scenario.half_clocks as usize / 2) as u64;
        Trouble { reset: Some(at), ..Trouble::default() }
    }

    fn forget(&mut self) -> Trouble {
        let forgotten = Some(self.rng.below(self.scenario.golden.len()));
        Trouble { forgotten, ..Trouble::default() }
    }

    fn power_up(&mut self) -> Trouble {
        let power = [Power::Down, Power::Awake, Power::Continuous][self.rng.below(3)];
        let cut = self.rng.one_in(2).then(|| self.rng.below(30_000) as u64);
        Trouble { power: Some(power), cut, ..Trouble::default() }
    }
}

fn is_serial(line: Line) -> bool {
    matches!(line, Line::Rx | Line::Tx)
}

/// Byte and bit of the image's bit at this place, as it is read.
fn place(at: usize) -> (usize, u8) {
    (at / 8, 7 - (at % 8) as u8)
}

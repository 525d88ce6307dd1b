//! Cases by number, and the table of what came of them.

use std::collections::BTreeMap;

use statestream_image::rng::Rng;

use super::{Class, Next, Outcome, Scenario, Trouble, Verdict, CLASSES};
use crate::engine::EngineError;

/// A case of a campaign: all of it follows from the campaign's seed and its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Case {
    /// From 0 on; neighbours are of different classes.
    pub number: usize,
    seed: u64,
}

impl Case {
    /// The case of this number in the campaign of this seed.
    pub fn new(campaign: u64, number: usize) -> Case {
        let own = (number as u64).wrapping_mul(0x2545_f491_4f6c_dd1d);
        Case { number, seed: Rng::new(campaign ^ own).bits() }
    }

    /// What kind of fault.
    pub fn class(self) -> &'static Class {
        &CLASSES[self.number % CLASSES.len()]
    }

    /// On which machine: every class meets every one.
    pub fn scenario(self, all: &[Scenario]) -> &Scenario {
        &all[self.number / CLASSES.len() % all.len()]
    }

    /// What happens.
    pub fn trouble(self, all: &[Scenario]) -> Trouble {
        self.class().draw(self.scenario(all), self.seed)
    }

    /// Runs it.
    pub fn run(self, all: &[Scenario]) -> Result<Outcome, EngineError> {
        self.scenario(all).judge(&self.trouble(all), self.seed as u32)
    }
}

/// What came of the cases of a class.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    /// How many there were.
    pub cases: usize,
    /// Golden's answers in spite of the fault.
    pub recovered: usize,
    /// An error, by its name.
    pub detected: BTreeMap<&'static str, usize>,
    /// Not golden's answers, and no error.
    pub wrong: usize,
    /// The next request worked after RESET.
    pub by_reset: usize,
    /// After 2^16 clocks and RESET.
    pub by_waiting: usize,
    /// After power-up, the image having been refused at boot.
    pub by_boot: usize,
    /// After power-up, the flash having been made to leave continuous reading.
    pub by_power_up: usize,
    /// It did not work.
    pub failed: usize,
    /// The flash saw write enable.
    pub enabled: usize,
}

impl Tally {
    /// Counts a case.
    pub fn add(&mut self, outcome: &Outcome) {
        self.cases += 1;
        self.enabled += usize::from(outcome.enabled);
        match outcome.verdict {
            Verdict::Recovered => self.recovered += 1,
            Verdict::Detected(code) => *self.detected.entry(code).or_default() += 1,
            Verdict::Wrong(_) => self.wrong += 1,
        }
        match outcome.next {
            Next::Reset => self.by_reset += 1,
            Next::Wait => self.by_waiting += 1,
            Next::Boot => self.by_boot += 1,
            Next::PowerUp => self.by_power_up += 1,
            Next::Failed(_) => self.failed += 1,
        }
    }

    /// Adds those of another.
    pub fn merge(&mut self, other: &Tally) {
        other.detected.iter().for_each(|(code, count)| *self.detected.entry(code).or_default() += count);
        self.cases += other.cases;
        self.recovered += other.recovered;
        self.wrong += other.wrong;
        self.by_boot += other.by_boot;
        self.by_reset += other.by_reset;
        self.by_waiting += other.by_waiting;
        self.by_power_up += other.by_power_up;
        self.failed += other.failed;
        self.enabled += other.enabled;
    }

    /// Cases that ended with an error.
    pub fn all_detected(&self) -> usize {
        self.detected.values().sum()
    }
}

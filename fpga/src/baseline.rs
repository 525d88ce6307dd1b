//! The figures of a board, and what counts as a regression: a committed number makes every change of it a reviewed line.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::place::Outcome;

/// More of a resource than this, relative to the baseline, is a regression.
pub const AREA_TOLERANCE: f64 = 0.02;
/// A lowest clock over the seeds below the baseline's by more than this is a regression.
pub const CLOCK_TOLERANCE: f64 = 0.05;

/// The figures of one configuration on one board.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Figures {
    /// Look-up tables.
    pub luts: u64,
    /// Flip-flops.
    pub ffs: u64,
    /// Logic cells after packing: what counts against the part.
    pub lcs: u64,
    /// Multipliers.
    pub dsp: u64,
    /// Block RAMs.
    pub bram: u64,
    /// Single-port RAMs.
    pub spram: u64,
    /// The machine's highest clock, seed by seed.
    pub fmax_mhz: Vec<f64>,
    /// Versions of the tools.
    pub tools: BTreeMap<String, String>,
}

/// A board's `baseline.json`: figures by configuration.
pub type Baseline = BTreeMap<String, Figures>;

/// A figure that became worse than the tolerance allows.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{figure} was {old}, is {new}, and the most that passes is {most}")]
pub struct Regression {
    /// Which figure.
    pub figure: &'static str,
    /// The baseline's.
    pub old: String,
    /// The new one.
    pub new: String,
    /// The bound.
    pub most: String,
}

impl Figures {
    /// The figures of a design; without clocks if it was not placed.
    pub fn of(outcome: &Outcome) -> Figures {
        let count = |is: fn(&str) -> bool| {
            outcome.cells.iter().filter(|(cell, _)| is(cell)).map(|(_, &count)| count as u64).sum()
        };
        let seeds = outcome.result.iter().flat_map(|placed| &placed.seeds);
        Figures {
            luts: count(|cell| matches!(cell, "SB_LUT4" | "LUT4")),
            ffs: count(|cell| cell.starts_with("SB_DFF") || cell == "TRELLIS_FF"),
            lcs: outcome.logic_cells(),
            dsp: count(|cell| matches!(cell, "SB_MAC16" | "MULT18X18D")),
            bram: count(|cell| cell.starts_with("SB_RAM40_4K") || cell == "DP16KD"),
            spram: count(|cell| cell == "SB_SPRAM256KA"),
            fmax_mhz: seeds.map(|seed| round(seed.report.machine_mhz())).collect(),
            tools: outcome.tools.clone(),
        }
    }

    /// Names and values of what is counted.
    pub fn areas(&self) -> [(&'static str, u64); 6] {
        let Figures { luts, ffs, lcs, dsp, bram, spram, .. } = *self;
        [("luts", luts), ("ffs", ffs), ("lcs", lcs), ("dsp", dsp), ("bram", bram), ("spram", spram)]
    }

    /// The lowest clock of the first `seeds` seeds.
    pub fn lowest_mhz(&self, seeds: usize) -> Option<f64> {
        self.fmax_mhz.iter().take(seeds).copied().min_by(f64::total_cmp)
    }

    /// What became worse than `old`. Clocks are compared over the seeds that both have.
    pub fn regressions(&self, old: &Figures) -> Vec<Regression> {
        let areas = self.areas().into_iter().zip(old.areas());
        let mut all: Vec<Regression> =
            areas.filter_map(|((figure, new), (_, old))| area(figure, old, new)).collect();
        let seeds = self.fmax_mhz.len().min(old.fmax_mhz.len());
        if let (Some(new), Some(old)) = (self.lowest_mhz(seeds), old.lowest_mhz(seeds)) {
            all.extend(clock(old, new));
        }
        all
    }
}

fn area(figure: &'static str, old: u64, new: u64) -> Option<Regression> {
    let most = (old as f64 * (1.0 + AREA_TOLERANCE)).floor() as u64;
    let text = |value: u64| value.to_string();
    (new > most).then(|| Regression { figure, old: text(old), new: text(new), most: text(most) })
}

fn clock(old: f64, new: f64) -> Option<Regression> {
    let least = old * (1.0 - CLOCK_TOLERANCE);
    let text = |value: f64| format!("{value:.2} MHz");
    let worse = Regression {
        figure: "lowest fmax",
        old: text(old),
        new: text(new),
        most: format!("down to {}", text(least)),
    };
    (new < least).then_some(worse)
}

/// Hundredths of a MHz: what a person reads, and no more digits than the tools agree on.
fn round(mhz: f64) -> f64 {
    (mhz * 100.0).round() / 100.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figures() -> Figures {
        Figures {
            luts: 1000,
            ffs: 500,
            lcs: 1200,
            dsp: 2,
            bram: 17,
            spram: 1,
            fmax_mhz: vec![26.0, 25.0, 30.0],
            tools: BTreeMap::new(),
        }
    }

    #[test]
    fn what_is_within_the_tolerance_passes() {
        let better = Figures { luts: 1020, fmax_mhz: vec![23.75, 40.0, 40.0], ..figures() };
        assert_eq!(better.regressions(&figures()), []);
    }

    #[test]
    fn a_worse_area_or_clock_is_named_with_both_values() {
        let worse = Figures { luts: 1021, spram: 2, fmax_mhz: vec![30.0, 23.74], ..figures() };
        let all = worse.regressions(&figures());
        let names: Vec<&str> = all.iter().map(|regression| regression.figure).collect();
        assert_eq!(names, ["luts", "spram", "lowest fmax"]);
        assert_eq!(all[0].to_string(), "luts was 1000, is 1021, and the most that passes is 1020");
        assert!(all[2].to_string().contains("was 25.00 MHz, is 23.74 MHz"), "{}", all[2]);
    }

    #[test]
    fn clocks_are_compared_over_the_seeds_that_both_have() {
        let short = Figures { fmax_mhz: vec![25.9], ..figures() };
        assert_eq!(short.regressions(&figures()), []);
        let slow_later = Figures { fmax_mhz: vec![26.0, 25.0, 30.0, 3.0], ..figures() };
        assert_eq!(slow_later.regressions(&figures()), []);
    }
}

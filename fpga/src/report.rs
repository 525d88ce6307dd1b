//! What nextpnr says of a placed design: its JSON report, and the counts in its log when there is none.
//!
//! * [`cells`]: the design's cells and their places; [`block`]: what a cell's name says of where it belongs.
//! * [`page`]: all of it as one HTML page, from [`area`], [`mod@path`], [`floor`] and [`draw`].

pub mod area;
pub mod block;
pub mod cells;
pub mod draw;
pub mod floor;
pub mod page;
pub mod path;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde::Deserialize;

use crate::error::{file_error, FpgaError};

/// The machine's clock net, and the clock that makes the flash's clock on ECP5, as the shells name them.
const CLOCK: &str = "shell.clock";
const FLASH_CLOCK: &str = "shell.clk_120";

/// What is used of a kind of cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub struct Use {
    /// Cells of the design.
    pub used: u64,
    /// Cells of the part.
    pub available: u64,
}

/// A clock, in MHz.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
pub struct Frequency {
    /// The highest at which every path of it holds.
    pub achieved: f64,
    /// What is asked of it.
    pub constraint: f64,
}

/// A pin of a cell.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Pin {
    /// The cell's name.
    pub cell: String,
    /// Its port.
    pub port: String,
}

/// A step of a route.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Hop {
    /// `clk-to-q`, `logic`, `routing` or `setup`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Nanoseconds.
    pub delay: f64,
    /// Where it begins.
    pub from: Pin,
    /// Where it ends.
    pub to: Pin,
}

/// The slowest way from one clock to another.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Route {
    /// An edge of a clock.
    pub from: String,
    /// An edge of a clock.
    pub to: String,
    /// Its steps.
    #[serde(rename = "path")]
    pub hops: Vec<Hop>,
}

/// nextpnr's report.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Report {
    /// Clocks by net.
    pub fmax: BTreeMap<String, Frequency>,
    /// Cells by kind.
    #[serde(rename = "utilization")]
    pub utilisation: BTreeMap<String, Use>,
    /// The slowest routes, one for each pair of clocks.
    #[serde(rename = "critical_paths")]
    pub routes: Vec<Route>,
}

impl Report {
    /// Reads a report, which must know the machine's clock.
    pub fn read(path: &Path) -> Result<Report, FpgaError> {
        let text = fs::read_to_string(path).map_err(file_error("read", path))?;
        let fault = |reason: String| FpgaError::Output { path: path.into(), reason };
        let report: Report = serde_json::from_str(&text).map_err(|error| fault(error.to_string()))?;
        match report.machine() {
            Some(_) => Ok(report),
            None => Err(fault(format!("no clock `{CLOCK}`"))),
        }
    }

    /// The machine's highest clock in MHz.
    pub fn machine_mhz(&self) -> f64 {
        self.machine().map_or(0.0, |clock| clock.achieved)
    }

    /// Why a clock of this design is too slow, if one is: the machine's, another of the shell, or the way to the flash's clock.
    pub fn too_slow(&self) -> Option<String> {
        let slow = self.fmax.iter().find(|(_, clock)| clock.achieved < clock.constraint);
        if let Some((net, Frequency { achieved, constraint })) = slow {
            return Some(format!("{} reaches {achieved:.2} MHz of {constraint:.2}", plain(net)));
        }
        let (taken, most) = (self.to_flash_clock()?, self.half_clock()?);
        (taken > most).then(|| format!("the flash clock's enable takes {taken:.2} ns of {most:.2}"))
    }

    /// The machine's slowest route.
    pub fn critical(&self) -> Option<&Route> {
        let own = |route: &&Route| is_of(&route.from, CLOCK) && is_of(&route.to, CLOCK);
        self.routes.iter().filter(own).max_by(|a, b| a.ns().total_cmp(&b.ns()))
    }

    /// Nanoseconds from the machine's clock to the one that makes the flash's, where there is one.
    fn to_flash_clock(&self) -> Option<f64> {
        let crossing = |route: &&Route| is_of(&route.from, CLOCK) && is_of(&route.to, FLASH_CLOCK);
        self.routes.iter().find(crossing).map(Route::ns)
    }

    fn half_clock(&self) -> Option<f64> {
        self.machine().map(|clock| 500.0 / clock.constraint)
    }

    fn machine(&self) -> Option<&Frequency> {
        self.fmax.iter().find(|(net, _)| plain(net) == CLOCK).map(|(_, clock)| clock)
    }
}

impl Route {
    /// Its length in nanoseconds.
    pub fn ns(&self) -> f64 {
        self.hops.iter().map(|hop| hop.delay).sum()
    }

    /// Nanoseconds of wire in it.
    pub fn routing_ns(&self) -> f64 {
        self.hops.iter().filter(|hop| hop.kind == "routing").map(|hop| hop.delay).sum()
    }

    /// Logic cells in it.
    pub fn levels(&self) -> usize {
        self.hops.iter().filter(|hop| hop.kind == "logic").count()
    }

    /// First and last pin.
    pub fn ends(&self) -> Option<(&Pin, &Pin)> {
        Some((&self.hops.first()?.from, &self.hops.last()?.to))
    }
}

/// A net's name without the mark of global networks.
fn plain(net: &str) -> &str {
    net.strip_prefix("$glbnet$").unwrap_or(net)
}

/// Is `edge`, `posedge NET` for instance, one of this clock?
fn is_of(edge: &str, clock: &str) -> bool {
    edge.split_whitespace().last().is_some_and(|net| plain(net) == clock)
}

/// The counts that nextpnr prints before it places: `ICESTORM_LC:  5757/  5280  109%`.
pub fn utilisation(log: &str) -> BTreeMap<String, Use> {
    let lines = log.lines().skip_while(|line| !line.contains("Device utilisation")).skip(1);
    lines.take_while(|line| line.contains('/')).filter_map(used).collect()
}

fn used(line: &str) -> Option<(String, Use)> {
    let (resource, counts) = line.trim_start_matches("Info:").split_once(':')?;
    let (used, available) = counts.split_once('/')?;
    let number = |text: &str| text.split_whitespace().next()?.parse().ok();
    Some((resource.trim().into(), Use { used: number(used)?, available: number(available)? }))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOG: &str = "Info: Device utilisation:\nInfo: \t  ICESTORM_LC:    5757/   5280   109%\nInfo: \t ICESTORM_RAM: 17/ 30 56%\n\nInfo: 3/4";

    #[test]
    fn counts_are_read_from_the_log() {
        let all = utilisation(LOG);
        assert_eq!(all.len(), 2);
        assert_eq!(all["ICESTORM_LC"], Use { used: 5757, available: 5280 });
        assert!(utilisation("Info: 1/2").is_empty());
    }

    fn report(machine: f64, other: f64, crossing: f64) -> Report {
        let clock = |achieved, constraint| Frequency { achieved, constraint };
        let pin = || Pin { cell: "c".into(), port: "Q".into() };
        let hop = Hop { kind: "logic".into(), delay: crossing, from: pin(), to: pin() };
        Report {
            fmax: [
                ("$glbnet$shell.clock".into(), clock(machine, 60.0)),
                ("other".into(), clock(other, 25.0)),
            ]
            .into(),
            utilisation: BTreeMap::new(),
            routes: vec![Route {
                from: "posedge $glbnet$shell.clock".into(),
                to: "posedge shell.clk_120".into(),
                hops: vec![hop],
            }],
        }
    }

    #[test]
    fn every_clock_and_the_way_to_the_flash_clock_are_judged() {
        assert_eq!(report(60.1, 25.0, 8.3).too_slow(), None);
        assert!(report(59.9, 25.0, 1.0).too_slow().unwrap().starts_with("shell.clock reaches 59.90"));
        assert!(report(60.1, 24.0, 1.0).too_slow().unwrap().starts_with("other"));
        assert!(report(60.1, 25.0, 8.4).too_slow().unwrap().contains("8.40 ns of 8.33"));
    }
}

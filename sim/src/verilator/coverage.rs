//! What a model's lines and wires did, read from the simulator's coverage file.
//!
//! A point is a line `C '<keys>' <count>`; the keys are pairs `\x01name\x02value`.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{Compiled, Model, VerilatorError};

/// The kind of a point.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A statement block or the arm of a branch.
    Line,
    /// One bit in one direction.
    Toggle,
    /// A `cover` statement, or a kind this reader does not tell apart.
    User,
}

impl Kind {
    fn from_page(page: &str) -> Kind {
        match page.split_once('/').map_or(page, |(head, _)| head) {
            "v_line" | "v_branch" => Kind::Line,
            "v_toggle" => Kind::Toggle,
            _ => Kind::User,
        }
    }
}

/// One counted place.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Point {
    /// The source file.
    pub file: String,
    /// The line, from 1.
    pub line: u32,
    /// What was counted.
    pub kind: Kind,
    /// The wire and direction or the branch arm, and the instance.
    pub what: String,
    /// How often it happened.
    pub count: u64,
}

/// How many of some points were hit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// Points with a count above zero.
    pub hit: usize,
    /// All points.
    pub total: usize,
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let percent = 100.0 * self.hit as f64 / self.total.max(1) as f64;
        write!(f, "{} of {} ({percent:.1} %)", self.hit, self.total)
    }
}

/// Adds up what every instance of a model counted, wherever it was made; of one collector's models each has a sum of its own. A count ends at 2^32 - 1.
#[derive(Debug, Clone, Default)]
pub struct Collector {
    /// An instance per model that never runs: its counters are the sums, and it knows their names.
    sums: Arc<Mutex<Vec<Model>>>,
}

impl Collector {
    /// Makes the instance that holds the sums of a model, if there is none yet.
    pub(super) fn expect(&self, model: &Compiled) -> Result<(), VerilatorError> {
        let mut sums = self.sums();
        if !sums.iter().any(|sum| sum.is_of(model)) {
            sums.push(model.without_collector().load(0)?);
        }
        Ok(())
    }

    /// An instance ends.
    pub(super) fn add(&self, run: &Model) {
        self.sums().iter_mut().for_each(|sum| sum.add_coverage(run));
    }

    /// The texts of the coverage files of the sums, one per model; the simulator writes them into `folder`.
    pub fn texts(&self, folder: &Path) -> Result<Vec<String>, VerilatorError> {
        let path = folder.join("coverage.dat");
        self.sums().iter().map(|sum| sum.coverage_text(&path)).collect()
    }

    fn sums(&self) -> MutexGuard<'_, Vec<Model>> {
        self.sums.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// All points of one or more runs.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Coverage {
    counts: BTreeMap<(String, u32, Kind, String), u64>,
}

impl Coverage {
    /// Reads the text of a coverage file.
    pub fn parse(text: &str) -> Result<Coverage, VerilatorError> {
        let mut coverage = Coverage::default();
        for line in counted(text) {
            coverage.add(line?.point()?);
        }
        Ok(coverage)
    }

    /// Adds the counts of another run.
    pub fn merge(&mut self, other: &Coverage) {
        other.points().for_each(|point| self.add(point));
    }

    /// Every point, by file, line, kind.
    pub fn points(&self) -> impl Iterator<Item = Point> + '_ {
        self.counts.iter().map(|((file, line, kind, what), &count)| Point {
            file: file.clone(),
            line: *line,
            kind: *kind,
            what: what.clone(),
            count,
        })
    }

    /// The points that were never hit.
    pub fn missed(&self) -> impl Iterator<Item = Point> + '_ {
        self.points().filter(|point| point.count == 0)
    }

    /// Points of one kind, hit and all.
    pub fn tally(&self, kind: Kind) -> Tally {
        let counts = self.counts.iter().filter(|(key, _)| key.2 == kind).map(|(_, &count)| count);
        counts.fold(Tally::default(), |sum, count| Tally {
            hit: sum.hit + usize::from(count > 0),
            total: sum.total + 1,
        })
    }

    fn add(&mut self, point: Point) {
        let count = self.counts.entry((point.file, point.line, point.kind, point.what)).or_default();
        *count = count.saturating_add(point.count);
    }
}

impl fmt::Display for Coverage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "lines {}, toggles {}", self.tally(Kind::Line), self.tally(Kind::Toggle))
    }
}

/// A line of a coverage file.
#[derive(Debug, Clone, Copy)]
pub struct Counted<'a> {
    line: usize,
    /// What names the point. Files of one model have the same keys.
    pub keys: &'a str,
    /// How often it happened.
    pub count: u64,
}

/// The lines of a coverage file that are points, in its order.
pub fn counted(text: &str) -> impl Iterator<Item = Result<Counted<'_>, VerilatorError>> {
    let points = text.lines().enumerate().filter(|(_, line)| line.starts_with("C '"));
    points.map(|(index, line)| Counted::read(index + 1, line).ok_or_else(|| bad(index + 1, line)))
}

fn bad(line: usize, text: &str) -> VerilatorError {
    VerilatorError::CoverageLine { line, text: text.into() }
}

impl<'a> Counted<'a> {
    fn read(line: usize, text: &'a str) -> Option<Counted<'a>> {
        let (keys, count) = text.strip_prefix("C '")?.rsplit_once("' ")?;
        Some(Counted { line, keys, count: count.parse().ok()? })
    }

    /// The point.
    pub fn point(&self) -> Result<Point, VerilatorError> {
        let pairs = self.keys.split('\x01').filter_map(|pair| pair.split_once('\x02'));
        let fields: BTreeMap<&str, &str> = pairs.collect();
        let text = |key| fields.get(key).copied().unwrap_or_default();
        Ok(Point {
            file: text("f").into(),
            line: text("l").parse().map_err(|_| bad(self.line, self.keys))?,
            kind: Kind::from_page(text("page")),
            what: format!("{} in {}", text("o"), text("h")),
            count: self.count,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TWO: &str = "# SystemC::Coverage-3\n\
        C '\x01f\x02a.v\x01l\x027\x01n\x021\x01page\x02v_toggle/a\x01o\x02q[0]\x01h\x02TOP.a' 3\n\
        C '\x01f\x02a.v\x01l\x029\x01n\x021\x01page\x02v_line/a\x01o\x02if\x01h\x02TOP.a' 0\n";

    #[test]
    fn points_carry_file_line_kind_and_count() {
        let coverage = Coverage::parse(TWO).expect("valid");
        let seen: Vec<_> = coverage.points().map(|p| (p.file, p.line, p.kind, p.count)).collect();
        assert_eq!(seen, [("a.v".into(), 7, Kind::Toggle, 3), ("a.v".into(), 9, Kind::Line, 0)]);
        assert_eq!(coverage.to_string(), "lines 0 of 1 (0.0 %), toggles 1 of 1 (100.0 %)");
        assert_eq!(coverage.missed().count(), 1);
    }

    #[test]
    fn runs_add_up() {
        let mut sum = Coverage::parse(TWO).expect("valid");
        sum.merge(&Coverage::parse(TWO).expect("valid"));
        assert_eq!(sum.points().map(|point| point.count).sum::<u64>(), 6);
    }

    #[test]
    fn a_damaged_line_is_named() {
        let message = Coverage::parse("#\nC 'nothing' x\n").expect_err("no count").to_string();
        assert!(message.contains("line 2"), "{message}");
    }
}

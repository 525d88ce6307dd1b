//! Which corners of the arithmetic a run reached: a stimulus that never clamps a state says nothing about the clamp.
//!
//! Per stage: sums of both signs, all four rounding cases (nothing, less than, exactly and more than a half is dropped), both
//! clamps. Per table: first, last and other entries, and past the end. Counted only while tracing.

use crate::watch::{Origin, Stage, Table};
use std::fmt;

/// Stages, in data-flow order, with their names in a report.
const STAGES: [(Stage, &str); 10] = [
    (Stage::Norm, "norm"),
    (Stage::Product, "product"),
    (Stage::Linear, "linear"),
    (Stage::Conv, "conv"),
    (Stage::Act, "act"),
    (Stage::Scan, "scan"),
    (Stage::Readout, "readout"),
    (Stage::Gate, "gate"),
    (Stage::Residual, "residual"),
    (Stage::Choose, "choose"),
];

/// What can happen to a stage's word; the position is the counter's.
const EVENTS: [&str; 8] = [
    "sum >= 0",
    "sum < 0",
    "dropped nothing",
    "dropped < 1/2",
    "dropped 1/2",
    "dropped > 1/2",
    "clamp low",
    "clamp high",
];
const NEGATIVE: usize = 1;
const DROPPED: usize = 2;
const CLAMP: usize = 6;

/// Tables with their first and last entries; look-ups after the last are past the end.
const TABLES: [(Table, &str, usize, usize); 3] = [
    (Table::Act, "act table", 0, 31),
    (Table::Rsqrt, "rsqrt table", 8, 31),
    (Table::Gumbel, "gumbel table", 0, 255),
];
/// Where a look-up can fall; the position is the counter's.
const SPOTS: [&str; 4] = ["first entry", "inner entries", "last entry", "past the end"];

/// What words of one origin reached.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Counters {
    stages: [[u64; EVENTS.len()]; STAGES.len()],
    tables: [[u64; SPOTS.len()]; TABLES.len()],
    ties: u64,
}

impl Counters {
    fn merge(&mut self, other: &Self) {
        let from = other.stages.iter().flatten().chain(other.tables.iter().flatten()).chain([&other.ties]);
        let to =
            self.stages.iter_mut().flatten().chain(self.tables.iter_mut().flatten()).chain([&mut self.ties]);
        to.zip(from).for_each(|(to, from)| *to += from);
    }

    fn rows(&self) -> impl Iterator<Item = (String, u64)> + '_ {
        let stages = STAGES.iter().zip(&self.stages).flat_map(|((_, name), n)| named(name, &EVENTS, n));
        let tables = TABLES.iter().zip(&self.tables).flat_map(|((_, name, ..), n)| named(name, &SPOTS, n));
        stages.chain(tables).chain([("choose: tie".to_owned(), self.ties)])
    }
}

/// Counters of what a run reached, for every origin of words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Coverage {
    origins: Vec<(Origin, Counters)>,
    /// Where words come from at present.
    at: usize,
}

impl Coverage {
    /// Adds another run's counters.
    pub fn merge(&mut self, other: &Self) {
        for (origin, counters) in &other.origins {
            self.enter(*origin);
            self.here(|here| here.merge(counters));
        }
    }

    /// Every counter with its name, in a fixed order, summed over all origins; zeros included.
    pub fn rows(&self) -> impl Iterator<Item = (String, u64)> {
        let mut sum = Counters::default();
        self.origins.iter().for_each(|(_, counters)| sum.merge(counters));
        sum.rows().collect::<Vec<_>>().into_iter()
    }

    /// The same for every origin by itself.
    pub fn by_origin(&self) -> impl Iterator<Item = (Origin, String, u64)> + '_ {
        let rows = |(origin, counters): &'_ (Origin, Counters)| {
            let origin = *origin;
            counters.rows().map(move |(name, n)| (origin, name, n)).collect::<Vec<_>>()
        };
        self.origins.iter().flat_map(rows)
    }

    /// Words come from here from now on.
    pub(crate) fn enter(&mut self, origin: Origin) {
        if self.origins.get(self.at).is_some_and(|(known, _)| *known == origin) {
            return;
        }
        let known = self.origins.iter().position(|(known, _)| *known == origin);
        self.at = known.unwrap_or(self.origins.len());
        if known.is_none() {
            self.origins.push((origin, Counters::default()));
        }
    }

    #[inline]
    fn here(&mut self, count: impl FnOnce(&mut Counters)) {
        if let Some((_, counters)) = self.origins.get_mut(self.at) {
            count(counters);
        }
    }

    pub(crate) fn clamp(&mut self, stage: Stage, high: bool) {
        self.here(|here| here.stages[stage as usize][CLAMP + usize::from(high)] += 1);
    }

    pub(crate) fn round(&mut self, stage: Stage, x: i32, s: u32) {
        self.here(|here| {
            let events = &mut here.stages[stage as usize];
            events[usize::from(x < 0) * NEGATIVE] += 1;
            events[DROPPED + dropped(x, s)] += 1;
        });
    }

    pub(crate) fn look_up(&mut self, table: Table, entry: usize) {
        let (_, _, first, last) = TABLES[table as usize];
        let spot =
            if entry == first { 0 } else { 1 + usize::from(entry >= last) + usize::from(entry > last) };
        self.here(|here| here.tables[table as usize][spot] += 1);
    }

    pub(crate) fn tie(&mut self) {
        self.here(|here| here.ties += 1);
    }
}

impl fmt::Display for Coverage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.rows().try_for_each(|(name, count)| writeln!(f, "{name:<28} {count:>12}"))
    }
}

/// How much of x the last s bits are: 0 nothing, 1 less than half, 2 exactly half, 3 more.
fn dropped(x: i32, s: u32) -> usize {
    let rest = i64::from(x) & ((1 << s) - 1);
    match (rest, (rest << 1).cmp(&(1 << s))) {
        (0, _) => 0,
        (_, order) => (order as i8 + 2) as usize,
    }
}

fn named<'a>(
    owner: &'a str,
    names: &'a [&'a str],
    counts: &'a [u64],
) -> impl Iterator<Item = (String, u64)> + 'a {
    names.iter().zip(counts).map(move |(name, &n)| (format!("{owner}: {name}"), n))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::watch::Format;
    use statestream_image::layout::Kind;

    const NORM: Origin = Origin { kind: Kind::Norm, flags: 0, format: None };
    const LOGIT: Origin = Origin { kind: Kind::Logit, flags: 0, format: Some(Format::W4) };

    fn count(coverage: &Coverage, name: &str) -> u64 {
        coverage.rows().find(|(row, _)| row == name).map_or(u64::MAX, |(_, n)| n)
    }

    #[test]
    fn the_tables_here_are_in_the_order_of_the_enums() {
        assert!(STAGES.iter().enumerate().all(|(i, (stage, _))| *stage as usize == i));
        assert!(TABLES.iter().enumerate().all(|(i, (table, ..))| *table as usize == i));
    }

    #[test]
    fn the_four_rounding_cases_are_told_apart() {
        assert_eq!([8, 9, 10, 11, -8, -7, -6, -5].map(|x| dropped(x, 2)), [0, 1, 2, 3, 0, 1, 2, 3]);
        assert_eq!((dropped(-1, 0), dropped(i32::MIN, 31), dropped(1 << 30, 31)), (0, 0, 2));
    }

    #[test]
    fn look_ups_know_the_ends_of_their_table() {
        let mut coverage = Coverage::default();
        coverage.enter(LOGIT);
        [0, 1, 30, 31, 32].iter().for_each(|&j| coverage.look_up(Table::Act, j));
        let spots = SPOTS.map(|spot| count(&coverage, &format!("act table: {spot}")));
        assert_eq!(spots, [1, 2, 1, 1]);
    }

    #[test]
    fn merging_adds_every_counter() {
        let mut one = Coverage::default();
        one.enter(NORM);
        one.clamp(Stage::Scan, true);
        one.enter(LOGIT);
        one.tie();
        let mut both = one.clone();
        both.merge(&one);
        assert_eq!((count(&both, "scan: clamp high"), count(&both, "choose: tie")), (2, 2));
        let ties = both.by_origin().filter(|(_, name, n)| name == "choose: tie" && *n > 0);
        assert_eq!(ties.map(|(origin, ..)| origin).collect::<Vec<_>>(), [LOGIT]);
    }
}

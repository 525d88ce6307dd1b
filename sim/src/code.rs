//! Code coverage of the emitted Verilog: which of its lines ran and which of its wires toggled, by module, over any number of runs.
//!
//! Instances of a module count together: a line or a bit is covered if it is in one of them. What is excluded is excluded by name, with a
//! reason, in `sim/coverage.toml`; an exclusion that excludes nothing is an error.

use std::collections::{BTreeMap, HashMap};

use serde::Deserialize;

use crate::verilator::{counted, Counted, Kind, Tally, VerilatorError};

/// Prefix of every generated module.
const PREFIX: &str = "module statestream";

/// The text of a machine, and what it did so far.
#[derive(Debug, Clone)]
pub struct Code {
    lines: Vec<String>,
    /// Module of every line.
    modules: Vec<String>,
    /// By line, kind and name, instances together: where in `counts`.
    points: BTreeMap<(usize, Kind, String), usize>,
    counts: Vec<u64>,
    /// The same by the simulator's keys: its files are long, and alike but for their counts.
    known: HashMap<String, usize>,
}

/// Something that is not asked for.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exclusion {
    /// The module, without the prefix `statestream_`; `*` for all.
    pub module: String,
    /// For toggles: the wires, `*` at the end for any that begin so.
    #[serde(default)]
    pub wires: Vec<String>,
    /// For toggles: the lowest bit that is excluded.
    #[serde(default)]
    pub from_bit: usize,
    /// For toggles: the highest.
    #[serde(default)]
    pub to_bit: Option<usize>,
    /// For toggles: the only direction, `0->1` or `1->0`.
    #[serde(default)]
    pub only: Option<String>,
    /// For lines: a text in the line.
    #[serde(default)]
    pub line: Option<String>,
    /// The machines that it is about, as campaign `coverage` names them; all, if it names none.
    #[serde(default)]
    pub machines: Vec<String>,
    /// Why.
    pub reason: String,
}

/// The exclusions of `sim/coverage.toml`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exclusions {
    /// All of them.
    pub exclude: Vec<Exclusion>,
}

/// A place that was not covered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missed {
    /// The module.
    pub module: String,
    /// The line, from 1.
    pub line: usize,
    /// A statement or a toggle.
    pub kind: Kind,
    /// The arm, or the bit and its direction.
    pub what: String,
    /// Why it need not be.
    pub excuse: Option<String>,
}

/// What a machine's code came to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sums {
    /// Statements.
    pub lines: Tally,
    /// Bits in one direction.
    pub toggles: Tally,
    /// Statements that are excluded.
    pub excluded_lines: usize,
    /// Bits in one direction that are excluded.
    pub excluded_toggles: usize,
}

/// `sim/coverage.toml` cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("sim/coverage.toml: {reason}; every exclusion has module, wires or line, and reason")]
pub struct ExclusionError {
    reason: String,
}

impl Exclusions {
    /// Those of the repository.
    pub fn kept() -> Result<Exclusions, ExclusionError> {
        Exclusions::parse(include_str!("../coverage.toml"))
    }

    /// Those that are about this machine.
    pub fn of(&self, machine: &str) -> Exclusions {
        let about = |e: &&Exclusion| e.machines.is_empty() || e.machines.iter().any(|name| name == machine);
        Exclusions { exclude: self.exclude.iter().filter(about).cloned().collect() }
    }

    /// Reads a file's text.
    pub fn parse(text: &str) -> Result<Exclusions, ExclusionError> {
        let fault = |reason: String| ExclusionError { reason };
        let all: Exclusions =
            toml::from_str(text).map_err(|error| fault(error.to_string().trim().replace('\n', " ")))?;
        let bad = all.exclude.iter().find(|e| e.wires.is_empty() == e.line.is_none() || e.reason.is_empty());
        match bad {
            None => Ok(all),
            Some(e) => Err(fault(format!("module {}: {:?} {:?} {:?}", e.module, e.wires, e.line, e.reason))),
        }
    }
}

impl Exclusion {
    fn covers(&self, missed: &Missed, text: &str) -> bool {
        (self.module == "*" || self.module == missed.module)
            && match &self.line {
                Some(line) => missed.kind == Kind::Line && text.contains(line.as_str()),
                None => missed.kind == Kind::Toggle && self.has(&missed.what),
            }
    }

    fn has(&self, what: &str) -> bool {
        let (name, bit) = split(what);
        let is = |wire: &String| wire.strip_suffix('*').map_or(name == wire, |front| name.starts_with(front));
        let bits = self.from_bit..=self.to_bit.unwrap_or(usize::MAX);
        let way = self.only.as_ref().is_none_or(|only| what.ends_with(only.as_str()));
        bits.contains(&bit) && way && self.wires.iter().any(is)
    }
}

/// Name and bit of `name[3]:0->1`; bit 0 where there is none, the last index of several.
fn split(what: &str) -> (&str, usize) {
    let name = what.split([':', '[']).next().unwrap_or(what);
    let bit = what.rsplit_once('[').and_then(|(_, rest)| rest.split(']').next()?.parse().ok());
    (name, bit.unwrap_or(0))
}

impl Code {
    /// This text, of which nothing ran.
    pub fn new(text: &str) -> Code {
        let mut module = String::new();
        let lines: Vec<String> = text.lines().map(String::from).collect();
        let of = |line: &String| {
            if let Some(rest) = line.strip_prefix(PREFIX) {
                let name = rest.trim_start_matches('_').split([' ', '(']).next().unwrap_or_default();
                module = if name.is_empty() { "statestream".into() } else { name.into() };
            }
            module.clone()
        };
        let modules = lines.iter().map(of).collect();
        Code { lines, modules, points: BTreeMap::new(), counts: Vec::new(), known: HashMap::new() }
    }

    /// Adds a run, by the text of the simulator's file.
    pub fn add(&mut self, text: &str) -> Result<(), VerilatorError> {
        for line in counted(text) {
            let line = line?;
            let place = match self.known.get(line.keys) {
                Some(place) => *place,
                None => self.place(&line)?,
            };
            self.counts[place] = self.counts[place].saturating_add(line.count);
        }
        Ok(())
    }

    fn place(&mut self, line: &Counted) -> Result<usize, VerilatorError> {
        let point = line.point()?;
        let what = point.what.rsplit_once(" in ").map_or(point.what.as_str(), |(what, _)| what);
        let key = (point.line as usize, point.kind, what.replace("__024", "$"));
        let place = *self.points.entry(key).or_insert(self.counts.len());
        self.counts.resize(self.counts.len().max(place + 1), 0);
        self.known.insert(line.keys.into(), place);
        Ok(place)
    }

    /// Every module that has a point.
    pub fn modules(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self.points.keys().map(|(line, ..)| self.module(*line)).collect();
        names.dedup();
        names
    }

    fn module(&self, line: usize) -> &str {
        self.modules.get(line.wrapping_sub(1)).map_or("", String::as_str)
    }

    fn text(&self, line: usize) -> &str {
        self.lines.get(line.wrapping_sub(1)).map_or("", String::as_str)
    }

    /// What was not covered, excused or not.
    pub fn missed(&self, exclusions: &Exclusions) -> Vec<Missed> {
        let never = self.points.iter().filter(|(_, place)| self.counts[**place] == 0);
        never
            .map(|((line, kind, what), _)| {
                let module = self.module(*line).to_string();
                let missed = Missed { module, line: *line, kind: *kind, what: what.clone(), excuse: None };
                let excuse = exclusions.exclude.iter().find(|e| e.covers(&missed, self.text(*line)));
                Missed { excuse: excuse.map(|e| e.reason.clone()), ..missed }
            })
            .collect()
    }

    /// Exclusions that exclude nothing here.
    pub fn idle<'a>(&self, exclusions: &'a Exclusions) -> Vec<&'a Exclusion> {
        let missed = self.missed(&Exclusions::default());
        let idle = |e: &&Exclusion| !missed.iter().any(|missed| e.covers(missed, self.text(missed.line)));
        exclusions.exclude.iter().filter(idle).collect()
    }

    /// The sums over all modules, or over one.
    pub fn sums(&self, exclusions: &Exclusions, module: Option<&str>) -> Sums {
        let mut sums = Sums::default();
        let wanted = |line: usize| module.is_none_or(|module| self.module(line) == module);
        for ((_, kind, _), place) in self.points.iter().filter(|((line, ..), _)| wanted(*line)) {
            let tally = if *kind == Kind::Line { &mut sums.lines } else { &mut sums.toggles };
            tally.total += 1;
            tally.hit += usize::from(self.counts[*place] > 0);
        }
        for missed in self.missed(exclusions).iter().filter(|m| m.excuse.is_some() && wanted(m.line)) {
            let (tally, excluded) = match missed.kind {
                Kind::Line => (&mut sums.lines, &mut sums.excluded_lines),
                _ => (&mut sums.toggles, &mut sums.excluded_toggles),
            };
            tally.total -= 1;
            *excluded += 1;
        }
        sums
    }

    /// Every line of a module with its number, its text, how often its rarest statement ran, and what was missed in it.
    pub fn listing<'a>(&'a self, module: &str, missed: &'a [Missed]) -> Vec<Line<'a>> {
        let of_module = (1..=self.lines.len()).filter(|line| self.module(*line) == module);
        of_module
            .map(|number| {
                let here = self
                    .points
                    .range((number, Kind::Line, String::new())..(number, Kind::Toggle, String::new()));
                let missed = missed.iter().filter(|m| m.line == number).collect();
                Line {
                    number,
                    text: self.text(number),
                    runs: here.map(|(_, place)| self.counts[*place]).min(),
                    missed,
                }
            })
            .collect()
    }
}

/// A line of the text.
#[derive(Debug, Clone)]
pub struct Line<'a> {
    /// From 1.
    pub number: usize,
    /// Its text.
    pub text: &'a str,
    /// How often its rarest statement ran, if it has any.
    pub runs: Option<u64>,
    /// What was not covered.
    pub missed: Vec<&'a Missed>,
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "module statestream_a (\n);\n reg [3:0] q;\n if (x) y = 1;\nendmodule\n";

    fn code() -> Code {
        let point = |line: u32, page: &str, what: &str, instance: &str, count: u32| {
            format!("C '\x01f\x02s.v\x01l\x02{line}\x01page\x02{page}/a\x01o\x02{what}\x01h\x02{instance}' {count}\n")
        };
        let text = [
            point(3, "v_toggle", "q[0]:0->1", "top.a", 0),
            point(3, "v_toggle", "q[0]:0->1", "top.b", 2),
            point(3, "v_toggle", "q[3]:0->1", "top.a", 0),
            point(4, "v_line", "if", "top.a", 0),
        ]
        .concat();
        let mut code = Code::new(TEXT);
        code.add(&text).expect("valid");
        code
    }

    fn excluded(text: &str) -> Exclusions {
        Exclusions::parse(text).expect("sound")
    }

    #[test]
    fn an_exclusion_is_about_the_machines_that_it_names_or_about_all() {
        let all = excluded(
            "exclude = [{ module = 'a', line = 'if', reason = 'r' },
                { module = 'b', line = 'if', machines = ['dual', 'dtr'], reason = 'r' }]",
        );
        let modules = |machine| all.of(machine).exclude.iter().map(|e| e.module.clone()).collect::<Vec<_>>();
        assert_eq!((modules("dual"), modules("quad")), (vec!["a".into(), "b".into()], vec!["a".to_string()]));
    }

    #[test]
    fn instances_of_a_module_count_together() {
        let sums = code().sums(&Exclusions::default(), Some("a"));
        assert_eq!((sums.lines, sums.toggles), (Tally { hit: 0, total: 1 }, Tally { hit: 1, total: 2 }));
    }

    #[test]
    fn what_is_excluded_is_not_asked_for_and_has_its_reason() {
        let high =
            excluded("[[exclude]]\nmodule = \"a\"\nwires = [\"q\"]\nfrom_bit = 3\nreason = \"high\"\n");
        let sums = code().sums(&high, None);
        assert_eq!((sums.toggles, sums.excluded_toggles), (Tally { hit: 1, total: 1 }, 1));
        assert_eq!(code().missed(&high)[0].excuse.as_deref(), Some("high"));
        assert!(code().idle(&high).is_empty());
        let other = excluded("[[exclude]]\nmodule = \"b\"\nline = \"x\"\nreason = \"no\"\n");
        assert_eq!(code().idle(&other).len(), 1);
    }

    #[test]
    fn an_exclusion_without_reason_is_refused() {
        let error = Exclusions::parse("[[exclude]]\nmodule = \"a\"\nwires = [\"q\"]\nreason = \"\"\n");
        assert!(error.expect_err("no reason").to_string().contains("; every exclusion has"));
    }

    #[test]
    fn a_listing_has_every_line_of_the_module() {
        let (code, missed) = (code(), code().missed(&Exclusions::default()));
        let lines = code.listing("a", &missed);
        assert_eq!(lines.iter().map(|line| line.number).collect::<Vec<_>>(), [1, 2, 3, 4, 5]);
        assert_eq!((lines[3].runs, lines[3].missed.len(), lines[2].missed.len()), (Some(0), 1, 1));
    }
}

//! What a campaign reached: counted by name, so that the runs of many machines add up, and gated by a list of what must be there.

use std::collections::{BTreeMap, BTreeSet};

use statestream_golden::{Coverage, Format, Origin};
use statestream_hdl::programs::{Case as Program, CASES, LOGIT_CASE};
use statestream_image::layout::{flag, Kind};

use super::case::Machine;
use crate::host::{Counters, DeviceError};
use crate::timed::Foreseen;

/// Names with counts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reached {
    /// How often each was met.
    pub bins: BTreeMap<String, u64>,
    /// Words that were compared.
    pub words: u64,
}

/// Something that a campaign must reach.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Goal {
    /// Its name in [`Reached::bins`].
    pub bin: String,
    /// Why it is not asked for.
    pub excuse: Option<&'static str>,
}

/// Where in the arithmetic a clamp, a rounding or a look-up is.
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
const SPOTS: [&str; 4] = ["first entry", "inner entries", "last entry", "past the end"];
const STALLS: [&str; 4] = ["throttle", "epilogue", "barrier", "host"];
/// The protocol's commands with the codes that can answer them, beside FRAME and LENGTH, which answer any.
const ANSWERS: [(&str, &[&str]); 12] = [
    ("INFO", &["OK"]),
    ("RESET", &["OK"]),
    ("FEED", &["OK", "STATE", "TOKEN"]),
    ("GENERATE", &["OK", "STATE", "TOKEN"]),
    ("SAMPLE", &["OK"]),
    ("STATE_READ", &["OK", "RANGE"]),
    ("STATE_WRITE", &["OK", "RANGE"]),
    ("STATE_COMMIT", &["OK", "MODEL"]),
    ("STATE_LOAD", &["OK", "RANGE"]),
    ("COUNTERS", &["OK"]),
    ("CLEAR", &["OK"]),
    ("GROUP", &["OK", "RANGE"]),
];
/// Most tokens that share a pass.
const MOST_TOKENS: usize = 16;

impl Reached {
    /// Adds another run's counts.
    pub fn merge(&mut self, other: &Reached) {
        other.bins.iter().for_each(|(bin, count)| self.add(bin.clone(), *count));
        self.words += other.words;
    }

    /// What of the goals is missing.
    pub fn missed(&self) -> Vec<String> {
        let missing = |goal: &Goal| goal.excuse.is_none() && self.count(&goal.bin) == 0;
        goals().into_iter().filter(missing).map(|goal| goal.bin).collect()
    }

    /// What was reached although an excuse says that it cannot be.
    pub fn surprises(&self) -> Vec<String> {
        let there = |goal: &Goal| goal.excuse.is_some_and(|why| why != SELDOM) && self.count(&goal.bin) > 0;
        goals().into_iter().filter(there).map(|goal| goal.bin).collect()
    }

    /// Goals that were met, and all that are asked for.
    pub fn tally(&self) -> (usize, usize) {
        let goals = goals();
        let asked: Vec<_> = goals.iter().filter(|goal| goal.excuse.is_none()).collect();
        (asked.iter().filter(|goal| self.count(&goal.bin) > 0).count(), asked.len())
    }

    fn count(&self, bin: &str) -> u64 {
        self.bins.get(bin).copied().unwrap_or(0)
    }

    fn add(&mut self, bin: String, count: u64) {
        *self.bins.entry(bin).or_default() += count;
    }

    /// Something happened.
    pub(super) fn mark(&mut self, bin: String) {
        self.add(bin, 1);
    }

    /// A request was answered.
    pub(super) fn answer(&mut self, request: &str, answer: Result<(), DeviceError>) {
        let code = answer.map_or_else(|error| error.parts().1, |()| "OK");
        self.mark(answered(request, code));
    }

    /// A damaged request was answered.
    pub(super) fn refusal(&mut self, command: u8, error: DeviceError) {
        let known = ANSWERS.get(usize::from(command).wrapping_sub(1));
        self.mark(answered(known.map_or("other", |(name, _)| name), error.parts().1));
    }

    /// Power was cut in the middle of a request.
    pub(super) fn cut(&mut self, in_pass: bool) {
        self.mark(cut(in_pass));
    }

    /// What made the machine wait.
    pub(super) fn stalls(&mut self, machine: &Machine, throttled: bool, counters: &Counters) {
        let counts = [
            u64::from(throttled && counters.passes > 0),
            counters.stall_epilogue.into(),
            counters.stall_barrier.into(),
            counters.stall_host.into(),
        ];
        for (cause, count) in STALLS.iter().zip(counts) {
            self.add(stall(cause, &kind(machine)), count);
        }
    }

    /// What the passes were.
    pub(super) fn passes(&mut self, passes: &[Foreseen]) {
        for pass in passes {
            self.mark(tokens(pass.shape.tokens));
            match (pass.shape.guesses, pass.accepted) {
                (0, _) => {}
                (_, 0) => self.mark(kept("none")),
                (guesses, kept_all) if guesses == kept_all => self.mark(kept("all")),
                _ => self.mark(kept("some")),
            }
        }
    }

    /// What the words were.
    pub(super) fn arithmetic(&mut self, coverage: &Coverage) {
        for (origin, name, count) in coverage.by_origin().filter(|(.., count)| *count > 0) {
            self.add(corner(origin, &name), count);
        }
    }
}

fn answered(request: &str, code: &str) -> String {
    format!("{request} answered {code}")
}

fn cut(in_pass: bool) -> String {
    format!("power cut {}", if in_pass { "in a pass" } else { "outside a pass" })
}

fn stall(cause: &str, machine: &str) -> String {
    format!("waits for {cause} on {machine}")
}

/// One of [`MACHINES`].
fn kind(machine: &Machine) -> String {
    let bus = if machine.config.ends_with("ternary") { "ternary" } else { machine.flash.name() };
    format!("{bus}, {:?}", machine.pipeline).to_lowercase()
}

fn tokens(count: usize) -> String {
    format!("{count} tokens in a pass")
}

fn kept(some: &str) -> String {
    format!("{some} of the guesses kept")
}

fn corner(origin: Origin, name: &str) -> String {
    let flags = [
        (flag::CONV, " conv"),
        (flag::ACT, " act"),
        (flag::GATE, " gate"),
        (flag::TO_H, " to h"),
        (flag::ADD_H, " add h"),
        (flag::COMPLEX, " complex"),
        (flag::COPY, " copy"),
        (flag::FRESH, " fresh"),
    ];
    let flags: String =
        flags.iter().filter(|(bit, _)| origin.flags & bit != 0).map(|(_, name)| *name).collect();
    let format = origin.format.map_or(String::new(), |format| format!(" {format:?}"));
    format!("{:?}{flags}{format}: {name}", origin.kind)
}

/// The stages that words of an epilogue go through (FORMAT.md section 4).
fn stages(program: Program) -> Vec<&'static str> {
    let has = |bit: u16| program.flags & bit != 0;
    let when = |on: bool, stage: &'static str| on.then_some(stage);
    let some: Vec<Option<&'static str>> = match program.kind {
        Kind::Norm => vec![when(!has(flag::COPY), "norm")],
        Kind::Store => {
            vec![Some("product"), Some("linear"), when(has(flag::CONV), "conv"), when(has(flag::ACT), "act")]
        }
        Kind::Channel => {
            let conv = when(has(flag::CONV), "conv");
            let rest = ["product", "linear", "act", "scan", "readout", "gate"].map(Some);
            [conv].into_iter().chain(rest).collect()
        }
        Kind::Recur => ["product", "linear", "scan"].map(Some).into(),
        Kind::Activate if has(flag::GATE) => ["product", "linear", "act", "readout", "gate"].map(Some).into(),
        Kind::Activate => ["product", "act", "readout", "residual"].map(Some).into(),
        Kind::Residual => ["product", "residual"].map(Some).into(),
        Kind::Logit => ["product", "linear", "choose"].map(Some).into(),
        Kind::End => Vec::new(),
    };
    some.into_iter().flatten().collect()
}

/// The tables that an epilogue reads.
fn tables(program: Program) -> &'static [&'static str] {
    let stages = stages(program);
    match program.kind {
        Kind::Norm if !stages.is_empty() => &["rsqrt table"],
        Kind::Logit => &["gumbel table"],
        _ if stages.contains(&"act") => &["act table"],
        _ => &[],
    }
}

fn corners(program: Program) -> impl Iterator<Item = Goal> {
    let formats: &[Option<Format>] = match program.kind {
        Kind::Norm => &[None],
        _ => &[Some(Format::W8), Some(Format::W4), Some(Format::Ternary)],
    };
    let events = move |stage: &'static str| EVENTS.iter().map(move |event| (stage, *event));
    let spots = move |table: &'static str| SPOTS.iter().map(move |spot| (table, *spot));
    let names: Vec<_> = stages(program)
        .into_iter()
        .flat_map(events)
        .chain(tables(program).iter().flat_map(|t| spots(t)))
        .collect();
    formats.iter().flat_map(move |format| {
        let origin = Origin::new(program.kind, program.flags & !flag::PAIR, *format);
        names.clone().into_iter().map(move |(of, event)| Goal {
            bin: corner(origin, &format!("{of}: {event}")),
            excuse: excuse(program, of, event),
        })
    })
}

/// Met by chance too seldom to be waited for, and so by tests of their own (`sim/tests/campaign.rs`, `sim/tests/epilogues.rs`).
const SELDOM: &str = "seldom by chance; a test of its own meets it";

/// The machine has it, and no shape of a model: images made by hand meet it (`sim/tests/epilogues.rs`).
const UNUSED: &str = "no shape of a model has it; a test of its own meets it";

fn excuse(program: Program, of: &str, event: &str) -> Option<&'static str> {
    let to_h = program.kind == Kind::Activate && program.flags == flag::TO_H;
    match (of, event) {
        _ if program.kind == Kind::Store && program.flags == 0 => Some(UNUSED),
        ("residual", "clamp low") if to_h => Some("F is never far below zero, and nothing is added to it"),
        ("act", "clamp low" | "clamp high") => Some("F stays inside a word"),
        ("rsqrt table" | "gumbel table", "past the end") => Some("the index ends where the table does"),
        ("norm", "clamp low" | "clamp high") => {
            Some("a vector that is normalised by its own sum of squares stays inside a word")
        }
        ("gumbel table", "first entry") => Some(SELDOM),
        _ => None,
    }
}

fn goal(bin: String) -> Goal {
    Goal { bin, excuse: None }
}

/// Everything that a campaign is asked to reach, and what it is excused from: every epilogue with every format of its rows, both signs,
/// every rounding side, both clamps and every end of its tables; every cause to wait on every kind of machine; every command with every code
/// that can answer it; every number of tokens in a pass.
pub fn goals() -> Vec<Goal> {
    let corners = CASES.into_iter().chain([LOGIT_CASE]).flat_map(corners);
    let machines: BTreeSet<&str> = MACHINES.into();
    let stalls = machines.into_iter().flat_map(|m| STALLS.iter().map(move |cause| goal(stall(cause, m))));
    let codes = |(name, codes): &(&'static str, &'static [&'static str])| {
        let name = *name;
        let codes = codes.iter().copied().chain(["FRAME", "LENGTH"]);
        codes.map(move |code| goal(answered(name, code))).collect::<Vec<_>>()
    };
    let answers = ANSWERS.iter().flat_map(codes).chain([goal(answered("other", "COMMAND"))]);
    let passes = (1..=MOST_TOKENS).map(|count| goal(tokens(count)));
    let guesses = ["all", "some", "none"].map(|some| goal(kept(some)));
    let power = [true, false].map(|in_pass| goal(cut(in_pass)));
    let noise = [goal("noise between two requests".into())];
    corners.chain(stalls).chain(answers).chain(passes).chain(guesses).chain(power).chain(noise).collect()
}

/// The machines that cases are drawn for.
const MACHINES: [&str; 5] = ["quad, short", "dual, long", "dtr, long", "ternary, short", "ternary, long"];

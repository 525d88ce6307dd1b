//! The microprograms have no hazards: each is expanded into what is issued in which clock, from its encoded words alone and by
//! the rules of `control.rs`, and every value it reads is compared with the one its equations mean.
//!
//! Stages of an instruction issued in clock c: addresses in c, factors in c + 1, accumulator in c + 2, shift in c + 3, rounding
//! in c + 4, and its result stands in `res` and is written in c + 5. In the long pipeline all but the addresses come two clocks
//! later, and the first instruction is issued a clock later.

use statestream_hdl::microcode::Load;
use statestream_hdl::programs::{self, Case};
use statestream_image::config::Pipeline;
use statestream_image::layout::{flag, Kind};

/// An instruction in the clock of its issue; the fields as `epilogue.rs` slices them.
#[derive(Clone, Copy)]
struct Issued {
    clock: u64,
    word: u64,
    state: u64,
    token: u64,
}

impl Issued {
    fn field(&self, at: u32, width: u32) -> u64 {
        (self.word >> at) & ((1 << width) - 1)
    }
    fn mac(&self) -> u64 {
        self.field(17, 3)
    }
    fn side(&self) -> u64 {
        self.field(33, 3)
    }
    /// The product goes somewhere.
    fn multiplies(&self) -> bool {
        (SET..=SUB).contains(&self.mac())
    }
    fn reads_x(&self, x: u64) -> bool {
        self.multiplies() && self.field(0, 3) == x
    }
    fn reads_y(&self, y: u64) -> bool {
        (self.multiplies() || [INDEX_ACT, SQUARE].contains(&self.side())) && self.field(10, 3) == y
    }
    fn has_result(&self) -> bool {
        self.field(20, 1) == 1
    }
    fn shift(&self) -> u64 {
        self.field(21, 4)
    }
    fn dest(&self) -> u64 {
        self.field(25, 4)
    }
    fn offset(&self) -> u64 {
        if self.field(9, 1) == 1 {
            2 * self.state
        } else {
            0
        }
    }
    fn state_read(&self) -> Option<u64> {
        self.reads_y(Y_STATE).then(|| self.field(13, 4) + self.offset())
    }
    fn state_write(&self) -> Option<u64> {
        [TO_STATE, TO_STATE_QUIET, TO_STATE_VECTOR]
            .contains(&self.dest())
            .then(|| self.field(29, 4) + self.offset())
    }
    /// The word is the one that this very token wrote.
    fn reads_new(&self) -> bool {
        self.field(47, 1) == 1
    }
    fn w_read(&self) -> Option<u64> {
        self.reads_y(Y_W).then(|| 16 * self.token + self.field(13, 4))
    }
    fn w_write(&self) -> Option<u64> {
        [TO_W, TO_LOGIT, TO_W_QUIET].contains(&self.dest()).then(|| 16 * self.token + self.field(29, 4))
    }
    fn of_head(&self) -> bool {
        self.field(36, 3) == TOKENS || self.mac() == LOAD
    }
}

/// The pipelines, the clocks until their first issue, and those from an issue to the factors.
const PIPELINES: [(Pipeline, u64, u64); 2] = [(Pipeline::Short, 0, 1), (Pipeline::Long, 1, 3)];

// the codes of `microcode.rs`, said a second time
const X_TABLE: u64 = 1;
const X_TABLE_NEXT: u64 = 2;
const X_RES: u64 = 3;
const X_SCALE: u64 = 4;
const Y_W: u64 = 0;
const Y_STATE: u64 = 1;
const Y_RES: u64 = 3;
const Y_FRAC: u64 = 4;
const Y_REST: u64 = 5;
const SET: u64 = 1;
const SUB: u64 = 3;
const ROW: u64 = 4;
const LOAD: u64 = 5;
const TOKENS: u64 = 3;
const END: u64 = 7;
const INDEX_ACT: u64 = 1;
const INDEX_RSQRT: u64 = 2;
const INDEX_GUMBEL: u64 = 3;
const NORMALISE_SQUARES: u64 = 4;
const NORMALISE_NOISE: u64 = 5;
const CLEAR_SQUARES: u64 = 6;
const SQUARE: u64 = 7;
const READ_OUT: u64 = 6;
const TO_W: u64 = 1;
const TO_STATE: u64 = 2;
const TO_SCALE: u64 = 5;
const TO_LOGIT: u64 = 6;
const TO_STATE_QUIET: u64 = 8;
const TO_STATE_VECTOR: u64 = 9;
const TO_W_QUIET: u64 = 10;

/// What is issued when under this load, with the end of every body held for `hold` clocks. A body for one of several tokens is the
/// last one's.
fn expand(rom: &[u64], entry: usize, load: Load, hold: u64) -> Vec<Issued> {
    let (mut issued, mut clock, mut pc) = (Vec::new(), 0, entry);
    let (mut state, mut element, mut token) = (0, 0, 0);
    let Load { states, elements, tokens, bodies } = load;
    while issued.len() < 3000 {
        let op = Issued { clock, word: rom[pc], state, token };
        let (flow, target) = (op.field(36, 3), op.field(39, 8));
        clock += 1;
        match flow {
            0 => (pc, clock) = (pc + 1, clock + target),
            1 if state + 1 < states => (pc, state) = (target as usize, state + 1),
            1 => (pc, state) = (pc + 1, 0),
            2 if element + 1 < elements => element += 1,
            2 => (pc, element, clock) = (pc + 1, 0, clock + target),
            TOKENS if token + 1 < tokens => token += 1,
            TOKENS => (pc, token, clock) = (pc + 1, tokens - bodies, clock + target),
            _ => {
                issued.push(Issued { clock: op.clock + hold, ..op });
                clock += hold;
                if token + 1 == tokens {
                    return issued;
                }
                (pc, token) = (target as usize, token + 1);
                continue;
            }
        }
        issued.push(op);
    }
    panic!("no end")
}

/// Which results the reads of `res` mean, in order of the reads, counted from the body's first result: the equations of FORMAT.md
/// section 4.
fn meant_results(case: Case, n: usize) -> Vec<usize> {
    match (case.kind, case.flags) {
        (Kind::Norm, _) => vec![],
        // x, which the convolution takes from `res`
        (Kind::Store, f) if f & flag::CONV != 0 => vec![0],
        (Kind::Store | Kind::Recur, _) => vec![],
        // x; after r, conv and three moves, g, v and the states, y meets the gate
        (Kind::Channel, f) if f & flag::CONV != 0 => vec![0, 8 + 2 * n],
        (Kind::Channel, _) => vec![4 + 2 * n],
        // F(r), which the gate takes
        (Kind::Activate, f) if f & flag::GATE != 0 => vec![2],
        // y, and h into the squares
        (Kind::Activate, _) => vec![0, 2],
        (Kind::Residual, _) => vec![0],
        // the Gumbel noise
        (Kind::Logit, _) => vec![1],
        (Kind::End, _) => unreachable!(),
    }
}

/// One expanded program.
struct Trace<'a> {
    name: String,
    ops: &'a [Issued],
    /// Clocks from issue to factors.
    factors: u64,
}

impl Trace<'_> {
    /// The last instruction before number `at`, in program order, of which `wanted` holds.
    fn last(&self, at: usize, wanted: impl Fn(&Issued) -> bool) -> Option<&Issued> {
        self.ops[..at].iter().rfind(|op| wanted(op))
    }

    /// Clocks from issue to result.
    fn result(&self) -> u64 {
        self.factors + 4
    }

    fn require(&self, holds: bool, at: usize, rule: &str) {
        assert!(holds, "{}: instruction {at}, clock {}: {rule}", self.name, self.ops[at].clock);
    }

    /// The results of each body, for as many bodies as there are.
    fn results_are_read_while_they_stand(&self, meant: &[usize]) {
        let results: Vec<&Issued> = self.ops.iter().filter(|op| op.has_result()).collect();
        let head = results.iter().filter(|op| op.of_head()).count();
        let bodies = self.ops.iter().filter(|op| op.field(36, 3) == END).count();
        let each = (results.len() - head) / bodies;
        let mut meant = (0..bodies).flat_map(|body| meant.iter().map(move |at| head + body * each + at));
        for (at, op) in self.ops.iter().enumerate() {
            for _ in 0..[op.reads_x(X_RES), op.reads_y(Y_RES)].into_iter().filter(|reads| *reads).count() {
                let stands = results
                    .iter()
                    .rposition(|result| result.clock + self.result() <= op.clock + self.factors);
                self.require(stands == meant.next(), at, &format!("reads result {stands:?}"));
            }
        }
        assert!(meant.next().is_none(), "{}: a result is not read", self.name);
    }

    fn working_registers_hold_what_was_written_last(&self) {
        for (at, op) in self.ops.iter().enumerate() {
            let Some(w) = op.w_read() else { continue };
            let write = self.last(at, |earlier| earlier.w_write() == Some(w));
            self.require(
                write.is_some_and(|write| op.clock > write.clock + self.result()),
                at,
                "a working register is read too early, or nothing wrote it",
            );
        }
    }

    /// Only the read-out sees new state words; the convolution and the recurrence see the words of the token before.
    ///
    /// One bank is the worst case: with more, a token's words are not those it reads.
    fn state_words_are_old_or_new_as_meant(&self) {
        for (at, op) in self.ops.iter().enumerate() {
            let Some(address) = op.state_read() else { continue };
            let reads_out = self.ops[at..]
                .iter()
                .find(|later| later.has_result())
                .is_some_and(|out| out.shift() == READ_OUT);
            let mine = |o: &&Issued| o.state_write() == Some(address) && o.token == op.token;
            let writes: Vec<u64> =
                self.ops.iter().filter(mine).map(|write| write.clock + self.result()).collect();
            self.require(writes.len() == 1, at, "a state word is not written exactly once by a token");
            self.require(
                (writes[0] < op.clock) == reads_out && reads_out == op.reads_new(),
                at,
                "a state word is read before or after its time",
            );
            let earlier = |o: &Issued| o.state_write() == Some(address) && o.token < op.token;
            let late = self.ops.iter().any(|o| earlier(o) && o.clock + self.result() >= op.clock);
            self.require(!late, at, "the token before has not written its state word");
            let port =
                self.ops.iter().any(|o| o.state_write().is_some() && o.clock + self.result() == op.clock);
            self.require(!port, at, "the state's port is read and written in one clock");
        }
    }

    /// Lanes and operands are the epilogue's until its body begins, and in a head tokens follow each other by a clock.
    fn heads_take_every_token_in_order(&self, load: Load) {
        let body = self.ops.iter().position(|op| !op.of_head()).unwrap_or(0);
        self.require(
            !self.ops[body..].iter().any(Issued::of_head),
            body,
            "the body has an instruction of the head",
        );
        // a norm has no rows
        for rows in self.ops[..body].split(|op| op.mac() == LOAD).filter(|rows| !rows.is_empty()) {
            let tokens: Vec<u64> = rows.iter().filter(|op| op.mac() == ROW).map(|op| op.token).collect();
            assert_eq!(tokens, (0..load.tokens).collect::<Vec<_>>(), "{}", self.name);
        }
    }

    fn accumulator_groups_do_not_interleave(&self) {
        let mut open = false;
        for (at, op) in self.ops.iter().enumerate() {
            match op.mac() {
                0 => {}
                LOAD => {}
                mac if mac == SET || mac == ROW => {
                    self.require(!open, at, "a sum starts inside another");
                    open = true;
                }
                _ => self.require(open, at, "nothing to add to"),
            }
            if op.has_result() {
                self.require(open, at, "a result of nothing");
                open = false;
            }
            self.require(op.has_result() || op.dest() == 0, at, "a write without a result");
        }
        assert!(!open, "{}: a sum without a result", self.name);
    }

    fn tables_are_read_at_the_index_meant(&self) {
        let index = |op: &Issued| [INDEX_ACT, INDEX_RSQRT, INDEX_GUMBEL].contains(&op.side());
        for (at, op) in self.ops.iter().enumerate() {
            let entry = op.reads_x(X_TABLE) || op.reads_x(X_TABLE_NEXT);
            let fraction = op.reads_y(Y_FRAC) || op.reads_y(Y_REST);
            let factors = self.factors;
            let latched = self.last(at, index).map(|op| op.clock + factors + 1);
            self.require(
                !entry || latched.is_some_and(|from| op.clock >= from),
                at,
                "table address before its index",
            );
            self.require(
                !fraction || latched.is_some_and(|from| op.clock + factors >= from),
                at,
                "fraction before its index",
            );
            let word = match op.side() {
                INDEX_RSQRT => NORMALISE_SQUARES,
                INDEX_GUMBEL => NORMALISE_NOISE,
                _ => continue,
            };
            // latched with the factors, then 22 clocks of at most one shift
            let normalised = self.last(at, |op| op.side() == word).map(|op| op.clock + factors + 1 + 22);
            self.require(
                normalised.is_some_and(|from| op.clock + factors >= from),
                at,
                "an index before its word is normalised",
            );
        }
    }

    fn sums_and_scales_are_complete_when_they_are_used(&self) {
        for (at, op) in self.ops.iter().enumerate() {
            let (factors, result) = (self.factors, self.result());
            let scale = self.last(at, |op| op.dest() == TO_SCALE).map(|op| op.clock + result + 1);
            self.require(
                !op.reads_x(X_SCALE) || scale.is_some_and(|from| op.clock + factors >= from),
                at,
                "an old scale",
            );
            let squared = self.last(at, |op| op.side() == SQUARE).map_or(0, |op| op.clock + factors + 2);
            self.require(
                op.side() != NORMALISE_SQUARES || op.clock + factors >= squared,
                at,
                "the squares are incomplete",
            );
            self.require(
                op.side() != CLEAR_SQUARES || op.clock + factors + 1 >= squared,
                at,
                "a square after the squares are cleared",
            );
        }
    }
}

/// Loads of a program: up to four states, three elements, and one to four tokens; a logit's may serve the last token only.
fn loads(case: Case) -> impl Iterator<Item = Load> {
    let only_last = case.kind == Kind::Logit;
    let sizes = (1..5).flat_map(|states| (1..4).map(move |elements| (states, elements)));
    sizes.flat_map(move |(states, elements)| {
        let tokens = (1..5).flat_map(move |tokens| [tokens, 1].map(|bodies| (tokens, bodies)));
        let served = tokens.filter(move |(tokens, bodies)| only_last || bodies == tokens);
        served.map(move |(tokens, bodies)| Load { states, elements, tokens, bodies })
    })
}

/// Every program under every load, with the clocks that its end is held.
fn every_trace(check: impl Fn(&Trace, Case, Load)) {
    for (pipeline, _, factors) in PIPELINES {
        every_trace_of(pipeline, factors, &check);
    }
}

fn every_trace_of(pipeline: Pipeline, factors: u64, check: &impl Fn(&Trace, Case, Load)) {
    let all = programs::all(pipeline);
    let rom: Vec<u64> = all.iter().flat_map(|(_, program)| program.words()).collect();
    for (case, program) in &all {
        for load in loads(*case) {
            // only a logit's program can be held: its job does not end before the host has taken the logit
            for hold in if case.kind == Kind::Logit { 0..10 } else { 0..1 } {
                let ops = expand(&rom, program.entry, load, hold);
                let name = format!("{pipeline:?}, {case:?}, {load:?}, held for {hold}");
                check(&Trace { name, ops: &ops, factors }, *case, load);
            }
        }
    }
}

#[test]
fn every_value_read_is_the_one_the_equations_mean() {
    every_trace(|trace, case, load| {
        trace.results_are_read_while_they_stand(&meant_results(case, load.states as usize));
        trace.working_registers_hold_what_was_written_last();
        trace.state_words_are_old_or_new_as_meant();
        trace.heads_take_every_token_in_order(load);
        trace.accumulator_groups_do_not_interleave();
        trace.tables_are_read_at_the_index_meant();
        trace.sums_and_scales_are_complete_when_they_are_used();
    });
}

#[test]
fn a_program_is_idle_after_its_last_write_and_no_later_than_it_says() {
    for (pipeline, issue, factors) in PIPELINES {
        every_program_ends_in_time(pipeline, issue, factors + 4);
    }
}

fn every_program_ends_in_time(pipeline: Pipeline, issue: u64, result: u64) {
    let all = programs::all(pipeline);
    let rom: Vec<u64> = all.iter().flat_map(|(_, program)| program.words()).collect();
    for (case, program) in &all {
        for load in loads(*case) {
            let ops = expand(&rom, program.entry, load, 0);
            let idle = issue + ops.last().unwrap().clock + 1;
            assert_eq!(program.duration(load), idle, "{case:?}, {load:?}");
            let body = ops.iter().position(|op| !op.of_head()).unwrap();
            assert_eq!(program.heading(load.tokens), issue + ops[body].clock, "{case:?}, {load:?}");
            // a write is over at the end of that clock, and the next job reads in the clock after idle at the earliest
            let written = |op: &Issued| issue + op.clock + result;
            assert!(ops.iter().all(|op| !op.has_result() || written(op) < idle), "{case:?}");
        }
    }
}

/// The checks see what they are for: a program with one wait taken away fails, whichever wait it is. Only a normalisation has
/// a clock to spare, and the end of a body, which leaves the pipeline empty for whatever comes next.
#[test]
fn a_missing_wait_is_a_hazard() {
    for (pipeline, _, factors) in PIPELINES {
        every_wait_is_needed(pipeline, factors);
    }
}

fn every_wait_is_needed(pipeline: Pipeline, factors: u64) {
    let all = programs::all(pipeline);
    let rom: Vec<u64> = all.iter().flat_map(|(_, program)| program.words()).collect();
    let mut waits = 0;
    for (case, program) in &all {
        for at in program.entry..program.entry + program.words().count() - 1 {
            let (flow, wait) = ((rom[at] >> 36) & 7, (rom[at] >> 39) & 0xFF);
            let normalised = [INDEX_RSQRT, INDEX_GUMBEL].contains(&((rom[at + 1] >> 33) & 7));
            let ends = (rom[at + 1] >> 36) & 7 == END;
            if ![0, 2, TOKENS].contains(&flow) || wait == 0 || normalised || ends {
                continue;
            }
            let mut faulty = rom.clone();
            faulty[at] -= 1 << 39;
            let ops = expand(&faulty, program.entry, Load { states: 2, elements: 2, ..Load::ONE }, 0);
            let found = std::panic::catch_unwind(|| {
                let trace = Trace { name: format!("{case:?}"), ops: &ops, factors };
                trace.results_are_read_while_they_stand(&meant_results(*case, 2));
                trace.working_registers_hold_what_was_written_last();
                trace.state_words_are_old_or_new_as_meant();
                trace.tables_are_read_at_the_index_meant();
                trace.sums_and_scales_are_complete_when_they_are_used();
            });
            assert!(
                found.is_err(),
                "{pipeline:?}, {case:?}: instruction {} can wait one clock less",
                at - program.entry
            );
            waits += 1;
        }
    }
    assert!(waits > 20, "{waits} waits");
}

//! The microprograms have no hazards: each is expanded into what is issued in which clock, from its encoded words alone and by
//! the rules of `control.rs`, and every value it reads is compared with the one its equations mean.
//!
//! Stages of an instruction issued in clock c: addresses in c, factors in c + 1, accumulator in c + 2, shift in c + 3, rounding
//! in c + 4, and its result stands in `res` and is written in c + 5.

use statestream_hdl::microcode::{Program, DRAIN};
use statestream_hdl::programs::{self, Case};
use statestream_image::layout::{flag, Kind};

/// An instruction in the clock of its issue; the fields as `epilogue.rs` slices them.
#[derive(Clone, Copy)]
struct Issued {
    clock: u64,
    word: u64,
    state: u64,
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
    fn w_read(&self) -> Option<u64> {
        self.reads_y(Y_W).then(|| self.field(13, 4))
    }
    fn w_write(&self) -> Option<u64> {
        [TO_W, TO_LOGIT].contains(&self.dest()).then(|| self.field(29, 4))
    }
}

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
const ROW_A: u64 = 4;
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

/// What is issued when, for `n` complex states and `d` elements, with the end held for `hold` clocks.
fn expand(rom: &[u64], entry: usize, n: u64, d: u64, hold: u64) -> Vec<Issued> {
    let (mut issued, mut clock, mut pc) = (Vec::new(), 0, entry);
    let (mut state, mut element) = (0, 0);
    while issued.len() < 1000 {
        let op = Issued { clock, word: rom[pc], state };
        let (flow, target) = (op.field(36, 2), op.field(38, 8));
        clock += 1;
        match flow {
            0 => (pc, clock) = (pc + 1, clock + target),
            1 if state + 1 < n => (pc, state) = (target as usize, state + 1),
            1 => (pc, state) = (pc + 1, 0),
            2 if element + 1 < d => element += 1,
            2 => (pc, element, clock) = (pc + 1, 0, clock + target),
            _ => {
                issued.push(Issued { clock: op.clock + hold, ..op });
                return issued;
            }
        }
        issued.push(op);
    }
    panic!("no end")
}

/// Which results the reads of `res` mean, in order of the reads: the equations of FORMAT.md section 4.
fn meant_results(case: Case, n: usize) -> Vec<usize> {
    match (case.kind, case.flags) {
        (Kind::Norm, _) => vec![],
        // a0; x, which the convolution takes from `res`
        (Kind::Store, f) if f & flag::CONV != 0 => vec![0, 1],
        (Kind::Store | Kind::Recur, _) => vec![0],
        // a0, b0, x; after r, conv and three moves, g, v and the states, y meets the gate
        (Kind::Channel, f) if f & flag::CONV != 0 => vec![0, 1, 2, 10 + 2 * n],
        (Kind::Channel, _) => vec![0, 1, 6 + 2 * n],
        // b0; F(r), which the gate takes
        (Kind::Activate, f) if f & flag::GATE != 0 => vec![1, 4],
        // a0, y, and h into the squares
        (Kind::Activate, _) => vec![0, 1, 3],
        (Kind::Residual, _) => vec![0, 1],
        // a0, the Gumbel noise
        (Kind::Logit, _) => vec![0, 2],
        (Kind::End, _) => unreachable!(),
    }
}

/// One expanded program.
struct Trace<'a> {
    name: String,
    ops: &'a [Issued],
}

impl Trace<'_> {
    /// The last instruction before number `at`, in program order, of which `wanted` holds.
    fn last(&self, at: usize, wanted: impl Fn(&Issued) -> bool) -> Option<&Issued> {
        self.ops[..at].iter().rfind(|op| wanted(op))
    }

    fn require(&self, holds: bool, at: usize, rule: &str) {
        assert!(holds, "{}: instruction {at}, clock {}: {rule}", self.name, self.ops[at].clock);
    }

    fn results_are_read_while_they_stand(&self, meant: &[usize]) {
        let results: Vec<&Issued> = self.ops.iter().filter(|op| op.has_result()).collect();
        let mut meant = meant.iter();
        for (at, op) in self.ops.iter().enumerate() {
            for _ in 0..[op.reads_x(X_RES), op.reads_y(Y_RES)].into_iter().filter(|reads| *reads).count() {
                let stands = results.iter().rposition(|result| result.clock + 5 <= op.clock + 1);
                self.require(stands == meant.next().copied(), at, &format!("reads result {stands:?}"));
            }
        }
        assert!(meant.next().is_none(), "{}: a result is not read", self.name);
    }

    fn working_registers_hold_what_was_written_last(&self) {
        for (at, op) in self.ops.iter().enumerate() {
            let Some(w) = op.w_read() else { continue };
            match self.last(at, |earlier| earlier.w_write() == Some(w)) {
                Some(write) => {
                    self.require(op.clock >= write.clock + 6, at, "a working register is read too early")
                }
                None => {
                    self.require(w == u64::from(programs::W_C14), at, "nothing wrote the working register")
                }
            }
            self.require(op.w_write() != Some(u64::from(programs::W_C14)), at, "the constant is overwritten");
        }
    }

    /// Only the read-out sees new state words; the convolution and the recurrence see the words of the token before.
    fn state_words_are_old_or_new_as_meant(&self) {
        for (at, op) in self.ops.iter().enumerate() {
            let Some(address) = op.state_read() else { continue };
            let reads_out = self.ops[at..]
                .iter()
                .find(|later| later.has_result())
                .is_some_and(|out| out.shift() == READ_OUT);
            let writes: Vec<u64> = self
                .ops
                .iter()
                .filter(|o| o.state_write() == Some(address))
                .map(|write| write.clock + 5)
                .collect();
            self.require(writes.len() == 1, at, "a state word is not written exactly once");
            self.require(
                (writes[0] < op.clock) == reads_out,
                at,
                "a state word is read before or after its time",
            );
            let port = self.ops.iter().any(|o| o.state_write().is_some() && o.clock + 5 == op.clock);
            self.require(!port, at, "the state's port is read and written in one clock");
        }
    }

    fn accumulator_groups_do_not_interleave(&self) {
        let mut open = false;
        for (at, op) in self.ops.iter().enumerate() {
            match op.mac() {
                0 => {}
                mac if mac == SET || mac >= ROW_A => {
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
            let latched = self.last(at, index).map(|op| op.clock + 2);
            self.require(
                !entry || latched.is_some_and(|from| op.clock >= from),
                at,
                "table address before its index",
            );
            self.require(
                !fraction || latched.is_some_and(|from| op.clock + 1 >= from),
                at,
                "fraction before its index",
            );
            let word = match op.side() {
                INDEX_RSQRT => NORMALISE_SQUARES,
                INDEX_GUMBEL => NORMALISE_NOISE,
                _ => continue,
            };
            // latched in clock + 1, then 22 clocks of at most one shift
            let normalised = self.last(at, |op| op.side() == word).map(|op| op.clock + 2 + 22);
            self.require(
                normalised.is_some_and(|from| op.clock + 1 >= from),
                at,
                "an index before its word is normalised",
            );
        }
    }

    fn sums_and_scales_are_complete_when_they_are_used(&self) {
        for (at, op) in self.ops.iter().enumerate() {
            let scale = self.last(at, |op| op.dest() == TO_SCALE).map(|op| op.clock + 6);
            self.require(
                !op.reads_x(X_SCALE) || scale.is_some_and(|from| op.clock + 1 >= from),
                at,
                "an old scale",
            );
            let squared = self.last(at, |op| op.side() == SQUARE).map_or(0, |op| op.clock + 3);
            self.require(
                op.side() != NORMALISE_SQUARES || op.clock + 1 >= squared,
                at,
                "the squares are incomplete",
            );
            self.require(
                op.side() != CLEAR_SQUARES || op.clock + 2 >= squared,
                at,
                "a square after the squares are cleared",
            );
        }
    }
}

/// Every program with its number of states, elements and held clocks.
fn every_trace(check: impl Fn(&Trace, Case, &Program, [u64; 2])) {
    let all = programs::all();
    let rom: Vec<u64> = all.iter().flat_map(|(_, program)| program.words()).collect();
    for (case, program) in &all {
        for (n, d) in (1..5).flat_map(|n| (1..4).map(move |d| (n, d))) {
            // only a logit's program can be held: its job does not end before the host has taken the logit
            for hold in if case.kind == Kind::Logit { 0..10 } else { 0..1 } {
                let ops = expand(&rom, program.entry, n, d, hold);
                let name = format!("{case:?}, {n} states, {d} elements, held for {hold}");
                check(&Trace { name, ops: &ops }, *case, program, [n, d + hold]);
            }
        }
    }
}

#[test]
fn every_value_read_is_the_one_the_equations_mean() {
    every_trace(|trace, case, _, [n, _]| {
        trace.results_are_read_while_they_stand(&meant_results(case, n as usize));
        trace.working_registers_hold_what_was_written_last();
        trace.state_words_are_old_or_new_as_meant();
        trace.accumulator_groups_do_not_interleave();
        trace.tables_are_read_at_the_index_meant();
        trace.sums_and_scales_are_complete_when_they_are_used();
    });
}

#[test]
fn a_program_is_idle_after_its_last_write_and_no_later_than_it_says() {
    let all = programs::all();
    let rom: Vec<u64> = all.iter().flat_map(|(_, program)| program.words()).collect();
    for (case, program) in &all {
        for (n, d) in (1..5).flat_map(|n| (1..4).map(move |d| (n, d))) {
            let ops = expand(&rom, program.entry, n, d, 0);
            let idle = ops.last().unwrap().clock + DRAIN;
            let duration = program.clocks + program.per_state * (n - 1) + program.per_element * (d - 1);
            assert_eq!(
                (idle, duration),
                (program.duration(n, d), idle),
                "{case:?}, {n} states, {d} elements"
            );
            // a write is over at the end of clock + 5, and the next job reads in the clock after idle at the earliest
            assert!(ops.iter().all(|op| !op.has_result() || op.clock + 5 < idle), "{case:?}");
        }
    }
}

/// The checks see what they are for: a program with one wait taken away fails, whichever wait it is. Only a normalisation has
/// a clock to spare.
#[test]
fn a_missing_wait_is_a_hazard() {
    let all = programs::all();
    let rom: Vec<u64> = all.iter().flat_map(|(_, program)| program.words()).collect();
    let mut waits = 0;
    for (case, program) in &all {
        // all but the end, which waits for nothing
        for at in program.entry..program.entry + program.words().count() - 1 {
            let (flow, wait) = ((rom[at] >> 36) & 3, (rom[at] >> 38) & 0xFF);
            let normalised = [INDEX_RSQRT, INDEX_GUMBEL].contains(&((rom[at + 1] >> 33) & 7));
            if ![0, 2].contains(&flow) || wait == 0 || normalised {
                continue;
            }
            let mut faulty = rom.clone();
            faulty[at] -= 1 << 38;
            let ops = expand(&faulty, program.entry, 2, 2, 0);
            let found = std::panic::catch_unwind(|| {
                let trace = Trace { name: format!("{case:?}"), ops: &ops };
                trace.results_are_read_while_they_stand(&meant_results(*case, 2));
                trace.working_registers_hold_what_was_written_last();
                trace.state_words_are_old_or_new_as_meant();
                trace.tables_are_read_at_the_index_meant();
                trace.sums_and_scales_are_complete_when_they_are_used();
            });
            assert!(found.is_err(), "{case:?}: instruction {} can wait one clock less", at - program.entry);
            waits += 1;
        }
    }
    assert!(waits > 20, "{waits} waits");
}

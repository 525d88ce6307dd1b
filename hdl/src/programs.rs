//! The epilogues of FORMAT.md section 4, one program for each combination of kind and flags.

use crate::latency::Latency;
use crate::microcode::{Assembler, Dest, Flow, Mac, Op, Program, Shift, Side, NOP, X, Y};
use statestream_image::config::Pipeline;
use statestream_image::layout::{flag, Kind};

// Working registers; every token has its own.
const A: u8 = 0;
const B: u8 = 1;
const U: u8 = 2;
const XX: u8 = 3;
const RR: u8 = 4;
const UU: u8 = 5;
const VV: u8 = 6;
const GG: u8 = 7;
const YY: u8 = 8;
const LOGIT: u8 = 9;

/// A section's kind and the flags that choose its program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Case {
    /// Epilogue.
    pub kind: Kind,
    /// Flags, exactly.
    pub flags: u16,
}

const fn case(kind: Kind, flags: u16) -> Case {
    Case { kind, flags }
}

/// Every combination the hardware serves; all others are refused as SECTION errors.
pub const CASES: [Case; 15] = [
    case(Kind::Norm, 0),
    case(Kind::Norm, flag::FRESH),
    case(Kind::Norm, flag::COPY),
    case(Kind::Norm, flag::COPY | flag::FRESH),
    case(Kind::Store, 0),
    case(Kind::Store, flag::ACT),
    case(Kind::Store, flag::CONV | flag::ACT),
    case(Kind::Channel, flag::PAIR),
    case(Kind::Channel, flag::PAIR | flag::CONV),
    case(Kind::Recur, 0),
    case(Kind::Recur, flag::COMPLEX),
    case(Kind::Activate, flag::PAIR | flag::GATE),
    case(Kind::Activate, flag::TO_H),
    case(Kind::Activate, flag::TO_H | flag::ADD_H),
    case(Kind::Residual, 0),
];
/// The last case, kept apart because only a pass with a head runs it.
pub const LOGIT_CASE: Case = case(Kind::Logit, 0);

/// All programs for this pipeline, in the order of [`CASES`] and then [`LOGIT_CASE`].
pub fn all(pipeline: Pipeline) -> Vec<(Case, Program)> {
    let mut at = 0;
    let cases = CASES.into_iter().chain([LOGIT_CASE]);
    cases
        .map(|case| {
            let program = Program::assemble(Latency::of(pipeline), at, |asm| write(asm, case));
            at += program.words().count();
            (case, program)
        })
        .collect()
}

/// The program of a section, if there is one. TERNARY is no matter of the epilogue.
pub fn find(programs: &[(Case, Program)], kind: Kind, flags: u16) -> Option<&Program> {
    let flags = flags & !flag::TERNARY;
    programs.iter().find(|(case, _)| case.kind == kind && case.flags == flags).map(|(_, program)| program)
}

fn write(asm: &mut Assembler, case: Case) {
    let has = |bit| case.flags & bit != 0;
    match case.kind {
        Kind::Norm if has(flag::COPY) => copy(asm),
        Kind::Norm => norm(asm, has(flag::FRESH)),
        Kind::Store => store(asm, has(flag::CONV), has(flag::ACT)),
        Kind::Channel => channel(asm, has(flag::CONV)),
        Kind::Recur => recur(asm, has(flag::COMPLEX)),
        Kind::Activate if has(flag::GATE) => activate_gate(asm),
        Kind::Activate => activate_h(asm, has(flag::ADD_H)),
        Kind::Residual => residual(asm),
        Kind::Logit => logit(asm),
        Kind::End => {}
    }
}

fn param(k: u8) -> X {
    X::Param(k)
}

/// (j, f) = index of |y|, then F(y) = 4096 max(y, 0) + `A[j]` (4096 - f) + `A[j+1]` f.
fn activation(asm: &mut Assembler, of: Y, dest: Dest) -> usize {
    asm.push(Op::new(Mac::Set, X::C12, of).side(Side::IndexAct));
    asm.push(Op::new(Mac::Add, X::Table, Y::Rest));
    asm.push(Op::new(Mac::Add, X::TableNext, Y::Frac).out(Shift::Lerp, dest))
}

/// `T[j]` (4096 - f) + `T[j+1]` f for an index that is already latched.
fn lerp(asm: &mut Assembler, index: Side, dest: Dest) -> usize {
    asm.push(NOP.side(index));
    asm.push(Op::new(Mac::Set, X::Table, Y::Rest));
    asm.push(Op::new(Mac::Add, X::TableNext, Y::Frac).out(Shift::Lerp, dest))
}

/// The head: a0 of row a to A, with `pair` a0 of row b to B, for every token.
fn head(asm: &mut Assembler, pair: bool) {
    let row = |shift, w| Op::new(Mac::Row, X::C14, Y::Frac).out(shift, Dest::W(w)).flow(Flow::Tokens);
    asm.push(row(Shift::RowA, A));
    if pair {
        asm.push(Op::new(Mac::Load, X::C14, Y::Frac));
        asm.push(row(Shift::RowB, B));
    }
}

/// More of the head: u to U.
fn head_operand(asm: &mut Assembler) {
    asm.push(Op::new(Mac::Set, X::C14, Y::U).out(Shift::Mantissa, Dest::WQuiet(U)).flow(Flow::Tokens));
}

/// req of row a: b 2^14 + a0 m.
fn requantise(asm: &mut Assembler, dest: Dest) -> usize {
    asm.push(Op::new(Mac::Set, param(2), Y::C14));
    asm.push(Op::new(Mac::Add, param(1), Y::W(A)).out(Shift::Mantissa, dest))
}

/// The same of row b.
fn requantise_b(asm: &mut Assembler, dest: Dest) -> usize {
    asm.push(Op::new(Mac::Set, param(5), Y::C14));
    asm.push(Op::new(Mac::Add, param(4), Y::W(B)).out(Shift::Mantissa, dest))
}

/// w0 h0 + w1 h1 + w3 x + w2 h2, then the history moves up. Taps start at parameter `taps`; x is the result of `x`.
fn convolution(asm: &mut Assembler, taps: u8, x: usize, dest: Dest) {
    asm.push(Op::new(Mac::Set, param(taps), Y::State(0)));
    asm.push(Op::new(Mac::Add, param(taps + 1), Y::State(1)));
    asm.push_on(x, Op::new(Mac::Add, param(taps + 3), Y::Res));
    asm.push(Op::new(Mac::Add, param(taps + 2), Y::State(2)).out(Shift::Conv, dest));
    for k in 0..2 {
        asm.push(Op::new(Mac::Set, X::C14, Y::State(k + 1)).out(Shift::Mantissa, Dest::StateQuiet(k)));
    }
    asm.push(Op::new(Mac::Set, X::C14, Y::W(XX)).out(Shift::Mantissa, Dest::StateQuiet(2)));
}

/// Both parts of one complex state from the old values; parameters `ar ai b` at `p`, state words at `s`.
fn recurrence(asm: &mut Assembler, p: u8, s: u8, [re, im]: [Dest; 2]) -> usize {
    asm.push(Op::new(Mac::Set, param(p + 2), Y::W(VV)).indexed());
    asm.push(Op::new(Mac::Add, param(p), Y::State(s)).indexed());
    asm.push(Op::new(Mac::Sub, param(p + 1), Y::State(s + 1)).out(Shift::Pole, re).indexed());
    asm.push(Op::new(Mac::Set, param(p), Y::State(s + 1)).indexed());
    asm.push(Op::new(Mac::Add, param(p + 1), Y::State(s)).out(Shift::Pole, im).indexed())
}

fn norm(asm: &mut Assembler, fresh: bool) {
    asm.begin_body();
    if fresh {
        asm.push(NOP.side(Side::ClearSquares));
        asm.push(Op::new(Mac::Hold, X::C14, Y::H).side(Side::Square).flow(Flow::Elements));
    }
    asm.push(NOP.side(Side::NormaliseSquares));
    lerp(asm, Side::IndexRsqrt, Dest::Scale);
    scale_all(asm, X::Scale, Shift::Norm);
}

fn copy(asm: &mut Assembler) {
    asm.begin_body();
    scale_all(asm, X::C14, Shift::Mantissa);
}

fn scale_all(asm: &mut Assembler, x: X, shift: Shift) {
    asm.push(Op::new(Mac::Set, x, Y::H).out(shift, Dest::Vector).flow(Flow::Elements));
    asm.push(NOP.side(Side::ClearSquares));
}

fn store(asm: &mut Assembler, conv: bool, act: bool) {
    head(asm, false);
    asm.begin_body();
    let x = requantise(asm, if conv || act { Dest::W(XX) } else { Dest::Vector });
    if conv {
        convolution(asm, 3, x, Dest::W(UU));
    }
    if act {
        activation(asm, Y::W(if conv { UU } else { XX }), Dest::Vector);
    }
}

fn channel(asm: &mut Assembler, conv: bool) {
    let (taps, hist) = if conv { (4, 3) } else { (0, 0) };
    head(asm, true);
    asm.begin_body();
    let x = requantise(asm, Dest::W(XX));
    requantise_b(asm, Dest::W(RR));
    let mut u = Y::W(XX);
    if conv {
        convolution(asm, 6, x, Dest::W(UU));
        u = Y::W(UU);
    }
    activation(asm, Y::W(RR), Dest::W(GG));
    activation(asm, u, Dest::W(VV));
    channel_states(asm, 6 + taps, hist);
}

/// The recurrence of N states, the read-out of all of them and the gate. Parameter `d` is D, then `ar ai b cr ci`.
fn channel_states(asm: &mut Assembler, d: u8, hist: u8) {
    let states = asm.label();
    asm.push(NOP);
    asm.rest();
    let end = recurrence(asm, d + 1, hist, [Dest::State(hist), Dest::State(hist + 1)]);
    asm.mark_loop(end, states);
    asm.push(Op::new(Mac::Set, param(d), Y::W(VV)));
    asm.rest_until_result(end);
    let readout = asm.label();
    asm.push(Op::new(Mac::Add, param(d + 4), Y::NewState(hist)).indexed());
    let end = asm.push(Op::new(Mac::Sub, param(d + 5), Y::NewState(hist + 1)).indexed());
    asm.mark_loop(end, readout);
    asm.push(Op::new(Mac::Hold, X::C14, Y::Frac).out(Shift::Readout, Dest::W(YY)));
    asm.push(Op::new(Mac::Set, X::Res, Y::W(GG)).out(Shift::Gate, Dest::Vector));
}

fn recur(asm: &mut Assembler, complex: bool) {
    head(asm, false);
    asm.begin_body();
    requantise(asm, Dest::W(VV));
    let im = if complex { Dest::StateVector(1) } else { Dest::State(1) };
    recurrence(asm, 3, 0, [Dest::StateVector(0), im]);
}

/// y, from D u + ba 2^14 + a0 ma; D is parameter `d`.
fn read_out(asm: &mut Assembler, d: u8, dest: Dest) {
    asm.push(Op::new(Mac::Set, param(2), Y::C14));
    asm.push(Op::new(Mac::Add, param(1), Y::W(A)));
    asm.push(Op::new(Mac::Add, param(d), Y::W(U)).out(Shift::Mantissa, dest));
}

fn activate_gate(asm: &mut Assembler) {
    head(asm, true);
    head_operand(asm);
    asm.begin_body();
    requantise_b(asm, Dest::W(RR));
    read_out(asm, 6, Dest::W(YY));
    activation(asm, Y::W(RR), Dest::None);
    asm.push(Op::new(Mac::Set, X::Res, Y::W(YY)).out(Shift::Gate, Dest::Vector));
}

fn activate_h(asm: &mut Assembler, add: bool) {
    head(asm, false);
    head_operand(asm);
    asm.begin_body();
    read_out(asm, 3, Dest::None);
    activation(asm, Y::Res, Dest::W(VV));
    let scale = |mac| Op::new(mac, param(4), Y::W(VV)).out(Shift::Mantissa, Dest::H);
    if add {
        asm.push(Op::new(Mac::Set, X::C14, Y::H));
    }
    asm.push(scale(if add { Mac::Add } else { Mac::Set }));
    asm.push(Op::new(Mac::Hold, X::C14, Y::Res).side(Side::Square));
}

fn residual(asm: &mut Assembler) {
    head(asm, false);
    asm.begin_body();
    asm.push(Op::new(Mac::Set, param(2), Y::C14));
    asm.push(Op::new(Mac::Add, X::C14, Y::H));
    asm.push(Op::new(Mac::Add, param(1), Y::W(A)).out(Shift::Mantissa, Dest::H));
    asm.push(Op::new(Mac::Hold, X::C14, Y::Res).side(Side::Square));
}

fn logit(asm: &mut Assembler) {
    head(asm, false);
    asm.begin_body();
    asm.push(NOP.side(Side::NormaliseNoise));
    requantise(asm, Dest::Logit(LOGIT));
    lerp(asm, Side::IndexGumbel, Dest::None);
    asm.push(Op::new(Mac::Set, X::C14, Y::W(LOGIT)));
    asm.push(Op::new(Mac::Add, X::Temperature, Y::Res).out(Shift::Mantissa, Dest::Score));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_fit_the_rom() {
        for pipeline in [Pipeline::Short, Pipeline::Long] {
            let words: usize = all(pipeline).iter().map(|(_, p)| p.words().count()).sum();
            assert!(words <= 1 << crate::microcode::ROM_BITS, "{words} instructions");
        }
    }

    /// The table of docs/decisions/0004: clocks of the head, of the body with one state and one element, and what each further
    /// state and element costs a body.
    #[test]
    fn programs_take_the_clocks_of_decision_0004() {
        let expected = [
            (Kind::Norm, 0, 0, 39, 0, 1),
            (Kind::Norm, flag::FRESH, 0, 42, 0, 2),
            (Kind::Norm, flag::COPY, 0, 7, 0, 1),
            (Kind::Norm, flag::COPY | flag::FRESH, 0, 7, 0, 1),
            (Kind::Store, 0, 1, 11, 0, 0),
            (Kind::Store, flag::ACT, 1, 20, 0, 0),
            (Kind::Store, flag::CONV | flag::ACT, 1, 25, 0, 0),
            (Kind::Channel, flag::PAIR, 3, 46, 12, 0),
            (Kind::Channel, flag::PAIR | flag::CONV, 3, 48, 12, 0),
            (Kind::Recur, 0, 1, 21, 0, 0),
            (Kind::Recur, flag::COMPLEX, 1, 21, 0, 0),
            (Kind::Activate, flag::PAIR | flag::GATE, 4, 23, 0, 0),
            (Kind::Activate, flag::TO_H, 2, 28, 0, 0),
            (Kind::Activate, flag::TO_H | flag::ADD_H, 2, 28, 0, 0),
            (Kind::Residual, 0, 1, 15, 0, 0),
            (Kind::Logit, 0, 1, 37, 0, 0),
        ];
        let table = all(Pipeline::Short)
            .into_iter()
            .map(|(case, p)| (case.kind, case.flags, p.head, p.body, p.per_state, p.per_element));
        assert_eq!(table.collect::<Vec<_>>(), expected);
    }
}

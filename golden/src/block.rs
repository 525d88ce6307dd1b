//! What a section does with the memories: one function per kind, in the order of `FORMAT.md`, section 4, and with the
//! reported words in the order of its table.
//!
//! All dot products of a section are taken first and its epilogues run over them afterwards. That is the tape's order of
//! events as far as anyone can tell: `plan` refuses a section that writes its own operands.
//!
//! Tokens that share a pass take each section together: the first token's epilogues, then the second's from the state that the first has
//! left, ... Nothing else connects them, so their words are those of passes of their own. The machine does the same row by row; no row
//! reads what another row of its section writes, so the order cannot be told from the words of a token.

use crate::choose::Contest;
use crate::fixed::{product, settle, Act};
use crate::plan::{Matrix, Plan, Section};
use crate::watch::{Origin, Stage, Watch};
use crate::{act, conv, gate, linear, norm, scan};
use statestream_image::layout::{flag, Kind, MANTISSA_FRAC};
use std::ops::Range;

/// Rows a and rows b of a section, as indices of [`Lane::acc`].
const A: usize = 0;
const B: usize = 1;

/// Everything that a pass writes.
#[derive(Clone, Debug)]
pub(crate) struct Memory {
    /// Recurrence and conv history, in tape order.
    pub state: Vec<i16>,
    /// One for each token of the longest pass so far.
    pub lanes: Vec<Lane>,
}

/// What each token of a pass has for itself.
#[derive(Clone, Debug)]
pub(crate) struct Lane {
    /// The residual stream, (d,).
    h: Vec<i16>,
    /// Sum of squares of h, with eps_q: below 2^44.
    q: u64,
    /// Vector memory.
    vector: Vec<i16>,
    /// Dot products of a section's rows a and of its rows b, |acc| < 2^30.
    acc: [Vec<i32>; 2],
    /// (vocab,).
    pub logits: Vec<i16>,
    /// The choice of the token after this one.
    pub contest: Contest,
    /// The state after this token, in a pass that may be taken back; empty before the first.
    after: Vec<i16>,
}

/// The tokens that take a section, and the state that they hand on.
struct Tokens<'m> {
    lanes: &'m mut [Lane],
    /// The first one's number within the pass.
    first: usize,
    state: &'m mut [i16],
    /// Does each token note the state that it leaves?
    noted: bool,
}

/// A section at work: what it reads, and who watches.
struct Run<'a, W> {
    plan: &'a Plan,
    section: &'a Section,
    watch: &'a mut W,
}

impl Memory {
    pub fn new(plan: &Plan) -> Self {
        Self { state: plan.states[0].clone(), lanes: vec![Lane::new(plan)] }
    }

    /// Makes place for a pass of `tokens` that may be taken back (`noted`) or not; nothing happens if there has been one before.
    pub fn reserve(&mut self, plan: &Plan, tokens: usize, noted: bool) {
        while self.lanes.len() < tokens {
            self.lanes.push(Lane::new(plan));
        }
        if noted {
            self.lanes[..tokens].iter_mut().for_each(|lane| lane.after.resize(plan.header.state_words, 0));
        }
    }

    /// One section of the tape, for these tokens of the pass.
    pub fn run<W: Watch>(
        &mut self,
        plan: &Plan,
        section: &Section,
        tokens: Range<usize>,
        noted: bool,
        watch: &mut W,
    ) {
        let (first, lanes, state) = (tokens.start, &mut self.lanes[tokens], &mut self.state[..]);
        for lane in &mut *lanes {
            products(&section.a, A, section.rows, lane);
            if section.has(flag::PAIR) {
                products(&section.b, B, section.rows, lane);
            }
        }
        Run { plan, section, watch }.epilogues(Tokens { lanes, first, state, noted });
    }

    /// Tokens that there is place for, and how many of them can note a state.
    #[cfg(test)]
    pub fn sizes(&self) -> (usize, usize) {
        (self.lanes.len(), self.lanes.iter().filter(|lane| !lane.after.is_empty()).count())
    }

    /// Takes the state back to what it was after token `t`.
    pub fn take_back(&mut self, t: usize) {
        self.state.copy_from_slice(&self.lanes[t].after);
    }
}

impl Lane {
    fn new(plan: &Plan) -> Self {
        let (rows, header) = (plan.most_rows(), &plan.header);
        Self {
            h: vec![0; header.d],
            q: header.eps_q,
            vector: vec![0; header.vector_words],
            acc: [vec![0; rows], vec![0; rows]],
            logits: vec![0; header.vocab],
            contest: Contest::default(),
            after: Vec::new(),
        }
    }

    /// A pass begins: h is the token's embedding.
    pub fn begin(&mut self, embedding: &[i16], eps_q: u64, contest: Contest) {
        self.h.copy_from_slice(embedding);
        (self.q, self.contest) = (eps_q, contest);
    }

    /// Every write of h adds its square to q.
    fn write_h(&mut self, at: usize, h: i16) {
        self.h[at] = h;
        self.q += norm::square(h);
    }
}

/// The dot products of every row with one token's operand. Tokens take the matrix in turn: loading a weight once for several of them was
/// tried and gains nothing measurable, the weights of a section come from the cache and the sums are what takes time.
fn products(matrix: &Matrix, which: usize, rows: usize, lane: &mut Lane) {
    // A norm has no rows and reads no vector: its base may lie anywhere.
    if rows == 0 {
        return;
    }
    linear::products(&matrix.weights, &lane.vector[matrix.columns.clone()], &mut lane.acc[which][..rows]);
}

impl<W: Watch> Run<'_, W> {
    fn epilogues(&mut self, tokens: Tokens) {
        match self.section.kind {
            Kind::End => {}
            Kind::Norm => self.norms(tokens),
            Kind::Store => self.each(tokens, Self::store),
            Kind::Channel => self.each(tokens, Self::channel),
            Kind::Recur => self.each(tokens, Self::recur),
            Kind::Activate if self.section.has(flag::GATE) => self.each(tokens, Self::gate),
            Kind::Activate => self.each(tokens, Self::activate),
            Kind::Residual => self.each(tokens, Self::residual),
            Kind::Logit => self.each(tokens, Self::logit),
        }
    }

    /// Each token, and for it each row of the section: `epilogue` gets the token's memories and the row's words of the state.
    #[inline(always)]
    fn each(&mut self, tokens: Tokens, epilogue: impl Fn(&mut Self, &mut Lane, &mut [i16], usize)) {
        let (at, words) = (self.section.state.clone(), self.section.state_words);
        let state = &mut tokens.state[at.clone()];
        for (t, lane) in tokens.lanes.iter_mut().enumerate() {
            for row in 0..self.section.rows {
                self.watch.place(self.section.index, row, tokens.first + t);
                self.origin(&self.section.a, row);
                epilogue(self, lane, &mut state[row * words..][..words], row);
            }
            if tokens.noted {
                lane.after[at.clone()].copy_from_slice(state);
            }
        }
    }

    fn norms(&mut self, tokens: Tokens) {
        for (t, lane) in tokens.lanes.iter_mut().enumerate() {
            self.watch.place(self.section.index, 0, tokens.first + t);
            self.watch.origin(Origin::new(Kind::Norm, self.section.flags, None));
            self.norm(lane);
        }
    }

    /// What follows comes from this row.
    #[inline(always)]
    fn origin(&mut self, matrix: &Matrix, row: usize) {
        let Section { kind, flags, .. } = *self.section;
        self.watch.origin(Origin::new(kind, flags, matrix.formats.get(row).copied()));
    }

    #[inline(always)]
    fn report<const N: usize>(&mut self, words: [i16; N]) {
        words.into_iter().for_each(|word| self.watch.word(word));
    }

    /// F(u).
    #[inline(always)]
    fn act(&mut self, u: Act) -> Act {
        act::apply(self.watch, &self.plan.act, u)
    }

    /// a0 of row a, and req of it.
    #[inline(always)]
    fn req_a(&mut self, lane: &Lane, row: usize) -> (i16, i16) {
        self.req(&self.section.a, lane.acc[A][row], row)
    }

    /// a0 of row b, and req of it.
    #[inline(always)]
    fn req_b(&mut self, lane: &Lane, row: usize) -> (i16, Act) {
        self.origin(&self.section.b, row);
        let (a0, r) = self.req(&self.section.b, lane.acc[B][row], row);
        self.origin(&self.section.a, row);
        (a0, Act::from_bits(r))
    }

    #[inline(always)]
    fn req(&mut self, matrix: &Matrix, acc: i32, row: usize) -> (i16, i16) {
        let p = &matrix.requant[row];
        let a0 = linear::shorten(self.watch, acc, p);
        (a0, linear::requantise(self.watch, a0, p))
    }

    /// u = conv(x), reported, or x. `state` begins with the history and is left without it.
    #[inline(always)]
    fn conv(&mut self, state: &mut &mut [i16], row: usize, x: Act) -> Act {
        if !self.section.has(flag::CONV) {
            return x;
        }
        let Some((history, rest)) = std::mem::take(state).split_first_chunk_mut() else { return x };
        *state = rest;
        conv::step(self.watch, &self.section.taps[row], history, x, self.section.shifts.conv)
    }

    /// r | n_0 .. n_(len-1).
    fn norm(&mut self, lane: &mut Lane) {
        let (dest, len) = (self.section.dest, self.section.a.columns.len());
        let n = &mut lane.vector[dest..dest + len];
        if self.section.has(flag::FRESH) {
            lane.q = norm::squares(self.plan.header.eps_q, &lane.h);
        }
        if self.section.has(flag::COPY) {
            n.copy_from_slice(&lane.h[..len]);
        } else {
            let (r, k) = norm::reciprocal(self.watch, &self.plan.rsqrt, lane.q);
            self.watch.word(r);
            n.iter_mut().zip(&lane.h).for_each(|(n, &h)| *n = norm::scale(self.watch, h, r, k));
        }
        n.iter().for_each(|&n| self.watch.word(n));
        lane.q = self.plan.header.eps_q;
    }

    /// a0, x, with CONV u, with ACT v.
    #[inline(always)]
    fn store(&mut self, lane: &mut Lane, mut state: &mut [i16], row: usize) {
        let (a0, x) = self.req_a(lane, row);
        self.report([a0, x]);
        let mut last = self.conv(&mut state, row, Act::from_bits(x));
        if self.section.has(flag::CONV) {
            self.report([last.to_bits()]);
        }
        if self.section.has(flag::ACT) {
            last = self.act(last);
            self.report([last.to_bits()]);
        }
        lane.vector[self.section.dest + row] = last.to_bits();
    }

    /// a0 of a, a0 of b, x, r, with CONV u, g, v, N times (sr', si'), y, z.
    #[inline(always)]
    fn channel(&mut self, lane: &mut Lane, mut state: &mut [i16], row: usize) {
        let (a0, x) = self.req_a(lane, row);
        let (b0, r) = self.req_b(lane, row);
        self.report([a0, b0, x, r.to_bits()]);
        let u = self.conv(&mut state, row, Act::from_bits(x));
        if self.section.has(flag::CONV) {
            self.report([u.to_bits()]);
        }
        let (g, v) = (self.act(r), self.act(u));
        self.report([g.to_bits(), v.to_bits()]);
        let y = self.scan(state, row, v);
        let z = gate::apply(self.watch, y, g, self.section.shifts.gate);
        self.report([y, z]);
        lane.vector[self.section.dest + row] = z;
    }

    /// y of a channel's N states.
    #[inline(always)]
    fn scan(&mut self, state: &mut [i16], row: usize, v: Act) -> i16 {
        let section = self.section;
        let n = section.n;
        let mut sum = product(section.direct[row], v.to_bits());
        let constants = section.filters[row * n..].iter().zip(&section.readouts[row * n..]);
        for (state, (filter, readout)) in state.as_chunks_mut().0.iter_mut().zip(constants) {
            scan::step(self.watch, filter, state, v);
            self.report(*state);
            sum += scan::read(readout, *state);
        }
        scan::finish(self.watch, sum, section.shifts.readout)
    }

    /// a0, v, sr', si'.
    #[inline(always)]
    fn recur(&mut self, lane: &mut Lane, state: &mut [i16], row: usize) {
        let (a0, v) = self.req_a(lane, row);
        self.report([a0, v]);
        let Some(state) = state.first_chunk_mut() else { return };
        scan::step(self.watch, &self.section.filters[row], state, Act::from_bits(v));
        let [sr, si] = *state;
        self.report([sr, si]);
        let (dest, complex) = (self.section.dest, self.section.has(flag::COMPLEX));
        lane.vector[dest + (row << u32::from(complex))] = sr;
        if complex {
            lane.vector[dest + 2 * row + 1] = si;
        }
    }

    /// y = sat(R(D u + ba 2^14 + a0 ma, 14)), with its a0.
    #[inline(always)]
    fn read_out(&mut self, lane: &Lane, row: usize) -> (i16, i16) {
        let (p, u) = (&self.section.a.requant[row], lane.vector[self.section.operand + row]);
        let a0 = linear::shorten(self.watch, lane.acc[A][row], p);
        let sum = product(self.section.direct[row], u) + linear::affine(a0, p);
        (a0, scan::finish(self.watch, sum, MANTISSA_FRAC))
    }

    /// `activate` with GATE: a0 of a, a0 of b, r, y, g, z.
    #[inline(always)]
    fn gate(&mut self, lane: &mut Lane, _: &mut [i16], row: usize) {
        let (a0, y) = self.read_out(lane, row);
        let (b0, r) = self.req_b(lane, row);
        let g = self.act(r);
        let z = gate::apply(self.watch, y, g, self.section.shifts.gate);
        self.report([a0, b0, r.to_bits(), y, g.to_bits(), z]);
        lane.vector[self.section.dest + row] = z;
    }

    /// `activate` with TO_H: a0, y, v, h.
    #[inline(always)]
    fn activate(&mut self, lane: &mut Lane, _: &mut [i16], row: usize) {
        let (a0, y) = self.read_out(lane, row);
        let v = self.act(Act::from_bits(y)).to_bits();
        let at = self.section.dest + row;
        let old = if self.section.has(flag::ADD_H) { linear::lift(lane.h[at]) } else { 0 };
        let sum = product(v, self.section.to_h[row].to_bits()) + old;
        let h = settle(self.watch, Stage::Residual, sum, MANTISSA_FRAC);
        self.report([a0, y, v, h]);
        lane.write_h(at, h);
    }

    /// a0, h.
    #[inline(always)]
    fn residual(&mut self, lane: &mut Lane, _: &mut [i16], row: usize) {
        let (p, at) = (&self.section.a.requant[row], self.section.dest + row);
        let a0 = linear::shorten(self.watch, lane.acc[A][row], p);
        let h = linear::residual(self.watch, lane.h[at], a0, p);
        self.report([a0, h]);
        lane.write_h(at, h);
    }

    /// a0, logit, g, score.
    #[inline(always)]
    fn logit(&mut self, lane: &mut Lane, _: &mut [i16], row: usize) {
        let (a0, logit) = self.req_a(lane, row);
        let token = self.section.dest + row;
        let (g, score) = lane.contest.enter(self.watch, &self.plan.gumbel, token as u16, logit);
        self.report([a0, logit, g, score]);
        lane.logits[token] = logit;
    }
}

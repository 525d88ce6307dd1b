//! What a section does with the memories: one function per kind, in the order of `FORMAT.md`, section 4, and with the
//! reported words in the order of its table.
//!
//! All dot products of a section are taken first and its epilogues run over them afterwards. That is the tape's order of
//! events as far as anyone can tell: `plan` refuses a section that writes its own operands.

use crate::choose::Contest;
use crate::fixed::{product, settle, Act};
use crate::plan::{Matrix, Plan, Section};
use crate::watch::{Stage, Watch};
use crate::{act, conv, gate, linear, norm, scan};
use statestream_image::layout::{flag, Kind, MANTISSA_FRAC};

/// Everything that a pass writes, preallocated.
#[derive(Clone, Debug)]
pub(crate) struct Memory {
    /// The residual stream, (d,).
    pub h: Vec<i16>,
    /// Sum of squares of h, with eps_q: below 2^44.
    q: u64,
    /// Vector memory.
    vector: Vec<i16>,
    /// Recurrence and conv history, in tape order.
    pub state: Vec<i16>,
    /// (vocab,).
    pub logits: Vec<i16>,
    /// Dot products of a section's rows a, |acc| < 2^30.
    a: Vec<i32>,
    /// The same of its rows b.
    b: Vec<i32>,
}

/// A section at work: what it reads, and who watches.
struct Run<'a, W> {
    plan: &'a Plan,
    section: &'a Section,
    watch: &'a mut W,
}

impl Memory {
    pub fn new(plan: &Plan) -> Self {
        let (rows, header) = (plan.most_rows(), &plan.header);
        Self {
            h: vec![0; header.d],
            q: header.eps_q,
            vector: vec![0; header.vector_words],
            state: plan.states[0].clone(),
            logits: vec![0; header.vocab],
            a: vec![0; rows],
            b: vec![0; rows],
        }
    }

    /// A pass begins: h is the token's embedding.
    pub fn begin(&mut self, embedding: &[i16], eps_q: u64) {
        self.h.copy_from_slice(embedding);
        self.q = eps_q;
    }

    /// One section of the tape.
    pub fn run<W: Watch>(&mut self, plan: &Plan, section: &Section, contest: &mut Contest, watch: &mut W) {
        products(&section.a, section.rows, &self.vector, &mut self.a);
        if section.has(flag::PAIR) {
            products(&section.b, section.rows, &self.vector, &mut self.b);
        }
        let mut run = Run { plan, section, watch };
        match section.kind {
            Kind::End => {}
            Kind::Norm => run.norm(self),
            Kind::Store => run.each(|run, row| run.store(self, row)),
            Kind::Channel => run.each(|run, row| run.channel(self, row)),
            Kind::Recur => run.each(|run, row| run.recur(self, row)),
            Kind::Activate if section.has(flag::GATE) => run.each(|run, row| run.gate(self, row)),
            Kind::Activate => run.each(|run, row| run.activate(self, row)),
            Kind::Residual => run.each(|run, row| run.residual(self, row)),
            Kind::Logit => run.each(|run, row| run.logit(self, contest, row)),
        }
    }

    /// Every write of h adds its square to q.
    fn write_h(&mut self, at: usize, h: i16) {
        self.h[at] = h;
        self.q += norm::square(h);
    }
}

fn products(matrix: &Matrix, rows: usize, vector: &[i16], acc: &mut [i32]) {
    linear::products(&matrix.weights, &vector[matrix.columns.clone()], &mut acc[..rows]);
}

impl<W: Watch> Run<'_, W> {
    #[inline(always)]
    fn each(&mut self, mut epilogue: impl FnMut(&mut Self, usize)) {
        for row in 0..self.section.rows {
            self.watch.place(self.section.index, row);
            epilogue(self, row);
        }
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
    fn req_a(&mut self, memory: &Memory, row: usize) -> (i16, i16) {
        self.req(&self.section.a, memory.a[row], row)
    }

    /// a0 of row b, and req of it.
    #[inline(always)]
    fn req_b(&mut self, memory: &Memory, row: usize) -> (i16, Act) {
        let (a0, r) = self.req(&self.section.b, memory.b[row], row);
        (a0, Act::from_bits(r))
    }

    #[inline(always)]
    fn req(&mut self, matrix: &Matrix, acc: i32, row: usize) -> (i16, i16) {
        let p = &matrix.requant[row];
        let a0 = linear::shorten(self.watch, acc, p);
        (a0, linear::requantise(self.watch, a0, p))
    }

    /// The row's words of the state.
    #[inline(always)]
    fn state<'m>(&self, memory: &'m mut Memory, row: usize) -> &'m mut [i16] {
        let words = self.section.state_words;
        &mut memory.state[self.section.state.start + row * words..][..words]
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
    fn norm(&mut self, memory: &mut Memory) {
        self.watch.place(self.section.index, 0);
        let (dest, len) = (self.section.dest, self.section.a.columns.len());
        let n = &mut memory.vector[dest..dest + len];
        if self.section.has(flag::FRESH) {
            memory.q = norm::squares(self.plan.header.eps_q, &memory.h);
        }
        if self.section.has(flag::COPY) {
            n.copy_from_slice(&memory.h[..len]);
        } else {
            let (r, k) = norm::reciprocal(self.watch, &self.plan.rsqrt, memory.q);
            self.watch.word(r);
            n.iter_mut().zip(&memory.h).for_each(|(n, &h)| *n = norm::scale(self.watch, h, r, k));
        }
        n.iter().for_each(|&n| self.watch.word(n));
        memory.q = self.plan.header.eps_q;
    }

    /// a0, x, with CONV u, with ACT v.
    #[inline(always)]
    fn store(&mut self, memory: &mut Memory, row: usize) {
        let (a0, x) = self.req_a(memory, row);
        self.report([a0, x]);
        let mut last = self.conv(&mut self.state(memory, row), row, Act::from_bits(x));
        if self.section.has(flag::CONV) {
            self.report([last.to_bits()]);
        }
        if self.section.has(flag::ACT) {
            last = self.act(last);
            self.report([last.to_bits()]);
        }
        memory.vector[self.section.dest + row] = last.to_bits();
    }

    /// a0 of a, a0 of b, x, r, with CONV u, g, v, N times (sr', si'), y, z.
    #[inline(always)]
    fn channel(&mut self, memory: &mut Memory, row: usize) {
        let (a0, x) = self.req_a(memory, row);
        let (b0, r) = self.req_b(memory, row);
        self.report([a0, b0, x, r.to_bits()]);
        let mut state = self.state(memory, row);
        let u = self.conv(&mut state, row, Act::from_bits(x));
        if self.section.has(flag::CONV) {
            self.report([u.to_bits()]);
        }
        let (g, v) = (self.act(r), self.act(u));
        self.report([g.to_bits(), v.to_bits()]);
        let y = self.scan(state, row, v);
        let z = gate::apply(self.watch, y, g, self.section.shifts.gate);
        self.report([y, z]);
        memory.vector[self.section.dest + row] = z;
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
    fn recur(&mut self, memory: &mut Memory, row: usize) {
        let (a0, v) = self.req_a(memory, row);
        self.report([a0, v]);
        let Some(state) = self.state(memory, row).first_chunk_mut() else { return };
        scan::step(self.watch, &self.section.filters[row], state, Act::from_bits(v));
        let [sr, si] = *state;
        self.report([sr, si]);
        let (dest, complex) = (self.section.dest, self.section.has(flag::COMPLEX));
        memory.vector[dest + (row << u32::from(complex))] = sr;
        if complex {
            memory.vector[dest + 2 * row + 1] = si;
        }
    }

    /// y = sat(R(D u + ba 2^14 + a0 ma, 14)), with its a0.
    #[inline(always)]
    fn read_out(&mut self, memory: &Memory, row: usize) -> (i16, i16) {
        let (p, u) = (&self.section.a.requant[row], memory.vector[self.section.operand + row]);
        let a0 = linear::shorten(self.watch, memory.a[row], p);
        let sum = product(self.section.direct[row], u) + linear::affine(a0, p);
        (a0, scan::finish(self.watch, sum, MANTISSA_FRAC))
    }

    /// `activate` with GATE: a0 of a, a0 of b, r, y, g, z.
    #[inline(always)]
    fn gate(&mut self, memory: &mut Memory, row: usize) {
        let (a0, y) = self.read_out(memory, row);
        let (b0, r) = self.req_b(memory, row);
        let g = self.act(r);
        let z = gate::apply(self.watch, y, g, self.section.shifts.gate);
        self.report([a0, b0, r.to_bits(), y, g.to_bits(), z]);
        memory.vector[self.section.dest + row] = z;
    }

    /// `activate` with TO_H: a0, y, v, h.
    #[inline(always)]
    fn activate(&mut self, memory: &mut Memory, row: usize) {
        let (a0, y) = self.read_out(memory, row);
        let v = self.act(Act::from_bits(y)).to_bits();
        let at = self.section.dest + row;
        let old = if self.section.has(flag::ADD_H) { linear::lift(memory.h[at]) } else { 0 };
        let sum = product(v, self.section.to_h[row].to_bits()) + old;
        let h = settle(self.watch, Stage::Residual, sum, MANTISSA_FRAC);
        self.report([a0, y, v, h]);
        memory.write_h(at, h);
    }

    /// a0, h.
    #[inline(always)]
    fn residual(&mut self, memory: &mut Memory, row: usize) {
        let (p, at) = (&self.section.a.requant[row], self.section.dest + row);
        let a0 = linear::shorten(self.watch, memory.a[row], p);
        let h = linear::residual(self.watch, memory.h[at], a0, p);
        self.report([a0, h]);
        memory.write_h(at, h);
    }

    /// a0, logit, g, score.
    #[inline(always)]
    fn logit(&mut self, memory: &mut Memory, contest: &mut Contest, row: usize) {
        let (a0, logit) = self.req_a(memory, row);
        let token = self.section.dest + row;
        let (g, score) = contest.enter(self.watch, &self.plan.gumbel, token as u16, logit);
        self.report([a0, logit, g, score]);
        memory.logits[token] = logit;
    }
}

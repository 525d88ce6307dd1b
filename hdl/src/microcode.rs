//! The epilogues as programs: one 48-bit instruction per clock for the five-stage datapath of `epilogue.rs`.
//!
//! An instruction issued in clock c reads its operands' memories in c, multiplies in c + 1, accumulates in c + 2, shifts in
//! c + 3, rounds and saturates in c + 4; its result stands in `res` during c + 5 and is written at the end of c + 5. In the
//! long pipeline all but the first come two clocks later, and c is a clock behind the ROM ([`Latency`]).
//! [`Assembler`] delays each instruction until what it reads is there, so a program reads like the equations of FORMAT.md
//! section 4; the delays cost no ROM, they ride in the instruction before.
//!
//! A program has a *head* and a *body*. The head takes what the lanes hold, one token a clock, into the working registers of
//! each token; after it the next row may use the lanes. The body computes the rest, once for every token, one after another.

use crate::latency::Latency;

/// First factor.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum X {
    /// Row parameter at this offset (plus 5 per state inside a state loop).
    Param(u8),
    /// Table entry j.
    Table,
    /// Table entry j + 1.
    TableNext,
    /// The last result.
    Res,
    /// The normaliser's scale r.
    Scale,
    /// The sampling temperature.
    Temperature,
    /// 2^14.
    C14,
    /// 2^12.
    C12,
}

/// Second factor.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Y {
    /// Working register.
    W(u8),
    /// State word of this row at this offset (plus 2 per state inside a state loop), as the token before left it.
    State(u8),
    /// The same word as this token wrote it.
    NewState(u8),
    /// The element of h.
    H,
    /// The last result.
    Res,
    /// The interpolation fraction f.
    Frac,
    /// 4096 - f.
    Rest,
    /// The operand u of the row, in its head.
    U,
    /// 2^14.
    C14,
}

/// What happens to the accumulator.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mac {
    /// Nothing.
    Hold,
    /// acc = x y.
    Set,
    /// acc += x y.
    Add,
    /// acc -= x y.
    Sub,
    /// acc = the row that lane 0 took; all rows move on by a lane.
    Row,
    /// The lanes take the row that is in their accumulators.
    Load,
}

/// The shift of a result.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Shift {
    /// 12, every table look-up.
    Lerp,
    /// 14, every mantissa.
    Mantissa,
    /// 15, every pole.
    Pole,
    /// `qa.s`.
    RowA,
    /// `qb.s`.
    RowB,
    /// `sc`.
    Conv,
    /// `sy`.
    Readout,
    /// `sz`.
    Gate,
    /// 21 - k.
    Norm,
}

/// Where a result goes. All results but `StateQuiet` and `WQuiet` are reported on the trace port.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Dest {
    /// `res` only.
    None,
    /// Working register.
    W(u8),
    /// State word of this row.
    State(u8),
    /// The element of h.
    H,
    /// The next vector word.
    Vector,
    /// The normaliser's scale r.
    Scale,
    /// Working register, and the logit that the host may stream.
    Logit(u8),
    /// The score: compared with the best so far.
    Score,
    /// State word, a move that computes nothing.
    StateQuiet(u8),
    /// State word and the next vector word.
    StateVector(u8),
    /// Working register, a move that computes nothing.
    WQuiet(u8),
}

/// What happens beside the multiplication.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Side {
    /// Nothing.
    None,
    /// y is rectified for the product, and (j, f) is taken from |y|: the start of F.
    IndexAct,
    /// (j, f) from the normalised sum of squares.
    IndexRsqrt,
    /// (j, f) from the normalised noise word.
    IndexGumbel,
    /// Normalise the sum of squares: 22 clocks.
    NormaliseSquares,
    /// Step the noise word and normalise it: 22 clocks.
    NormaliseNoise,
    /// q = eps_q.
    ClearSquares,
    /// The product is y y and is added to q.
    Square,
}

/// What is issued next.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Flow {
    /// The next instruction.
    Next,
    /// Back to the label while states remain, counting them.
    States(usize),
    /// The same instruction for every element of h.
    Elements,
    /// The same instruction for every token.
    Tokens,
    /// The body is over: once more for the next token, from this label, or the end.
    End(usize),
}

/// One instruction.
#[derive(Clone, Copy, Debug)]
pub struct Op {
    /// First factor.
    pub x: X,
    /// Second factor.
    pub y: Y,
    /// Accumulator.
    pub mac: Mac,
    /// Is there a result, and by how much is it shifted?
    pub out: Option<Shift>,
    /// Where the result goes.
    pub dest: Dest,
    /// Tables, squares.
    pub side: Side,
    /// Control.
    pub flow: Flow,
    /// Add the state index to parameter and state offsets.
    pub indexed: bool,
    wait: u8,
}

/// An instruction that does nothing.
pub const NOP: Op = Op {
    x: X::C14,
    y: Y::Frac,
    mac: Mac::Hold,
    out: None,
    dest: Dest::None,
    side: Side::None,
    flow: Flow::Next,
    indexed: false,
    wait: 0,
};

impl Op {
    /// mac(x y).
    pub fn new(mac: Mac, x: X, y: Y) -> Self {
        Op { x, y, mac, ..NOP }
    }
    /// With a result.
    pub fn out(self, shift: Shift, dest: Dest) -> Self {
        Op { out: Some(shift), dest, ..self }
    }
    /// With a side effect.
    pub fn side(self, side: Side) -> Self {
        Op { side, ..self }
    }
    /// With control flow.
    pub fn flow(self, flow: Flow) -> Self {
        Op { flow, ..self }
    }
    /// Inside a state loop.
    pub fn indexed(self) -> Self {
        Op { indexed: true, ..self }
    }

    /// The 48 bits; `epilogue.rs` slices them at the same places.
    pub fn encode(&self) -> u64 {
        let (xsel, xaddr) = self.x.code();
        let (ysel, yaddr) = self.y.code();
        let (dest, daddr) = self.dest.code();
        let (flow, target) = self.flow.code(self.wait);
        let fresh = matches!(self.y, Y::NewState(_));
        let mut word = 0u64;
        for (value, at) in [
            (xsel, 0),
            (xaddr, 3),
            (u64::from(self.indexed), 9),
            (ysel, 10),
            (yaddr, 13),
            (self.mac.code(), 17),
            (u64::from(self.out.is_some()), 20),
            (self.out.map_or(0, Shift::code), 21),
            (dest, 25),
            (daddr, 29),
            (self.side as u64, 33),
            (flow, 36),
            (target, 39),
            (u64::from(fresh), 47),
        ] {
            word |= value << at;
        }
        word
    }
}

/// Bits of an instruction.
pub const OP_BITS: usize = 48;
/// Address bits of the microprogram.
pub const ROM_BITS: usize = 8;

impl X {
    fn code(self) -> (u64, u64) {
        match self {
            X::Param(k) => (0, u64::from(k)),
            X::Table => (1, 0),
            X::TableNext => (2, 0),
            X::Res => (3, 0),
            X::Scale => (4, 0),
            X::Temperature => (5, 0),
            X::C14 => (6, 0),
            X::C12 => (7, 0),
        }
    }
}
impl Y {
    fn code(self) -> (u64, u64) {
        match self {
            Y::W(k) => (0, u64::from(k)),
            Y::State(k) | Y::NewState(k) => (1, u64::from(k)),
            Y::H => (2, 0),
            Y::Res => (3, 0),
            Y::Frac => (4, 0),
            Y::Rest => (5, 0),
            Y::U => (6, 0),
            Y::C14 => (7, 0),
        }
    }
}
impl Mac {
    fn code(self) -> u64 {
        self as u64
    }
}
impl Shift {
    fn code(self) -> u64 {
        self as u64
    }
}
impl Dest {
    fn code(self) -> (u64, u64) {
        match self {
            Dest::None => (0, 0),
            Dest::W(k) => (1, u64::from(k)),
            Dest::State(k) => (2, u64::from(k)),
            Dest::H => (3, 0),
            Dest::Vector => (4, 0),
            Dest::Scale => (5, 0),
            Dest::Logit(k) => (6, u64::from(k)),
            Dest::Score => (7, 0),
            Dest::StateQuiet(k) => (8, u64::from(k)),
            Dest::StateVector(k) => (9, u64::from(k)),
            Dest::WQuiet(k) => (10, u64::from(k)),
        }
    }
    fn w(self) -> Option<u8> {
        match self {
            Dest::W(k) | Dest::Logit(k) | Dest::WQuiet(k) => Some(k),
            _ => None,
        }
    }
    fn state(self) -> Option<u8> {
        match self {
            Dest::State(k) | Dest::StateQuiet(k) | Dest::StateVector(k) => Some(k),
            _ => None,
        }
    }
}
impl Flow {
    fn code(self, wait: u8) -> (u64, u64) {
        match self {
            Flow::Next => (0, u64::from(wait)),
            Flow::States(label) => (1, label as u64),
            Flow::Elements => (2, u64::from(wait)),
            Flow::Tokens => (3, u64::from(wait)),
            Flow::End(label) => (7, label as u64),
        }
    }
}

/// Clocks that a normalisation takes after it is started.
pub const NORMALISE: u64 = 24;

/// One program: where it starts and how long it takes.
#[derive(Clone, Debug)]
pub struct Program {
    /// First instruction.
    pub entry: usize,
    /// Clocks of the head for one token.
    pub head: u64,
    /// Clocks of the head for each further token: dot products and operands taken.
    pub takes: u64,
    /// Clocks of the body for one token, with one state and one element.
    pub body: u64,
    /// Clocks that every further state costs.
    pub per_state: u64,
    /// Clocks that every further element costs.
    pub per_element: u64,
    ops: Vec<Op>,
}

/// What the clocks of a job depend on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Load {
    /// Complex states of its row.
    pub states: u64,
    /// Elements of h.
    pub elements: u64,
    /// Tokens of the pass.
    pub tokens: u64,
    /// Tokens that its body runs for.
    pub bodies: u64,
}

impl Load {
    /// One of everything.
    pub const ONE: Load = Load { states: 1, elements: 1, tokens: 1, bodies: 1 };
}

/// Builds one program, delaying every instruction until its operands are there.
pub struct Assembler {
    latency: Latency,
    ops: Vec<Op>,
    cycles: Vec<u64>,
    results: Vec<usize>,
    floor: u64,
    body: usize,
}

impl Assembler {
    fn new(latency: Latency) -> Self {
        Assembler { latency, ops: vec![], cycles: vec![], results: vec![], floor: 0, body: 0 }
    }

    /// Appends `op` at the earliest clock that its hazards allow; returns its index.
    pub fn push(&mut self, op: Op) -> usize {
        let mut at = self.cycles.last().map_or(0, |c| c + 1).max(self.ready(&op)).max(self.floor);
        while self.port_clash(&op, at) {
            at += 1;
        }
        self.bridge_loop(at);
        self.delay_last_until(at);
        self.ops.push(op);
        self.cycles.push(at);
        if op.out.is_some() {
            self.results.push(self.ops.len() - 1);
        }
        self.ops.len() - 1
    }

    /// The next instruction is not issued before the clock in which the last one's result would stand in `res`.
    pub fn rest(&mut self) {
        self.floor = self.cycles.last().map_or(0, |c| c + self.latency.result());
    }

    /// The next instruction is not issued before the result of the instruction at `of` stands in `res`.
    pub fn rest_until_result(&mut self, of: usize) {
        self.floor = self.cycles[of] + self.latency.result();
    }

    /// Turns the instruction at `end` into the end of a loop over the states.
    pub fn mark_loop(&mut self, end: usize, label: usize) {
        self.ops[end].flow = Flow::States(label);
    }

    /// The head is over, the body begins with the next instruction.
    pub fn begin_body(&mut self) {
        self.body = self.ops.len();
    }

    /// The label of the next instruction.
    pub fn label(&self) -> usize {
        self.ops.len()
    }

    /// A loop's last instruction has no room for a wait: an idle instruction carries it.
    fn bridge_loop(&mut self, at: u64) {
        if let (Some(Op { flow: Flow::States(_), .. }), Some(&cycle)) = (self.ops.last(), self.cycles.last())
        {
            if at > cycle + 1 {
                self.ops.push(NOP);
                self.cycles.push(cycle + 1);
            }
        }
    }

    fn delay_last_until(&mut self, at: u64) {
        if let (Some(op), Some(cycle)) = (self.ops.last_mut(), self.cycles.last()) {
            op.wait = (at - cycle - 1) as u8;
        }
    }

    fn ready(&self, op: &Op) -> u64 {
        let both = [self.x_ready(op), self.y_ready(op), self.side_ready(op)];
        both.into_iter().max().unwrap_or(0)
    }

    fn x_ready(&self, op: &Op) -> u64 {
        match op.x {
            X::Res => self.last_result(),
            X::Table | X::TableNext => {
                self.last_where(|o| is_index(o.side)).map_or(0, |c| c + self.latency.select + 1)
            }
            X::Scale => self.last_where(|o| o.dest == Dest::Scale).map_or(0, |c| c + self.to_res() + 1),
            _ => 0,
        }
    }

    fn y_ready(&self, op: &Op) -> u64 {
        let written = |f: &dyn Fn(&Op) -> bool| self.last_where(f).map_or(0, |c| c + self.latency.drain());
        match op.y {
            Y::W(k) => written(&|o| o.dest.w() == Some(k)),
            Y::NewState(k) => written(&|o| o.dest.state() == Some(k)),
            Y::H => written(&|o| o.dest == Dest::H),
            Y::Res => self.last_result(),
            _ => 0,
        }
    }

    fn side_ready(&self, op: &Op) -> u64 {
        match op.side {
            Side::IndexRsqrt => {
                self.last_where(|o| o.side == Side::NormaliseSquares).map_or(0, |c| c + NORMALISE)
            }
            Side::IndexGumbel => {
                self.last_where(|o| o.side == Side::NormaliseNoise).map_or(0, |c| c + NORMALISE)
            }
            Side::NormaliseSquares => self.last_where(|o| o.side == Side::Square).map_or(0, |c| c + 2),
            _ => 0,
        }
    }

    fn last_result(&self) -> u64 {
        self.results.last().map_or(0, |at| self.cycles[*at] + self.to_res())
    }

    /// Clocks from the issue of an instruction to that of one which takes its result from `res`.
    fn to_res(&self) -> u64 {
        self.latency.result() - self.latency.select
    }

    fn last_where(&self, wanted: impl Fn(&Op) -> bool) -> Option<u64> {
        self.ops.iter().zip(&self.cycles).rev().find(|(op, _)| wanted(op)).map(|(_, cycle)| *cycle)
    }

    /// The state memory has one port: a read at `at` must not meet an earlier result's write.
    fn port_clash(&self, op: &Op, at: u64) -> bool {
        let writes = self.ops.iter().zip(&self.cycles).filter(|(o, _)| o.dest.state().is_some());
        matches!(op.y, Y::State(_) | Y::NewState(_))
            && writes.into_iter().any(|(_, c)| c + self.latency.result() == at)
    }

    /// An instruction that must read the result of `of` while it is the last one: used where two results follow closely.
    pub fn push_on(&mut self, of: usize, op: Op) -> usize {
        self.floor = self.floor.max(self.cycles[of] + self.to_res());
        let saved = std::mem::take(&mut self.results);
        let at = self.push(op);
        let mut all = saved;
        all.append(&mut self.results);
        self.results = all;
        at
    }

    /// An idle instruction ends the body, once all that the body writes can be read by the next token's.
    fn finish(mut self, entry: usize) -> Program {
        let last = self.cycles.last().map_or(0, |c| c + self.latency.result());
        self.delay_last_until(last);
        self.ops.push(NOP.flow(Flow::End(self.body)));
        let head = self.cycles.get(self.body).copied().unwrap_or(last);
        let per_state = self.loops().iter().map(|(from, to)| self.cycles[*to] + 1 - self.cycles[*from]).sum();
        let repeated = |flow| self.ops.iter().filter(|op| op.flow == flow).count() as u64;
        let (takes, per_element) = (repeated(Flow::Tokens), repeated(Flow::Elements));
        for op in &mut self.ops {
            if let Flow::States(label) | Flow::End(label) = &mut op.flow {
                *label += entry;
            }
        }
        let issue = self.latency.issue;
        Program {
            entry,
            head: issue + head,
            takes,
            body: last + 1 - head,
            per_state,
            per_element,
            ops: self.ops,
        }
    }

    fn loops(&self) -> Vec<(usize, usize)> {
        let ends = self.ops.iter().enumerate();
        ends.filter_map(|(at, op)| if let Flow::States(from) = op.flow { Some((from, at)) } else { None })
            .collect()
    }
}

fn is_index(side: Side) -> bool {
    matches!(side, Side::IndexAct | Side::IndexRsqrt | Side::IndexGumbel)
}

impl Program {
    /// Clocks from the job's start to idle.
    pub fn duration(&self, load: Load) -> u64 {
        let body = self.body
            + self.per_state * load.states.saturating_sub(1)
            + self.per_element * load.elements.saturating_sub(1);
        self.heading(load.tokens) + body * load.bodies
    }

    /// Clocks from the job's start until the body begins and the lanes are free.
    pub fn heading(&self, tokens: u64) -> u64 {
        self.head + self.takes * tokens.saturating_sub(1)
    }

    /// The instructions, encoded.
    pub fn words(&self) -> impl Iterator<Item = u64> + '_ {
        self.ops.iter().map(Op::encode)
    }

    /// Places a program behind `entry` earlier instructions.
    pub fn assemble(latency: Latency, entry: usize, write: impl FnOnce(&mut Assembler)) -> Program {
        let mut asm = Assembler::new(latency);
        write(&mut asm);
        asm.finish(entry)
    }
}

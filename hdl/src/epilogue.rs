//! The epilogue: what a row's dot product triggers (FORMAT.md section 4), one instruction per clock through five stages.
//!
//! ```text
//! issue     addresses of parameter, working register, state word, table entry, h
//! read      x and y are chosen; p = x y at the end
//! add       acc = 0, acc or a row's dot product, plus or minus p; squares
//! shift     acc >> s
//! round     + 1/2, saturate
//! back      the result is written, and reported on the trace port
//! ```
//! The long pipeline has a register (a [`Stage`]) between ROM and issue, and one behind every memory, before x and y are chosen.
//!
//! The tokens of a pass are served one after another; only the head of a program has several in the pipeline at once.

use crate::control::Control;
use crate::index::TableIndex;
use crate::memory::{DualPort, RamStyle};
use crate::multiplier::Multiplier;
use crate::num::{signed_cast_lit, S};
use crate::register::{Dff, Stage};
use crate::ring::{Ring, TokenNumber};
use crate::shifter::RoundShift;
use rust_hdl::prelude::*;
use statestream_image::config::Pipeline;

/// One epilogue unit. Memories, lanes and the token's choice are outside; `token` says whose.
#[derive(LogicBlock, Default)]
pub struct Epilogue {
    /// Clock, rising edge.
    pub clock: Signal<In, Clock>,
    // the job, taken with `start`
    /// A job starts; only while not busy.
    pub start: Signal<In, Bit>,
    /// First instruction of its program.
    pub entry: Signal<In, Bits<8>>,
    /// Bank of the parameter memory that holds its row's parameters.
    pub bank: Signal<In, Bit>,
    /// qa.s
    pub shift_a: Signal<In, Bits<5>>,
    /// qb.s
    pub shift_b: Signal<In, Bits<5>>,
    /// sc
    pub shift_conv: Signal<In, Bits<5>>,
    /// sy
    pub shift_readout: Signal<In, Bits<5>>,
    /// sz
    pub shift_gate: Signal<In, Bits<5>>,
    /// Complex states, minus one.
    pub states_less_1: Signal<In, Bits<4>>,
    /// State words per row.
    pub state_words: Signal<In, Bits<8>>,
    /// First vector word to write.
    pub dest: Signal<In, Bits<16>>,
    /// It is a norm: it reads h from its first element.
    pub from_start: Signal<In, Bit>,
    /// Vector address of u.
    pub operand_at: Signal<In, Bits<16>>,
    /// First token of its body.
    pub first_token: Signal<In, Bits<4>>,
    /// A job is in the datapath.
    pub busy: Signal<Out, Bit>,
    /// Its head is: lanes and the vector memories' read ports are the epilogue's.
    pub heading: Signal<Out, Bit>,
    /// A body ends.
    pub turn: Signal<Out, Bit>,
    // the pass
    /// A pass starts: the state is walked from word 0.
    pub rewind: Signal<In, Bit>,
    /// Its last token.
    pub last_token: Signal<In, Bits<4>>,
    /// Bank of the state that it begins with.
    pub bank_before: Signal<In, Bits<4>>,
    /// Elements of h, minus one.
    pub elements_less_1: Signal<In, Bits<16>>,
    /// eps_q
    pub eps: Signal<In, Bits<44>>,
    /// Temperature word t.
    pub temperature: Signal<In, S<16>>,
    /// Noise word w, stepped by `step_noise`.
    pub noise: Signal<In, Bits<32>>,
    /// w is taken in this clock: step it after.
    pub step_noise: Signal<Out, Bit>,
    /// The host has not taken the last logit yet.
    pub hold: Signal<In, Bit>,
    // the lanes
    /// The dot product that lane 0 took.
    pub row: Signal<In, S<32>>,
    /// It has been used: the next lane's takes its place.
    pub shift: Signal<Out, Bit>,
    /// The lanes take what is in their accumulators.
    pub load: Signal<Out, Bit>,
    // whose turn it is
    /// The token whose memories this clock's addresses read.
    pub token: Signal<Out, Bits<4>>,
    /// The token whose operand is used in this clock.
    pub operand_token: Signal<Out, Bits<4>>,
    /// Vector address of the operands, while `heading`.
    pub operand_address: Signal<Out, Bits<16>>,
    /// u of that token; in the long pipeline from the clock before.
    pub operand: Signal<In, S<16>>,
    /// The token that this clock's result belongs to.
    pub result_token: Signal<Out, Bits<4>>,
    // memories: address in one clock, word in the next
    /// Parameter address: bank, offset.
    pub param_address: Signal<Out, Bits<8>>,
    /// Parameter word.
    pub param: Signal<In, S<16>>,
    /// Table address.
    pub table_address: Signal<Out, Bits<9>>,
    /// Table word.
    pub table_word: Signal<In, S<16>>,
    /// Element of h to read, or to write with `h_write`.
    pub h_address: Signal<Out, Bits<16>>,
    /// Element of h.
    pub h: Signal<In, S<16>>,
    /// Write `result` to h.
    pub h_write: Signal<Out, Bit>,
    /// State address.
    pub state_address: Signal<Out, Bits<20>>,
    /// Its bank: a token reads what the token before wrote, and writes its own.
    pub state_bank: Signal<Out, Bits<4>>,
    /// State word; in the long pipeline three clocks after its address.
    pub state: Signal<In, S<16>>,
    /// Write `result` to the state.
    pub state_write: Signal<Out, Bit>,
    /// Vector address.
    pub vector_address: Signal<Out, Bits<16>>,
    /// Write `result` to the vector memory.
    pub vector_write: Signal<Out, Bit>,
    /// The result, written in this clock.
    pub result: Signal<Out, S<16>>,
    /// There is a result, and it is reported.
    pub report: Signal<Out, Bit>,
    /// The result was clamped.
    pub clamped: Signal<Out, Bit>,
    /// The result is a logit.
    pub is_logit: Signal<Out, Bit>,
    /// The result is a score.
    pub is_score: Signal<Out, Bit>,

    control: Control,
    index: TableIndex,
    working: DualPort<8>,
    multiplier: Multiplier,
    round: RoundShift,
    op: Signal<Local, Bits<48>>,
    issued: Stage<Bits<48>>,
    at_token: Stage<Bits<4>>,
    at_element: Stage<Bits<16>>,
    at_params: Stage<Bits<7>>,
    at_words: Stage<Bits<5>>,
    at_turn: Stage<Bit>,
    at_head: Stage<Bit>,
    at_work: Stage<Bit>,
    reach: Stage<Bits<48>>,
    offset_reach: Stage<Bits<5>>,
    token_reach: Stage<Bits<4>>,
    fetch: Stage<Bits<48>>,
    offset_fetch: Stage<Bits<5>>,
    token_fetch: Stage<Bits<4>>,
    param_fetch: Stage<S<16>>,
    entry_fetch: Stage<S<16>>,
    h_fetch: Stage<S<16>>,
    working_fetch: Stage<S<16>>,
    param_word: Stage<S<16>>,
    entry_word: Stage<S<16>>,
    h_word: Stage<S<16>>,
    working_word: Stage<S<16>>,
    operand_word: Stage<S<16>>,
    read: Dff<Bits<48>>,
    add: Dff<Bits<48>>,
    shifting: Dff<Bits<48>>,
    rounding: Dff<Bits<48>>,
    back: Dff<Bits<48>>,
    offset_read: Dff<Bits<5>>,
    offset_add: Dff<Bits<5>>,
    offset_shift: Dff<Bits<5>>,
    offset_round: Dff<Bits<5>>,
    offset_back: Dff<Bits<5>>,
    offset: Signal<Local, Bits<5>>,
    acc: Dff<S<32>>,
    x: Signal<Local, S<16>>,
    y: Signal<Local, S<16>>,
    y_rectified: Signal<Local, S<16>>,
    side: Signal<Local, Bits<3>>,
    squares: Ring<44>,
    product: Signal<Local, Bits<31>>,
    scale: Dff<S<16>>,
    job_bank: Dff<Bit>,
    job_shift_a: Dff<Bits<5>>,
    job_shift_b: Dff<Bits<5>>,
    job_shift_conv: Dff<Bits<5>>,
    job_shift_readout: Dff<Bits<5>>,
    job_shift_gate: Dff<Bits<5>>,
    job_states_less_1: Dff<Bits<4>>,
    job_state_words: Dff<Bits<8>>,
    job_dest: Dff<Bits<16>>,
    job_from_start: Dff<Bit>,
    job_operand_at: Dff<Bits<16>>,
    job_first_token: Dff<Bits<4>>,
    token_read: Dff<Bits<4>>,
    token_add: Dff<Bits<4>>,
    token_shift: Dff<Bits<4>>,
    token_round: Dff<Bits<4>>,
    token_back: Dff<Bits<4>>,
    earlier: TokenNumber,
    vector_at: Dff<Bits<16>>,
    state_at: Dff<Bits<20>>,
    param_at: Signal<Local, Bits<7>>,
    dest_code: Signal<Local, Bits<4>>,
    writes_state: Signal<Local, Bit>,
    has_result: Signal<Local, Bit>,
    was_busy: Dff<Bit>,
    _long: usize,
}

impl Epilogue {
    /// An epilogue with this microprogram, for at most this many tokens: a power of two. The microprogram is for this pipeline.
    pub fn new(microprogram: &[u64], tokens: usize, pipeline: Pipeline) -> Self {
        let long = pipeline == Pipeline::Long;
        Self {
            issued: Stage::new(long),
            at_token: Stage::new(long),
            at_element: Stage::new(long),
            at_params: Stage::new(long),
            at_words: Stage::new(long),
            at_turn: Stage::new(long),
            at_head: Stage::new(long),
            at_work: Stage::new(long),
            reach: Stage::new(long),
            offset_reach: Stage::new(long),
            token_reach: Stage::new(long),
            param_fetch: Stage::new(long),
            entry_fetch: Stage::new(long),
            h_fetch: Stage::new(long),
            working_fetch: Stage::new(long),
            fetch: Stage::new(long),
            offset_fetch: Stage::new(long),
            token_fetch: Stage::new(long),
            param_word: Stage::new(long),
            entry_word: Stage::new(long),
            h_word: Stage::new(long),
            working_word: Stage::new(long),
            operand_word: Stage::new(long),
            _long: usize::from(long),
            control: Control::new(microprogram, tokens),
            working: DualPort::new(RamStyle::Plain),
            squares: Ring::new(tokens),
            earlier: TokenNumber::new(tokens),
            ..Default::default()
        }
    }
}

impl Logic for Epilogue {
    // Over 100 lines: one pipeline in the order of its stages, whose parts are a selector or a register each; a block of its
    // own for each would be mostly ports.
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, read, add, shifting, rounding, back, acc, scale);
        dff_setup!(self, clock, offset_read, offset_add, offset_shift, offset_round, offset_back);
        dff_setup!(self, clock, job_bank, job_shift_a, job_shift_b, job_shift_conv, job_shift_readout);
        dff_setup!(self, clock, job_shift_gate, job_states_less_1, job_state_words, job_dest, job_from_start);
        dff_setup!(self, clock, job_operand_at, job_first_token, vector_at, state_at, was_busy);
        dff_setup!(self, clock, token_read, token_add, token_shift, token_round, token_back);
        clock!(self, clock, control, index, working, multiplier, round, squares);
        clock!(
            self, clock, issued, at_token, at_element, at_params, at_words, at_turn, at_head, at_work, fetch
        );
        clock!(self, clock, offset_fetch, token_fetch, param_word, entry_word, h_word);
        clock!(self, clock, working_word, operand_word, reach, offset_reach, token_reach);
        clock!(self, clock, param_fetch, entry_fetch, h_fetch, working_fetch);

        // the job
        if self.start.val() {
            self.job_bank.d.next = self.bank.val();
            self.job_shift_a.d.next = self.shift_a.val();
            self.job_shift_b.d.next = self.shift_b.val();
            self.job_shift_conv.d.next = self.shift_conv.val();
            self.job_shift_readout.d.next = self.shift_readout.val();
            self.job_shift_gate.d.next = self.shift_gate.val();
            self.job_states_less_1.d.next = self.states_less_1.val();
            self.job_state_words.d.next = self.state_words.val();
            self.job_dest.d.next = self.dest.val();
            self.job_from_start.d.next = self.from_start.val();
            self.job_operand_at.d.next = self.operand_at.val();
            self.job_first_token.d.next = self.first_token.val();
        }
        self.control.start.next = self.start.val();
        self.control.entry.next = self.entry.val();
        self.control.states_less_1.next = self.job_states_less_1.q.val();
        if self.start.val() {
            self.control.states_less_1.next = self.states_less_1.val();
        }
        // `d` is what `q` will be
        self.control.first_element.next = self.job_dest.d.val();
        if self.job_from_start.d.val() {
            self.control.first_element.next = 0.into();
        }
        self.control.last_token.next = self.last_token.val();
        self.control.first_token.next = self.job_first_token.q.val();
        self.control.elements_less_1.next = self.elements_less_1.val();
        self.control.hold.next = self.hold.val();
        self.busy.next = self.control.busy.val();
        self.at_work.d.next = self.control.busy.val();
        for _i in 0..self._long {
            self.busy.next = self.control.busy.val() | self.at_work.q.val();
        }
        self.was_busy.d.next = self.control.busy.val();
        self.at_head.d.next = self.control.heading.val();
        self.heading.next = self.at_head.q.val();
        self.at_turn.d.next = self.control.turn.val();
        self.turn.next = self.at_turn.q.val();
        self.operand_address.next = self.job_operand_at.q.val();

        // issue
        self.issued.d.next = self.control.op.val();
        self.op.next = self.issued.q.val();
        self.at_token.d.next = self.control.token.val();
        self.at_element.d.next = self.control.element.val();
        self.at_params.d.next = self.control.param_offset.val();
        self.at_words.d.next = self.control.state_offset.val();
        self.offset.next = 0.into();
        self.param_at.next = bit_cast::<7, 6>(self.op.val().get_bits::<6>(3));
        if self.op.val().get_bit(9) {
            self.offset.next = self.at_words.q.val();
            self.param_at.next = bit_cast::<7, 6>(self.op.val().get_bits::<6>(3)) + self.at_params.q.val();
        }
        self.param_address.next = bit_cast::<8, 7>(self.param_at.val());
        if self.job_bank.q.val() {
            self.param_address.next = bit_cast::<8, 7>(self.param_at.val()) | 128;
        }
        self.token.next = self.at_token.q.val();
        self.token_reach.d.next = self.at_token.q.val();
        self.token_fetch.d.next = self.token_reach.q.val();
        self.token_read.d.next = self.token_fetch.q.val();
        self.working.raddr.next = (bit_cast::<8, 4>(self.at_token.q.val()) << 4)
            | bit_cast::<8, 4>(self.op.val().get_bits::<4>(13));
        self.table_address.next = self.index.entry.val();
        if self.op.val().get_bits::<3>(0).index() == 2 {
            self.table_address.next = self.index.entry.val() + 1;
        }
        self.h_address.next = self.at_element.q.val();
        self.reach.d.next = self.op.val();
        self.fetch.d.next = self.reach.q.val();
        self.read.d.next = self.fetch.q.val();
        self.offset_reach.d.next = self.offset.val();
        self.offset_fetch.d.next = self.offset_reach.q.val();
        self.offset_read.d.next = self.offset_fetch.q.val();

        // read
        self.param_fetch.d.next = self.param.val();
        self.param_word.d.next = self.param_fetch.q.val();
        self.entry_fetch.d.next = self.table_word.val();
        self.entry_word.d.next = self.entry_fetch.q.val();
        self.h_fetch.d.next = self.h.val();
        self.h_word.d.next = self.h_fetch.q.val();
        self.working_fetch.d.next = self.working.rdata.val();
        self.working_word.d.next = self.working_fetch.q.val();
        self.operand_word.d.next = self.operand.val();
        self.y.next = self.working_word.q.val();
        match self.read.q.val().get_bits::<3>(10).index() {
            1 => {
                self.y.next = self.state.val();
            }
            2 => {
                self.y.next = self.h_word.q.val();
            }
            3 => {
                self.y.next = self.round.y.val();
            }
            4 => {
                self.y.next = self.index.frac.val();
            }
            5 => {
                self.y.next = self.index.rest.val();
            }
            6 => {
                self.y.next = self.operand_word.q.val();
            }
            7 => {
                self.y.next = signed_cast_lit(16384);
            }
            _ => {}
        }
        self.operand_token.next = self.token_read.q.val();
        for _i in 0..self._long {
            self.operand_token.next = self.token_fetch.q.val();
        }
        self.token_add.d.next = self.token_read.q.val();
        self.side.next = self.read.q.val().get_bits::<3>(33);
        self.y_rectified.next = self.y.val();
        if (self.side.val().index() == 1) & self.y.val().get_bit(15) {
            self.y_rectified.next = signed_cast_lit(0);
        }
        self.x.next = self.param_word.q.val();
        match self.read.q.val().get_bits::<3>(0).index() {
            1 => {
                self.x.next = self.entry_word.q.val();
            }
            2 => {
                self.x.next = self.entry_word.q.val();
            }
            3 => {
                self.x.next = self.round.y.val();
            }
            4 => {
                self.x.next = self.scale.q.val();
            }
            5 => {
                self.x.next = self.temperature.val();
            }
            6 => {
                self.x.next = signed_cast_lit(16384);
            }
            7 => {
                self.x.next = signed_cast_lit(4096);
            }
            _ => {}
        }
        if self.side.val().index() == 7 {
            self.x.next = self.y.val();
        }
        self.multiplier.a.next = self.x.val();
        self.multiplier.b.next = self.y_rectified.val();
        self.index.side.next = self.side.val();
        self.index.y.next = self.y.val();
        self.index.squares.next = self.squares.q.val();
        self.index.noise.next = self.noise.val();
        self.step_noise.next = self.side.val().index() == 5;
        self.add.d.next = self.read.q.val();
        self.offset_add.d.next = self.offset_read.q.val();

        // add
        self.shift.next = false;
        self.load.next = false;
        match self.add.q.val().get_bits::<3>(17).index() {
            1 => {
                self.acc.d.next = self.multiplier.p.val();
            }
            2 => {
                self.acc.d.next = (self.acc.q.val() + self.multiplier.p.val()).into();
            }
            3 => {
                self.acc.d.next = (self.acc.q.val() - self.multiplier.p.val()).into();
            }
            4 => {
                self.acc.d.next = self.row.val();
                self.shift.next = true;
            }
            5 => {
                self.load.next = true;
            }
            _ => {}
        }
        self.product.next = self.multiplier.p.val().get_bits::<31>(0);
        self.squares.en.next = (self.add.q.val().get_bits::<3>(33) == 7) | (self.side.val() == 6);
        self.squares.d.next = self.squares.q.val() + bit_cast::<44, 31>(self.product.val());
        if self.side.val().index() == 6 {
            self.squares.d.next = self.eps.val();
        }
        self.squares.turn.next = self.at_turn.q.val();
        self.squares.last.next = self.last_token.val();
        self.shifting.d.next = self.add.q.val();
        self.token_shift.d.next = self.token_add.q.val();
        self.offset_shift.d.next = self.offset_add.q.val();

        // shift
        self.round.x.next = self.acc.q.val();
        self.round.s.next = 12.into();
        match self.shifting.q.val().get_bits::<4>(21).index() {
            1 => {
                self.round.s.next = 14.into();
            }
            2 => {
                self.round.s.next = 15.into();
            }
            3 => {
                self.round.s.next = self.job_shift_a.q.val();
            }
            4 => {
                self.round.s.next = self.job_shift_b.q.val();
            }
            5 => {
                self.round.s.next = self.job_shift_conv.q.val();
            }
            6 => {
                self.round.s.next = self.job_shift_readout.q.val();
            }
            7 => {
                self.round.s.next = self.job_shift_gate.q.val();
            }
            8 => {
                self.round.s.next = self.index.norm_shift.val();
            }
            _ => {}
        }
        self.round.en.next = self.rounding.q.val().get_bit(20);
        self.rounding.d.next = self.shifting.q.val();
        self.token_round.d.next = self.token_shift.q.val();
        self.token_back.d.next = self.token_round.q.val();
        self.offset_round.d.next = self.offset_shift.q.val();
        self.back.d.next = self.rounding.q.val();
        self.offset_back.d.next = self.offset_round.q.val();

        // back
        self.result.next = self.round.y.val();
        // of tokens that the body leaves out the head's results mean nothing
        self.has_result.next =
            self.back.q.val().get_bit(20) & (self.token_back.q.val() >= self.job_first_token.q.val());
        self.dest_code.next = self.back.q.val().get_bits::<4>(25);
        self.writes_state.next = false;
        self.h_write.next = false;
        self.vector_write.next = false;
        self.is_logit.next = false;
        self.is_score.next = false;
        self.working.we.next = false;
        self.report.next = self.has_result.val();
        match self.dest_code.val().index() {
            1 => {
                self.working.we.next = true;
            }
            2 => {
                self.writes_state.next = true;
            }
            3 => {
                self.h_write.next = true;
            }
            4 => {
                self.vector_write.next = true;
            }
            5 => {
                self.scale.d.next = self.round.y.val();
            }
            6 => {
                self.working.we.next = true;
                self.is_logit.next = true;
            }
            7 => {
                self.is_score.next = true;
            }
            8 => {
                self.writes_state.next = true;
                self.report.next = false;
            }
            9 => {
                self.writes_state.next = true;
                self.vector_write.next = true;
            }
            10 => {
                self.working.we.next = true;
                self.report.next = false;
            }
            _ => {}
        }
        self.clamped.next = self.has_result.val() & self.round.clamped.val();
        self.result_token.next = self.token_back.q.val();
        self.working.waddr.next = (bit_cast::<8, 4>(self.token_back.q.val()) << 4)
            | bit_cast::<8, 4>(self.back.q.val().get_bits::<4>(29));
        self.working.wdata.next = self.round.y.val();

        // walking the state and the vectors
        self.state_address.next = self.state_at.q.val()
            + bit_cast::<20, 4>(self.op.val().get_bits::<4>(13))
            + bit_cast::<20, 5>(self.offset.val());
        if self.writes_state.val() {
            self.state_address.next = self.state_at.q.val()
                + bit_cast::<20, 4>(self.back.q.val().get_bits::<4>(29))
                + bit_cast::<20, 5>(self.offset_back.q.val());
        }
        self.state_write.next = self.writes_state.val();
        // bit 47: the word that this token wrote
        self.earlier.x.next = self.at_token.q.val() - 1;
        self.state_bank.next = self.earlier.y.val();
        if !self.at_token.q.val().any() {
            self.state_bank.next = self.bank_before.val();
        }
        if self.op.val().get_bit(47) | self.writes_state.val() {
            self.state_bank.next = self.at_token.q.val();
        }
        self.vector_address.next = self.vector_at.q.val();
        if self.vector_write.val() {
            self.vector_at.d.next = self.vector_at.q.val() + 1;
        }
        if self.start.val() | self.at_turn.q.val() {
            self.vector_at.d.next = self.job_dest.d.val();
        }
        if self.was_busy.q.val() & !self.control.busy.val() {
            self.state_at.d.next = self.state_at.q.val() + bit_cast::<20, 8>(self.job_state_words.q.val());
        }
        if self.rewind.val() {
            self.state_at.d.next = 0.into();
        }
    }
}

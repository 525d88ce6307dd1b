//! The core: flash reader, sequencer, lanes, epilogue and memories, without the host. Everything is wired here and nothing computed.
//!
//! Lanes, vectors and h exist once per token; the epilogue says whose turn it is.

use crate::choose::Choose;
use crate::counters::Counters;
use crate::epilogue::Epilogue;
use crate::flash::{FlashReader, FlashTiming};
use crate::header::{Header, Limits};
use crate::lane::Lane;
use crate::memory::{DualPort, RamStyle, SinglePort};
use crate::num::{ToSigned, S};
use crate::programs;
use crate::register::{Dff, Reg};
use crate::section::Section;
use crate::sequencer::Sequencer;
use rust_hdl::prelude::*;

/// What a core is built from besides its address widths.
#[derive(Clone, Copy, Debug)]
pub struct CoreConfig {
    /// What its memories hold.
    pub limits: Limits,
    /// Tokens per pass.
    pub tokens: usize,
    /// Address of the image in the flash.
    pub flash_base: u32,
    /// Waits of the flash.
    pub timing: FlashTiming,
    /// How the state memory is built.
    pub state_style: RamStyle,
    /// How the other memories are built.
    pub style: RamStyle,
}

/// A core with 2^H words of h, 2^V vector words and 2^A state words.
#[derive(LogicBlock, Default)]
pub struct Core<const H: usize, const V: usize, const A: usize> {
    /// Clock, rising edge.
    pub clock: Signal<In, Clock>,
    // the flash
    /// See `FlashReader`.
    pub sck_en: Signal<Out, Bit>,
    /// See `FlashReader`.
    pub cs_n: Signal<Out, Bit>,
    /// See `FlashReader`.
    pub io_o: Signal<Out, Bits<4>>,
    /// See `FlashReader`.
    pub io_oe: Signal<Out, Bits<4>>,
    /// See `FlashReader`.
    pub io_i: Signal<In, Bits<4>>,
    /// No nibble is taken while it is set.
    pub pause: Signal<In, Bit>,
    // requests
    /// A request starts: 1 LOAD (stored state `arg`), 2 PASS (token `arg`); only while not busy.
    pub start: Signal<In, Bit>,
    /// Which.
    pub request: Signal<In, Bits<4>>,
    /// State index or token.
    pub arg: Signal<In, Bits<16>>,
    /// The pass reaches the head.
    pub want_head: Signal<In, Bit>,
    /// Every logit is offered to the host.
    pub stream_logits: Signal<In, Bit>,
    /// Not idle.
    pub busy: Signal<Out, Bit>,
    /// The request is over (one clock).
    pub done: Signal<Out, Bit>,
    /// How it ended: 0, or an error code of docs/host.md; valid with `done`.
    pub code: Signal<Out, Bits<8>>,
    /// The record that ended it.
    pub error_address: Signal<Out, Bits<32>>,
    /// The next token.
    pub token: Signal<Out, Bits<16>>,
    /// There is one.
    pub token_valid: Signal<Out, Bit>,
    /// The state is whole.
    pub state_valid: Signal<Out, Bit>,
    /// The host vouches for the state it wrote.
    pub commit: Signal<In, Bit>,
    /// The host wrote a state word.
    pub invalidate: Signal<In, Bit>,
    // sampling
    /// Takes `temperature` and `seed`.
    pub set_sampling: Signal<In, Bit>,
    /// Temperature word t.
    pub temperature: Signal<In, S<16>>,
    /// Seed.
    pub seed: Signal<In, Bits<32>>,
    // logits
    /// A logit.
    pub logit: Signal<Out, S<16>>,
    /// It is there until taken.
    pub logit_valid: Signal<Out, Bit>,
    /// The host takes it.
    pub logit_ready: Signal<In, Bit>,
    // the state's window, while not busy
    /// Word address.
    pub state_addr: Signal<In, Bits<20>>,
    /// Write.
    pub state_we: Signal<In, Bit>,
    /// Word to write.
    pub state_wdata: Signal<In, S<16>>,
    /// The word at the address of two clocks before.
    pub state_rdata: Signal<Out, S<16>>,
    // counters
    /// Which counter.
    pub counter: Signal<In, Bits<4>>,
    /// Its value.
    pub counter_value: Signal<Out, Bits<32>>,
    /// All counters to zero.
    pub clear_counters: Signal<In, Bit>,
    // the image
    /// Boot is over.
    pub ready: Signal<Out, Bit>,
    /// How it ended: 0, or an error code.
    pub boot_code: Signal<Out, Bits<8>>,
    /// Channels.
    pub d: Signal<Out, Bits<16>>,
    /// Tokens minus one.
    pub vocab_less_1: Signal<Out, Bits<16>>,
    /// Words of the state.
    pub state_words: Signal<Out, Bits<32>>,
    /// Model id.
    pub model_id: Signal<Out, Bits<32>>,
    /// Fraction bits of a logit.
    pub logit_frac: Signal<Out, Bits<16>>,
    /// Stored states.
    pub states: Signal<Out, Bits<16>>,
    // the trace port
    /// A reported word.
    pub trace_valid: Signal<Out, Bit>,
    /// Section of its row, from 0.
    pub trace_section: Signal<Out, Bits<16>>,
    /// Row in the section, from 0.
    pub trace_row: Signal<Out, Bits<16>>,
    /// Token of the pass, from 0.
    pub trace_token: Signal<Out, Bits<4>>,
    /// The word.
    pub trace_word: Signal<Out, S<16>>,

    flash: FlashReader,
    header: Header,
    part: Section,
    sequencer: Sequencer,
    epilogue: Epilogue,
    choose: Choose,
    counters: Counters,
    lanes: Vec<Lane>,
    vectors: Vec<DualPort<V>>,
    residual: Vec<DualPort<H>>,
    params: DualPort<8>,
    tables: DualPort<9>,
    memory: SinglePort<A>,
    word: Signal<Local, S<16>>,
    state_at: Signal<Local, Bits<20>>,
    window: Dff<Bits<20>>,
    window_data: Dff<S<16>>,
    window_we: Dff<Bit>,
    t: Reg<S<16>>,
    streaming: Dff<Bit>,
    offered: Dff<Bit>,
    offer: Reg<S<16>>,
    whole: Dff<Bit>,
    chosen: Dff<Bit>,
    passing: Dff<Bit>,
    heading: Dff<Bit>,
    job_section: Reg<Bits<16>>,
    job_row: Reg<Bits<16>>,
    elements: Signal<Local, Bits<16>>,
    _tokens: usize,
}

impl<const H: usize, const V: usize, const A: usize> Core<H, V, A> {
    /// A core of this configuration.
    pub fn new(config: &CoreConfig) -> Self {
        let programs = programs::all();
        let words: Vec<u64> = programs.iter().flat_map(|(_, program)| program.words()).collect();
        Self {
            flash: FlashReader::new(config.timing),
            header: Header::new(config.limits),
            part: Section::new(&programs),
            sequencer: Sequencer::new(config.flash_base),
            epilogue: Epilogue::new(&words),
            lanes: (0..config.tokens).map(|_| Lane::default()).collect(),
            vectors: (0..config.tokens).map(|_| DualPort::new(config.style)).collect(),
            residual: (0..config.tokens).map(|_| DualPort::new(config.style)).collect(),
            params: DualPort::new(config.style),
            tables: DualPort::new(config.style),
            memory: SinglePort::new(config.state_style),
            _tokens: config.tokens,
            ..Default::default()
        }
    }
}

impl<const H: usize, const V: usize, const A: usize> Logic for Core<H, V, A> {
    // Over 100 lines: nothing but wires, in the order of the data flow.
    #[hdl_gen]
    fn update(&mut self) {
        clock!(
            self, clock, flash, header, part, sequencer, epilogue, choose, counters, params, tables, memory
        );
        clock!(self, clock, t, offer, job_section, job_row);
        dff_setup!(
            self,
            clock,
            window,
            window_data,
            window_we,
            streaming,
            offered,
            whole,
            chosen,
            passing,
            heading
        );

        // flash <-> sequencer
        self.flash.seek.next = self.sequencer.seek.val();
        self.flash.stop.next = self.sequencer.stop.val();
        self.flash.ready.next = self.sequencer.ready.val();
        self.flash.address.next = self.sequencer.address.val();
        self.sequencer.awake.next = self.flash.awake.val();
        self.sequencer.valid.next = self.flash.valid.val();
        self.sequencer.nibble.next = self.flash.nibble.val();
        self.sck_en.next = self.flash.sck_en.val();
        self.cs_n.next = self.flash.cs_n.val();
        self.io_o.next = self.flash.io_o.val();
        self.io_oe.next = self.flash.io_oe.val();
        self.flash.io_i.next = self.io_i.val();

        // header and section
        self.header.strobe.next = self.sequencer.header_strobe.val();
        self.header.word.next = self.sequencer.word.val();
        self.header.index.next = self.sequencer.index.val().get_bits::<5>(0);
        self.part.strobe.next = self.sequencer.section_strobe.val();
        self.part.word.next = self.sequencer.word.val();
        self.part.advance.next = self.sequencer.job.val();
        self.part.index.next = self.sequencer.index.val().get_bits::<4>(0);
        self.sequencer.bad_magic.next = self.header.bad_magic.val();
        self.sequencer.bad_version.next = self.header.bad_version.val();
        self.sequencer.too_large.next = self.header.too_large.val();
        self.sequencer.d.next = self.header.d.val();
        self.sequencer.embedding_at.next = self.header.embedding_at.val();
        self.sequencer.embedding_stride.next = self.header.embedding_stride.val();
        self.sequencer.states_at.next = self.header.states_at.val();
        self.sequencer.state_stride.next = self.header.state_stride.val();
        self.sequencer.tape_at.next = self.header.tape_at.val();
        self.sequencer.state_words.next = self.header.state_words.val().get_bits::<20>(0);
        self.sequencer.known.next = self.part.known.val();
        self.sequencer.is_end.next = self.part.is_end.val();
        self.sequencer.is_norm.next = self.part.is_norm.val();
        self.sequencer.is_logit.next = self.part.is_logit.val();
        self.sequencer.pair.next = self.part.pair.val();
        self.sequencer.rows.next = self.part.rows.val();
        self.sequencer.length_a.next = self.part.length_a.val();
        self.sequencer.base_a.next = self.part.base_a.val();
        self.sequencer.length_b.next = self.part.length_b.val();
        self.sequencer.base_b.next = self.part.base_b.val();
        self.sequencer.operand.next = self.part.operand.val();
        self.sequencer.params.next = self.part.params.val();
        self.d.next = self.header.d.val();
        self.vocab_less_1.next = self.header.vocab_less_1.val();
        self.state_words.next = self.header.state_words.val();
        self.model_id.next = self.header.model_id.val();
        self.logit_frac.next = self.header.logit_frac.val();
        self.states.next = self.header.states.val();

        // requests
        self.sequencer.pause.next = self.pause.val();
        self.sequencer.start.next = self.start.val();
        self.sequencer.request.next = self.request.val();
        self.sequencer.arg.next = self.arg.val();
        self.sequencer.want_head.next = self.want_head.val();
        self.busy.next = self.sequencer.busy.val();
        self.done.next = self.sequencer.done.val();
        self.code.next = self.sequencer.code.val();
        self.ready.next = self.sequencer.booted.val();
        self.boot_code.next = self.sequencer.boot_code.val();
        self.error_address.next = bit_cast::<32, 24>(self.sequencer.error_address.val());
        if self.start.val() {
            self.chosen.d.next = false;
            self.passing.d.next = self.request.val() == 2;
            self.heading.d.next = self.want_head.val();
            self.streaming.d.next = self.stream_logits.val();
            if self.request.val() == 1 {
                self.whole.d.next = false;
            }
        }
        if self.sequencer.done.val() {
            self.passing.d.next = false;
            if self.sequencer.code.val().any() {
                self.whole.d.next = false;
            } else {
                self.chosen.d.next = self.passing.q.val() & self.heading.q.val();
            }
        }
        if self.sequencer.loaded.val() | self.commit.val() {
            self.whole.d.next = true;
        }
        if self.invalidate.val() {
            self.chosen.d.next = false;
            self.whole.d.next = false;
        }
        self.token_valid.next = self.chosen.q.val();
        self.state_valid.next = self.whole.q.val();

        // jobs
        self.epilogue.entry.next = self.part.entry.val();
        self.epilogue.shift_conv.next = self.part.shift_conv.val();
        self.epilogue.shift_readout.next = self.part.shift_readout.val();
        self.epilogue.shift_gate.next = self.part.shift_gate.val();
        self.epilogue.states_less_1.next = self.part.states_less_1.val();
        self.epilogue.state_words.next = self.part.state_words.val();
        self.epilogue.dest.next = self.part.dest.val();
        self.epilogue.start.next = self.sequencer.job.val();
        self.epilogue.bank.next = self.sequencer.bank.val();
        self.epilogue.shift_a.next = self.sequencer.shift_a.val();
        self.epilogue.shift_b.next = self.sequencer.shift_b.val();
        self.epilogue.rewind.next = self.sequencer.rewind.val();
        self.epilogue.first_element.next = self.part.dest.val();
        if self.part.is_norm.val() {
            self.epilogue.first_element.next = 0.into();
        }
        self.elements.next = self.header.d.val() - 1;
        self.epilogue.elements_less_1.next = self.elements.val();
        self.epilogue.eps.next = self.header.eps.val();
        self.sequencer.epilogue_busy.next = self.epilogue.busy.val();
        self.job_section.d.next = self.sequencer.section.val();
        self.job_section.en.next = self.sequencer.job.val();
        self.job_row.d.next = self.sequencer.row.val();
        self.job_row.en.next = self.sequencer.job.val();

        // memories
        self.word.next = self.sequencer.word.val().to_signed_bits();
        self.params.raddr.next = self.epilogue.param_address.val();
        self.epilogue.param.next = self.params.rdata.val();
        self.params.we.next = self.sequencer.param_write.val();
        self.params.wdata.next = self.word.val();
        self.params.waddr.next = bit_cast::<8, 7>(self.sequencer.index.val().get_bits::<7>(0));
        if self.sequencer.bank.val() {
            self.params.waddr.next = bit_cast::<8, 7>(self.sequencer.index.val().get_bits::<7>(0)) | 128;
        }
        self.tables.raddr.next = self.epilogue.table_address.val();
        self.epilogue.table_word.next = self.tables.rdata.val();
        self.tables.we.next = self.sequencer.table_write.val();
        self.tables.waddr.next = self.sequencer.index.val().get_bits::<9>(0);
        self.tables.wdata.next = self.word.val();
        self.window.d.next = self.state_addr.val();
        self.window_data.d.next = self.state_wdata.val();
        self.window_we.d.next = self.state_we.val();
        self.state_at.next = self.window.q.val();
        self.memory.we.next = self.window_we.q.val();
        self.memory.wdata.next = self.window_data.q.val();
        if self.sequencer.busy.val() {
            self.state_at.next = self.epilogue.state_address.val();
            self.memory.we.next = self.epilogue.state_write.val();
            self.memory.wdata.next = self.epilogue.result.val();
        }
        if self.sequencer.state_write.val() {
            self.state_at.next = self.sequencer.index.val();
            self.memory.we.next = true;
            self.memory.wdata.next = self.word.val();
        }
        self.memory.addr.next = self.state_at.val().get_bits::<A>(0);
        self.epilogue.state.next = self.memory.rdata.val();
        self.state_rdata.next = self.memory.rdata.val();

        // one of each per token
        for i in 0..self._tokens {
            self.lanes[i].clock.next = self.clock.val();
            self.lanes[i].weight.next = self.sequencer.weight.val();
            self.lanes[i].valid.next = self.sequencer.weight_valid.val();
            self.lanes[i].first.next = self.sequencer.weight_first.val();
            self.lanes[i].word.next = self.vectors[i].rdata.val();
            self.vectors[i].clock.next = self.clock.val();
            self.vectors[i].raddr.next = self.sequencer.vector_address.val().get_bits::<V>(0);
            self.vectors[i].waddr.next = self.epilogue.vector_address.val().get_bits::<V>(0);
            self.vectors[i].wdata.next = self.epilogue.result.val();
            self.vectors[i].we.next =
                self.epilogue.vector_write.val() & (self.epilogue.token.val().index() == i);
            self.residual[i].clock.next = self.clock.val();
            self.residual[i].raddr.next = self.epilogue.h_address.val().get_bits::<H>(0);
            self.residual[i].waddr.next = self.epilogue.h_address.val().get_bits::<H>(0);
            self.residual[i].wdata.next = self.epilogue.result.val();
            self.residual[i].we.next = self.epilogue.h_write.val() & (self.epilogue.token.val().index() == i);
            if self.sequencer.h_write.val() {
                self.residual[i].waddr.next = self.sequencer.index.val().get_bits::<H>(0);
                self.residual[i].wdata.next = self.word.val();
                self.residual[i].we.next = true;
            }
        }
        self.epilogue.row_a.next = self.lanes[0].acc.val();
        self.epilogue.row_b.next = self.lanes[0].acc.val();
        self.epilogue.h.next = self.residual[0].rdata.val();
        self.epilogue.operand.next = self.vectors[0].rdata.val();
        for i in 0..self._tokens {
            if self.epilogue.token.val().index() == i {
                self.epilogue.row_a.next = self.lanes[i].acc.val();
                if self.part.pair.val() {
                    self.epilogue.row_a.next = self.lanes[i].row_before.val();
                }
                self.epilogue.row_b.next = self.lanes[i].acc.val();
                self.epilogue.h.next = self.residual[i].rdata.val();
                self.epilogue.operand.next = self.vectors[i].rdata.val();
            }
        }

        // choice, sampling and logits
        self.choose.set_seed.next = self.set_sampling.val();
        self.choose.seed.next = self.seed.val();
        self.choose.next_position.next = self.sequencer.rewind.val();
        self.choose.head.next = self.sequencer.head.val();
        self.choose.step_noise.next = self.epilogue.step_noise.val();
        self.epilogue.noise.next = self.choose.noise.val();
        self.choose.strobe.next = self.epilogue.is_score.val();
        self.choose.score.next = self.epilogue.result.val();
        self.choose.index.next = self.epilogue.vector_address.val();
        self.token.next = self.choose.token.val();
        self.t.d.next = self.temperature.val();
        self.t.en.next = self.set_sampling.val();
        self.epilogue.temperature.next = self.t.q.val();
        if self.logit_ready.val() {
            self.offered.d.next = false;
        }
        if self.epilogue.is_logit.val() & self.streaming.q.val() {
            self.offered.d.next = true;
        }
        self.offer.d.next = self.epilogue.result.val();
        self.offer.en.next = self.epilogue.is_logit.val();
        self.logit.next = self.offer.q.val();
        self.logit_valid.next = self.offered.q.val();
        self.epilogue.hold.next = self.offered.q.val();

        // counters and trace
        self.counters.clear.next = self.clear_counters.val();
        self.counters.beat.next = self.flash.beat.val();
        self.counters.pass.next = self.sequencer.rewind.val();
        self.counters.done.next = self.sequencer.done.val();
        self.counters.stall_epilogue.next = self.sequencer.stall_epilogue.val();
        self.counters.stall_barrier.next = self.sequencer.stall_barrier.val();
        self.counters.stall_host.next = self.offered.q.val();
        self.counters.crc_error.next = self.sequencer.crc_error.val();
        self.counters.clamped.next = self.epilogue.clamped.val();
        self.counters.select.next = self.counter.val();
        self.counter_value.next = self.counters.value.val();
        self.trace_valid.next = self.epilogue.report.val();
        self.trace_section.next = self.job_section.q.val();
        self.trace_row.next = self.job_row.q.val();
        self.trace_token.next = self.epilogue.token.val();
        self.trace_word.next = self.epilogue.result.val();
    }
}

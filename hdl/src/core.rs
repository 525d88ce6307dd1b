//! The core: flash reader, sequencer, lanes, epilogue and memories, without the host. Everything is wired here and nothing computed.
//! Lanes and vectors exist once per token, h and the state are one memory with a bank for each; the epilogue says whose turn it is.

mod wiring;

use crate::batch::Batch;
use crate::choose::Choose;
use crate::core_config::CoreConfig;
use crate::counters::Counters;
use crate::epilogue::Epilogue;
use crate::flash::FlashReader;
use crate::header::Header;
use crate::lane::Lane;
use crate::memory::{BankedPort, DualPort, PairPort, QuadPort, SinglePort};
use crate::num::S;
use crate::programs;
use crate::register::{Dff, Reg, Stage};
use crate::section::Section;
use crate::sequencer::Sequencer;
use crate::ternary_lane::TernaryLane;
use crate::trits::Trits;
use rust_hdl::prelude::*;
use statestream_image::config::Pipeline;

/// A core with 2^H words of h, 2^V vector words and 2^A state words, for each token of a pass; the flash sends `N` bits in a clock and
/// gets `M`.
#[derive(LogicBlock, Default)]
pub struct Core<const H: usize, const V: usize, const A: usize, const N: usize, const M: usize> {
    /// Clock, rising edge.
    pub clock: Signal<In, Clock>,
    // the flash
    /// See `FlashReader`.
    pub sck_en: Signal<Out, Bit>,
    /// See `FlashReader`.
    pub cs_n: Signal<Out, Bit>,
    /// See `FlashReader`.
    pub io_o: Signal<Out, Bits<M>>,
    /// See `FlashReader`.
    pub io_oe: Signal<Out, Bits<4>>,
    /// See `FlashReader`.
    pub io_i: Signal<In, Bits<N>>,
    /// No nibble is taken while it is set.
    pub pause: Signal<In, Bit>,
    // requests
    /// `arg` is a token of the next pass.
    pub push: Signal<In, Bit>,
    /// A request starts: 1 LOAD (stored state `arg`), 2 PASS, 3 PASS with guesses; only while not busy.
    pub start: Signal<In, Bit>,
    /// Which.
    pub request: Signal<In, Bits<4>>,
    /// State index or token.
    pub arg: Signal<In, Bits<16>>,
    /// Guesses at most.
    pub room: Signal<In, Bits<4>>,
    /// At most `group` tokens share a pass; 0: as many as there is room for.
    pub set_group: Signal<In, Bit>,
    /// See `set_group`.
    pub group: Signal<In, Bits<4>>,
    /// No further token fits the next pass.
    pub full: Signal<Out, Bit>,
    /// Last token of the pass.
    pub last_token: Signal<Out, Bits<4>>,
    /// `guess` was kept and has not been taken.
    pub extra: Signal<Out, Bit>,
    /// A token.
    pub guess: Signal<Out, Bits<16>>,
    /// It is taken.
    pub taken: Signal<In, Bit>,
    /// The pass reaches the head.
    pub want_head: Signal<In, Bit>,
    /// Every logit of every token is offered to the host.
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
    /// The word at the address of two clocks before, or three in the long pipeline.
    pub state_rdata: Signal<Out, S<16>>,
    // counters
    /// Which counter and which half of it: twice its number, plus 1 for the low half.
    pub counter: Signal<In, Bits<5>>,
    /// That half, a clock later.
    pub counter_value: Signal<Out, Bits<16>>,
    /// All counters to zero.
    pub clear_counters: Signal<In, Bit>,
    // the image
    /// Boot is over.
    pub ready: Signal<Out, Bit>,
    /// How it ended: 0, or an error code.
    pub boot_code: Signal<Out, Bits<8>>,
    /// The host asks for this word of the header.
    pub header_field: Signal<In, Bits<5>>,
    /// The word, a clock later.
    pub header_value: Signal<Out, Bits<16>>,
    /// There are more than 2,047 tokens.
    pub many_tokens: Signal<Out, Bit>,
    /// Words of the state.
    pub state_words: Signal<Out, Bits<21>>,
    // the trace port
    /// A reported word.
    pub trace_valid: Signal<Out, Bit>,
    /// Section of its row, from 0.
    pub trace_section: Signal<Out, Bits<16>>,
    /// Row in the section, from 0.
    pub trace_row: Signal<Out, Bits<16>>,
    /// Token of the pass, from 0: the reported word's, or the one that joins.
    pub trace_token: Signal<Out, Bits<4>>,
    /// The word.
    pub trace_word: Signal<Out, S<16>>,
    /// A token joins the pass.
    pub trace_pass: Signal<Out, Bit>,
    /// The token.
    pub trace_input: Signal<Out, Bits<16>>,
    /// It gets logits.
    pub trace_head: Signal<Out, Bit>,
    /// It is a guess.
    pub trace_guess: Signal<Out, Bit>,
    /// Tokens kept of the pass, minus one.
    pub trace_kept: Signal<Out, Bits<4>>,

    flash: FlashReader<N, M>,
    header: Header,
    part: Section,
    sequencer: Sequencer<N>,
    epilogue: Epilogue,
    batch: Batch,
    choose: Choose,
    counters: Counters,
    lanes: Vec<Lane>,
    vectors: Vec<DualPort<V>>,
    // eight bits in a clock: two weights, so two lanes for each token, and two words for them
    second_lanes: Vec<Lane>,
    pairs: Vec<PairPort<V>>,
    // ternary rows: four weights in a clock, and four words for them
    trits: Vec<Trits>,
    ternary_lanes: Vec<TernaryLane>,
    quads: Vec<QuadPort<V>>,
    residual: BankedPort<H>,
    params: DualPort<8>,
    tables: DualPort<9>,
    memory: SinglePort<A>,
    state_word: Stage<S<16>>,
    // the state's port, a clock later in the long pipeline
    reach_at: Stage<Bits<20>>,
    reach_bank: Stage<Bits<4>>,
    reach_we: Stage<Bit>,
    reach_word: Stage<S<16>>,
    operands: Vec<Stage<S<16>>>,
    working: Stage<Bit>,
    loading: Stage<Bit>,
    load_at: Stage<Bits<20>>,
    load_word: Stage<S<16>>,
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
    each: Dff<Bit>,
    in_logits: Reg<Bit>,
    load_rows: Signal<Local, Bit>,
    read_at: Signal<Local, Bits<16>>,
    only_last: Signal<Local, Bit>,
    job_section: Reg<Bits<16>>,
    job_row: Reg<Bits<16>>,
    elements: Signal<Local, Bits<16>>,
    _tokens: usize,
    _plain: usize,
    _ternary: usize,
    _single: usize,
    _double: usize,
    _is_single: usize,
    _plain_less_1: usize,
    _double_less_1: usize,
    _ternary_less_1: usize,
}

impl<const H: usize, const V: usize, const A: usize, const N: usize, const M: usize> Core<H, V, A, N, M> {
    /// A core of this configuration.
    pub fn new(config: &CoreConfig) -> Self {
        let programs = programs::all(config.pipeline);
        let words: Vec<u64> = programs.iter().flat_map(|(_, program)| program.words()).collect();
        let long = config.pipeline == Pipeline::Long;
        let (single, double, ternary) = match (N, config.ternary) {
            (8, _) => (0, config.tokens, 0),
            (_, false) => (config.tokens, 0, 0),
            (_, true) => (0, 0, config.tokens),
        };
        let plain = single + double;
        Self {
            flash: FlashReader::new(config.bus, config.timing),
            header: Header::new(config.limits, config.style),
            part: Section::new(&programs, config.style, config.ternary),
            sequencer: Sequencer::new(config.flash_base, config.style, config.ternary),
            epilogue: Epilogue::new(&words, config.tokens, config.pipeline),
            batch: Batch::new(config.tokens, config.flash_base),
            choose: Choose::new(config.tokens),
            counters: Counters::of_bus(N),
            lanes: (0..plain).map(|_| Lane::new(config.pipeline)).collect(),
            vectors: (0..single).map(|_| DualPort::new(config.style)).collect(),
            second_lanes: (0..double).map(|_| Lane::new(config.pipeline)).collect(),
            pairs: (0..double).map(|_| PairPort::new(config.style)).collect(),
            trits: (0..ternary.min(1)).map(|_| Trits::new()).collect(),
            ternary_lanes: (0..ternary).map(|_| TernaryLane::new(config.pipeline)).collect(),
            quads: (0..ternary).map(|_| QuadPort::new(config.style)).collect(),
            residual: BankedPort::new(config.style, config.tokens),
            params: DualPort::new(config.style),
            tables: DualPort::new(config.style),
            memory: SinglePort::new(config.state_style, config.tokens),
            state_word: Stage::new(long),
            reach_at: Stage::new(long),
            reach_bank: Stage::new(long),
            reach_we: Stage::new(long),
            reach_word: Stage::new(long),
            operands: (0..config.tokens).map(|_| Stage::new(long)).collect(),
            working: Stage::new(long),
            loading: Stage::new(long),
            load_at: Stage::new(long),
            load_word: Stage::new(long),
            _tokens: config.tokens,
            _single: single,
            _double: double,
            _is_single: single.min(1),
            _plain: plain,
            _ternary: ternary,
            _plain_less_1: plain.saturating_sub(1),
            _double_less_1: double.saturating_sub(1),
            _ternary_less_1: ternary.saturating_sub(1),
            ..Default::default()
        }
    }
}

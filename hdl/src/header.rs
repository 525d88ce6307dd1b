//! The header record: what the image says about itself, and whether this machine can hold it (FORMAT.md section 2).

use crate::memory::{DualPort, RamStyle};
use crate::num::ToSigned;
use crate::register::Dff;
use rust_hdl::prelude::*;
use statestream_image::layout::{MAGIC, VERSION};

// kernels take literals only
const _: () = assert!(MAGIC == 0x5353_5452 && VERSION == 2);

/// What a configuration's memories hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    /// Words of h.
    pub h: u32,
    /// Words of vector memory.
    pub vector: u32,
    /// Words of state memory.
    pub state: u32,
    /// Parameter words per row.
    pub params: u32,
}

/// Is a number above a power of two? Bits of it say so: a comparison with a constant would become a carry chain as long as the
/// number.
#[derive(LogicBlock, Default)]
pub struct Above<const N: usize> {
    /// The number.
    pub x: Signal<In, Bits<N>>,
    /// It is above the limit.
    pub over: Signal<Out, Bit>,
    _limit: u64,
}

impl<const N: usize> Above<N> {
    /// Above this limit, a power of two less than 2^N.
    pub fn new(limit: u32) -> Self {
        Self { _limit: limit.into(), ..Default::default() }
    }
}

impl<const N: usize> Logic for Above<N> {
    fn update(&mut self) {
        self.over.next = self.x.val().to_u64() > self._limit;
    }
    fn connect(&mut self) {
        self.over.connect();
    }
    fn hdl(&self) -> Verilog {
        let k = self._limit.max(1).ilog2() as usize;
        let above = if k + 1 < N { format!("|x[{}:{}]", N - 1, k + 1) } else { "1'b0".into() };
        let below = if k > 0 { format!("|x[{}:0]", k - 1) } else { "1'b0".into() };
        Verilog::Custom(format!("always @(*) over = {above} | (x[{k}] & ({below}));"))
    }
}

/// The header's registers, filled word by word.
///
/// What only the host asks for stands in a memory, all words by number; so does eps, a word to a memory, since a block RAM
/// is cheaper than sixteen registers.
#[derive(LogicBlock, Default)]
pub struct Header {
    /// Clock, rising edge.
    pub clock: Signal<In, Clock>,
    /// `word` is header word `index`.
    pub strobe: Signal<In, Bit>,
    /// Word number.
    pub index: Signal<In, Bits<5>>,
    /// The word.
    pub word: Signal<In, Bits<16>>,
    /// The host asks for this word.
    pub field: Signal<In, Bits<5>>,
    /// The word that it asked for a clock before.
    pub value: Signal<Out, Bits<16>>,
    /// Channels.
    pub d: Signal<Out, Bits<16>>,
    /// Tokens minus one.
    pub vocab_less_1: Signal<Out, Bits<16>>,
    /// There are more than 2,047 tokens.
    pub many_tokens: Signal<Out, Bit>,
    /// Words of the state.
    pub state_words: Signal<Out, Bits<21>>,
    /// eps_q
    pub eps: Signal<Out, Bits<44>>,
    /// Slots of the draft table, minus one; 0: there is none.
    pub draft_mask: Signal<Out, Bits<16>>,
    /// Multiplier of its hash.
    pub draft_multiplier: Signal<Out, Bits<16>>,
    /// The magic is wrong.
    pub bad_magic: Signal<Out, Bit>,
    /// The version is wrong.
    pub bad_version: Signal<Out, Bit>,
    /// The image needs more memory than there is.
    pub too_large: Signal<Out, Bit>,
    all: DualPort<5>,
    eps_high: DualPort<4>,
    eps_middle: DualPort<4>,
    eps_low: DualPort<4>,
    magic: Dff<Bit>,
    version: Dff<Bit>,
    oversize: Dff<Bit>,
    channels: Dff<Bits<16>>,
    vocab: Dff<Bits<16>>,
    many: Dff<Bit>,
    words_high: Dff<Bits<5>>,
    words_low: Dff<Bits<16>>,
    slots_less_1: Dff<Bits<16>>,
    multiplier: Dff<Bits<16>>,
    over_h: Above<16>,
    over_vector: Above<16>,
    over_params: Above<16>,
    over_state: Above<21>,
    all_words: Signal<Local, Bits<21>>,
}

impl Header {
    /// Registers of a machine with these memories.
    pub fn new(limits: Limits, style: RamStyle) -> Self {
        Self {
            all: DualPort::new(style),
            eps_high: DualPort::new(style),
            eps_middle: DualPort::new(style),
            eps_low: DualPort::new(style),
            over_h: Above::new(limits.h),
            over_vector: Above::new(limits.vector),
            over_params: Above::new(limits.params),
            over_state: Above::new(limits.state),
            ..Default::default()
        }
    }
}

impl Logic for Header {
    // Over 100 lines: one arm for each of the header's words, and one line for each field.
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, magic, version, oversize, channels, vocab, many, words_high, words_low);
        dff_setup!(self, clock, slots_less_1, multiplier);
        clock!(self, clock, all, eps_high, eps_middle, eps_low);
        self.all.we.next = self.strobe.val();
        self.all.waddr.next = self.index.val();
        self.all.wdata.next = self.word.val().to_signed_bits();
        self.all.raddr.next = self.field.val();
        self.value.next = self.all.rdata.val().get_bits::<16>(0);
        self.eps_high.we.next = self.strobe.val() & (self.index.val() == 22);
        self.eps_middle.we.next = self.strobe.val() & (self.index.val() == 23);
        self.eps_low.we.next = self.strobe.val() & (self.index.val() == 24);
        self.eps_high.waddr.next = 0.into();
        self.eps_middle.waddr.next = 0.into();
        self.eps_low.waddr.next = 0.into();
        self.eps_high.raddr.next = 0.into();
        self.eps_middle.raddr.next = 0.into();
        self.eps_low.raddr.next = 0.into();
        self.eps_high.wdata.next = self.word.val().to_signed_bits();
        self.eps_middle.wdata.next = self.word.val().to_signed_bits();
        self.eps_low.wdata.next = self.word.val().to_signed_bits();
        self.all_words.next =
            (bit_cast::<21, 5>(self.words_high.q.val()) << 16) | bit_cast::<21, 16>(self.words_low.q.val());
        self.over_h.x.next = self.word.val();
        self.over_vector.x.next = self.word.val();
        self.over_params.x.next = self.word.val();
        self.over_state.x.next = self.all_words.val();
        if self.strobe.val() {
            match self.index.val().index() {
                0 => {
                    self.magic.d.next = self.word.val() != 0x5353;
                    self.version.d.next = false;
                    self.oversize.d.next = false;
                }
                1 => {
                    if self.word.val() != 0x5452 {
                        self.magic.d.next = true;
                    }
                }
                2 => {
                    self.version.d.next = self.word.val() != 2;
                }
                3 => {
                    self.slots_less_1.d.next = self.word.val();
                }
                6 => {
                    self.channels.d.next = self.word.val();
                    if self.over_h.over.val() {
                        self.oversize.d.next = true;
                    }
                }
                7 => {
                    self.vocab.d.next = self.word.val();
                    self.many.d.next =
                        self.word.val().get_bits::<5>(11).any() | self.word.val().get_bits::<11>(0).all();
                }
                8 => {
                    if self.over_vector.over.val() {
                        self.oversize.d.next = true;
                    }
                }
                9 => {
                    if self.over_params.over.val() {
                        self.oversize.d.next = true;
                    }
                }
                10 => {
                    self.words_high.d.next = self.word.val().get_bits::<5>(0);
                    if self.word.val().get_bits::<11>(5).any() {
                        self.oversize.d.next = true;
                    }
                }
                11 => {
                    self.words_low.d.next = self.word.val();
                }
                12 => {
                    if self.over_state.over.val() {
                        self.oversize.d.next = true;
                    }
                }
                27 => {
                    self.multiplier.d.next = self.word.val();
                }
                _ => {}
            }
        }
        self.d.next = self.channels.q.val();
        self.vocab_less_1.next = self.vocab.q.val();
        self.many_tokens.next = self.many.q.val();
        self.state_words.next = self.all_words.val();
        self.eps.next = (bit_cast::<44, 16>(self.eps_high.rdata.val().get_bits::<16>(0)) << 32)
            | (bit_cast::<44, 16>(self.eps_middle.rdata.val().get_bits::<16>(0)) << 16)
            | bit_cast::<44, 16>(self.eps_low.rdata.val().get_bits::<16>(0));
        self.draft_mask.next = self.slots_less_1.q.val();
        self.draft_multiplier.next = self.multiplier.q.val();
        self.bad_magic.next = self.magic.q.val();
        self.bad_version.next = self.version.q.val();
        self.too_large.next = self.oversize.q.val();
    }
}

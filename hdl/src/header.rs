//! The header record: what the image says about itself, and whether this machine can hold it (FORMAT.md section 2).

use crate::register::Dff;
use rust_hdl::prelude::*;
use statestream_image::layout::{MAGIC, VERSION};

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

/// The header's registers, filled word by word.
#[derive(LogicBlock)]
pub struct Header {
    /// Clock, rising edge.
    pub clock: Signal<In, Clock>,
    /// `word` is header word `index`.
    pub strobe: Signal<In, Bit>,
    /// Word number.
    pub index: Signal<In, Bits<5>>,
    /// The word.
    pub word: Signal<In, Bits<16>>,
    /// Channels.
    pub d: Signal<Out, Bits<16>>,
    /// Tokens minus one.
    pub vocab_less_1: Signal<Out, Bits<16>>,
    /// Words of the state.
    pub state_words: Signal<Out, Bits<32>>,
    /// Model id.
    pub model_id: Signal<Out, Bits<32>>,
    /// Offset of the embedding.
    pub embedding_at: Signal<Out, Bits<24>>,
    /// Offset of the tape.
    pub tape_at: Signal<Out, Bits<24>>,
    /// Offset of the stored states.
    pub states_at: Signal<Out, Bits<24>>,
    /// Bytes per stored state.
    pub state_stride: Signal<Out, Bits<24>>,
    /// Stored states.
    pub states: Signal<Out, Bits<16>>,
    /// Bytes per embedding record.
    pub embedding_stride: Signal<Out, Bits<16>>,
    /// eps_q
    pub eps: Signal<Out, Bits<44>>,
    /// Fraction bits of a logit.
    pub logit_frac: Signal<Out, Bits<16>>,
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
    magic: Dff<Bit>,
    version: Dff<Bit>,
    oversize: Dff<Bit>,
    id_high: Dff<Bits<16>>,
    id_low: Dff<Bits<16>>,
    channels: Dff<Bits<16>>,
    vocab: Dff<Bits<16>>,
    words_high: Dff<Bits<16>>,
    words_low: Dff<Bits<16>>,
    embedding_high: Dff<Bits<8>>,
    embedding_low: Dff<Bits<16>>,
    tape_high: Dff<Bits<8>>,
    tape_low: Dff<Bits<16>>,
    states_high: Dff<Bits<8>>,
    states_low: Dff<Bits<16>>,
    stride_high: Dff<Bits<8>>,
    stride_low: Dff<Bits<16>>,
    count: Dff<Bits<16>>,
    embedding_step: Dff<Bits<16>>,
    eps_high: Dff<Bits<16>>,
    eps_middle: Dff<Bits<16>>,
    eps_low: Dff<Bits<16>>,
    frac: Dff<Bits<16>>,
    slots_less_1: Dff<Bits<16>>,
    multiplier: Dff<Bits<16>>,
    all_words: Signal<Local, Bits<32>>,
    magic_high: Constant<Bits<16>>,
    magic_low: Constant<Bits<16>>,
    this_version: Constant<Bits<16>>,
    most_h: Constant<Bits<17>>,
    most_vector: Constant<Bits<17>>,
    most_params: Constant<Bits<17>>,
    most_state: Constant<Bits<32>>,
}

impl Header {
    /// Registers of a machine with these memories.
    pub fn new(limits: Limits) -> Self {
        Self {
            clock: Default::default(),
            strobe: Default::default(),
            index: Default::default(),
            word: Default::default(),
            d: Default::default(),
            vocab_less_1: Default::default(),
            state_words: Default::default(),
            model_id: Default::default(),
            embedding_at: Default::default(),
            tape_at: Default::default(),
            states_at: Default::default(),
            state_stride: Default::default(),
            states: Default::default(),
            embedding_stride: Default::default(),
            eps: Default::default(),
            logit_frac: Default::default(),
            draft_mask: Default::default(),
            draft_multiplier: Default::default(),
            bad_magic: Default::default(),
            bad_version: Default::default(),
            too_large: Default::default(),
            magic: Default::default(),
            version: Default::default(),
            oversize: Default::default(),
            id_high: Default::default(),
            id_low: Default::default(),
            channels: Default::default(),
            vocab: Default::default(),
            words_high: Default::default(),
            words_low: Default::default(),
            embedding_high: Default::default(),
            embedding_low: Default::default(),
            tape_high: Default::default(),
            tape_low: Default::default(),
            states_high: Default::default(),
            states_low: Default::default(),
            stride_high: Default::default(),
            stride_low: Default::default(),
            count: Default::default(),
            embedding_step: Default::default(),
            eps_high: Default::default(),
            eps_middle: Default::default(),
            eps_low: Default::default(),
            frac: Default::default(),
            slots_less_1: Default::default(),
            multiplier: Default::default(),
            all_words: Default::default(),
            magic_high: Constant::new(u64::from(MAGIC >> 16).into()),
            magic_low: Constant::new(u64::from(MAGIC & 0xFFFF).into()),
            this_version: Constant::new(u64::from(VERSION).into()),
            most_h: Constant::new(u64::from(limits.h).into()),
            most_vector: Constant::new(u64::from(limits.vector).into()),
            most_params: Constant::new(u64::from(limits.params).into()),
            most_state: Constant::new(u64::from(limits.state).into()),
        }
    }
}

impl Default for Header {
    fn default() -> Self {
        Self::new(Limits::default())
    }
}

impl Logic for Header {
    // Over 100 lines: one arm for each of the header's words, and one line for each field.
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(
            self, clock, magic, version, oversize, id_high, id_low, channels, vocab, words_high, words_low
        );
        dff_setup!(self, clock, embedding_high, embedding_low, tape_high, tape_low, states_high, states_low);
        dff_setup!(
            self,
            clock,
            stride_high,
            stride_low,
            count,
            embedding_step,
            eps_high,
            eps_middle,
            eps_low
        );
        dff_setup!(self, clock, frac, slots_less_1, multiplier);
        self.all_words.next =
            (bit_cast::<32, 16>(self.words_high.q.val()) << 16) | bit_cast::<32, 16>(self.words_low.q.val());
        if self.strobe.val() {
            match self.index.val().index() {
                0 => {
                    self.magic.d.next = self.word.val() != self.magic_high.val();
                    self.version.d.next = false;
                    self.oversize.d.next = false;
                }
                1 => {
                    if self.word.val() != self.magic_low.val() {
                        self.magic.d.next = true;
                    }
                }
                2 => {
                    self.version.d.next = self.word.val() != self.this_version.val();
                }
                3 => {
                    self.slots_less_1.d.next = self.word.val();
                }
                4 => {
                    self.id_high.d.next = self.word.val();
                }
                5 => {
                    self.id_low.d.next = self.word.val();
                }
                6 => {
                    self.channels.d.next = self.word.val();
                    if bit_cast::<17, 16>(self.word.val()) > self.most_h.val() {
                        self.oversize.d.next = true;
                    }
                }
                7 => {
                    self.vocab.d.next = self.word.val();
                }
                8 => {
                    if bit_cast::<17, 16>(self.word.val()) > self.most_vector.val() {
                        self.oversize.d.next = true;
                    }
                }
                9 => {
                    if bit_cast::<17, 16>(self.word.val()) > self.most_params.val() {
                        self.oversize.d.next = true;
                    }
                }
                10 => {
                    self.words_high.d.next = self.word.val();
                }
                11 => {
                    self.words_low.d.next = self.word.val();
                }
                12 => {
                    self.embedding_high.d.next = self.word.val().get_bits::<8>(0);
                    if self.all_words.val() > self.most_state.val() {
                        self.oversize.d.next = true;
                    }
                }
                13 => {
                    self.embedding_low.d.next = self.word.val();
                }
                14 => {
                    self.tape_high.d.next = self.word.val().get_bits::<8>(0);
                }
                15 => {
                    self.tape_low.d.next = self.word.val();
                }
                16 => {
                    self.states_high.d.next = self.word.val().get_bits::<8>(0);
                }
                17 => {
                    self.states_low.d.next = self.word.val();
                }
                18 => {
                    self.stride_high.d.next = self.word.val().get_bits::<8>(0);
                }
                19 => {
                    self.stride_low.d.next = self.word.val();
                }
                20 => {
                    self.count.d.next = self.word.val();
                }
                21 => {
                    self.embedding_step.d.next = self.word.val();
                }
                22 => {
                    self.eps_high.d.next = self.word.val();
                }
                23 => {
                    self.eps_middle.d.next = self.word.val();
                }
                24 => {
                    self.eps_low.d.next = self.word.val();
                }
                26 => {
                    self.frac.d.next = self.word.val();
                }
                27 => {
                    self.multiplier.d.next = self.word.val();
                }
                _ => {}
            }
        }
        self.d.next = self.channels.q.val();
        self.vocab_less_1.next = self.vocab.q.val();
        self.state_words.next = self.all_words.val();
        self.model_id.next =
            (bit_cast::<32, 16>(self.id_high.q.val()) << 16) | bit_cast::<32, 16>(self.id_low.q.val());
        self.embedding_at.next = (bit_cast::<24, 8>(self.embedding_high.q.val()) << 16)
            | bit_cast::<24, 16>(self.embedding_low.q.val());
        self.tape_at.next =
            (bit_cast::<24, 8>(self.tape_high.q.val()) << 16) | bit_cast::<24, 16>(self.tape_low.q.val());
        self.states_at.next =
            (bit_cast::<24, 8>(self.states_high.q.val()) << 16) | bit_cast::<24, 16>(self.states_low.q.val());
        self.state_stride.next =
            (bit_cast::<24, 8>(self.stride_high.q.val()) << 16) | bit_cast::<24, 16>(self.stride_low.q.val());
        self.states.next = self.count.q.val();
        self.embedding_stride.next = self.embedding_step.q.val();
        self.eps.next = (bit_cast::<44, 16>(self.eps_high.q.val()) << 32)
            | (bit_cast::<44, 16>(self.eps_middle.q.val()) << 16)
            | bit_cast::<44, 16>(self.eps_low.q.val());
        self.logit_frac.next = self.frac.q.val();
        self.draft_mask.next = self.slots_less_1.q.val();
        self.draft_multiplier.next = self.multiplier.q.val();
        self.bad_magic.next = self.magic.q.val();
        self.bad_version.next = self.version.q.val();
        self.too_large.next = self.oversize.q.val();
    }
}

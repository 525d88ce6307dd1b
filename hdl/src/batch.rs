//! The tokens of a pass: who they are, who guessed them, and which of them are kept.
//!
//! The host pushes tokens; in a pass that writes text, guesses follow the first one, each hashed from the three tokens before
//! it and read from the image's draft table. After the pass a guess is kept if the model chose it after the token before, and
//! with it everything up to it; what is kept moves the base, so the two tokens before the base are the history that guesses begin from.
//!
//! ```text
//! memory, 32 words, a circle:   t3 t2 | first guess guess .. |
//!                                     ^ base      base + fill ^
//! ```

use crate::hash::Hash;
use crate::memory::{DualPort, RamStyle};
use crate::num::{signed_cast_lit, ToSigned};
use crate::register::Dff;
use crate::ring::TokenNumber;
use rust_hdl::prelude::*;
use statestream_image::records::DRAFT_AT;

/// What the block does.
#[derive(Copy, Clone, Debug, PartialEq, LogicState)]
enum Step {
    // The host may push, and take what was kept.
    Rest,
    // The history becomes token 0, twice.
    Forget,
    // A guess more?
    Judge,
    // A token of the context is read, hashed.
    Fetch,
    Take,
    Mix,
    // The guess is read from the flash.
    Ask,
    // Embeddings are read in turn; then the pass runs.
    Prime,
    Pass,
    // The first token, then each of the others: read it, keep it or not.
    First,
    Read,
    Check,
    End,
}

/// See the module.
#[derive(LogicBlock, Default)]
pub struct Batch {
    /// Clock, rising edge.
    pub clock: Signal<In, Clock>,
    // the host, while no request is worked on
    /// `token` joins the next pass.
    pub push: Signal<In, Bit>,
    /// The token.
    pub token: Signal<In, Bits<16>>,
    /// A request starts.
    pub start: Signal<In, Bit>,
    /// It is LOAD, not a pass.
    pub load: Signal<In, Bit>,
    /// The pass writes text: guesses follow its first token.
    pub guessing: Signal<In, Bit>,
    /// At most so many.
    pub room: Signal<In, Bits<4>>,
    /// At most `group` tokens share a pass, 0: as many as the machine has room for.
    pub set_group: Signal<In, Bit>,
    /// See `set_group`.
    pub group: Signal<In, Bits<4>>,
    /// The history is no longer that of the state.
    pub forget: Signal<In, Bit>,
    /// No further token fits the next pass.
    pub full: Signal<Out, Bit>,
    /// `present` is a guess that was kept and not taken yet.
    pub extra: Signal<Out, Bit>,
    /// It is taken.
    pub taken: Signal<In, Bit>,
    // the image
    /// Slots of the draft table, minus one; 0: there is none.
    pub mask: Signal<In, Bits<16>>,
    /// M.
    pub multiplier: Signal<In, Bits<16>>,
    /// Tokens of the model, minus one.
    pub vocab_less_1: Signal<In, Bits<16>>,
    // the sequencer
    /// A guess is to be read.
    pub asking: Signal<Out, Bit>,
    /// From here, bytes in the flash.
    pub address: Signal<Out, Bits<24>>,
    /// `word` was read from there.
    pub answer: Signal<In, Bit>,
    /// See `answer`.
    pub word: Signal<In, Bits<16>>,
    /// The tokens are complete, and `present` is the one whose embedding comes next.
    pub ready: Signal<Out, Bit>,
    /// A token: the one whose embedding comes next; at rest the one to be taken.
    pub present: Signal<Out, Bits<16>>,
    /// There is one whose embedding has not been read.
    pub more: Signal<Out, Bit>,
    /// Its embedding is read now.
    pub embed: Signal<In, Bit>,
    /// Its number in the pass.
    pub number: Signal<Out, Bits<4>>,
    /// The one whose embedding is being read.
    pub slot: Signal<Out, Bits<4>>,
    /// The pass is over: keep what is right.
    pub keep: Signal<In, Bit>,
    /// The pass has failed.
    pub drop: Signal<In, Bit>,
    /// What is kept is known.
    pub settled: Signal<Out, Bit>,
    // the core
    /// Last token of the pass.
    pub last: Signal<Out, Bits<4>>,
    /// Its tokens but the first are guesses.
    pub guessed: Signal<Out, Bit>,
    /// The token chosen after the last one kept.
    pub winner: Signal<In, Bits<16>>,
    /// Choose: back to the position before the pass.
    pub recall: Signal<Out, Bit>,
    /// Choose: one token is kept.
    pub kept_one: Signal<Out, Bit>,
    /// Choose: the winner of the next token.
    pub turn: Signal<Out, Bit>,
    /// A guess was kept.
    pub accepted: Signal<Out, Bit>,
    /// Tokens kept, minus one.
    pub kept: Signal<Out, Bits<4>>,
    /// Bank of the state after them.
    pub bank: Signal<Out, Bits<4>>,
    step: Dff<Step>,
    memory: DualPort<5>,
    hash: Hash,
    base: Dff<Bits<5>>,
    fill: Dff<Bits<5>>,
    at: Dff<Bits<5>>,
    back: Dff<Bits<2>>,
    limit: Dff<Bits<4>>,
    writing: Dff<Bit>,
    wrong: Dff<Bit>,
    count: Dff<Bits<4>>,
    count_next: TokenNumber,
    group_next: TokenNumber,
    last_number: TokenNumber,
    state_bank: Dff<Bits<4>>,
    reading: Dff<Bits<4>>,
    left: Dff<Bits<4>>,
    taking: Dff<Bits<5>>,
    here: Signal<Local, Bits<16>>,
    right: Signal<Local, Bit>,
    value: Signal<Local, Bits<16>>,
    wide: Signal<Local, Bit>,
    slot_at: Signal<Local, Bits<16>>,
    fill_low: Signal<Local, Bits<4>>,
    one_more: Signal<Local, Bit>,
    origin: Origin,
    several: Several,
}

/// Where the draft table lies in the flash.
#[derive(LogicBlock)]
pub struct Origin {
    /// Offset in the table, bytes.
    pub offset: Signal<In, Bits<17>>,
    /// The address.
    pub address: Signal<Out, Bits<24>>,
    start: Constant<Bits<24>>,
}

impl Origin {
    /// In an image at `base`.
    pub fn new(base: u32) -> Self {
        let start = Constant::new(((u64::from(base) + DRAFT_AT as u64) & 0xFF_FFFF).into());
        Self { offset: Default::default(), address: Default::default(), start }
    }
}

impl Default for Origin {
    fn default() -> Self {
        Self::new(0)
    }
}

impl Logic for Origin {
    #[hdl_gen]
    fn update(&mut self) {
        self.address.next = bit_cast::<24, 17>(self.offset.val()) + self.start.val();
    }
}

/// Does the machine serve several tokens? Where it does not, synthesis cuts away all that guesses need.
#[derive(LogicBlock, Default)]
pub struct Several {
    /// True.
    pub x: Signal<In, Bit>,
    /// True if there is more than one token.
    pub y: Signal<Out, Bit>,
    _several: bool,
}

impl Logic for Several {
    fn update(&mut self) {
        self.y.next = self.x.val() & self._several;
    }
    fn connect(&mut self) {
        self.y.connect();
    }
    fn hdl(&self) -> Verilog {
        Verilog::Custom(format!("always @(*) y = x & 1'b{};", u8::from(self._several)))
    }
}

impl Batch {
    /// A batch of at most this many tokens, a power of two up to 16, for images at this flash address.
    pub fn new(tokens: usize, flash_base: u32) -> Self {
        Self {
            memory: DualPort::with(RamStyle::Plain, &[0; 32]),
            limit: Dff::new((tokens as u64 - 1).into()),
            count_next: TokenNumber::new(tokens),
            group_next: TokenNumber::new(tokens),
            last_number: TokenNumber::new(tokens),
            origin: Origin::new(flash_base),
            several: Several { _several: tokens > 1, ..Default::default() },
            ..Default::default()
        }
    }
}

impl Logic for Batch {
    // Over 100 lines: one state machine, whose steps must share their defaults.
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(
            self, clock, step, base, fill, at, back, limit, writing, wrong, count, state_bank, reading
        );
        dff_setup!(self, clock, left, taking);
        clock!(self, clock, memory, hash);
        // Not in the arms below: the sequencer's arms read these, and are read there. A simulator that takes each assignment for an
        // event would run the two in turns for ever.
        self.asking.next = self.several.y.val() & (self.step.q.val() == Step::Ask);
        self.ready.next = self.step.q.val() == Step::Pass;
        self.settled.next = self.step.q.val() == Step::End;
        self.recall.next = false;
        self.kept_one.next = false;
        self.turn.next = false;
        self.accepted.next = false;
        self.hash.clear.next = false;
        self.hash.take.next = false;
        self.hash.multiplier.next = self.multiplier.val();

        // the memory: by default the token at `at` is read
        self.memory.raddr.next = self.base.q.val() + self.at.q.val();
        self.memory.we.next = false;
        self.memory.waddr.next = self.base.q.val() + self.fill.q.val();
        self.here.next = self.memory.rdata.val().get_bits::<16>(0);
        self.hash.token.next = self.here.val();

        // a guess: one byte where tokens have one; what is no token is token 0
        self.wide.next = self.vocab_less_1.val().get_bits::<8>(8).any();
        self.slot_at.next = self.hash.value.val() & self.mask.val();
        self.origin.offset.next = bit_cast::<17, 16>(self.slot_at.val());
        self.value.next = self.word.val() >> 8;
        if self.wide.val() {
            self.origin.offset.next = bit_cast::<17, 16>(self.slot_at.val()) << 1;
            self.value.next = self.word.val();
        }
        self.address.next = self.origin.address.val();

        // numbers
        self.fill_low.next = self.fill.q.val().get_bits::<4>(0);
        self.last_number.x.next = self.fill_low.val() - 1;
        self.last.next = self.last_number.y.val();
        self.count_next.x.next = self.count.q.val() + 1;
        self.group_next.x.next = self.group.val() - 1;
        if self.set_group.val() {
            self.limit.d.next = self.group_next.y.val();
        }
        self.full.next = self.fill.q.val() > bit_cast::<5, 4>(self.limit.q.val());
        self.one_more.next = (self.fill.q.val() <= bit_cast::<5, 4>(self.limit.q.val()))
            & (self.fill.q.val() <= bit_cast::<5, 4>(self.room.val()));
        self.several.x.next = true;
        self.right.next =
            !self.writing.q.val() | (!self.wrong.q.val() & (self.here.val() == self.winner.val()));

        match self.step.q.val() {
            Step::Rest => {
                self.memory.raddr.next = self.taking.q.val();
                self.at.d.next = 0.into();
                self.back.d.next = 3.into();
                if self.taken.val() {
                    self.taking.d.next = self.taking.q.val() + 1;
                    self.left.d.next = self.left.q.val() - 1;
                }
                if self.push.val() {
                    self.memory.we.next = true;
                    self.fill.d.next = self.fill.q.val() + 1;
                }
                self.writing.d.next = self.guessing.val();
                if self.start.val() {
                    self.step.d.next = Step::Judge;
                }
                if self.forget.val() {
                    // A write may be a part: the words that it leaves alone are in the present bank.
                    self.step.d.next = Step::Forget;
                }
                if self.start.val() & self.load.val() {
                    self.state_bank.d.next = 0.into();
                    self.step.d.next = Step::Forget;
                }
            }
            Step::Forget => {
                self.memory.we.next = true;
                self.memory.waddr.next = self.base.q.val() - bit_cast::<5, 2>(self.back.q.val());
                self.back.d.next = self.back.q.val() - 1;
                if self.back.q.val() == 1 {
                    self.step.d.next = Step::Rest;
                }
            }
            Step::Judge => {
                self.hash.clear.next = true;
                self.step.d.next = Step::Prime;
                if self.several.y.val() & self.writing.q.val() & self.mask.val().any() & self.one_more.val() {
                    self.step.d.next = Step::Fetch;
                }
            }
            Step::Fetch => {
                self.memory.raddr.next =
                    self.base.q.val() + self.fill.q.val() - bit_cast::<5, 2>(self.back.q.val());
                self.step.d.next = Step::Take;
            }
            Step::Take => {
                self.hash.take.next = self.several.y.val();
                self.back.d.next = self.back.q.val() - 1;
                self.step.d.next = Step::Mix;
            }
            Step::Mix => {
                if self.hash.ready.val() {
                    self.step.d.next = Step::Fetch;
                    if !self.back.q.val().any() {
                        self.back.d.next = 3.into();
                        self.step.d.next = Step::Ask;
                    }
                }
            }
            Step::Ask => {
                if self.answer.val() {
                    self.memory.we.next = true;
                    self.fill.d.next = self.fill.q.val() + 1;
                    self.step.d.next = Step::Judge;
                }
            }
            Step::Prime => {
                self.step.d.next = Step::Pass;
            }
            Step::Pass => {
                self.wrong.d.next = false;
                self.count.d.next = 0.into();
                if self.embed.val() {
                    self.at.d.next = self.at.q.val() + 1;
                    self.reading.d.next = self.at.q.val().get_bits::<4>(0);
                }
                if self.keep.val() {
                    self.recall.next = true;
                    self.step.d.next = Step::First;
                }
                if self.drop.val() {
                    self.fill.d.next = 0.into();
                    self.step.d.next = Step::Rest;
                }
            }
            Step::First => {
                self.kept_one.next = true;
                self.at.d.next = 1.into();
                self.step.d.next = Step::Read;
            }
            Step::Read => {
                self.step.d.next = Step::Check;
                if !self.several.y.val() | (self.at.q.val() == self.fill.q.val()) {
                    self.step.d.next = Step::End;
                }
            }
            Step::Check => {
                self.at.d.next = self.at.q.val() + 1;
                self.wrong.d.next = !self.right.val();
                if self.several.y.val() & self.right.val() {
                    self.kept_one.next = true;
                    self.turn.next = true;
                    self.accepted.next = self.writing.q.val();
                    self.count.d.next = self.count_next.y.val();
                }
                self.step.d.next = Step::Read;
            }
            Step::End => {
                self.state_bank.d.next = self.count.q.val();
                self.taking.d.next = self.base.q.val() + 1;
                self.left.d.next = 0.into();
                if self.writing.q.val() {
                    self.left.d.next = self.count.q.val();
                }
                self.base.d.next = self.base.q.val() + bit_cast::<5, 4>(self.count.q.val()) + 1;
                self.fill.d.next = 0.into();
                self.step.d.next = Step::Rest;
            }
        }
        self.memory.wdata.next = self.token.val().to_signed_bits();
        if self.step.q.val() == Step::Forget {
            self.memory.wdata.next = signed_cast_lit(0);
        }
        if self.asking.val() {
            self.memory.wdata.next = self.value.val().to_signed_bits();
            if self.value.val() > self.vocab_less_1.val() {
                self.memory.wdata.next = signed_cast_lit(0);
            }
        }
        self.present.next = self.here.val();
        self.more.next = self.at.q.val() != self.fill.q.val();
        self.number.next = self.at.q.val().get_bits::<4>(0);
        self.slot.next = self.reading.q.val();
        self.guessed.next = self.writing.q.val();
        self.extra.next = self.left.q.val().any();
        self.kept.next = self.count.q.val();
        self.bank.next = self.state_bank.q.val();
    }
}

//! The token's choice: noise words and the largest score (FORMAT.md section 5).

use crate::num::{ToSigned, S};
use crate::register::Dff;
use crate::ring::Ring;
use rust_hdl::prelude::*;

/// xs(x): one step of a 32-bit xorshift generator.
#[derive(LogicBlock, Default)]
pub struct XorShift {
    /// x.
    pub x: Signal<In, Bits<32>>,
    /// xs(x).
    pub y: Signal<Out, Bits<32>>,
    left_13: Signal<Local, Bits<32>>,
    a: Signal<Local, Bits<32>>,
    right_17: Signal<Local, Bits<32>>,
    b: Signal<Local, Bits<32>>,
    left_5: Signal<Local, Bits<32>>,
}

impl Logic for XorShift {
    #[hdl_gen]
    fn update(&mut self) {
        self.left_13.next = self.x.val() << 13;
        self.a.next = self.left_13.val() ^ self.x.val();
        self.right_17.next = self.a.val() >> 17;
        self.b.next = self.right_17.val() ^ self.a.val();
        self.left_5.next = self.b.val() << 5;
        self.y.next = self.left_5.val() ^ self.b.val();
    }
}

/// Noise of the positions and of the rows, and the best scores so far: one of each for every token that gets logits.
#[derive(LogicBlock, Default)]
pub struct Choose {
    /// Clock, rising edge.
    pub clock: Signal<In, Clock>,
    /// The host sets the seed.
    pub set_seed: Signal<In, Bit>,
    /// The seed; 0 is taken as 1.
    pub seed: Signal<In, Bits<32>>,
    /// Last token of the pass.
    pub last: Signal<In, Bits<4>>,
    /// Every token gets logits, not only the last.
    pub each: Signal<In, Bit>,
    /// The first logit section starts: noise and best scores start anew, in as many clocks as there are tokens.
    pub head: Signal<In, Bit>,
    /// The next token's turn.
    pub turn: Signal<In, Bit>,
    /// The row's word steps.
    pub step_noise: Signal<In, Bit>,
    /// The row's word after the next step: what the row that takes it now sees.
    pub noise: Signal<Out, Bits<32>>,
    /// `score` is token `index`'s.
    pub strobe: Signal<In, Bit>,
    /// A score.
    pub score: Signal<In, S<16>>,
    /// Its token.
    pub index: Signal<In, Bits<16>>,
    /// The lowest token among the largest scores.
    pub winner: Signal<Out, Bits<16>>,
    /// Back to the position before the pass.
    pub recall: Signal<In, Bit>,
    /// One position on: a token is kept.
    pub advance: Signal<In, Bit>,
    /// The pass is over: this is the position.
    pub settle: Signal<In, Bit>,
    position: Dff<Bits<32>>,
    walker: Dff<Bits<32>>,
    walk: XorShift,
    seeding: Dff<Bit>,
    left: Dff<Bits<4>>,
    rows: Ring<32>,
    row: XorShift,
    // score, token, and 1 if there is none yet
    bests: Ring<33>,
    best: Signal<Local, Bits<33>>,
    best_score: Signal<Local, S<16>>,
    entry: Signal<Local, Bits<33>>,
    ring_last: Signal<Local, Bits<4>>,
}

impl Choose {
    /// For at most this many tokens. The seed is 1 at power-up.
    pub fn new(tokens: usize) -> Self {
        let (rows, bests) = (Ring::new(tokens), Ring::new(tokens));
        Self { position: Dff::new(1.into()), rows, bests, ..Default::default() }
    }
}

impl Logic for Choose {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, position, walker, seeding, left);
        clock!(self, clock, rows, bests);
        self.walk.x.next = self.walker.q.val();
        self.row.x.next = self.rows.q.val();
        self.ring_last.next = 0.into();
        if self.each.val() {
            self.ring_last.next = self.last.val();
        }
        self.rows.last.next = self.ring_last.val();
        self.bests.last.next = self.ring_last.val();

        // positions
        if self.head.val() | self.recall.val() {
            self.walker.d.next = self.position.q.val();
        }
        if self.seeding.q.val() | self.advance.val() {
            self.walker.d.next = self.walk.y.val();
        }
        if self.settle.val() {
            self.position.d.next = self.walker.q.val();
        }
        if self.set_seed.val() {
            self.position.d.next = self.seed.val();
            if !self.seed.val().any() {
                self.position.d.next = 1.into();
            }
        }
        if self.seeding.q.val() {
            self.left.d.next = self.left.q.val() - 1;
            self.seeding.d.next = self.left.q.val().any();
        }
        if self.head.val() {
            self.left.d.next = self.last.val();
            self.seeding.d.next = true;
        }

        // noise of the rows
        self.rows.turn.next = self.turn.val() | self.seeding.q.val();
        self.rows.en.next = self.step_noise.val() | self.seeding.q.val();
        self.rows.d.next = self.row.y.val();
        if self.seeding.q.val() {
            self.rows.d.next = self.walk.y.val() ^ 0x9E37_79B9_u64;
        }
        self.noise.next = self.row.y.val();

        // scores
        self.best.next = self.bests.q.val();
        self.best_score.next = self.best.val().get_bits::<16>(17).to_signed_bits();
        self.entry.next = (bit_cast::<33, 16>(self.score.val().get_bits::<16>(0)) << 17)
            | (bit_cast::<33, 16>(self.index.val()) << 1);
        self.bests.turn.next = self.turn.val() | self.seeding.q.val();
        self.bests.d.next = self.entry.val();
        self.bests.en.next =
            self.strobe.val() & (self.best.val().get_bit(0) | (self.score.val() > self.best_score.val()));
        if self.seeding.q.val() {
            self.bests.en.next = true;
            self.bests.d.next = 1.into();
        }
        self.winner.next = self.best.val().get_bits::<16>(1);
    }
}

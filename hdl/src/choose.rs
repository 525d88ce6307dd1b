//! The token's choice: noise words and the largest score (FORMAT.md section 5).

use crate::num::S;
use crate::register::Dff;
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

/// Noise of the position and of the row, and the best score so far.
#[derive(LogicBlock)]
pub struct Choose {
    /// Clock, rising edge.
    pub clock: Signal<In, Clock>,
    /// The host sets the seed.
    pub set_seed: Signal<In, Bit>,
    /// The seed; 0 is taken as 1.
    pub seed: Signal<In, Bits<32>>,
    /// A pass starts: the position's word steps.
    pub next_position: Signal<In, Bit>,
    /// The first logit section starts: the row's word and the best score start anew.
    pub head: Signal<In, Bit>,
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
    pub token: Signal<Out, Bits<16>>,
    position: Dff<Bits<32>>,
    row: Dff<Bits<32>>,
    empty: Dff<Bit>,
    best: Dff<S<16>>,
    winner: Dff<Bits<16>>,
    step_position: XorShift,
    step_row: XorShift,
}

impl Default for Choose {
    /// The seed is 1 at power-up.
    fn default() -> Self {
        Self {
            clock: Default::default(),
            set_seed: Default::default(),
            seed: Default::default(),
            next_position: Default::default(),
            head: Default::default(),
            step_noise: Default::default(),
            noise: Default::default(),
            strobe: Default::default(),
            score: Default::default(),
            index: Default::default(),
            token: Default::default(),
            position: Dff::new(1.into()),
            row: Default::default(),
            empty: Default::default(),
            best: Default::default(),
            winner: Default::default(),
            step_position: Default::default(),
            step_row: Default::default(),
        }
    }
}

impl Logic for Choose {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, position, row, empty, best, winner);
        self.step_position.x.next = self.position.q.val();
        self.step_row.x.next = self.row.q.val();
        if self.next_position.val() {
            self.position.d.next = self.step_position.y.val();
        }
        if self.set_seed.val() {
            self.position.d.next = self.seed.val();
            if !self.seed.val().any() {
                self.position.d.next = 1.into();
            }
        }
        if self.step_noise.val() {
            self.row.d.next = self.step_row.y.val();
        }
        if self.strobe.val() & (self.empty.q.val() | (self.score.val() > self.best.q.val())) {
            self.best.d.next = self.score.val();
            self.winner.d.next = self.index.val();
            self.empty.d.next = false;
        }
        if self.head.val() {
            self.row.d.next = self.position.q.val() ^ 0x9E37_79B9_u64;
            self.empty.d.next = true;
        }
        self.noise.next = self.step_row.y.val();
        self.token.next = self.winner.q.val();
    }
}

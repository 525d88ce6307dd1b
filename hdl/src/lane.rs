//! A lane: the dot product of the row that streams past with one token's vector. Finished rows leave the lanes in a chain.

use crate::multiplier::Multiplier;
use crate::num::{signed_cast_lit, ToSigned, S};
use crate::register::{Dff, Reg, Stage};
use rust_hdl::prelude::*;
use statestream_image::config::Pipeline;

/// acc += word weight, one weight a clock. The accumulator is final three clocks after the row's last weight, four in the long
/// pipeline, which has a register between vector memory and multiplier.
#[derive(LogicBlock, Default)]
pub struct Lane {
    /// Clock, rising edge.
    pub clock: Signal<In, Clock>,
    /// A weight, two's complement; its vector word's address is presented in the same clock.
    pub weight: Signal<In, Bits<8>>,
    /// There is a weight.
    pub valid: Signal<In, Bit>,
    /// It is its row's first.
    pub first: Signal<In, Bit>,
    /// The vector word of the clock before.
    pub word: Signal<In, S<16>>,
    /// The finished row is taken from the accumulator.
    pub load: Signal<In, Bit>,
    /// The next lane's row is taken: rows leave by lane 0, one token a clock.
    pub shift: Signal<In, Bit>,
    /// The next lane's row.
    pub next_row: Signal<In, S<32>>,
    /// The row taken last: row a while row b streams, and what `load` and `shift` brought.
    pub row: Signal<Out, S<32>>,
    /// Where somebody else adds to the accumulator as well: what is added to, 0 for a row's first summand; ...
    pub before: Vec<Signal<Out, S<32>>>,
    /// ... the product; ...
    pub product: Vec<Signal<Out, S<32>>>,
    /// ... and what they say the accumulator becomes.
    pub total: Vec<Signal<In, S<32>>>,
    multiplier: Multiplier,
    held: Dff<Bits<8>>,
    held_valid: Dff<Bit>,
    held_first: Dff<Bit>,
    factor: Stage<Bits<8>>,
    factor_valid: Stage<Bit>,
    factor_first: Stage<Bit>,
    other: Stage<S<16>>,
    add: Dff<Bit>,
    add_first: Dff<Bit>,
    base: Signal<Local, S<32>>,
    sum: Reg<S<32>>,
    taken: Reg<S<32>>,
}

impl Lane {
    /// A lane of this pipeline.
    pub fn new(pipeline: Pipeline) -> Self {
        let long = pipeline == Pipeline::Long;
        Self {
            factor: Stage::new(long),
            factor_valid: Stage::new(long),
            factor_first: Stage::new(long),
            other: Stage::new(long),
            ..Default::default()
        }
    }

    /// The same, to whose accumulator somebody else adds as well.
    pub fn shared(pipeline: Pipeline) -> Self {
        Self {
            before: vec![Signal::default()],
            product: vec![Signal::default()],
            total: vec![Signal::default()],
            ..Self::new(pipeline)
        }
    }
}

impl Logic for Lane {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, held, held_valid, held_first, add, add_first);
        clock!(self, clock, multiplier, sum, taken, factor, factor_valid, factor_first, other);
        self.held.d.next = self.weight.val();
        self.held_valid.d.next = self.valid.val();
        self.held_first.d.next = self.first.val();
        self.other.d.next = self.word.val();
        self.factor.d.next = self.held.q.val();
        self.factor_valid.d.next = self.held_valid.q.val();
        self.factor_first.d.next = self.held_first.q.val();
        self.multiplier.a.next = self.other.q.val();
        self.multiplier.b.next = self.factor.q.val().to_signed_bits();
        self.add.d.next = self.factor_valid.q.val();
        self.add_first.d.next = self.factor_first.q.val();
        self.base.next = self.sum.q.val();
        if self.add_first.q.val() {
            self.base.next = signed_cast_lit(0);
        }
        self.sum.d.next = (self.base.val() + self.multiplier.p.val()).into();
        for k in 0..self.total.len() {
            self.before[k].next = self.base.val();
            self.product[k].next = self.multiplier.p.val();
            self.sum.d.next = self.total[k].val();
        }
        self.sum.en.next = self.add.q.val();
        self.taken.d.next = self.sum.q.val();
        if self.shift.val() {
            self.taken.d.next = self.next_row.val();
        }
        self.taken.en.next = self.load.val() | self.shift.val() | (self.add.q.val() & self.add_first.q.val());
        self.row.next = self.taken.q.val();
    }
}

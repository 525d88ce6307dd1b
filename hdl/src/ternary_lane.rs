//! A lane that takes four ternary weights in a clock, or one of 4 or 8 bits.

use crate::lane::Lane;
use crate::num::{ToSigned, S};
use crate::quad::{CarryAdd, QuadSum};
use crate::register::{Dff, Stage};
use rust_hdl::prelude::*;
use statestream_image::config::Pipeline;

/// A lane beside which four words are summed. That takes as many clocks as its product, and goes to the same accumulator.
#[derive(LogicBlock, Default)]
pub struct TernaryLane {
    /// Clock, rising edge.
    pub clock: Signal<In, Clock>,
    /// See `Lane`.
    pub weight: Signal<In, Bits<8>>,
    /// There is a weight, or four.
    pub valid: Signal<In, Bit>,
    /// See `Lane`.
    pub first: Signal<In, Bit>,
    /// See `Lane`.
    pub word: Signal<In, S<16>>,
    /// See `Lane`.
    pub load: Signal<In, Bit>,
    /// See `Lane`.
    pub shift: Signal<In, Bit>,
    /// See `Lane`.
    pub next_row: Signal<In, S<32>>,
    /// See `Lane`.
    pub row: Signal<Out, S<32>>,
    /// There are four weights.
    pub step: Signal<In, Bit>,
    /// They, two bits each, two's complement, the first one lowest.
    pub weights: Signal<In, Bits<8>>,
    /// The quad's first word, of the clock before.
    pub word_0: Signal<In, S<16>>,
    /// See `word_0`.
    pub word_1: Signal<In, S<16>>,
    /// See `word_0`.
    pub word_2: Signal<In, S<16>>,
    /// See `word_0`.
    pub word_3: Signal<In, S<16>>,
    lane: Lane,
    held: Dff<Bits<8>>,
    held_step: Dff<Bit>,
    factors: Stage<Bits<8>>,
    factors_step: Stage<Bit>,
    other_0: Stage<S<16>>,
    other_1: Stage<S<16>>,
    other_2: Stage<S<16>>,
    other_3: Stage<S<16>>,
    quad: QuadSum,
    add: Dff<Bit>,
    adder: CarryAdd,
    wide: Signal<Local, S<32>>,
}

impl TernaryLane {
    /// One of this pipeline.
    pub fn new(pipeline: Pipeline) -> Self {
        let long = pipeline == Pipeline::Long;
        Self {
            lane: Lane::shared(pipeline),
            factors: Stage::new(long),
            factors_step: Stage::new(long),
            other_0: Stage::new(long),
            other_1: Stage::new(long),
            other_2: Stage::new(long),
            other_3: Stage::new(long),
            ..Default::default()
        }
    }
}

impl Logic for TernaryLane {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, held, held_step, add);
        clock!(self, clock, factors, factors_step, other_0, other_1, other_2, other_3, quad, lane);
        self.lane.weight.next = self.weight.val();
        self.lane.valid.next = self.valid.val();
        self.lane.first.next = self.first.val();
        self.lane.word.next = self.word.val();
        self.lane.load.next = self.load.val();
        self.lane.shift.next = self.shift.val();
        self.lane.next_row.next = self.next_row.val();
        self.row.next = self.lane.row.val();
        self.held.d.next = self.weights.val();
        self.held_step.d.next = self.step.val();
        self.factors.d.next = self.held.q.val();
        self.factors_step.d.next = self.held_step.q.val();
        self.other_0.d.next = self.word_0.val();
        self.other_1.d.next = self.word_1.val();
        self.other_2.d.next = self.word_2.val();
        self.other_3.d.next = self.word_3.val();
        self.quad.weights.next = self.factors.q.val();
        self.quad.word_0.next = self.other_0.q.val();
        self.quad.word_1.next = self.other_1.q.val();
        self.quad.word_2.next = self.other_2.q.val();
        self.quad.word_3.next = self.other_3.q.val();
        self.add.d.next = self.factors_step.q.val();
        self.wide.next = self.quad.sum.val().get_bits::<18>(0).to_signed_bits();
        self.adder.a.next = self.lane.before[0].val();
        self.adder.b.next = self.lane.product[0].val();
        self.adder.carry.next = false;
        if self.add.q.val() {
            self.adder.b.next = self.wide.val();
            self.adder.carry.next = self.quad.carry.val();
        }
        self.lane.total[0].next = self.adder.y.val();
    }
}

//! The multiplier leaf.

use crate::num::S;
use rust_hdl::prelude::*;

/// p = a b, 16 x 16 bits, registered after the product.
///
/// `keep` on the product *net* stops yosys `ice40_dsp` from merging a neighbouring adder into the same SB_MAC16 wrongly.
#[derive(LogicBlock, Default)]
pub struct Multiplier {
    /// Clock, rising edge.
    pub clock: Signal<In, Clock>,
    /// One factor.
    pub a: Signal<In, S<16>>,
    /// The other.
    pub b: Signal<In, S<16>>,
    /// The product of the clock before.
    pub p: Signal<Out, S<32>>,
}

impl Logic for Multiplier {
    fn update(&mut self) {
        if self.clock.pos_edge() {
            self.p.next = (self.a.val() * self.b.val()).into();
        }
    }
    fn connect(&mut self) {
        self.p.connect();
    }
    fn hdl(&self) -> Verilog {
        Verilog::Custom(
            "(* keep *) wire signed [31:0] m;\nassign m = a * b;\ninitial p = 0;\nalways @(posedge clock) p <= m;"
                .into(),
        )
    }
}

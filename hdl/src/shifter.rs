//! R and sat: y = sat16(R(x, s)) in two clocks, the only rounding in the machine.
//!
//! R(x, s) = (x + 2^(s-1)) >> s is computed as ((2 x >> s) + 1) >> 1, which holds for s = 0 as well.

use crate::num::{signed_cast_lit, ToSigned, S};
use crate::register::{Dff, Reg};
use rust_hdl::prelude::*;

/// y = x >> s, arithmetic: rust-hdl has no variable shift.
#[derive(LogicBlock, Default)]
pub struct ShiftRight {
    /// What is shifted.
    pub x: Signal<In, S<33>>,
    /// By how much.
    pub s: Signal<In, Bits<5>>,
    /// The result, rounded down.
    pub y: Signal<Out, S<33>>,
}

impl Logic for ShiftRight {
    fn update(&mut self) {
        self.y.next = S(self.x.val().0 >> self.s.val().index());
    }
    fn connect(&mut self) {
        self.y.connect();
    }
    fn hdl(&self) -> Verilog {
        Verilog::Custom("always @(*) y = x >>> s;".into())
    }
}

/// Shift, round half up, saturate to 16 bits.
#[derive(LogicBlock)]
pub struct RoundShift {
    /// Clock, rising edge.
    pub clock: Signal<In, Clock>,
    /// Accumulator, 32 bits.
    pub x: Signal<In, S<32>>,
    /// Shift, 0 to 31.
    pub s: Signal<In, Bits<5>>,
    /// What was shifted in the clock before is a result.
    pub en: Signal<In, Bit>,
    /// sat16(R(x, s)) of the last result, from two clocks after its x.
    pub y: Signal<Out, S<16>>,
    /// That result was clamped.
    pub clamped: Signal<Out, Bit>,
    shift: ShiftRight,
    shifted: Dff<S<33>>,
    sum: Signal<Local, S<34>>,
    above: Signal<Local, Bits<18>>,
    low: Signal<Local, Bits<16>>,
    result: Reg<S<16>>,
    clamp: Reg<Bit>,
    highest: Constant<S<16>>,
    lowest: Constant<S<16>>,
}

impl Default for RoundShift {
    fn default() -> Self {
        Self {
            clock: Default::default(),
            x: Default::default(),
            s: Default::default(),
            en: Default::default(),
            y: Default::default(),
            clamped: Default::default(),
            shift: Default::default(),
            shifted: Default::default(),
            sum: Default::default(),
            above: Default::default(),
            low: Default::default(),
            result: Default::default(),
            clamp: Default::default(),
            highest: Constant::new(S(32767)),
            lowest: Constant::new(S(-32768)),
        }
    }
}

impl Logic for RoundShift {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, shifted);
        clock!(self, clock, result, clamp);
        self.result.en.next = self.en.val();
        self.clamp.en.next = self.en.val();
        self.shift.x.next = (self.x.val() << 1).into();
        self.shift.s.next = self.s.val();
        self.shifted.d.next = self.shift.y.val();
        self.sum.next = (self.shifted.q.val() + signed_cast_lit::<2>(1)).into();
        self.low.next = self.sum.val().get_bits::<16>(1);
        self.above.next = self.sum.val().get_bits::<18>(16);
        self.result.d.next = self.low.val().to_signed_bits();
        self.clamp.d.next = false;
        if self.sum.val().get_bit(33) & !self.above.val().all() {
            self.result.d.next = self.lowest.val();
            self.clamp.d.next = true;
        }
        if !self.sum.val().get_bit(33) & self.above.val().any() {
            self.result.d.next = self.highest.val();
            self.clamp.d.next = true;
        }
        self.y.next = self.result.q.val();
        self.clamped.next = self.clamp.q.val();
    }
}

//! start + times step, by shift and add: a small multiplier for what is computed seldom.

use crate::register::Dff;
use rust_hdl::prelude::*;

/// Clocks from `start` to `ready`.
pub const SHIFT_ADD_CLOCKS: u64 = 17;

/// N bits, modulo 2^N; one sum at a time.
#[derive(LogicBlock, Default)]
pub struct ShiftAdd<const N: usize> {
    /// Clock, rising edge.
    pub clock: Signal<In, Clock>,
    /// Start anew.
    pub start: Signal<In, Bit>,
    /// What the sum begins with.
    pub from: Signal<In, Bits<N>>,
    /// How often `step` is added.
    pub times: Signal<In, Bits<16>>,
    /// What is added.
    pub step: Signal<In, Bits<N>>,
    /// The sum, once `ready`.
    pub value: Signal<Out, Bits<N>>,
    /// The sum is there.
    pub ready: Signal<Out, Bit>,
    sum: Dff<Bits<N>>,
    bits: Dff<Bits<16>>,
    addend: Dff<Bits<N>>,
    left: Dff<Bits<5>>,
}

impl<const N: usize> Logic for ShiftAdd<N> {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, sum, bits, addend, left);
        if self.left.q.val().any() {
            self.left.d.next = self.left.q.val() - 1;
            self.bits.d.next = self.bits.q.val() >> 1;
            self.addend.d.next = self.addend.q.val() << 1;
            if self.bits.q.val().get_bit(0) {
                self.sum.d.next = self.sum.q.val() + self.addend.q.val();
            }
        }
        if self.start.val() {
            self.sum.d.next = self.from.val();
            self.bits.d.next = self.times.val();
            self.addend.d.next = self.step.val();
            self.left.d.next = 16.into();
        }
        self.value.next = self.sum.q.val();
        self.ready.next = !self.left.q.val().any();
    }
}

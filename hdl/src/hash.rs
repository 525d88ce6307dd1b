//! The hash of a context: c = (t3 M + t2) M + t1 mod 2^16, by shift and add (FORMAT.md section 3).

use crate::register::Dff;
use rust_hdl::prelude::*;

/// Takes one token at a time, the oldest first: c becomes c M + token, 17 clocks later.
#[derive(LogicBlock, Default)]
pub struct Hash {
    /// Clock, rising edge.
    pub clock: Signal<In, Clock>,
    /// c becomes 0.
    pub clear: Signal<In, Bit>,
    /// Take `token`; only while `ready`.
    pub take: Signal<In, Bit>,
    /// The token.
    pub token: Signal<In, Bits<16>>,
    /// M.
    pub multiplier: Signal<In, Bits<16>>,
    /// c, once `ready`.
    pub value: Signal<Out, Bits<16>>,
    /// c is there.
    pub ready: Signal<Out, Bit>,
    sum: Dff<Bits<16>>,
    times: Dff<Bits<16>>,
    step: Dff<Bits<16>>,
    left: Dff<Bits<5>>,
}

/// Clocks from `take` to `ready`.
pub const HASH_CLOCKS: u64 = 17;

impl Logic for Hash {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, sum, times, step, left);
        if self.left.q.val().any() {
            self.left.d.next = self.left.q.val() - 1;
            self.times.d.next = self.times.q.val() >> 1;
            self.step.d.next = self.step.q.val() << 1;
            if self.times.q.val().get_bit(0) {
                self.sum.d.next = self.sum.q.val() + self.step.q.val();
            }
        }
        if self.take.val() {
            self.sum.d.next = self.token.val();
            self.times.d.next = self.sum.q.val();
            self.step.d.next = self.multiplier.val();
            self.left.d.next = 16.into();
        }
        if self.clear.val() {
            self.sum.d.next = 0.into();
        }
        self.value.next = self.sum.q.val();
        self.ready.next = !self.left.q.val().any();
    }
}

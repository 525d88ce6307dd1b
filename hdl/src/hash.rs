//! The hash of a context: c = (t3 M + t2) M + t1 mod 2^16 (FORMAT.md section 5).

use crate::register::Dff;
use crate::shift_add::{ShiftAdd, SHIFT_ADD_CLOCKS};
use rust_hdl::prelude::*;

/// Clocks from `take` to `ready`.
pub const HASH_CLOCKS: u64 = SHIFT_ADD_CLOCKS;

/// Takes one token at a time, the oldest first: c becomes c M + token.
#[derive(LogicBlock, Default)]
pub struct Hash {
    /// Clock, rising edge.
    pub clock: Signal<In, Clock>,
    /// The next token is the first.
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
    sum: ShiftAdd<16>,
    first: Dff<Bit>,
}

impl Logic for Hash {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, first);
        clock!(self, clock, sum);
        if self.take.val() {
            self.first.d.next = false;
        }
        if self.clear.val() {
            self.first.d.next = true;
        }
        self.sum.start.next = self.take.val();
        self.sum.from.next = self.token.val();
        self.sum.step.next = self.multiplier.val();
        self.sum.times.next = self.sum.value.val();
        if self.first.q.val() {
            self.sum.times.next = 0.into();
        }
        self.value.next = self.sum.value.val();
        self.ready.next = self.sum.ready.val();
    }
}

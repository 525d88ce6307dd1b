//! Flash addresses: base + offset + index stride, by shift and add in 17 clocks.

use crate::register::Dff;
use rust_hdl::prelude::*;

/// Computes one address at a time.
#[derive(LogicBlock)]
pub struct Address {
    /// Clock, rising edge.
    pub clock: Signal<In, Clock>,
    /// Start anew.
    pub start: Signal<In, Bit>,
    /// Offset of the region in the image, bytes.
    pub offset: Signal<In, Bits<24>>,
    /// Record number.
    pub index: Signal<In, Bits<16>>,
    /// Bytes per record.
    pub stride: Signal<In, Bits<24>>,
    /// The address, bytes in the flash, once `ready`.
    pub address: Signal<Out, Bits<24>>,
    /// The address is there.
    pub ready: Signal<Out, Bit>,
    sum: Dff<Bits<24>>,
    times: Dff<Bits<16>>,
    step: Dff<Bits<24>>,
    left: Dff<Bits<5>>,
    base: Constant<Bits<24>>,
}

impl Address {
    /// Addresses of an image at `base`.
    pub fn new(base: u32) -> Self {
        Self {
            clock: Default::default(),
            start: Default::default(),
            offset: Default::default(),
            index: Default::default(),
            stride: Default::default(),
            address: Default::default(),
            ready: Default::default(),
            sum: Default::default(),
            times: Default::default(),
            step: Default::default(),
            left: Default::default(),
            base: Constant::new(u64::from(base).into()),
        }
    }
}

impl Default for Address {
    fn default() -> Self {
        Self::new(0)
    }
}

impl Logic for Address {
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
        if self.start.val() {
            self.sum.d.next = self.offset.val() + self.base.val();
            self.times.d.next = self.index.val();
            self.step.d.next = self.stride.val();
            self.left.d.next = 16.into();
        }
        self.address.next = self.sum.q.val();
        self.ready.next = !self.left.q.val().any();
    }
}

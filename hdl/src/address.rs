//! Flash addresses: base + offset + index stride, in 17 clocks.

use crate::shift_add::ShiftAdd;
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
    sum: ShiftAdd<24>,
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
        clock!(self, clock, sum);
        self.sum.start.next = self.start.val();
        self.sum.from.next = self.offset.val() + self.base.val();
        self.sum.times.next = self.index.val();
        self.sum.step.next = self.stride.val();
        self.address.next = self.sum.value.val();
        self.ready.next = self.sum.ready.val();
    }
}

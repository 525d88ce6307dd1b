//! Where in the flash the reader is, so that an error can name its record, and a record read from another place is none.

use crate::register::Dff;
use rust_hdl::prelude::*;

/// Counts bytes and remembers where the record begins. The verdict on a record comes in the clock after its last nibble, when no
/// byte of the next one can be complete: until then the record's own address is kept, and after a fault for good.
#[derive(LogicBlock)]
pub struct Whereabouts {
    /// Clock, rising edge.
    pub clock: Signal<In, Clock>,
    /// Reading goes on at `address`, with a record.
    pub seek: Signal<In, Bit>,
    /// Flash address, bytes.
    pub address: Signal<In, Bits<24>>,
    /// A byte was read.
    pub byte_done: Signal<In, Bit>,
    /// The record that has just ended is judged.
    pub judged: Signal<In, Bit>,
    /// It is at fault.
    pub fault: Signal<In, Bit>,
    /// The record being read or judged; after a fault, until the next seek, the one at fault.
    pub record: Signal<Out, Bits<24>>,
    /// Its offset in the image.
    pub place: Signal<Out, Bits<24>>,
    at: Dff<Bits<24>>,
    begin: Dff<Bits<24>>,
    base: Constant<Bits<24>>,
}

impl Whereabouts {
    /// In an image at this flash address.
    pub fn new(base: u32) -> Self {
        Self {
            clock: Default::default(),
            seek: Default::default(),
            address: Default::default(),
            byte_done: Default::default(),
            judged: Default::default(),
            fault: Default::default(),
            record: Default::default(),
            place: Default::default(),
            at: Default::default(),
            begin: Default::default(),
            base: Constant::new(u64::from(base).into()),
        }
    }
}

impl Default for Whereabouts {
    fn default() -> Self {
        Self::new(0)
    }
}

impl Logic for Whereabouts {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, at, begin);
        if self.byte_done.val() {
            self.at.d.next = self.at.q.val() + 1;
        }
        if self.judged.val() & !self.fault.val() {
            self.begin.d.next = self.at.q.val();
        }
        if self.seek.val() {
            self.at.d.next = self.address.val();
            self.begin.d.next = self.address.val();
        }
        self.record.next = self.begin.q.val();
        self.place.next = self.begin.q.val() - self.base.val();
    }
}

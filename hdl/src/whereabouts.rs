//! Where in the flash the reader is, so that an error can name its record.

use crate::register::Dff;
use rust_hdl::prelude::*;

/// Counts bytes and remembers where records begin.
#[derive(LogicBlock, Default)]
pub struct Whereabouts {
    /// Clock, rising edge.
    pub clock: Signal<In, Clock>,
    /// Reading goes on at `address`, with a record.
    pub seek: Signal<In, Bit>,
    /// Flash address, bytes.
    pub address: Signal<In, Bits<24>>,
    /// A byte was read.
    pub byte_done: Signal<In, Bit>,
    /// It was its record's last.
    pub record_done: Signal<In, Bit>,
    /// The record before is at fault.
    pub fault: Signal<In, Bit>,
    /// The record that was at fault last.
    pub fault_address: Signal<Out, Bits<24>>,
    at: Dff<Bits<24>>,
    record: Dff<Bits<24>>,
    previous: Dff<Bits<24>>,
    faulty: Dff<Bits<24>>,
}

impl Logic for Whereabouts {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, at, record, previous, faulty);
        if self.byte_done.val() {
            self.at.d.next = self.at.q.val() + 1;
        }
        if self.record_done.val() {
            self.previous.d.next = self.record.q.val();
            self.record.d.next = self.at.q.val() + 1;
        }
        if self.fault.val() {
            self.faulty.d.next = self.previous.q.val();
        }
        if self.seek.val() {
            self.at.d.next = self.address.val();
            self.record.d.next = self.address.val();
        }
        self.fault_address.next = self.faulty.q.val();
    }
}

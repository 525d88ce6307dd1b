//! Flash addresses: base + offset + index stride, in 22 clocks. Offsets and strides are the header's, and kept here in a memory:
//! they are 112 bits that are looked at once in a while.

use crate::memory::{DualPort, RamStyle};
use crate::num::ToSigned;
use crate::register::Dff;
use rust_hdl::prelude::*;

/// Clocks from `start` to `ready`.
pub const ADDRESS_CLOCKS: u64 = 22;

/// Computes one address at a time.
///
/// The memory has four words per region: offset and stride, high halves first. Nobody writes those of region 0, the image's
/// beginning, nor the high half of an embedding's stride, so they stay 0. [`crate::shift_add`] multiplies alike, but would need
/// registers for offset and stride in front of it; here one addend collects both from the memory, and multiplies.
#[derive(LogicBlock)]
pub struct Address {
    /// Clock, rising edge.
    pub clock: Signal<In, Clock>,
    /// `word` is header word `field`.
    pub strobe: Signal<In, Bit>,
    /// Word number.
    pub field: Signal<In, Bits<5>>,
    /// The word.
    pub word: Signal<In, Bits<16>>,
    /// Start anew.
    pub start: Signal<In, Bit>,
    /// Where: 0 the image's beginning, 1 the embedding, 2 the tape, 3 the stored states.
    pub region: Signal<In, Bits<2>>,
    /// Record number.
    pub index: Signal<In, Bits<16>>,
    /// The address, bytes in the flash, once `ready`.
    pub address: Signal<Out, Bits<24>>,
    /// The address is there.
    pub ready: Signal<Out, Bit>,
    places: DualPort<4>,
    sum: Dff<Bits<24>>,
    bits: Dff<Bits<16>>,
    addend: Dff<Bits<24>>,
    chosen: Dff<Bits<2>>,
    left: Dff<Bits<5>>,
    which: Signal<Local, Bits<2>>,
    reading: Signal<Local, Bit>,
    adding: Signal<Local, Bit>,
    base: Constant<Bits<24>>,
}

impl Address {
    /// Addresses of an image at `base`.
    pub fn new(base: u32, style: RamStyle) -> Self {
        Self {
            clock: Default::default(),
            strobe: Default::default(),
            field: Default::default(),
            word: Default::default(),
            start: Default::default(),
            region: Default::default(),
            index: Default::default(),
            address: Default::default(),
            ready: Default::default(),
            places: DualPort::with(style, &[0; 16]),
            sum: Default::default(),
            bits: Default::default(),
            addend: Default::default(),
            chosen: Default::default(),
            left: Default::default(),
            which: Default::default(),
            reading: Default::default(),
            adding: Default::default(),
            base: Constant::new(u64::from(base).into()),
        }
    }
}

impl Default for Address {
    fn default() -> Self {
        Self::new(0, RamStyle::Plain)
    }
}

impl Logic for Address {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, sum, bits, addend, chosen, left);
        clock!(self, clock, places);
        self.places.wdata.next = self.word.val().to_signed_bits();
        self.places.we.next = self.strobe.val();
        self.places.waddr.next = 0.into();
        match self.field.val().index() {
            12 => {
                self.places.waddr.next = 4.into();
            }
            13 => {
                self.places.waddr.next = 5.into();
            }
            21 => {
                self.places.waddr.next = 7.into();
            }
            14 => {
                self.places.waddr.next = 8.into();
            }
            15 => {
                self.places.waddr.next = 9.into();
            }
            16 => {
                self.places.waddr.next = 12.into();
            }
            17 => {
                self.places.waddr.next = 13.into();
            }
            18 => {
                self.places.waddr.next = 14.into();
            }
            19 => {
                self.places.waddr.next = 15.into();
            }
            _ => {
                self.places.we.next = false;
            }
        }
        // 21 to 17: the four words arrive, the first of them in the second clock; 18: the offset; 16 to 1: the strides
        self.which.next = self.left.q.val().get_bits::<2>(0) ^ 1;
        self.places.raddr.next =
            (bit_cast::<4, 2>(self.chosen.q.val()) << 2) | bit_cast::<4, 2>(self.which.val());
        self.reading.next = self.left.q.val() > 16;
        self.adding.next = self.left.q.val() == 18;
        if self.left.q.val().any() {
            self.left.d.next = self.left.q.val() - 1;
        }
        if self.reading.val() {
            self.addend.d.next =
                (self.addend.q.val() << 16) | bit_cast::<24, 16>(self.places.rdata.val().get_bits::<16>(0));
        } else {
            self.addend.d.next = self.addend.q.val() << 1;
            self.bits.d.next = self.bits.q.val() >> 1;
            self.adding.next = self.left.q.val().any() & self.bits.q.val().get_bit(0);
        }
        if self.adding.val() {
            self.sum.d.next = self.sum.q.val() + self.addend.q.val();
        }
        if self.start.val() {
            self.sum.d.next = self.base.val();
            self.bits.d.next = self.index.val();
            self.chosen.d.next = self.region.val();
            self.left.d.next = 21.into();
        }
        self.address.next = self.sum.q.val();
        self.ready.next = !self.left.q.val().any();
    }
}

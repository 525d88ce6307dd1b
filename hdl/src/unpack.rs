//! Nibbles to bytes, words and weights. The high nibble and the high byte come first.

use crate::num::{ToSigned, S};
use crate::register::Dff;
use rust_hdl::prelude::*;

/// Everything that the present nibble completes.
#[derive(LogicBlock, Default)]
pub struct Unpack {
    /// Clock, rising edge.
    pub clock: Signal<In, Clock>,
    /// The next nibble starts a word.
    pub align: Signal<In, Bit>,
    /// A nibble is taken.
    pub take: Signal<In, Bit>,
    /// The nibble.
    pub nibble: Signal<In, Bits<4>>,
    /// Weights are 8 bits wide.
    pub wide: Signal<In, Bit>,
    /// The nibble completes a byte.
    pub byte_done: Signal<Out, Bit>,
    /// The nibble completes a word.
    pub word_done: Signal<Out, Bit>,
    /// The nibble completes a weight.
    pub weight_done: Signal<Out, Bit>,
    /// The byte.
    pub full_byte: Signal<Out, Bits<8>>,
    /// The word.
    pub word: Signal<Out, Bits<16>>,
    /// The weight, sign extended.
    pub weight: Signal<Out, Bits<8>>,
    low: Dff<Bit>,
    odd: Dff<Bit>,
    high_nibble: Dff<Bits<4>>,
    high_byte: Dff<Bits<8>>,
    whole: Signal<Local, Bits<8>>,
    narrow: Signal<Local, S<8>>,
    done: Signal<Local, Bit>,
}

impl Logic for Unpack {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, low, odd, high_nibble, high_byte);
        self.whole.next =
            (bit_cast::<8, 4>(self.high_nibble.q.val()) << 4) | bit_cast::<8, 4>(self.nibble.val());
        self.narrow.next = self.nibble.val().to_signed_bits();
        self.done.next = self.take.val() & self.low.q.val();
        if self.take.val() {
            self.low.d.next = !self.low.q.val();
            self.high_nibble.d.next = self.nibble.val();
        }
        if self.done.val() {
            self.odd.d.next = !self.odd.q.val();
            self.high_byte.d.next = self.whole.val();
        }
        if self.align.val() {
            self.low.d.next = false;
            self.odd.d.next = false;
        }
        self.byte_done.next = self.done.val();
        self.word_done.next = self.done.val() & self.odd.q.val();
        self.full_byte.next = self.whole.val();
        self.word.next =
            (bit_cast::<16, 8>(self.high_byte.q.val()) << 8) | bit_cast::<16, 8>(self.whole.val());
        self.weight_done.next = self.take.val();
        self.weight.next = self.narrow.val().get_bits::<8>(0);
        if self.wide.val() {
            self.weight_done.next = self.done.val();
            self.weight.next = self.whole.val();
        }
    }
}

//! Nibbles, or bytes, to bytes, words and weights. The high nibble and the high byte come first.

use crate::num::{ToSigned, S};
use crate::register::Dff;
use rust_hdl::prelude::*;

/// Everything that the present nibble completes. `N`, 4 or 8, is how many bits come at once: where it is 8, `nibble` is a byte.
#[derive(LogicBlock)]
pub struct Unpack<const N: usize> {
    /// Clock, rising edge.
    pub clock: Signal<In, Clock>,
    /// The next nibble starts a word.
    pub align: Signal<In, Bit>,
    /// A nibble is taken.
    pub take: Signal<In, Bit>,
    /// The nibble.
    pub nibble: Signal<In, Bits<N>>,
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
    /// Where `N` is 8: the narrow weight that comes with it, sign extended, or 0.
    pub after: Vec<Signal<Out, Bits<8>>>,
    low: Dff<Bit>,
    odd: Dff<Bit>,
    high_nibble: Dff<Bits<N>>,
    high_byte: Dff<Bits<8>>,
    whole: Signal<Local, Bits<8>>,
    narrow: Signal<Local, S<8>>,
    done: Signal<Local, Bit>,
    narrow_after: Vec<Signal<Local, S<8>>>,
    _nibbles: usize,
    _bytes: usize,
}

impl<const N: usize> Default for Unpack<N> {
    fn default() -> Self {
        let bytes = usize::from(N == 8);
        Self {
            clock: Default::default(),
            align: Default::default(),
            take: Default::default(),
            nibble: Default::default(),
            wide: Default::default(),
            byte_done: Default::default(),
            word_done: Default::default(),
            weight_done: Default::default(),
            full_byte: Default::default(),
            word: Default::default(),
            weight: Default::default(),
            after: (0..bytes).map(|_| Signal::default()).collect(),
            low: Default::default(),
            odd: Default::default(),
            high_nibble: Default::default(),
            high_byte: Default::default(),
            whole: Default::default(),
            narrow: Default::default(),
            done: Default::default(),
            narrow_after: (0..bytes).map(|_| Signal::default()).collect(),
            _nibbles: 1 - bytes,
            _bytes: bytes,
        }
    }
}

impl<const N: usize> Logic for Unpack<N> {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, low, odd, high_nibble, high_byte);
        for _k in 0..self._nibbles {
            self.whole.next =
                (bit_cast::<8, N>(self.high_nibble.q.val()) << 4) | bit_cast::<8, N>(self.nibble.val());
            self.narrow.next = self.nibble.val().to_signed_bits();
            self.done.next = self.take.val() & self.low.q.val();
            if self.take.val() {
                self.low.d.next = !self.low.q.val();
                self.high_nibble.d.next = self.nibble.val();
            }
        }
        for k in 0..self._bytes {
            self.whole.next = bit_cast::<8, N>(self.nibble.val());
            self.narrow.next = self.nibble.val().get_bits::<4>(4).to_signed_bits();
            self.narrow_after[k].next = self.nibble.val().get_bits::<4>(0).to_signed_bits();
            self.after[k].next = self.narrow_after[k].val().get_bits::<8>(0);
            if self.wide.val() {
                self.after[k].next = 0.into();
            }
            self.done.next = self.take.val();
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

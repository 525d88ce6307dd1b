//! Bytes of a ternary row to quads of weights (FORMAT.md section 4).

use crate::register::{Dff, Unread};
use rust_hdl::prelude::*;

/// A byte has five digits: three times the byte is the first above eight bits, which hold the others in the same way. Four of them meet an aligned quad of
/// vector words at once. The fifth ones are kept; in the clock after a group's last byte they meet a quad of their own. Bytes come at
/// most every second clock, so that clock is free.
#[derive(LogicBlock, Default)]
pub struct Trits {
    /// Clock, rising edge.
    pub clock: Signal<In, Clock>,
    /// A byte of a ternary row comes.
    pub valid: Signal<In, Bit>,
    /// The byte.
    pub code: Signal<In, Bits<8>>,
    /// It is its row's first.
    pub first: Signal<In, Bit>,
    /// It is its row's last.
    pub last: Signal<In, Bit>,
    /// The row's vector base, with its first byte: its quad.
    pub base: Signal<In, Bits<14>>,
    /// There are four weights.
    pub step: Signal<Out, Bit>,
    /// The weights, two bits each, two's complement, the first one lowest.
    pub weights: Signal<Out, Bits<8>>,
    /// Vector word that goes with the first.
    pub address: Signal<Out, Bits<16>>,
    at: Dff<Bits<14>>,
    number: Dff<Bits<2>>,
    kept: Dff<Bits<8>>,
    extra: Dff<Bit>,
    quad: Signal<Local, Bits<14>>,
    tripled: Vec<Signal<Local, Bits<10>>>,
    rest: Vec<Signal<Local, Bits<10>>>,
    digits: Vec<Signal<Local, Bits<2>>>,
    pairs: Vec<Signal<Local, Bits<2>>>,
    fifth: Signal<Local, Bits<8>>,
    spare: Unread<8>,
}

impl Trits {
    /// A decoder at rest.
    pub fn new() -> Self {
        Self {
            tripled: (0..5).map(|_| Signal::default()).collect(),
            rest: (0..5).map(|_| Signal::default()).collect(),
            digits: (0..5).map(|_| Signal::default()).collect(),
            pairs: (0..5).map(|_| Signal::default()).collect(),
            ..Default::default()
        }
    }
}

impl Logic for Trits {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, at, number, kept, extra);
        self.rest[0].next = bit_cast::<10, 8>(self.code.val());
        for i in 0..5 {
            self.tripled[i].next = (self.rest[i].val() << 1) + self.rest[i].val();
            self.digits[i].next = self.tripled[i].val().get_bits::<2>(8);
            self.pairs[i].next = 0.into();
            if self.digits[i].val() == 0 {
                self.pairs[i].next = 3.into();
            }
            if self.digits[i].val() == 2 {
                self.pairs[i].next = 1.into();
            }
        }
        for i in 0..4 {
            self.rest[i + 1].next = self.tripled[i].val() & 255;
        }
        self.spare.x.next = self.tripled[4].val().get_bits::<8>(0);
        self.fifth.next = bit_cast::<8, 2>(self.pairs[4].val());
        self.step.next = self.valid.val() | self.extra.q.val();
        self.weights.next = bit_cast::<8, 2>(self.pairs[0].val())
            | (bit_cast::<8, 2>(self.pairs[1].val()) << 2)
            | (bit_cast::<8, 2>(self.pairs[2].val()) << 4)
            | (bit_cast::<8, 2>(self.pairs[3].val()) << 6);
        if self.extra.q.val() {
            self.weights.next = self.kept.q.val();
        }
        self.quad.next = self.at.q.val();
        if self.valid.val() & self.first.val() {
            self.quad.next = self.base.val();
        }
        self.address.next = bit_cast::<16, 14>(self.quad.val()) << 2;
        if self.step.val() {
            self.at.d.next = self.quad.val() + 1;
        }
        self.extra.d.next = false;
        if self.valid.val() {
            self.number.d.next = self.number.q.val() + 1;
            self.extra.d.next = self.last.val() | self.number.q.val().all();
            match self.number.q.val().index() {
                0 => {
                    self.kept.d.next = self.fifth.val();
                }
                1 => {
                    self.kept.d.next = self.kept.q.val() | (self.fifth.val() << 2);
                }
                2 => {
                    self.kept.d.next = self.kept.q.val() | (self.fifth.val() << 4);
                }
                _ => {
                    self.kept.d.next = self.kept.q.val() | (self.fifth.val() << 6);
                }
            }
            if self.last.val() {
                self.number.d.next = 0.into();
            }
        }
    }
}

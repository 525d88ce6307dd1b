//! Table look-ups: which entry j and which fraction f, for F, for 1/sqrt and for the Gumbel noise (FORMAT.md section 3 to 5).
//!
//! F takes j and f from |y|. The other two normalise a word first: the sum of squares by two bits a clock, the noise word by
//! one, always for 22 clocks, so that the time never depends on data.

use crate::num::{signed_cast_lit, ToSigned, S};
use crate::register::Dff;
use rust_hdl::prelude::*;

/// Latches (j, f) on command.
#[derive(LogicBlock, Default)]
pub struct TableIndex {
    /// Clock, rising edge.
    pub clock: Signal<In, Clock>,
    /// The instruction's side effect (`microcode::Side`), 0 when nothing is issued.
    pub side: Signal<In, Bits<3>>,
    /// Second factor, Q4.11.
    pub y: Signal<In, S<16>>,
    /// Sum of squares q.
    pub squares: Signal<In, Bits<44>>,
    /// Noise word w, already stepped.
    pub noise: Signal<In, Bits<32>>,
    /// Table address of entry j.
    pub entry: Signal<Out, Bits<9>>,
    /// f, Q0.12.
    pub frac: Signal<Out, S<16>>,
    /// 4096 - f.
    pub rest: Signal<Out, S<16>>,
    /// 21 - k: the shift of a normalised product.
    pub norm_shift: Signal<Out, Bits<5>>,
    magnitude: Signal<Local, S<16>>,
    bits: Signal<Local, Bits<16>>,
    word: Dff<Bits<44>>,
    exponent: Dff<Bits<5>>,
    remaining: Dff<Bits<5>>,
    by_one: Dff<Bit>,
    at: Dff<Bits<9>>,
    fraction: Dff<Bits<12>>,
    octave: Signal<Local, Bits<4>>,
    f: Signal<Local, S<16>>,
}

impl Logic for TableIndex {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, word, exponent, remaining, by_one, at, fraction);
        // |-32768| wraps to -32768, whose bits are 32768
        self.magnitude.next = self.y.val();
        if self.y.val().get_bit(15) {
            self.magnitude.next = (-self.y.val()).into();
        }
        self.bits.next = self.magnitude.val().get_bits::<16>(0);
        // 15 - k on four bits
        self.octave.next = !self.exponent.q.val().get_bits::<4>(0);
        // normalisation: 22 clocks, at most one shift in each
        if self.remaining.q.val().any() {
            self.remaining.d.next = self.remaining.q.val() - 1;
            if self.by_one.q.val() {
                if !self.word.q.val().get_bit(43) & (self.exponent.q.val() != 15) {
                    self.word.d.next = self.word.q.val() << 1;
                    self.exponent.d.next = self.exponent.q.val() + 1;
                }
            } else if !self.word.q.val().get_bits::<2>(42).any() {
                self.word.d.next = self.word.q.val() << 2;
                self.exponent.d.next = self.exponent.q.val() + 1;
            }
        }
        match self.side.val().index() {
            1 => {
                self.at.d.next = bit_cast::<9, 5>(self.bits.val().get_bits::<5>(9));
                if self.bits.val().get_bits::<2>(14).any() {
                    self.at.d.next = 32.into();
                }
                self.fraction.d.next = bit_cast::<12, 9>(self.bits.val().get_bits::<9>(0)) << 3;
            }
            2 => {
                self.at.d.next = bit_cast::<9, 5>(self.word.q.val().get_bits::<5>(39)) | 64;
                self.fraction.d.next = self.word.q.val().get_bits::<12>(27);
            }
            3 => {
                self.at.d.next = 128
                    + (bit_cast::<9, 4>(self.octave.val()) << 4)
                    + bit_cast::<9, 4>(self.word.q.val().get_bits::<4>(39));
                self.fraction.d.next = self.word.q.val().get_bits::<12>(27);
            }
            4 => {
                self.word.d.next = self.squares.val();
                self.exponent.d.next = 0.into();
                self.remaining.d.next = 22.into();
                self.by_one.d.next = false;
            }
            5 => {
                self.word.d.next = bit_cast::<44, 32>(self.noise.val()) << 12;
                self.exponent.d.next = 0.into();
                self.remaining.d.next = 22.into();
                self.by_one.d.next = true;
            }
            _ => {}
        }
        self.entry.next = self.at.q.val();
        self.f.next = bit_cast::<16, 12>(self.fraction.q.val()).to_signed_bits();
        self.frac.next = self.f.val();
        self.rest.next = (signed_cast_lit::<16>(4096) - self.f.val()).into();
        self.norm_shift.next = 21 - self.exponent.q.val();
    }
}

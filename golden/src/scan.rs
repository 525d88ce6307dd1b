//! The recurrence of a diagonal state-space layer, and its read-out.
//!
//! ```text
//! sr' = sat(R(ar sr - ai si + b v, 15))
//! si' = sat(R(ar si + ai sr, 15))                         both from the old values
//! y   = sat(R(D v + sum of cr sr' - ci si', sy))
//! ```
//!
//! `FORMAT.md`, section 4. |ar|+|ai|+|b| <= 65535 keeps the first sum in 32 bits, ar^2 + ai^2 < 2^30 keeps the filter stable, and
//! |D| + sum (|cr|+|ci|) <= 65535 keeps the read-out in 32 bits.

use crate::fixed::{product, settle, Act, Pole};
use crate::watch::{Stage, Watch};
use statestream_image::layout::POLE_FRAC;

/// The pole of one complex state, and the weight of its drive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Filter {
    /// Real part of the pole.
    pub ar: Pole,
    /// Imaginary part of the pole.
    pub ai: Pole,
    /// Weight of the input v: the scale from v's binary point to the state's.
    pub b: Pole,
}

/// The complex weight with which a state is read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Readout {
    /// Weight of sr'.
    pub cr: i16,
    /// Weight of si', subtracted.
    pub ci: i16,
}

/// Moves one state by a step: `state` is sr, si before and sr', si' after.
#[inline(always)]
pub fn step<W: Watch>(watch: &mut W, p: &Filter, state: &mut [i16; 2], v: Act) {
    let [sr, si] = *state;
    let (ar, ai) = (p.ar.to_bits(), p.ai.to_bits());
    let re = product(ar, sr) - product(ai, si) + product(p.b.to_bits(), v.to_bits());
    let im = product(ar, si) + product(ai, sr);
    *state = [settle(watch, Stage::Scan, re, POLE_FRAC), settle(watch, Stage::Scan, im, POLE_FRAC)];
}

/// cr sr' - ci si', before any rounding.
#[inline(always)]
pub fn read(c: &Readout, [sr, si]: [i16; 2]) -> i32 {
    product(c.cr, sr) - product(c.ci, si)
}

/// y = sat(R(sum, s)); `sum` holds D u or D v and what is added to it.
#[inline(always)]
pub fn finish<W: Watch>(watch: &mut W, sum: i32, s: u32) -> i16 {
    settle(watch, Stage::Readout, sum, s)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Silent;

    fn filter(ar: i16, ai: i16, b: i16) -> Filter {
        Filter { ar: Pole::from_bits(ar), ai: Pole::from_bits(ai), b: Pole::from_bits(b) }
    }

    #[test]
    fn a_pole_at_half_i_turns_and_halves_the_old_state() {
        let mut state = [1000, 200];
        step(&mut Silent::default(), &filter(0, 1 << 14, 1 << 13), &mut state, Act::from_bits(40));
        assert_eq!(state, [-100 + 10, 500]);
    }

    #[test]
    fn the_state_saturates_at_both_ends() {
        let mut watch = Silent::default();
        let mut state = [32767, 32767];
        step(&mut watch, &filter(23170, -23000, 19365), &mut state, Act::MAX);
        assert_eq!((state[0], watch.clamps), (32767, 1));
        step(&mut watch, &filter(-32767, 0, 32767), &mut state, Act::MIN);
        assert_eq!((state[0], watch.clamps), (-32768, 2));
    }

    #[test]
    fn the_imaginary_part_is_read_with_a_minus() {
        assert_eq!(read(&Readout { cr: 3, ci: 5 }, [100, 10]), 250);
    }
}

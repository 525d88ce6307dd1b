//! The arithmetic that every stage shares.
//!
//! ```text
//! R(x, s)  = (x + 2^(s-1)) >> s   arithmetic, round half up;  R(x, 0) = x
//! sat(x)   = clamp of x to [-32768, 32767]; every clamp that changes a value is counted
//! lerp     = sat(R(T[j] (4096 - f) + T[j+1] f, 12))
//! ```
//!
//! `FORMAT.md`, sections 1 and 3. Sums are i32 and exact: the packer proves it for every row (section 6). A debug build checks
//! each addition, so a sum that leaves 32 bits there is a hole in that proof.
//!
//! Words whose binary point is the same in every model carry it in their type ([`Act`], [`Pole`], [`Mantissa`]); the others
//! (h, state, y, z, logits) have a point that the packer chose, and are plain `i16`.

use crate::watch::{Stage, Table, Watch};
use ::fixed::types::{I1F15, I2F14, I5F11};
use num_traits::PrimInt;
use statestream_image::layout::{ACT_FRAC, LERP_FRAC, MANTISSA_FRAC, POLE_FRAC};

/// x, r, u, v and g: Q4.11 and a sign.
pub type Act = I5F11;
/// ar, ai and b of a state: Q0.15 and a sign.
pub type Pole = I1F15;
/// A row's mantissa m, and k: Q1.14 and a sign.
pub type Mantissa = I2F14;

const _: () = assert!(Act::FRAC_NBITS == ACT_FRAC);
const _: () = assert!(Pole::FRAC_NBITS == POLE_FRAC);
const _: () = assert!(Mantissa::FRAC_NBITS == MANTISSA_FRAC);

/// 1 as a lerp fraction.
pub const LERP_ONE: i32 = 1 << LERP_FRAC;

/// R(x, s): divides by 2^s, rounding half up (towards plus infinity). `s` is below the width of T, and the sum fits T.
#[inline(always)]
pub fn round<T: PrimInt>(x: T, s: u32) -> T {
    if s == 0 {
        return x;
    }
    (x + (T::one() << (s as usize - 1))) >> s as usize
}

/// sat(x): the nearest 16-bit word, the clamp reported as `stage`'s.
#[inline(always)]
pub fn saturate<W: Watch>(watch: &mut W, stage: Stage, x: i32) -> i16 {
    let word = x.clamp(i16::MIN.into(), i16::MAX.into()) as i16;
    watch.clamp(stage, x, word);
    word
}

/// sat(R(x, s)), the end of every stage.
#[inline(always)]
pub fn settle<W: Watch>(watch: &mut W, stage: Stage, x: i32, s: u32) -> i16 {
    watch.round(stage, x, s);
    saturate(watch, stage, round(x, s))
}

/// The product of two words, exact: at most 2^30.
#[inline(always)]
pub fn product(a: i16, b: i16) -> i32 {
    i32::from(a) * i32::from(b)
}

/// `T[j] (4096 - f) + T[j+1] f`: twelve fraction bits above the table's own; f in `[0, 4095]`.
#[inline(always)]
pub fn between(table: &[i16], j: usize, f: i32) -> i32 {
    i32::from(table[j]) * (LERP_ONE - f) + i32::from(table[j + 1]) * f
}

/// lerp(T, j, f), reported as a look-up in `table`.
#[inline(always)]
pub fn lerp<W: Watch>(
    watch: &mut W,
    (table, stage): (Table, Stage),
    entries: &[i16],
    j: usize,
    f: i32,
) -> i16 {
    watch.look_up(table, j);
    settle(watch, stage, between(entries, j, f), LERP_FRAC)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Silent;

    #[test]
    fn a_half_rounds_towards_plus_infinity() {
        assert_eq!([3, 2, 1, -1, -2, -3].map(|x| round(x, 1)), [2, 1, 1, 0, -1, -1]);
    }

    #[test]
    fn no_shift_changes_nothing() {
        assert_eq!(round(i32::MIN, 0), i32::MIN);
    }

    #[test]
    fn both_ends_clamp_and_are_counted() {
        let mut watch = Silent::default();
        let words = [-32769, -32768, 32767, 32768].map(|x| saturate(&mut watch, Stage::Gate, x));
        assert_eq!((words, watch.clamps), ([-32768, -32768, 32767, 32767], 2));
    }

    #[test]
    fn rounding_can_be_what_saturates() {
        let mut watch = Silent::default();
        assert_eq!(settle(&mut watch, Stage::Gate, 0xFFFF, 1), 32767);
        assert_eq!(watch.clamps, 1);
    }

    #[test]
    fn lerp_meets_both_entries() {
        let mut watch = Silent::default();
        let table = [-100, 900];
        let at = |f, w: &mut Silent| lerp(w, (Table::Act, Stage::Act), &table, 0, f);
        assert_eq!([0, 2048, 4095].map(|f| at(f, &mut watch)), [-100, 400, 900]);
    }
}

//! The dot product and its requantisation.
//!
//! ```text
//! acc                = sum of weight times vector over the row       |acc| < 2^30
//! a0                 = sat(R(acc, s))
//! req(acc, q, m, b)  = sat(R(b 2^14 + a0 m, 14))
//! h'                 = sat(R(h 2^14 + b 2^14 + a0 m, 14))            kind `residual`
//! ```
//!
//! `FORMAT.md`, section 4. By far most of a pass is spent in [`products`].

use crate::fixed::{product, settle, Mantissa};
use crate::watch::{Stage, Watch};
use statestream_image::layout::MANTISSA_FRAC;

/// A row's parameters `q m b`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Requant {
    /// Shift s of `q`, at most 31.
    pub shift: u32,
    /// Mantissa m.
    pub m: Mantissa,
    /// Bias b, in the result's binary point.
    pub b: i16,
}

/// Elements that [`dot`] sums at a time.
const CHUNK: usize = 32;

/// The dot product of one row with an operand of the same length.
///
/// Sums of a fixed number of i16 products are what LLVM turns into pmaddwd (eight elements an instruction, on every x86-64); of
/// one long sum it uses half of each, and of 64 products as well. Measured on 0.65 M weights: 21 us, against 42 us for the plain
/// sum and 39 us for weights kept as i8 and widened here.
#[inline(always)]
pub fn dot(weights: &[i16], vector: &[i16]) -> i32 {
    let (weights, weights_end) = weights.as_chunks::<CHUNK>();
    let (vector, vector_end) = vector.as_chunks::<CHUNK>();
    weights.iter().zip(vector).map(|(w, x)| sum(w, x)).sum::<i32>() + sum(weights_end, vector_end)
}

#[inline(always)]
fn sum(weights: &[i16], vector: &[i16]) -> i32 {
    weights.iter().zip(vector).map(|(&w, &x)| product(w, x)).sum()
}

/// acc of every row: `weights` is (acc.len(), vector.len()), row major.
pub fn products(weights: &[i16], vector: &[i16], acc: &mut [i32]) {
    for (acc, row) in acc.iter_mut().zip(weights.chunks_exact(vector.len().max(1))) {
        *acc = dot(row, vector);
    }
}

/// a0 = sat(R(acc, s)).
#[inline(always)]
pub fn shorten<W: Watch>(watch: &mut W, acc: i32, p: &Requant) -> i16 {
    settle(watch, Stage::Product, acc, p.shift)
}

/// b 2^14 + a0 m, the sum before the last rounding: 14 fraction bits above the result's.
#[inline(always)]
pub fn affine(a0: i16, p: &Requant) -> i32 {
    lift(p.b) + product(a0, p.m.to_bits())
}

/// x 2^14.
#[inline(always)]
pub fn lift(x: i16) -> i32 {
    i32::from(x) << MANTISSA_FRAC
}

/// sat(R(b 2^14 + a0 m, 14)).
#[inline(always)]
pub fn requantise<W: Watch>(watch: &mut W, a0: i16, p: &Requant) -> i16 {
    settle(watch, Stage::Linear, affine(a0, p), MANTISSA_FRAC)
}

/// h' = sat(R(h 2^14 + b 2^14 + a0 m, 14)).
#[inline(always)]
pub fn residual<W: Watch>(watch: &mut W, h: i16, a0: i16, p: &Requant) -> i16 {
    settle(watch, Stage::Residual, lift(h) + affine(a0, p), MANTISSA_FRAC)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Silent;

    fn row(shift: u32, m: i16, b: i16) -> Requant {
        Requant { shift, m: Mantissa::from_bits(m), b }
    }

    #[test]
    fn one_and_a_half_times_the_product_plus_the_bias() {
        let (p, mut watch) = (row(2, 3 << 13, 7), Silent::default());
        let a0 = shorten(&mut watch, dot(&[3, -5, 2], &[100, 10, 1]), &p);
        assert_eq!((a0, requantise(&mut watch, a0, &p)), (63, 102));
    }

    #[test]
    fn the_accumulator_saturates_at_both_ends() {
        let mut watch = Silent::default();
        let ends = [i32::MIN >> 2, i32::MAX >> 2].map(|acc| shorten(&mut watch, acc, &row(3, 0, 0)));
        assert_eq!((ends, watch.clamps), ([i16::MIN, i16::MAX], 2));
    }

    #[test]
    fn the_widest_residual_sum_fits_and_saturates() {
        let mut watch = Silent::default();
        let p = row(0, i16::MAX, i16::MIN);
        assert_eq!(residual(&mut watch, i16::MIN, i16::MIN, &p), i16::MIN);
        assert_eq!(watch.clamps, 1);
    }

    #[test]
    fn each_row_meets_the_whole_operand() {
        let mut acc = [0; 2];
        products(&[1, 2, 3, -1, -2, -3], &[10, 100, 1000], &mut acc);
        assert_eq!(acc, [3210, -3210]);
    }
}

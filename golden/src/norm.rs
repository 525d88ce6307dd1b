//! RMSNorm, in integers.
//!
//! ```text
//! q   = eps_q + sum h^2                     44 bits
//! k   = least with q 2^(2k) >= 2^42;  m = q << 2k, in [2^42, 2^44)
//! r   = lerp(rsqrt, m >> 39, (m >> 27) & 4095)
//! n_i = sat(R(h_i r, 21 - k))
//! ```
//!
//! `FORMAT.md`, section 4, kind `norm`. The gain is folded into the following matrix and the epsilon into q's start value;
//! 1/sqrt(d) and n's binary point are in the table.

use crate::fixed::{lerp, product, settle};
use crate::watch::{Stage, Table, Watch};
use statestream_image::layout::{LERP_FRAC, NORM_FRAC, SQUARES_BITS};

/// Bits of m below the table's index.
const INDEX_AT: u32 = SQUARES_BITS - 5;
/// Bits of m below the interpolation's fraction.
const FRACTION_AT: u32 = INDEX_AT - LERP_FRAC;

/// h^2, exact: at most 2^30.
#[inline(always)]
pub fn square(h: i16) -> u64 {
    product(h, h) as u64
}

/// q = eps_q + sum h^2.
pub fn squares(eps_q: u64, h: &[i16]) -> u64 {
    h.iter().fold(eps_q, |q, &h| q + square(h))
}

/// r of q, and the exponent k in [0, 21] that goes with it. `rsqrt` has entries 0..=32; q is at least 1 and below 2^44.
pub fn reciprocal<W: Watch>(watch: &mut W, rsqrt: &[i16], q: u64) -> (i16, u32) {
    let k = (q.leading_zeros() - (u64::BITS - SQUARES_BITS)) / 2;
    let m = q << (2 * k);
    let f = (m >> FRACTION_AT) as i32 & ((1 << LERP_FRAC) - 1);
    (lerp(watch, (Table::Rsqrt, Stage::Norm), rsqrt, (m >> INDEX_AT) as usize, f), k)
}

/// n = sat(R(h r, 21 - k)).
#[inline(always)]
pub fn scale<W: Watch>(watch: &mut W, h: i16, r: i16, k: u32) -> i16 {
    settle(watch, Stage::Norm, product(h, r), NORM_FRAC - k)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Silent;

    /// Q[j] = j, so that r shows the index.
    fn ramp() -> Vec<i16> {
        (0..=32).collect()
    }

    #[test]
    fn q_of_one_needs_the_largest_exponent() {
        assert_eq!(reciprocal(&mut Silent::default(), &ramp(), 1), (8, 21));
    }

    #[test]
    fn the_largest_q_reads_the_last_entries() {
        assert_eq!(reciprocal(&mut Silent::default(), &ramp(), (1 << 44) - 1), (32, 0));
    }

    #[test]
    fn the_exponent_steps_by_two_bits() {
        let k = |q| reciprocal(&mut Silent::default(), &ramp(), q).1;
        assert_eq!([(1 << 42) - 1, 1 << 42, 1 << 40, (1 << 40) - 1].map(k), [1, 0, 1, 2]);
    }

    #[test]
    fn a_zero_vector_stays_zero() {
        let mut watch = Silent::default();
        let (r, k) = reciprocal(&mut watch, &[32767; 33], squares(1, &[0; 8]));
        assert_eq!((scale(&mut watch, 0, r, k), watch.clamps), (0, 0));
    }

    #[test]
    fn squares_of_the_lowest_word_add_exactly() {
        assert_eq!(squares(7, &[i16::MIN; 4096]), (1 << 42) + 7);
    }
}

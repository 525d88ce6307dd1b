//! The look-up tables of an image: F below zero, 1/sqrt, and Gumbel noise. Built here once, carried in the image, computed by no one else.

use crate::layout::{ACT_FRAC, GUMBEL_AT, RSQRT_AT, TABLE_WORDS};
use crate::model::Activation;

/// Steps of the `act` table: t = j / 4 from 0 to 8.
const ACT_STEPS: usize = 32;
/// Steps of the Gumbel table: 16 octaves of 16.
const GUMBEL_STEPS: usize = 256;
/// A normalised value never exceeds this, interpolation and rounding included.
const NORM_LIMIT: f64 = 32112.0;

/// The tables record of a model with this activation and d channels, `TABLE_WORDS` words: `act` and `gumbel` in Q4.11, `rsqrt`
/// scaled by 2^[`n_frac`].
pub fn build(activation: Activation, d: usize) -> Vec<i16> {
    let mut words = vec![0; TABLE_WORDS];
    for (j, word) in words[..ACT_STEPS].iter_mut().enumerate() {
        *word = act(activation, j as f64 / 4.0);
    }
    for j in 8..=32 {
        words[RSQRT_AT + j] = rsqrt(j, d);
    }
    for i in 0..=GUMBEL_STEPS {
        words[GUMBEL_AT + i] = gumbel(i);
    }
    words
}

/// Fraction bits of a normalised value: the largest f with 2^f sqrt(d) <= 32112, so that one hot channel cannot saturate.
pub fn n_frac(d: usize) -> u32 {
    (NORM_LIMIT / (d.max(1) as f64).sqrt()).log2().floor().max(0.0) as u32
}

/// -round(2^11 t sigmoid(-t)), what F adds to max(t, 0); nothing for ReLU.
fn act(activation: Activation, t: f64) -> i16 {
    match activation {
        Activation::Silu => -q11(t / (1.0 + t.exp())),
        Activation::Relu => 0,
    }
}

/// No entry of the rsqrt table is above the formula's: only then has every normalised vector of d words a 2-norm of at most 2^15.
pub fn normalises(tables: &[i16], d: usize) -> bool {
    (8..=32).all(|j| tables.get(RSQRT_AT + j).is_some_and(|word| (0..=rsqrt(j, d)).contains(word)))
}

/// round(2^21 S / sqrt(j 2^39)), S = 2^n_frac sqrt(d).
fn rsqrt(j: usize, d: usize) -> i16 {
    let scale = (f64::from(n_frac(d)).exp2()) * (d.max(1) as f64).sqrt();
    (21f64.exp2() * scale / (j as f64 * 39f64.exp2()).sqrt()).round() as i16
}

/// round(2^11 * -ln(-ln(1 - V))): a Gumbel sample at the uniform value that a leading-zero count and four mantissa bits name.
fn gumbel(i: usize) -> i16 {
    let octave = (i / 16) as f64 - 16.0;
    let v = octave.exp2() * (1.0 + (i % 16) as f64 / 16.0);
    let v = if i == GUMBEL_STEPS { 1.0 - 0.5f64.powi(6) } else { v };
    q11(-(-(-v).ln_1p()).ln())
}

fn q11(x: f64) -> i16 {
    (x * f64::from(1 << ACT_FRAC)).round() as i16
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silu_table_is_zero_at_both_ends_and_lowest_near_one_and_a_quarter() {
        let tables = build(Activation::Silu, 128);
        let lowest = (0..34).min_by_key(|j| tables[*j]);
        assert_eq!((tables[0], tables[32], tables[33], lowest), (0, 0, 0, Some(5)));
        assert_eq!(tables[4], -(2048.0f64 * 0.2689414214).round() as i16);
    }

    #[test]
    fn relu_table_is_zero() {
        assert!(build(Activation::Relu, 128)[..64].iter().all(|w| *w == 0));
    }

    #[test]
    fn rsqrt_starts_at_the_norm_limit_and_falls() {
        for d in [1, 2, 3, 8, 96, 128, 2048, 4096] {
            let tables = build(Activation::Silu, d);
            let used = &tables[RSQRT_AT + 8..=RSQRT_AT + 32];
            assert!(used[0] <= 32112 && used[0] > 16000, "d {d}: {}", used[0]);
            assert!(used.windows(2).all(|w| w[0] > w[1]));
        }
    }

    #[test]
    fn gumbel_falls_over_its_whole_range() {
        let tables = build(Activation::Silu, 128);
        let used = &tables[GUMBEL_AT..];
        assert_eq!(used.len(), 257);
        assert!(used.windows(2).all(|w| w[0] > w[1]));
        // V = 2^-16: -ln(-ln(1 - V)) is -ln of 16 ln 2.
        assert_eq!(used[0], (2048.0f64 * -(-(-(0.5f64.powi(16))).ln_1p()).ln()).round() as i16);
    }
}

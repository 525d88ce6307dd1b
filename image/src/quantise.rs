//! Rows of floats to rows of integers: w = q scale, and the scale as a mantissa m and a shift s, so that out = R(acc, s) m / 2^14.
//!
//! `factor` is what turns scale times accumulator into the output's integer: (output units per real) / (operand units per real).

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::gptq::{Factor, Hessian};
use crate::layout::{MANTISSA_FRAC, Q_SHIFT, Q_W8};
use crate::trits;

/// Clip ratios tried for a 4-bit row: 0.4 to 1 of its largest weight.
const CLIPS: usize = 25;
/// Mantissas are in [2^14, 2^15).
const UNIT: f64 = (1u32 << MANTISSA_FRAC) as f64;

/// Bits of a weight.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Width {
    /// -7 to 7, rounded by GPTQ.
    W4,
    /// -127 to 127, rounded to nearest.
    W8,
    /// -1, 0 and 1, rounded by GPTQ.
    Ternary,
}

/// How exactly a row's scale is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scale {
    /// Mantissa of 15 bits and shift.
    Mantissa,
    /// A power of two: m = 2^14 always.
    PowerOfTwo,
}

/// A quantised row.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct QuantisedRow {
    /// Width bit and shift, as `FORMAT.md` lays `q` out.
    pub q: i16,
    /// Mantissa.
    pub m: i16,
    /// Weights.
    pub weights: Vec<i8>,
}

/// A row whose scale is so large that its accumulator would need a left shift: row index and scale times factor.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LeftShift {
    /// Which row.
    pub row: usize,
    /// Output units per accumulator unit; must be below 2.
    pub ratio: f64,
}

impl Width {
    /// The largest magnitude of a weight.
    pub fn most(self) -> f64 {
        match self {
            Width::W4 => 7.0,
            Width::W8 => 127.0,
            Width::Ternary => 1.0,
        }
    }

    /// Bytes of a row of `len` weights.
    pub fn bytes(self, len: usize) -> usize {
        match self {
            Width::W4 => len.div_ceil(2),
            Width::W8 => len,
            Width::Ternary => trits::bytes(len),
        }
    }

    /// Its name, as options and metadata spell it.
    pub fn name(self) -> &'static str {
        match self {
            Width::W4 => "w4",
            Width::W8 => "w8",
            Width::Ternary => "ternary",
        }
    }

    /// Of a narrow row its section says how narrow.
    fn bit(self) -> u16 {
        match self {
            Width::W4 | Width::Ternary => 0,
            Width::W8 => Q_W8,
        }
    }
}

/// Mantissa and shift of one row.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Ratio {
    m: i16,
    s: u16,
}

impl Ratio {
    /// The nearest m / 2^14 / 2^s, or the next power of two above; none for 2 and more.
    fn of(ratio: f64, scale: Scale) -> Option<Ratio> {
        if ratio <= 0.0 {
            return Some(Ratio { m: 0, s: 0 });
        }
        let exponent = match scale {
            Scale::Mantissa => ratio.log2().floor(),
            Scale::PowerOfTwo => ratio.log2().ceil(),
        };
        let s = (-exponent).min(f64::from(Q_SHIFT));
        let m = match scale {
            Scale::Mantissa => (ratio * (s + f64::from(MANTISSA_FRAC)).exp2()).round().min(32767.0),
            Scale::PowerOfTwo => UNIT,
        };
        (s >= 0.0).then_some(Ratio { m: m as i16, s: s as u16 })
    }

    fn value(self) -> f64 {
        f64::from(self.m) / UNIT * (-f64::from(self.s)).exp2()
    }
}

/// Quantises a matrix given as rows; `factors` holds one factor for each row. With a Hessian the rows are rounded by GPTQ.
pub fn quantise(
    rows: &[Vec<f64>],
    factors: &[f64],
    width: Width,
    kind: Scale,
    hessian: Option<&Hessian>,
) -> Result<Vec<QuantisedRow>, LeftShift> {
    let factor = hessian.map(Hessian::factor);
    let importance = hessian.map(Hessian::diagonal);
    let row = |(i, weights): (usize, &Vec<f64>)| {
        let keep = |scale: f64| Ratio::of(scale * factors[i], kind);
        let held = |scale: f64| Some((keep(scale)?, factors[i]));
        let kept = match width {
            Width::W8 => keep(largest(weights) / width.most()),
            Width::W4 => least_error(weights, width, importance.as_deref(), clips(weights), held),
            Width::Ternary => least_error(weights, width, None, supported(weights, kind), held),
        };
        let too_large = || LeftShift { row: i, ratio: largest(weights) / width.most() * factors[i] };
        let kept = kept.ok_or_else(too_large)?;
        let weights = round(weights, kept.value() / factors[i], width, factor.as_ref());
        Ok(QuantisedRow { q: (kept.s | width.bit()) as i16, m: kept.m, weights })
    };
    rows.par_iter().enumerate().map(row).collect()
}

fn largest(row: &[f64]) -> f64 {
    row.iter().fold(0.0, |top, w| top.max(w.abs()))
}

/// Scales to try for a 4-bit row.
fn clips(row: &[f64]) -> impl Iterator<Item = f64> {
    let top = largest(row) / Width::W4.most();
    (0..CLIPS).map(move |i| top * (0.4 + 0.6 * i as f64 / (CLIPS - 1) as f64))
}

/// The candidate with the least squared error, weighted by how strongly each input drives the row, among the scales that `keep` can
/// hold: it gives mantissa and shift of a scale, and the factor they carry.
fn least_error(
    row: &[f64],
    width: Width,
    importance: Option<&[f64]>,
    candidates: impl Iterator<Item = f64>,
    keep: impl Fn(f64) -> Option<(Ratio, f64)>,
) -> Option<Ratio> {
    let error = |scale: f64| -> f64 {
        let weight = |j: usize| importance.map_or(1.0, |h| h[j]);
        let miss = |(j, w): (usize, &f64)| (w - nearest(*w, scale, width) * scale).powi(2) * weight(j);
        row.iter().enumerate().map(miss).sum()
    };
    let kept = candidates.filter_map(keep);
    let scored = kept.map(|(ratio, factor)| (error(ratio.value() / factor), ratio));
    scored.min_by(|a, b| a.0.total_cmp(&b.0)).map(|best| best.1)
}

/// The ternary scale with the least squared error over all supports: with the k largest weights as the support it is their mean magnitude,
/// and the error is the less the larger sum^2 / k. Of a row that is ternary already it is the row's own scale, however many weights are 0.
/// A scale that is kept as a power of two is rounded up, so that half of it may be nearer.
fn supported(row: &[f64], kind: Scale) -> impl Iterator<Item = f64> {
    let mut magnitudes: Vec<f64> = row.iter().map(|w| w.abs()).collect();
    magnitudes.sort_by(|a, b| b.total_cmp(a));
    let sums = magnitudes.iter().scan(0.0, |sum, magnitude| {
        *sum += magnitude;
        Some(*sum)
    });
    let supports = sums.zip(1u32..).map(|(sum, k)| (sum * sum / f64::from(k), sum / f64::from(k)));
    let best = supports.max_by(|a, b| a.0.total_cmp(&b.0)).map_or(0.0, |best| best.1);
    let half = (kind == Scale::PowerOfTwo).then_some(best / 2.0);
    [best].into_iter().chain(half)
}

fn nearest(w: f64, scale: f64, width: Width) -> f64 {
    match scale > 0.0 {
        true => (w / scale).round().clamp(-width.most(), width.most()),
        false => 0.0,
    }
}

fn round(row: &[f64], scale: f64, width: Width, factor: Option<&Factor>) -> Vec<i8> {
    match factor {
        None => row.iter().map(|w| nearest(*w, scale, width) as i8).collect(),
        Some(factor) => factor.round(row, |w| nearest(w, scale, width), scale),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mantissa_keeps_a_ratio_to_fifteen_bits() {
        for ratio in [1.999, 1.0, 0.7, 1e-3, 3e-9] {
            let kept = Ratio::of(ratio, Scale::Mantissa).unwrap();
            assert!((kept.value() / ratio - 1.0).abs() < 1.0 / 32768.0, "{ratio}: {kept:?}");
            assert!(kept.m >= 16384);
        }
    }

    #[test]
    fn a_power_of_two_never_clips_the_row() {
        let kept = Ratio::of(0.3, Scale::PowerOfTwo).unwrap();
        assert_eq!(kept, Ratio { m: 16384, s: 1 });
    }

    #[test]
    fn a_ratio_of_two_is_refused() {
        assert_eq!(Ratio::of(2.0, Scale::Mantissa), None);
        let rows = vec![vec![0.1], vec![300.0]];
        let error = quantise(&rows, &[1.0, 1.0], Width::W8, Scale::Mantissa, None).unwrap_err();
        assert_eq!(error, LeftShift { row: 1, ratio: 300.0 / 127.0 });
    }

    #[test]
    fn a_row_of_zeros_stays_zero() {
        let rows = quantise(&[vec![0.0; 3]], &[1.0], Width::W4, Scale::Mantissa, None).unwrap();
        assert_eq!(rows[0].weights, [0, 0, 0]);
    }

    #[test]
    fn a_ternary_row_keeps_its_scale_however_sparse_it_is() {
        for zeros in [0, 1, 30, 1000] {
            let row: Vec<f64> = [0.3, -0.3, 0.3].into_iter().chain(std::iter::repeat_n(0.0, zeros)).collect();
            assert!((supported(&row, Scale::Mantissa).next().unwrap() - 0.3).abs() < 1e-15, "{zeros}");
            let quantised = quantise(&[row], &[1.0], Width::Ternary, Scale::Mantissa, None).unwrap();
            assert_eq!(quantised[0].weights[..3], [1, -1, 1]);
            assert!(quantised[0].weights[3..].iter().all(|w| *w == 0));
        }
    }

    #[test]
    fn no_other_ternary_scale_has_less_error() {
        let row = [0.9, -0.7, 0.5, 0.31, -0.2, 0.11, 0.02];
        let error = |scale: f64| -> f64 {
            row.iter().map(|w| (w - nearest(*w, scale, Width::Ternary) * scale).powi(2)).sum()
        };
        let best = error(supported(&row, Scale::Mantissa).next().unwrap());
        (1..1000).for_each(|i| assert!(error(f64::from(i) * 1e-3) >= best - 1e-12, "{i}"));
    }

    #[test]
    fn no_weight_is_the_asymmetric_extreme() {
        let rows = [vec![-1.0, 1.0, -0.999, 0.5]];
        for (width, most) in [(Width::W4, 7), (Width::W8, 127), (Width::Ternary, 1)] {
            for scale in [Scale::Mantissa, Scale::PowerOfTwo] {
                let quantised = quantise(&rows, &[0.1], width, scale, None).unwrap();
                assert!(quantised[0].weights.iter().all(|w| w.abs() <= most));
            }
        }
    }
}

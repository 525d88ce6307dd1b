//! Binary points and constants of one layer, chosen from calibration so that 1.5 times everything seen still fits 16 bits.
//!
//! A *scale* is integer units per real unit. State scales are no powers of two: they follow from an integer b, so that b is exact.

use crate::bounds::factor_limit;
use crate::calibrate::LayerRange;
use crate::layout::{ACT_FRAC, MANTISSA_FRAC, POLE_FRAC};
use crate::weights::Layer;

/// Calibrated magnitudes times this must fit.
pub const HEADROOM: f64 = 1.5;
/// Largest word.
const MOST: f64 = 32767.0;
/// Shifts of the conv and the read-out stay at or below this: more would add bits that a 16-bit result drops.
const MAX_SHIFT: i32 = 16;
/// Units of an activation: 2^11.
pub const ACT: f64 = (1u32 << ACT_FRAC) as f64;
/// 2^14.
pub const UNIT: f64 = (1u32 << MANTISSA_FRAC) as f64;
/// 2^15.
const POLE: f64 = (1u32 << POLE_FRAC) as f64;

/// One complex state.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StateFormat {
    /// Real part of the pole, Q1.15.
    pub ar: i16,
    /// Imaginary part of the pole, Q1.15.
    pub ai: i16,
    /// Drive, Q1.15 in units of state over units of the driving word.
    pub b: i16,
    /// Scale of sr and si.
    pub scale: f64,
}

/// One layer.
#[derive(Clone, Debug, PartialEq)]
pub struct LayerFormat {
    /// Shift of the conv's sum.
    pub sc: u32,
    /// Shift of the read-out's sum.
    pub sy: u32,
    /// Shift of the gate's product.
    pub sz: u32,
    /// Scale of y: 2^11 in `plain` blocks with SiLU, whose F reads it.
    pub y: f64,
    /// Scale of z.
    pub z: f64,
    /// Scale of each row of B's output; 2^11 for `dws`.
    pub drive: Vec<f64>,
    /// The states.
    pub states: Vec<StateFormat>,
}

/// The largest f with `HEADROOM` times `range` times 2^f in 16 bits, within `least` to `most`.
pub fn fraction_bits(range: f64, least: i32, most: i32) -> i32 {
    let fits = (MOST / (HEADROOM * range.max(f64::MIN_POSITIVE))).log2().floor();
    // Clamped as a float: a range of nothing gives a huge number of bits.
    fits.clamp(f64::from(least), f64::from(most)) as i32
}

/// 2^f.
pub fn exp2(f: i32) -> f64 {
    f64::from(f).exp2()
}

impl LayerFormat {
    /// Formats of a `dws` layer: D and the read-out share one sum, so the scale of y follows their largest factor.
    pub fn dws(layer: &Layer, range: &LayerRange) -> LayerFormat {
        let drive = vec![ACT; layer.poles.len()];
        let states = states(layer, range, &drive);
        let rows = |y: f64| read_rows(layer, &states, y);
        let y = exp2(fraction_bits(range.y, -20, 20));
        let mut sy = shift(&rows(y));
        // A read-out too large for any shift gives way in y instead.
        let y = y * exp2(sy.min(0));
        sy = sy.max(0);
        LayerFormat { sy: sy as u32, ..LayerFormat::gated(layer, range, drive, states, y) }
    }

    /// Formats of an `s5` layer whose u has this scale; `weakest` are the largest magnitudes of a weight of B and of one of C. Rows of B and
    /// C and D have no left shift, so that a scale which would need one is lowered here.
    pub fn s5(layer: &Layer, range: &LayerRange, u: f64, weakest: [f64; 2]) -> LayerFormat {
        let rows = (0..layer.drive.rows()).map(|p| top(layer.drive.row(p).iter().copied()));
        let drive = rows.zip(&range.drive).map(|(w, seen)| {
            exp2(fraction_bits(*seen, -20, 20)).min(power_below(u * weakest[0] / w.max(f64::MIN_POSITIVE)))
        });
        let drive: Vec<f64> = drive.collect();
        let states = states(layer, range, &drive);
        let skip = top(layer.skip.iter().copied()).max(f64::MIN_POSITIVE);
        let read = layer.read.chunks(states.len().max(1)).flat_map(|row| row.iter().zip(&states));
        let read = top(read.flat_map(|(c, s)| [c[0] / s.scale, c[1] / s.scale])).max(f64::MIN_POSITIVE);
        let y = exp2(fraction_bits(range.y, -20, 20));
        let y = y.min(power_below(MOST / UNIT * u / skip)).min(power_below(weakest[1] / read));
        LayerFormat::gated(layer, range, drive, states, y)
    }

    fn gated(
        layer: &Layer,
        range: &LayerRange,
        drive: Vec<f64>,
        states: Vec<StateFormat>,
        y: f64,
    ) -> LayerFormat {
        let taps: Vec<Vec<f64>> = layer.taps.iter().map(|t| t.to_vec()).collect();
        let sz = (HEADROOM * range.z * y * ACT / MOST).max(1.0).log2().ceil().min(30.0) as i32;
        let sc = shift(&taps).max(0) as u32;
        LayerFormat { sc, sy: 0, sz: sz as u32, y, z: y * ACT * exp2(-sz), drive, states }
    }
}

/// The largest power of two at or below x, within 2^-40 and 2^40.
fn power_below(x: f64) -> f64 {
    x.log2().floor().clamp(-40.0, 40.0).exp2()
}

/// The largest magnitude.
fn top(values: impl Iterator<Item = f64>) -> f64 {
    values.fold(0.0, |top, v| top.max(v.abs()))
}

/// D, cr, -ci .. of each channel at shift 0, in units of y.
fn read_rows(layer: &Layer, states: &[StateFormat], y: f64) -> Vec<Vec<f64>> {
    let per = layer.poles.len() / layer.skip.len().max(1);
    let channels = layer.read.chunks(per).zip(states.chunks(per)).zip(&layer.skip);
    let row = |((read, states), skip): ((&[[f64; 2]], &[StateFormat]), &f64)| {
        let parts = read.iter().zip(states).flat_map(|(c, s)| [c[0] * y / s.scale, c[1] * y / s.scale]);
        std::iter::once(skip * y / ACT).chain(parts).collect()
    };
    channels.map(row).collect()
}

/// The largest shift at which every factor fits a word and every row's sum of magnitudes its limit; may be negative.
fn shift(rows: &[Vec<f64>]) -> i32 {
    let fits = |shift: i32| {
        let limit = factor_limit(shift.max(0) as u32) as f64;
        rows.iter().all(|row| {
            let words = row.iter().map(|w| (w * exp2(shift)).abs().round());
            let (top, sum) = words.fold((0.0f64, 0.0), |(top, sum), w| (top.max(w), sum + w));
            top <= MOST && sum <= limit
        })
    };
    (-40..=MAX_SHIFT).rev().find(|shift| fits(*shift)).unwrap_or(0)
}

fn states(layer: &Layer, range: &LayerRange, drive: &[f64]) -> Vec<StateFormat> {
    let each = layer.poles.iter().zip(&layer.gain).zip(drive.iter().zip(&range.states));
    each.map(|((pole, gain), (drive, top))| state(*pole, *gain, *drive, *top)).collect()
}

/// The pole rounds to nearest, or toward zero where that would leave the unit circle. b is as large as the bounds and the calibrated
/// range allow, at least 1; the scale follows from it.
fn state(pole: [f64; 2], gain: f64, drive: f64, top: f64) -> StateFormat {
    let [ar, ai] = round_pole(pole);
    let room = MOST.min((factor_limit(POLE_FRAC) - i64::from(ar).abs() - i64::from(ai).abs()) as f64);
    let fits = MOST / (HEADROOM * top.max(f64::MIN_POSITIVE));
    // sr gains b v / 2^15 for v = drive units of u, and gain u in reals: scale = b drive / (gain 2^15).
    let per_scale = gain * POLE / drive;
    let b = (fits * per_scale).min(room).floor();
    match per_scale > 0.0 && per_scale.is_finite() && b >= 0.0 {
        true => StateFormat { ar, ai, b: b.max(1.0) as i16, scale: b.max(1.0) / per_scale },
        false => StateFormat { ar, ai, b: 0, scale: fits.min(POLE) },
    }
}

fn round_pole(pole: [f64; 2]) -> [i16; 2] {
    let word = |x: f64| x.clamp(-MOST, MOST) as i16;
    let [ar, ai] = pole.map(|x| word((x * POLE).round()));
    match i64::from(ar).pow(2) + i64::from(ai).pow(2) < 1 << (2 * POLE_FRAC) {
        true => [ar, ai],
        false => pole.map(|x| word((x * POLE * (1.0 - 1e-12)).trunc())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_rounded_pole_reaches_the_unit_circle() {
        for i in 0..10_000 {
            let angle = f64::from(i) * 0.001;
            for radius in [1.0, 0.999_99, 0.9, 0.0] {
                let [ar, ai] = round_pole([radius * angle.cos(), radius * angle.sin()]);
                assert!(i64::from(ar).pow(2) + i64::from(ai).pow(2) < 1 << 30, "{angle} {radius}");
            }
        }
    }

    #[test]
    fn a_state_keeps_its_headroom_and_its_bounds() {
        for (gain, top) in [(0.4, 3.0), (0.002, 40.0), (5.0, 1e-6), (1e-9, 1e9), (0.0, 1.0)] {
            let s = state([0.7, 0.7], gain, ACT, top);
            let sum = i64::from(s.ar).abs() + i64::from(s.ai).abs() + i64::from(s.b).abs();
            assert!(sum <= 65535 && s.b >= 0 && s.scale > 0.0, "{s:?}");
            assert!(s.b <= 1 || s.scale * top * HEADROOM <= MOST + 1e-6, "{s:?}");
        }
    }
}

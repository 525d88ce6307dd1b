//! The only floating point of this crate: what a loss is, and how it is added up. What it is compared with, the model itself in
//! float64, is [`statestream_image::float`].
//!
//! ```text
//! nats = ln(sum over tokens of exp(l_j)) - l_target,   l = logit 2^-logit_frac
//! ```

use std::ops::Add;
use std::time::Duration;

/// Summed loss of some predictions.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Sum {
    nats: f64,
    chars: u64,
}

/// Loss over a text.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Loss {
    /// Mean negative log-likelihood, nats per token.
    pub nats: f64,
    /// Predictions in the mean.
    pub chars: u64,
    /// Tokens per second of wall-clock time, all streams together.
    pub tokens_per_s: f64,
    /// Words that a clamp changed.
    pub saturations: u64,
}

impl Sum {
    /// The loss of one prediction: `logits` with `logit_frac` fraction bits, and the token that came. `target` is below their
    /// number.
    pub fn of(logits: &[i16], logit_frac: u32, target: u16) -> Self {
        let unit = (-f64::from(logit_frac)).exp2();
        let top = logits.iter().copied().max().unwrap_or(0);
        let above = |logit: i16| f64::from(i32::from(logit) - i32::from(top)) * unit;
        let partition: f64 = logits.iter().map(|&logit| above(logit).exp()).sum();
        Self { nats: partition.ln() - above(logits[usize::from(target)]), chars: 1 }
    }

    /// Mean negative log-likelihood, nats per token.
    pub fn mean(self) -> f64 {
        self.nats / self.chars as f64
    }

    /// The mean, with the time it took.
    pub fn loss(self, elapsed: Duration, saturations: u64) -> Loss {
        let chars = self.chars as f64;
        Loss {
            nats: self.mean(),
            chars: self.chars,
            tokens_per_s: chars / elapsed.as_secs_f64(),
            saturations,
        }
    }
}

impl Add for Sum {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self { nats: self.nats + other.nats, chars: self.chars + other.chars }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_logits_cost_the_logarithm_of_their_number() {
        let loss = Sum::of(&[300; 65], 8, 64);
        assert!((loss.nats - 65f64.ln()).abs() < 1e-12);
    }

    #[test]
    fn a_logit_of_ln_three_above_one_other_costs_ln_four_thirds() {
        let scale = 12;
        let three = (3f64.ln() * f64::from(1 << scale)).round() as i16;
        assert!((Sum::of(&[three, 0], scale, 0).nats - (4f64 / 3.0).ln()).abs() < 1e-4);
    }

    #[test]
    fn the_farthest_logits_stay_finite() {
        let loss = Sum::of(&[i16::MIN, i16::MAX], 4, 0);
        assert!((loss.nats - 4095.9375).abs() < 1e-9);
    }
}

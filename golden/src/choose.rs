//! The choice of the next token.
//!
//! ```text
//! xs(x):  x ^= x << 13,  x ^= x >> 17,  x ^= x << 5                       32 bits
//! token:  s = xs(s);  w = s ^ 0x9E3779B9 at the first logit row
//! row:    w = xs(w),  z = min(leading zeros of w, 15),  m = w << z
//!         g = lerp(gumbel, (15 - z) 16 + m[30:27], m[26:15])
//!         score = sat(R(logit 2^14 + g t, 14))
//! choice: the lowest index among the largest scores
//! ```
//!
//! `FORMAT.md`, section 5. Adding Gumbel noise and taking the largest is sampling from the softmax; t = 0 is greedy.
//! The noise belongs to the position: every token moves s, whether or not anybody asks for its logits.

use crate::fixed::{lerp, product, settle};
use crate::linear::lift;
use crate::watch::{Stage, Table, Watch};
use statestream_image::layout::{LERP_FRAC, MANTISSA_FRAC};

/// Separates a token's row noise w from the position's s.
pub const ROW_SALT: u32 = 0x9E37_79B9;
/// Leading zeros that the table distinguishes.
const MOST_ZEROS: u32 = 15;

/// One step of Marsaglia's 13, 17, 5 xorshift.
#[inline(always)]
pub fn xorshift(mut x: u32) -> u32 {
    x ^= x << 13;
    x ^= x >> 17;
    x ^ (x << 5)
}

/// Temperature and the position's noise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sampling {
    /// t = round(temperature 2^(logit_frac + 3)); 0 is greedy.
    pub t: i16,
    /// s.
    position: u32,
}

impl Sampling {
    /// Temperature word and seed; a seed of 0 is taken as 1.
    pub fn new(t: i16, seed: u32) -> Self {
        Self { t, position: seed.max(1) }
    }

    /// The next position's token begins.
    pub fn advance(&mut self) {
        self.position = xorshift(self.position);
    }

    /// What the first logit row of this token starts from.
    pub fn contest(&self) -> Contest {
        Contest { t: self.t, w: self.position ^ ROW_SALT, best: None }
    }
}

/// The running choice among one token's logit rows.
#[derive(Clone, Copy, Debug, Default)]
pub struct Contest {
    t: i16,
    w: u32,
    best: Option<(i16, u16)>,
}

impl Contest {
    /// Enters a token with its logit; returns its noise g and its score.
    #[inline(always)]
    pub fn enter<W: Watch>(&mut self, watch: &mut W, gumbel: &[i16], token: u16, logit: i16) -> (i16, i16) {
        self.w = xorshift(self.w);
        let g = noise(watch, gumbel, self.w);
        let score = settle(watch, Stage::Choose, lift(logit) + product(g, self.t), MANTISSA_FRAC);
        self.compare(watch, token, score);
        (g, score)
    }

    /// The winner so far.
    pub fn winner(&self) -> Option<u16> {
        self.best.map(|(_, token)| token)
    }

    fn compare<W: Watch>(&mut self, watch: &mut W, token: u16, score: i16) {
        match self.best {
            Some((best, first)) if score == best => {
                watch.tie();
                self.best = Some((best, first.min(token)));
            }
            Some((best, _)) if score < best => {}
            _ => self.best = Some((score, token)),
        }
    }
}

/// g of a row's noise word; `gumbel` has entries 0..=256.
#[inline(always)]
pub fn noise<W: Watch>(watch: &mut W, gumbel: &[i16], w: u32) -> i16 {
    let zeros = w.leading_zeros().min(MOST_ZEROS);
    let m = w << zeros;
    let entry = (MOST_ZEROS - zeros) * 16 + ((m >> 27) & 15);
    let f = ((m >> 15) & ((1 << LERP_FRAC) - 1)) as i32;
    lerp(watch, (Table::Gumbel, Stage::Choose), gumbel, entry as usize, f)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Silent;

    fn ramp() -> Vec<i16> {
        (0..257).collect()
    }

    #[test]
    fn xorshift_of_one_is_the_published_first_value() {
        assert_eq!(xorshift(1), 270_369);
    }

    #[test]
    fn noise_reads_the_ends_of_the_table() {
        let at = |w| noise(&mut Silent::default(), &ramp(), w);
        assert_eq!([0, 1 << 16, 1 << 31, u32::MAX].map(at), [0, 0, 240, 256]);
    }

    #[test]
    fn each_leading_zero_is_sixteen_entries() {
        assert_eq!(noise(&mut Silent::default(), &ramp(), 0x5800_0000), 224 + 6);
    }

    #[test]
    fn greedy_takes_the_lowest_index_among_the_largest() {
        let (mut watch, mut contest) = (Silent::default(), Sampling::new(0, 0).contest());
        for (token, logit) in [(4, -3), (9, 8), (6, 8), (7, 2)] {
            contest.enter(&mut watch, &ramp(), token, logit);
        }
        assert_eq!(contest.winner(), Some(6));
    }

    #[test]
    fn scores_saturate_at_both_ends() {
        let (mut watch, mut contest) = (Silent::default(), Sampling::new(i16::MAX, 1).contest());
        let high = contest.enter(&mut watch, &[i16::MAX; 257], 0, i16::MAX).1;
        let low = contest.enter(&mut watch, &[i16::MIN; 257], 1, i16::MIN).1;
        assert_eq!((high, low, watch.clamps), (i16::MAX, i16::MIN, 2));
    }

    #[test]
    fn a_seed_of_zero_is_a_seed_of_one() {
        assert_eq!(Sampling::new(3, 0), Sampling::new(3, 1));
    }
}

//! The four-tap causal convolution of one channel.
//!
//! ```text
//! u = sat(R(w0 x[t-3] + w1 x[t-2] + w2 x[t-1] + w3 x, sc));   then the history moves up by one
//! ```
//!
//! `FORMAT.md`, section 4. The sum fits 32 bits because |w0|+|w1|+|w2|+|w3| <= 65535.

use crate::fixed::{product, settle, Act};
use crate::watch::{Stage, Watch};

/// Taps; the last one multiplies the newest sample.
pub const TAPS: usize = 4;
/// Words of history: x[t-3], x[t-2], x[t-1].
pub const HISTORY: usize = TAPS - 1;

/// u of the newest sample `x`; `history` is left as the next token finds it.
#[inline(always)]
pub fn step<W: Watch>(
    watch: &mut W,
    taps: &[i16; TAPS],
    history: &mut [i16; HISTORY],
    x: Act,
    sc: u32,
) -> Act {
    let x = x.to_bits();
    let past: i32 = taps.iter().zip(history.iter()).map(|(&w, &x)| product(w, x)).sum();
    *history = [history[1], history[2], x];
    Act::from_bits(settle(watch, Stage::Conv, past + product(taps[HISTORY], x), sc))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Silent;

    #[test]
    fn an_impulse_meets_the_taps_from_the_newest_to_the_oldest() {
        let mut history = [0; HISTORY];
        let mut next = |x| {
            step(&mut Silent::default(), &[1, 20, 300, 4000], &mut history, Act::from_bits(x), 0).to_bits()
        };
        assert_eq!([1, 0, 0, 0, 0].map(&mut next), [4000, 300, 20, 1, 0]);
    }

    #[test]
    fn the_widest_sum_fits_and_saturates() {
        let (mut history, mut watch) = ([i16::MIN; HISTORY], Silent::default());
        let u = step(&mut watch, &[16383, 16384, 16384, 16384], &mut history, Act::MIN, 15);
        assert_eq!((u, watch.clamps), (Act::MIN, 1));
    }
}

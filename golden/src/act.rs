//! F, the activation: SiLU or ReLU by the image's table.
//!
//! ```text
//! F(u) = sat(R(4096 max(u, 0) + A[j] (4096 - f) + A[j+1] f, 12)),   j = min(|u| >> 9, 32),  f = (|u| & 511) << 3
//! ```
//!
//! `FORMAT.md`, section 4. `A[j]` = -t sigmoid(-t) at t = j/4; SiLU(u) = max(u, 0) - |u| sigmoid(-|u|), so one half of the curve
//! serves both signs, and past j = 32 (|u| >= 8) it is zero.

use crate::fixed::{between, settle, Act, LERP_ONE};
use crate::watch::{Stage, Table, Watch};
use statestream_image::layout::LERP_FRAC;

/// The entry from which on the table is zero.
pub const PAST_END: usize = 32;
/// Bits of |u| below the table's index: a step is a quarter.
const STEP_BITS: u32 = 9;

/// F(u); `table` has entries 0..=33.
#[inline(always)]
pub fn apply<W: Watch>(watch: &mut W, table: &[i16], u: Act) -> Act {
    let u = i32::from(u.to_bits());
    let t = u.abs();
    let j = ((t >> STEP_BITS) as usize).min(PAST_END);
    let f = (t & ((1 << STEP_BITS) - 1)) << (LERP_FRAC - STEP_BITS);
    watch.look_up(Table::Act, j);
    let sum = LERP_ONE * u.max(0) + between(table, j, f);
    Act::from_bits(settle(watch, Stage::Act, sum, LERP_FRAC))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Silent;

    fn act(table: &[i16], u: i16) -> i16 {
        apply(&mut Silent::default(), table, Act::from_bits(u)).to_bits()
    }

    #[test]
    fn a_zero_table_is_relu() {
        let relu = |u| act(&[0; 34], u);
        assert_eq!([-32768, -1, 0, 1, 32767].map(relu), [0, 0, 0, 1, 32767]);
    }

    #[test]
    fn both_signs_read_the_same_half_of_the_curve() {
        let mut table = [0; 34];
        (table[1], table[2]) = (-100, -300);
        assert_eq!([512, 768, -512, -768].map(|u| act(&table, u)), [412, 568, -100, -200]);
    }

    #[test]
    fn past_the_end_only_the_last_entries_are_read() {
        let mut table = [-9; 34];
        (table[32], table[33]) = (0, 0);
        assert_eq!([16384, -16384, -32768].map(|u| act(&table, u)), [16384, 0, 0]);
    }
}

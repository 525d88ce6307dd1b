//! What rounding does to a state that gets no input (`docs/decisions/0022-a-state-may-grow-by-rounding.md`). The lemmas behind the bounds are
//! proved of the emitted Verilog (`sim/proofs/pole.sv`); here they are seen at work in the golden recurrence.

use proptest::prelude::*;
use statestream_golden::fixed::{Act, Pole};
use statestream_golden::scan::{step, Filter};
use statestream_golden::Silent;

/// The states of so many steps without input, the first included.
fn response([ar, ai]: [i16; 2], state: [i16; 2], steps: usize) -> Vec<[i16; 2]> {
    let filter = Filter { ar: Pole::from_bits(ar), ai: Pole::from_bits(ai), b: Pole::from_bits(0) };
    let next = |state: &[i16; 2]| {
        let mut state = *state;
        step(&mut Silent::default(), &filter, &mut state, Act::from_bits(0));
        Some(state)
    };
    std::iter::successors(Some(state), next).take(steps + 1).collect()
}

/// |s|^2.
fn square([sr, si]: [i16; 2]) -> i64 {
    i64::from(sr).pow(2) + i64::from(si).pow(2)
}

fn larger([sr, si]: [i16; 2]) -> u16 {
    sr.unsigned_abs().max(si.unsigned_abs())
}

/// The larger of |s| at the beginning and 1 / (sqrt(2) (1 - |a|)).
fn bound(pole: [i16; 2], state: [i16; 2]) -> f64 {
    let inside = 1.0 - (square(pole) as f64).sqrt() / 32768.0;
    (square(state) as f64).sqrt().max(0.5f64.sqrt() / inside)
}

#[test]
fn a_state_without_input_grows_from_1313_to_1543() {
    let states = response([15, -32767], [1163, 611], 2000);
    assert_eq!(square(states[0]), 1_725_890);
    assert_eq!(states.iter().map(|s| square(*s)).max(), Some(2_382_794));
    assert!(states.iter().all(|s| larger(*s) <= 1163), "the larger part does not grow");
}

proptest! {
    #[test]
    fn no_state_exceeds_its_bound(ar: i16, ai: i16, sr: i16, si: i16) {
        prop_assume!(square([ar, ai]) < 1 << 30);
        let most = bound([ar, ai], [sr, si]);
        for state in response([ar, ai], [sr, si], 500) {
            // the comparison is of a square root with an exact integer: far less than a unit
            prop_assert!((square(state) as f64).sqrt() <= most + 1e-6, "{state:?} {most}");
        }
    }

    #[test]
    fn the_larger_part_never_grows_where_both_of_the_pole_sum_to_one(ar: i16, share in 0.0..1.0f64, sr: i16, si: i16) {
        let ai = ((32768 - i32::from(ar).abs()) as f64 * share) as i16;
        prop_assume!(square([ar, ai]) < 1 << 30);
        let states = response([ar, ai], [sr, si], 200);
        for pair in states.windows(2) {
            prop_assert!(larger(pair[1]) <= larger(pair[0]), "{pair:?}");
        }
    }
}

//! Each stage against its formula in i128, written with division and with no regard for speed.

mod slow;

use proptest::prelude::*;
use slow::{between, r};
use statestream_golden::fixed::{self, Act, Mantissa, Pole};
use statestream_golden::linear::Requant;
use statestream_golden::scan::{Filter, Readout};
use statestream_golden::{act, choose, conv, gate, linear, norm, scan, Silent, Stage, Table};

/// The clamped word, and 1 if the clamp changed it.
fn sat(x: i128) -> (i16, u64) {
    let word = x.clamp(-32768, 32767);
    (word as i16, u64::from(word != x))
}

/// Words with the ends of the range more often than chance.
fn word() -> impl Strategy<Value = i16> {
    prop_oneof![4 => any::<i16>(), 1 => Just(i16::MIN), 1 => Just(i16::MAX), 1 => -2i16..3]
}

/// What a stage returned, with its clamps.
fn watched<T>(stage: impl FnOnce(&mut Silent) -> T) -> (T, u64) {
    let mut watch = Silent::default();
    let word = stage(&mut watch);
    (word, watch.clamps)
}

fn wide(x: impl Into<i128>) -> i128 {
    x.into()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn settle_rounds_half_up_and_clamps(x in -(1i32 << 30)..1 << 30, s in 0u32..31) {
        prop_assert_eq!(watched(|w| fixed::settle(w, Stage::Gate, x, s)), sat(r(x.into(), s)));
    }

    #[test]
    fn lerp_stays_between_its_entries(low in word(), high in word(), f in 0i32..4096) {
        let (word, clamps) = watched(|w| fixed::lerp(w, (Table::Act, Stage::Act), &[low, high], 0, f));
        prop_assert_eq!((word, clamps), sat(r(between(&[low, high], 0, f.into()), 12)));
        prop_assert!((low.min(high)..=low.max(high)).contains(&word));
    }

    #[test]
    fn norm_scales_by_the_table(q in 1u64..1 << 44, narrow in 0u32..44, h in word(), table in prop::collection::vec(word(), 33)) {
        let q = (q >> narrow).max(1);
        let (((r0, k), clamps), m) = (watched(|w| norm::reciprocal(w, &table, q)), |k: u32| u128::from(q) << (2 * k));
        prop_assert!(m(k) >= 1 << 42 && m(k) < 1 << 44);
        prop_assert!(k == 0 || m(k - 1) < 1 << 42);
        let sum = between(&table, (m(k) >> 39) as usize, (m(k) >> 27 & 4095) as i128);
        prop_assert_eq!((r0, clamps), sat(r(sum, 12)));
        prop_assert_eq!(watched(|w| norm::scale(w, h, r0, k)), sat(r(wide(h) * wide(r0), 21 - k)));
    }

    #[test]
    fn dot_products_are_exact(pairs in prop::collection::vec((-127i16..128, word()), 0..70)) {
        let (weights, vector): (Vec<_>, Vec<_>) = pairs.into_iter().unzip();
        let exact: i128 = weights.iter().zip(&vector).map(|(&w, &x)| wide(w) * wide(x)).sum();
        prop_assert_eq!(wide(linear::dot(&weights, &vector)), exact);
    }

    #[test]
    fn requantisation_and_residual_round_once(acc in -(1i32 << 30)..1 << 30, shift in 0u32..32, m in 0..=i16::MAX, b in word(), h in word()) {
        let p = Requant { shift, m: Mantissa::from_bits(m), b };
        let (a0, clamps) = watched(|w| linear::shorten(w, acc, &p));
        prop_assert_eq!((a0, clamps), sat(r(acc.into(), shift)));
        let sum = (wide(b) << 14) + wide(a0) * wide(m);
        prop_assert_eq!(watched(|w| linear::requantise(w, a0, &p)), sat(r(sum, 14)));
        prop_assert_eq!(watched(|w| linear::residual(w, h, a0, &p)), sat(r(sum + (wide(h) << 14), 14)));
    }

    #[test]
    fn conv_slides_its_window(taps in [-16383i16..16384, -16383i16..16384, -16383i16..16384, -16383i16..16384], x in prop::collection::vec(word(), 4..12), sc in 0u32..31) {
        let mut history = [x[0], x[1], x[2]];
        for window in x.windows(4) {
            let sum: i128 = taps.iter().zip(window).map(|(&w, &x)| wide(w) * wide(x)).sum();
            prop_assume!(sum + (1i128 << sc) / 2 < 1 << 31);
            let (u, clamps) = watched(|w| conv::step(w, &taps, &mut history, Act::from_bits(window[3]), sc));
            prop_assert_eq!((u.to_bits(), clamps), sat(r(sum, sc)));
            prop_assert_eq!(&history, &window[1..]);
        }
    }

    #[test]
    fn act_is_the_curve_of_its_table(u in word(), table in prop::collection::vec(-3000i16..3000, 34)) {
        let t = wide(u).abs();
        let sum = 4096 * wide(u.max(0)) + between(&table, (t / 512).min(32) as usize, t % 512 * 8);
        let (v, clamps) = watched(|w| act::apply(w, &table, Act::from_bits(u)));
        prop_assert_eq!((v.to_bits(), clamps), sat(r(sum, 12)));
    }

    #[test]
    fn scan_moves_and_reads_a_complex_state(ar in -32767i16..=32767, ai in -32767i16..=32767, b in word(), s in [word(), word()], v in word(), c in [word(), word()]) {
        let outside = wide(ar).pow(2) + wide(ai).pow(2) >= 1 << 30;
        let (ar, ai) = if outside { (ar / 2, ai / 2) } else { (ar, ai) };
        let left = (65535 - wide(ar).abs() - wide(ai).abs()).min(32767) as i16;
        let b = b.clamp(-left, left);
        let filter = Filter { ar: Pole::from_bits(ar), ai: Pole::from_bits(ai), b: Pole::from_bits(b) };
        let mut state = s;
        let ((), clamps) = watched(|w| scan::step(w, &filter, &mut state, Act::from_bits(v)));
        let [ar, ai, b, sr, si, v] = [ar, ai, b, s[0], s[1], v].map(i128::from);
        let (re, im) = (sat(r(ar * sr - ai * si + b * v, 15)), sat(r(ar * si + ai * sr, 15)));
        prop_assert_eq!((state, clamps), ([re.0, im.0], re.1 + im.1));
        let c = c.map(|c| c.max(-32767));
        prop_assert_eq!(wide(scan::read(&Readout { cr: c[0], ci: c[1] }, state)), wide(c[0]) * wide(re.0) - wide(c[1]) * wide(im.0));
    }

    #[test]
    fn gate_is_a_rounded_product(y in word(), g in word(), sz in 0u32..31) {
        let exact = sat(r(wide(y) * wide(g), sz));
        prop_assert_eq!(watched(|w| gate::apply(w, y, Act::from_bits(g), sz)), exact);
    }

    #[test]
    fn noise_follows_the_logarithm_of_the_word(w in any::<u32>(), narrow in 0u32..32, table in prop::collection::vec(word(), 257)) {
        let w = w >> narrow;
        let z = w.leading_zeros().min(15);
        let m = w << z;
        let sum = between(&table, (15 - z as usize) * 16 + (m >> 27) as usize % 16, wide(m >> 15 & 4095));
        prop_assert_eq!(watched(|watch| choose::noise(watch, &table, w)), sat(r(sum, 12)));
    }

    #[test]
    fn xorshift_matches_its_definition(x in any::<u32>()) {
        prop_assert_eq!(choose::xorshift(x), slow::xs(x));
    }
}

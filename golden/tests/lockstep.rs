//! The model against the slow reading of `FORMAT.md`: every reported word, in order, for every kind of model.

mod slow;

use proptest::prelude::*;
use slow::Slow;
use statestream_golden::{Coverage, Model, Session, Trace};
use statestream_image::layout::Image;
use statestream_image::testing::{random_image, random_shape, shapes};

const TOKENS: u64 = 6;

/// Runs both over tokens that `seed` draws; every third pass asks for no logits. Returns what was reached.
fn agree(image: &Image, seed: u64, t: i16) -> Coverage {
    let model = Model::new(image).unwrap();
    let (mut session, mut trace, mut slow) = (Session::new(&model), Trace::new(), Slow::new(image));
    session.set_sampling(t, seed as u32);
    (slow.t, slow.s) = (t, (seed as u32).max(1));
    for i in 0..TOKENS {
        let token = (seed.rotate_left(i as u32 * 7) % image.header.vocab as u64) as u16;
        let want = i % 3 != 1;
        let next = session.feed(token, want, Some(&mut trace)).unwrap();
        slow.feed(token, want);
        let words: Vec<_> = trace.items().iter().map(|item| (item.section, item.row, item.word)).collect();
        let first = words.iter().zip(&slow.words).position(|(a, b)| a != b);
        assert_eq!(first.map(|at| (words[at], slow.words[at])), None, "token {i}");
        assert_eq!(words.len(), slow.words.len(), "token {i}");
        assert_eq!((next, session.saturations()), (slow.next, slow.clamps), "token {i}");
        assert_eq!(session.state().words(), slow.state, "token {i}");
        assert_eq!(session.logits(), if want { &slow.logits[..] } else { &[] }, "token {i}");
    }
    trace.coverage().clone()
}

#[test]
fn every_kind_of_model_reports_the_words_of_the_format() {
    for (seed, shape) in shapes().iter().enumerate() {
        agree(&random_image(seed as u64, shape), seed as u64, 300);
    }
}

#[test]
fn random_images_reach_every_corner_that_a_table_permits() {
    let mut all = Coverage::default();
    for seed in 0..240 {
        let shape = &shapes()[seed as usize % shapes().len()];
        all.merge(&agree(
            &random_image(seed, shape),
            seed.wrapping_mul(0x9E37_79B9_7F4A_7C15),
            seed as i16 * 130,
        ));
    }
    // By construction of the tables: r and n never clamp, F stays between its neighbours, no look-up but F's leaves its table,
    // and the noise's first entries are met once in 2^16 words.
    let unreachable = |name: &str| {
        ["norm: clamp", "act: clamp", "rsqrt table: past", "gumbel table: past", "gumbel table: first"]
            .iter()
            .any(|never| name.starts_with(never))
    };
    let missed: Vec<_> = all.rows().filter(|(name, n)| *n == 0 && !unreachable(name)).collect();
    assert_eq!(missed, [], "{all}");
}

#[test]
fn a_silent_pass_equals_a_traced_one() {
    for (seed, shape) in shapes().iter().enumerate() {
        let image = random_image(seed as u64, shape);
        let model = Model::new(&image).unwrap();
        let (mut silent, mut traced) = (Session::new(&model), Session::new(&model));
        let mut trace = Trace::new();
        for token in [0, 3, 3, 1] {
            let next = silent.feed(token, true, None).unwrap();
            assert_eq!(traced.feed(token, true, Some(&mut trace)).unwrap(), next);
        }
        assert_eq!(silent.state(), traced.state());
        assert_eq!(silent.saturations(), traced.saturations());
        assert_eq!(silent.logits(), traced.logits());
    }
}

#[test]
fn a_refused_token_changes_nothing() {
    let model = Model::new(&random_image(1, &shapes()[0])).unwrap();
    let mut session = Session::new(&model);
    session.set_sampling(500, 9);
    let mut other = session.clone();
    let message = session.feed(11, true, None).unwrap_err().to_string();
    assert_eq!(message, "token 11 is outside the vocabulary of 11");
    for token in [1, 2, 3] {
        assert_eq!(session.feed(token, true, None), other.feed(token, true, None));
    }
}

#[test]
fn noise_belongs_to_the_position_and_not_to_the_question() {
    let model = Model::new(&random_image(2, &shapes()[0])).unwrap();
    let (mut asked, mut quiet) = (Session::new(&model), Session::new(&model));
    asked.set_sampling(3000, 77);
    quiet.set_sampling(3000, 77);
    for token in [4, 5, 6] {
        asked.feed(token, true, None).unwrap();
        quiet.feed(token, false, None).unwrap();
        assert_eq!((quiet.next_token(), quiet.logits()), (None, &[][..]));
    }
    assert_eq!(asked.feed(7, true, None), quiet.feed(7, true, None));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn random_shapes_report_the_words_of_the_format(shape in any::<u64>(), seed in any::<u64>(), t in any::<i16>()) {
        agree(&random_image(seed, &random_shape(shape)), seed, t);
    }
}

//! The loss of a text: streams, leftovers, and independence of the number of cores.

use statestream_golden::{eval, float::Sum, GoldenError, Model, Session};
use statestream_image::testing::{random_image, small};

fn model() -> Model {
    Model::new(&random_image(8, &small())).unwrap()
}

fn text(len: usize) -> Vec<u16> {
    (0..len).map(|i| (i * i % 11) as u16).collect()
}

/// The loss of each stream by hand, added in order.
fn by_hand(model: &Model, tokens: &[u16], stream: usize) -> f64 {
    let mut sum = Sum::default();
    let streams = (tokens.len() - 1) / stream;
    for s in 0..streams {
        let (mut session, mut one) = (Session::new(model), Sum::default());
        for i in s * stream..(s + 1) * stream {
            session.feed(tokens[i], true, None).unwrap();
            one = one + Sum::of(session.logits(), model.header().logit_frac, tokens[i + 1]);
        }
        sum = sum + one;
    }
    sum.loss(std::time::Duration::from_secs(1), 0).nats
}

#[test]
fn every_stream_starts_from_the_initial_state_and_predicts_into_the_next() {
    let (model, tokens) = (model(), text(33));
    let loss = eval::loss(&model, &tokens, 8).unwrap();
    assert_eq!((loss.chars, loss.nats), (32, by_hand(&model, &tokens, 8)));
}

#[test]
fn what_fills_no_stream_is_dropped() {
    let model = model();
    let (whole, more) = (text(25), text(32));
    let nats = |tokens: &[u16]| eval::loss(&model, tokens, 8).unwrap().nats;
    assert_eq!(nats(&whole), nats(&more));
    assert_eq!(eval::loss(&model, &more, 8).unwrap().chars, 24);
}

#[test]
fn a_text_shorter_than_a_stream_is_refused() {
    assert_eq!(eval::loss(&model(), &text(8), 8), Err(GoldenError::Text { found: 8, stream: 8 }));
    assert_eq!(eval::loss(&model(), &text(8), 0), Err(GoldenError::Text { found: 8, stream: 0 }));
}

#[test]
fn a_character_outside_the_vocabulary_is_refused_also_as_the_last_target() {
    let mut tokens = text(9);
    tokens[8] = 11;
    assert_eq!(eval::loss(&model(), &tokens, 8), Err(GoldenError::Token { token: 11, vocab: 11 }));
}

#[test]
fn the_number_of_cores_does_not_change_the_loss() {
    let (model, tokens) = (model(), text(400));
    let on = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| eval::loss(&model, &tokens, 16).unwrap())
    };
    let (one, three) = (on(1), on(3));
    assert_eq!((one.nats.to_bits(), one.saturations), (three.nats.to_bits(), three.saturations));
}

//! Random models, draft tables, groups, prompts and texts on machines of every width.

use proptest::prelude::*;
use proptest::test_runner::{RngAlgorithm, TestCaseError, TestRng, TestRunner};
use statestream_image::draft::build;
use statestream_image::layout::Image;
use statestream_image::rng::Rng;
use statestream_image::testing::{random_draft, random_image, random_shape};
use statestream_sim::rtl::RtlOptions;
use statestream_sim::stimulus::{text, Action, BenchError};

use crate::{own_text, tiny, Timed, READ_BACK, ROOMS};

/// Length of a text that a draft table is made of.
const LEARNT: usize = 120;

fn cases(quick: u32) -> u32 {
    let full = std::env::var_os("STATESTREAM_FULL").is_some_and(|value| value == "1");
    quick * if full { 10 } else { 1 }
}

/// Without a draft table, with a random one, or with one of what the model writes itself, so that guesses come true.
fn image(rng: &mut Rng) -> Image {
    let mut shape = random_shape(rng.bits());
    if rng.one_in(12) {
        // Slots of two bytes.
        shape.config.vocab_size = 257 + rng.below(40);
    }
    let mut image = random_image(rng.bits(), &shape);
    let slots = 2 << rng.below(10);
    match rng.below(4) {
        0 => {}
        1 => random_draft(&mut image, rng.bits(), slots),
        _ => {
            let text = own_text(&image, 0, LEARNT);
            image.draft = Some(build(&text, image.header.vocab, slots));
            image.seal();
        }
    }
    image
}

/// A text, in groups of another size once in two times.
fn round(rng: &mut Rng, vocab: usize, room: usize) -> Vec<Action> {
    let group = rng.one_in(2).then(|| Action::Group(rng.below(room + 1) as u16));
    let (prompt, count) = (1 + rng.below(2 * room + 3), rng.below(3 * room + 1) as u16);
    let mut text = text(rng, vocab, prompt, count);
    if rng.one_in(3) {
        text[0] = Action::Sample { temperature: 0, seed: rng.bits() as u32 };
    }
    group.into_iter().chain(text).collect()
}

/// Two texts or three, from where the first left off or from a state that was saved, stored or initial.
fn actions(rng: &mut Rng, image: &Image, room: usize) -> Vec<Action> {
    let vocab = image.header.vocab;
    let mut actions = round(rng, vocab, room);
    for _ in 0..1 + rng.below(2) {
        let reload = if image.header.state_words > READ_BACK { Action::Reset } else { Action::Reload };
        let between =
            [Action::Reset, Action::LoadStored(1), reload, Action::Generate(1), Action::Generate(2)];
        actions.push(between[rng.below(between.len())].clone());
        actions.extend(round(rng, vocab, room));
    }
    actions
}

fn check(seed: u64) -> Result<(), BenchError> {
    let mut rng = Rng::new(seed);
    let room = ROOMS[rng.below(ROOMS.len())];
    let image = image(&mut rng);
    let stalls = rng.one_in(2).then(|| rng.bits());
    let options = RtlOptions { seed: rng.bits() as u32, stalls, ..RtlOptions::default() };
    let mut timed = Timed::new(&tiny(room), &image, &options, &format!("campaign of passes, seed {seed}"))?;
    timed.run(&actions(&mut rng, &image, room))?;
    timed.finish()
}

/// Equal cases in every run. Half of them each, so that two cores have work.
fn campaign(seeds: impl Strategy<Value = u64>) {
    let config = ProptestConfig {
        cases: cases(80),
        failure_persistence: None,
        max_shrink_iters: 40,
        ..Default::default()
    };
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let outcome = TestRunner::new_with_rng(config, rng)
        .run(&seeds, |seed| check(seed).map_err(|error| TestCaseError::fail(error.to_string())));
    outcome.unwrap_or_else(|failure| panic!("{failure}"));
}

#[test]
fn any_text_in_any_passes_is_golden_in_the_predicted_clocks() {
    campaign(any::<u64>().prop_map(|seed| seed & !1));
}

#[test]
fn any_other_text_in_any_passes_is_golden_in_the_predicted_clocks() {
    campaign(any::<u64>().prop_map(|seed| seed | 1));
}

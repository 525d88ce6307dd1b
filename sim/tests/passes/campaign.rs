//! Random models, draft tables, groups, prompts and texts on machines of every width.

use std::cell::RefCell;
use std::collections::BTreeSet;

use proptest::prelude::*;
use proptest::test_runner::{RngAlgorithm, TestCaseError, TestRng, TestRunner};
use statestream_image::draft::build;
use statestream_image::layout::Image;
use statestream_image::rng::Rng;
use statestream_image::testing::{random_draft, random_image, random_shape};
use statestream_sim::rtl::RtlOptions;
use statestream_sim::stimulus::{text, Action, BenchError};

use crate::{own_text, tiny, Foreseen, Timed, READ_BACK, ROOMS};

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

/// What a campaign met: tokens per pass; guesses all kept, none kept, or some.
#[derive(Default)]
struct Met {
    tokens: BTreeSet<usize>,
    all: usize,
    none: usize,
    some: usize,
}

impl Met {
    fn note(&mut self, passes: &[Foreseen]) {
        self.tokens.extend(passes.iter().map(|pass| pass.shape.tokens));
        for pass in passes.iter().filter(|pass| pass.shape.guesses > 0) {
            match pass.accepted {
                0 => self.none += 1,
                kept if kept == pass.shape.guesses => self.all += 1,
                _ => self.some += 1,
            }
        }
    }
}

fn check(seed: u64, met: &mut Met) -> Result<(), BenchError> {
    let mut rng = Rng::new(seed);
    let room = ROOMS[rng.below(ROOMS.len())];
    let image = image(&mut rng);
    let stalls = rng.one_in(2).then(|| rng.bits());
    let options = RtlOptions { seed: rng.bits() as u32, stalls, ..RtlOptions::default() };
    let mut timed = Timed::new(&tiny(room), &image, &options, &format!("campaign of passes, seed {seed}"))?;
    timed.run(&actions(&mut rng, &image, room))?;
    met.note(&timed.foreseen);
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
    let met = RefCell::new(Met::default());
    let outcome = TestRunner::new_with_rng(config, rng).run(&seeds, |seed| {
        check(seed, &mut met.borrow_mut()).map_err(|error| TestCaseError::fail(error.to_string()))
    });
    outcome.unwrap_or_else(|failure| panic!("{failure}"));
    let met = met.into_inner();
    assert_eq!(met.tokens, (1..=16).collect(), "every number of tokens shares a pass");
    assert!(
        met.all.min(met.none).min(met.some) >= 20,
        "kept all {}, none {}, some {}",
        met.all,
        met.none,
        met.some
    );
}

#[test]
fn any_text_in_any_passes_is_golden_in_the_predicted_clocks() {
    campaign(any::<u64>().prop_map(|seed| seed & !1));
}

#[test]
fn any_other_text_in_any_passes_is_golden_in_the_predicted_clocks() {
    campaign(any::<u64>().prop_map(|seed| seed | 1));
}

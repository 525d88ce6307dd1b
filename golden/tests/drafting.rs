//! What drafting is worth on real text: tokens per pass of the shipped model, and that the text stays the same.

use statestream_golden::{Generated, Heads, Model, Session, MOST_TOKENS};
use statestream_image::build::{pack, PackOptions};
use statestream_image::checkpoint::Checkpoint;
use statestream_image::draft::DraftOptions;
use statestream_image::layout::{Header, Image};
use statestream_image::quantise::Width;
use statestream_image::testing::real_text;
use statestream_image::vocab::Vocab;
use std::path::Path;

const PROMPTS: usize = 32;
const PROMPT: usize = 16;
const COUNT: usize = 128;
const SLOTS: usize = 16384;
/// Temperature, and tokens per pass in groups of four that must be reached: the project's bars.
const BARS: [(f64, f64); 2] = [(0.0, 2.3), (0.8, 1.8)];

/// The shipped model in W4 with a table from the first nine tenths of a text, and prompts spread over the rest.
fn drafted(text: &str) -> (Image, Vec<Vec<u16>>) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../models/shakespeare_m.safetensors");
    let checkpoint = Checkpoint::read(&path).unwrap();
    let mut tokens = Vocab::new(&checkpoint.vocab).encode(text).unwrap();
    let rest = tokens.split_off(tokens.len() * 9 / 10);
    let draft = Some(DraftOptions { tokens, slots: SLOTS });
    let options = PackOptions { weights: Width::W4, draft, ..PackOptions::default() };
    let prompt = |i: usize| rest[i * (rest.len() - PROMPT) / PROMPTS..][..PROMPT].to_vec();
    (pack(&checkpoint, &options).unwrap().image, (0..PROMPTS).map(prompt).collect())
}

/// t of a temperature (`FORMAT.md`, section 5).
fn word(temperature: f64, header: &Header) -> i16 {
    (temperature * f64::from(header.logit_frac as i32 + 3).exp2()).round() as i16
}

/// What each prompt is continued with, each under its own seed.
fn continued(model: &Model, prompts: &[Vec<u16>], t: i16, group: usize) -> Vec<Generated> {
    let one = |(i, prompt): (usize, &Vec<u16>)| {
        let mut session = Session::new(model);
        session.set_sampling(t, i as u32 + 1);
        session.pass(prompt, Heads::Last, false, None).unwrap();
        session.generate(COUNT, group).unwrap()
    };
    prompts.iter().enumerate().map(one).collect()
}

/// Sums over all prompts: tokens per pass, and the share of guesses that were kept.
fn figures(texts: &[Generated]) -> (f64, f64) {
    let sum = |of: fn(&Generated) -> usize| texts.iter().map(of).sum::<usize>() as f64;
    (
        sum(|text| text.tokens.len()) / sum(|text| text.passes),
        sum(|text| text.accepted) / sum(|text| text.drafted).max(1.0),
    )
}

#[test]
#[cfg_attr(debug_assertions, ignore = "minutes unless built with --release")]
#[allow(clippy::print_stdout, reason = "the figures are what the run is for; shown with --nocapture")]
fn a_pass_of_four_writes_enough_of_the_same_text() {
    let Some(text) = real_text("tokens per pass of the draft table") else { return };
    let (mut image, prompts) = drafted(&text);
    let model = Model::new(&image).unwrap();
    image.draft = None;
    image.seal();
    let plain = Model::new(&image).unwrap();
    for (temperature, bar) in BARS {
        let t = word(temperature, &image.header);
        let alone = continued(&plain, &prompts, t, 1);
        for group in [1, 2, 4, 8, MOST_TOKENS] {
            let texts = continued(&model, &prompts, t, group);
            assert!(
                texts.iter().zip(&alone).all(|(text, alone)| text.tokens == alone.tokens),
                "groups of {group}"
            );
            let (per_pass, kept) = figures(&texts);
            println!("temperature {temperature}, groups of {group:2}: {per_pass:.3} tokens per pass, {:.1} % of the guesses kept", 100.0 * kept);
            assert!(
                group != 4 || per_pass >= bar,
                "temperature {temperature}: {per_pass} tokens per pass, the bar is {bar}"
            );
        }
    }
}

//! What the integers cost: their loss against float64's, on the shipped model.

use statestream_golden::{eval, Model};
use statestream_image::build::{pack, PackOptions};
use statestream_image::checkpoint::Checkpoint;
use statestream_image::quantise::Width;
use statestream_image::testing::real_text;
use statestream_image::vocab::Vocab;
use statestream_image::weights::Weights;
use std::path::Path;

/// Width, and how far its loss may be from float's, in nats per character: the project's bounds.
const REAL_TEXT: [(Width, f64); 2] = [(Width::W8, 0.0015), (Width::W4, 0.006)];
/// The same on text that the float model wrote itself. There it is the true distribution, every deviation costs (the expected
/// difference is a divergence, never negative), and 2,048 characters leave about 0.003 to chance.
const OWN_TEXT: [(Width, f64); 2] = [(Width::W8, 0.0015), (Width::W4, 0.02)];

fn checkpoint() -> Checkpoint {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../models/shakespeare_m.safetensors");
    Checkpoint::read(&path).unwrap()
}

/// Both widths over `tokens` in streams of `stream` predictions.
fn within(bounds: [(Width, f64); 2], checkpoint: &Checkpoint, tokens: &[u16], stream: usize) {
    let streams: Vec<&[u16]> =
        (0..(tokens.len() - 1) / stream).map(|s| &tokens[s * stream..][..=stream]).collect();
    let float = Weights::new(checkpoint).loss(&streams);
    for (weights, bound) in bounds {
        let packed = pack(checkpoint, &PackOptions { weights, ..PackOptions::default() }).unwrap();
        let loss = eval::loss(&Model::new(&packed.image).unwrap(), tokens, stream).unwrap();
        let delta = loss.nats - float;
        assert!(
            delta.abs() <= bound,
            "{weights:?}: {} nats, float {float}, delta {delta:+.5}, bound {bound}",
            loss.nats
        );
    }
}

#[test]
fn integers_lose_little_on_what_the_model_writes() {
    let checkpoint = checkpoint();
    // Another seed than the packer's, so that this is not the text it calibrated on.
    let tokens = Weights::new(&checkpoint).sample(0x5eed, 2049);
    within(OWN_TEXT, &checkpoint, &tokens, 512);
}

#[test]
#[cfg_attr(debug_assertions, ignore = "minutes unless built with --release")]
fn integers_lose_little_on_the_whole_validation_split() {
    let Some(text) = real_text("loss of the integers on the validation split") else { return };
    let checkpoint = checkpoint();
    let tokens = Vocab::new(&checkpoint.vocab).encode(&text).unwrap();
    within(REAL_TEXT, &checkpoint, &tokens[tokens.len() * 9 / 10..], 2048);
}

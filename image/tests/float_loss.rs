//! The two losses that DESIGN states, of the study's own checkpoints, from a plain recurrent float64 evaluation. Those are not shipped: they
//! lie beside the checkout, or in the folder of `STATESTREAM_STUDY`.

#![allow(clippy::print_stderr, reason = "a measurement is for the reader of the test log")]

use std::path::{Path, PathBuf};
use std::time::Instant;

use statestream_image::checkpoint::Checkpoint;
use statestream_image::testing::{real_text, skip};
use statestream_image::vocab::Vocab;
use statestream_image::weights::Weights;

/// The study's checkpoint of this name, or a skip that is said.
fn study(model: &str) -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/models");
    let path = std::env::var_os("STATESTREAM_STUDY").map_or(beside, PathBuf::from).join(model);
    if !path.is_file() {
        skip(&format!("SKIPPED: float loss of {model}: not there; set STATESTREAM_STUDY to its folder\n"))
            .unwrap();
        return None;
    }
    Some(path)
}

fn loss(model: &str) -> Option<f64> {
    let text = real_text(&format!("float loss of {model}"))?;
    let checkpoint = Checkpoint::read(&study(model)?).unwrap();
    let tokens = Vocab::new(&checkpoint.vocab).encode(&text).unwrap();
    let from = (text.len() as f64 * 0.9) as usize;
    let start = Instant::now();
    let loss = Weights::new(&checkpoint).loss(&[&tokens[from..from + 2049]]);
    let rate = 2048.0 / start.elapsed().as_secs_f64();
    eprintln!("{model}: {loss:.5} nats per character in float, {rate:.0} tokens per second");
    Some(loss)
}

fn assert_loss(model: &str, expected: f64) {
    if let Some(loss) = loss(model) {
        assert!((loss - expected).abs() < 5e-6, "{model}: {loss}, DESIGN states {expected}");
    }
}

#[test]
fn shakespeare_m_reproduces_the_stated_loss() {
    assert_loss("shakespeare_m.safetensors", 1.28954);
}

#[test]
fn shakespeare_s_reproduces_the_stated_loss() {
    assert_loss("shakespeare_s.safetensors", 1.33453);
}

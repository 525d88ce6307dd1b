//! `statestream eval`: the integer model's loss and the float model's, on the same text.

use std::path::PathBuf;

use anyhow::{anyhow, bail, Result};
use serde_json::json;
use statestream_golden::{eval, Loss, Model};
use statestream_image::checkpoint::Checkpoint;
use statestream_image::layout::Meta;
use statestream_image::weights::Weights;

use crate::cmd_pack::{read_checkpoint, tokens};
use crate::report::{grouped, table, Report};
use crate::{files, progress};

/// Measure the loss of the integer model and of the float model
///
/// The text is cut into streams of equal length, each run from the initial state; every character predicts the next.
/// What is left over behind the last whole stream is not counted. A text shorter than one stream is one stream.
#[derive(clap::Args)]
#[command(
    after_help = "Example:\n  statestream eval m.img --ckpt models/shakespeare_m.safetensors --text tinyshakespeare.txt --from 0.9"
)]
pub struct Args {
    /// Packed image
    image: PathBuf,
    /// The checkpoint it was packed from
    #[arg(long)]
    ckpt: PathBuf,
    /// Text file
    #[arg(long, value_name = "FILE")]
    text: PathBuf,
    /// Start at this fraction of the text
    #[arg(long, value_name = "F", default_value_t = 0.0)]
    from: f64,
    /// Count at most this many predictions
    #[arg(long, value_name = "N")]
    chars: Option<usize>,
    /// Predictions of one stream
    #[arg(long, value_name = "N", default_value_t = 2048)]
    stream: usize,
    /// Fail (exit 1) if the integer model loses more than this against the float model, nats per character
    #[arg(long, value_name = "NATS")]
    max_delta: Option<f64>,
}

/// Runs the command.
pub fn run(args: &Args) -> Result<Report> {
    let file = files::read_image(&args.image)?;
    let checkpoint = read_checkpoint(&args.ckpt)?;
    check_same_model(args, &file.image.meta, &checkpoint)?;
    let all = tokens(&args.text, &checkpoint)?;
    let text = chosen(args, &all)?;
    let stream = args.stream.min(text.len() - 1);
    let model = Model::new(&file.image).map_err(|error| files::at(&args.image, error))?;
    let int = integer_loss(&model, text, stream)?;
    Ok(report(args, &int, float_loss(&checkpoint, text, stream)))
}

/// An image does not keep its checkpoint's name; kinds, sizes and vocabulary must at least agree.
fn check_same_model(args: &Args, meta: &Meta, checkpoint: &Checkpoint) -> Result<()> {
    let config = serde_json::to_string(&checkpoint.shape.config)?;
    // Through text, as the image's own has come: both then hold the same floats.
    let config: serde_json::Value = serde_json::from_str(&config)?;
    let differs = if meta.config != config {
        format!("config {} against {config}", meta.config)
    } else if meta.vocab != checkpoint.vocab {
        format!("vocabularies of {} and {} tokens differ", meta.vocab.len(), checkpoint.vocab.len())
    } else if meta.params != checkpoint.params() {
        format!("{} parameters against {}", meta.params, checkpoint.params())
    } else {
        return Ok(());
    };
    bail!(
        "{} was not packed from {} ({differs}), and only one model's losses compare; give its own checkpoint",
        args.image.display(),
        args.ckpt.display()
    )
}

/// The part of the text that `--from` and `--chars` choose: one token more than there are predictions.
fn chosen<'a>(args: &Args, all: &'a [u16]) -> Result<&'a [u16]> {
    if !(0.0..1.0).contains(&args.from) {
        bail!("--from {} must be at least 0 and below 1; choose 0.9 for the last tenth", args.from);
    }
    if args.stream == 0 || args.chars == Some(0) {
        bail!("--stream and --chars must be at least 1; leave them out for 2048 and the whole text");
    }
    let text = &all[(args.from * all.len() as f64) as usize..];
    let most = args.chars.map_or(text.len(), |chars| text.len().min(chars.saturating_add(1)));
    match most {
        0 | 1 => bail!(
            "{}: {} of its {} tokens are behind --from {}, but a prediction needs two; give more text",
            args.text.display(),
            text.len(),
            all.len(),
            args.from
        ),
        _ => Ok(&text[..most]),
    }
}

fn integer_loss(model: &Model, text: &[u16], stream: usize) -> Result<Loss> {
    let spinner = progress::spinner("integer model");
    let loss = eval::loss(model, text, stream).map_err(|error| anyhow!("{error}"));
    spinner.finish_and_clear();
    loss
}

/// The float model over the same predictions in the same streams.
fn float_loss(checkpoint: &Checkpoint, text: &[u16], stream: usize) -> f64 {
    let spinner = progress::spinner("float model (64 bits)");
    let streams: Vec<&[u16]> =
        (0..(text.len() - 1) / stream).map(|s| &text[s * stream..][..=stream]).collect();
    let loss = Weights::new(checkpoint).loss(&streams);
    spinner.finish_and_clear();
    loss
}

fn report(args: &Args, int: &Loss, float_nats: f64) -> Report {
    let delta = int.nats - float_nats;
    let json = json!({
        "float_nats": float_nats, "int_nats": int.nats, "delta": delta, "chars": int.chars,
        "tokens_per_s": int.tokens_per_s, "saturations": int.saturations,
    });
    let human = table(&[
        ("float model, nats per character", format!("{float_nats:.5}")),
        ("integer model, nats per character", format!("{:.5}", int.nats)),
        ("difference", format!("{delta:+.5}")),
        ("characters", grouped(int.chars)),
        ("integer model, tokens per second", grouped(int.tokens_per_s as u64)),
        ("saturations", grouped(int.saturations)),
    ]);
    let failure = args.max_delta.filter(|bound| delta > *bound).map(|bound| {
        format!(
            "{} loses {delta:.5} nats per character against the float model, --max-delta allows {bound}; pack it with more calibration text or --weights w8",
            args.image.display()
        )
    });
    Report { json, human, failure }
}

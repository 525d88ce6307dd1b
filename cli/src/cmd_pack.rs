//! `statestream pack`: checkpoint to flash image.

use std::path::{Path, PathBuf};

use anyhow::{anyhow, Result};
use clap::ValueEnum;
use indicatif::ProgressBar;
use serde_json::json;
use statestream_image::build::{pack_with, PackError, PackOptions, Packed, Report as Figures, Stage};
use statestream_image::checkpoint::{Checkpoint, CheckpointError};
use statestream_image::draft::{slots_of, DraftOptions};
use statestream_image::quantise::{Scale, Width};
use statestream_image::vocab::Vocab;

use crate::report::{grouped, table, Report};
use crate::{files, progress};

/// Pack a checkpoint into a flash image
///
/// Calibrates, rounds every row, proves that no sum can overflow, and writes the image that the hardware reads.
/// The same checkpoint, texts and flags give the same bytes.
#[derive(clap::Args)]
#[command(after_help = "Example:\n  statestream pack models/shakespeare_m.safetensors -o m.img --weights w4")]
pub struct Args {
    /// Checkpoint: safetensors with the TENNs names
    ckpt: PathBuf,
    /// Image to write
    #[arg(short, long, value_name = "IMAGE")]
    output: PathBuf,
    /// Bits of a weight, or ternary: -1, 0 and 1, for models that scripts/train/qat.py has trained so. The head stays at 8
    #[arg(long, value_enum, default_value = "w8")]
    weights: Weights,
    /// Text file to calibrate on; without it the model writes its own
    #[arg(long, value_name = "TEXT")]
    calib: Option<PathBuf>,
    /// How a row's scale is kept: with a mantissa, or as a power of two (to measure what the mantissa is worth)
    #[arg(long, value_enum, default_value = "mantissa")]
    scale: RowScale,
    /// Text file to make a draft table of: guesses of the next token, from which several tokens share a pass
    #[arg(long, value_name = "FILE")]
    draft_text: Option<PathBuf>,
    /// Bytes of the draft table's slots: 2 to 65536 slots, a power of two, of 1 byte each (2 with more than 256 tokens)
    #[arg(long, value_name = "N", requires = "draft_text", default_value_t = 16384)]
    draft_bytes: usize,
}

/// What a user of ternary weights must know.
const TERNARY_NOTE: &str = "note: only a model trained with ternary weights survives them (in_proj, out_proj and B are ternary, the head and C stay w8); \
    train it with scripts/train/qat.py and look at its loss with `statestream eval`";

#[derive(Clone, Copy, ValueEnum)]
enum RowScale {
    Mantissa,
    Shift,
}

#[derive(Clone, Copy, ValueEnum)]
enum Weights {
    W8,
    W4,
    Ternary,
}

/// Runs the command.
pub fn run(args: &Args) -> Result<Report> {
    let checkpoint = read_checkpoint(&args.ckpt)?;
    let weights = match args.weights {
        Weights::W8 => Width::W8,
        Weights::W4 => Width::W4,
        Weights::Ternary => Width::Ternary,
    };
    let calibration = args.calib.as_deref().map(|path| tokens(path, &checkpoint)).transpose()?;
    let scale = match args.scale {
        RowScale::Mantissa => Scale::Mantissa,
        RowScale::Shift => Scale::PowerOfTwo,
    };
    let draft =
        args.draft_text.as_deref().map(|path| draft(path, args.draft_bytes, &checkpoint)).transpose()?;
    let options = PackOptions { weights, scale, calibration, draft, ..PackOptions::default() };
    let packed = pack(args, &checkpoint, &options)?;
    if weights == Width::Ternary {
        eprintln!("{TERNARY_NOTE}");
    }
    files::write(&args.output, &packed.bytes)?;
    Ok(report(&args.output, &packed))
}

/// Reads and checks a checkpoint.
pub fn read_checkpoint(path: &Path) -> Result<Checkpoint> {
    Checkpoint::read(path).map_err(|error| match error {
        // The only one that names its file itself.
        CheckpointError::Io { .. } => anyhow!("{error}"),
        other => files::at(path, other),
    })
}

/// Reads a text and encodes it with the checkpoint's vocabulary.
pub fn tokens(path: &Path, checkpoint: &Checkpoint) -> Result<Vec<u16>> {
    let text = files::read_text(path)?;
    Vocab::new(&checkpoint.vocab).encode(&text).map_err(|error| files::at(path, error))
}

fn draft(text: &Path, bytes: usize, checkpoint: &Checkpoint) -> Result<DraftOptions> {
    let slots = slots_of(bytes, checkpoint.vocab.len()).map_err(|error| anyhow!("--draft-bytes: {error}"))?;
    Ok(DraftOptions { tokens: tokens(text, checkpoint)?, slots })
}

fn pack(args: &Args, checkpoint: &Checkpoint, options: &PackOptions) -> Result<Packed> {
    let bar = progress::bar();
    let packed = pack_with(checkpoint, options, &|stage, done, total| show(&bar, stage, done, total));
    bar.finish_and_clear();
    packed.map_err(|error| match (error, &args.draft_text) {
        (PackError::Draft(error), Some(text)) => files::at(text, error),
        (error, _) => files::at(&args.ckpt, error),
    })
}

fn show(bar: &ProgressBar, stage: Stage, done: usize, total: usize) {
    bar.set_message(match stage {
        Stage::Draft => "making the draft table",
        Stage::Sample => "writing own text",
        Stage::Calibrate => "calibrating",
        Stage::Quantise => "rounding",
    });
    bar.set_length(total as u64);
    bar.set_position(done as u64);
}

fn report(output: &Path, packed: &Packed) -> Report {
    let Figures { bytes, tape_bytes, params, weights, state_bytes, sha256, proof, .. } = &packed.report;
    let json = json!({
        "image": output.display().to_string(), "bytes": bytes, "tape_bytes": tape_bytes, "params": params,
        "weights": weights, "state_bytes": state_bytes, "sha256": sha256, "h_frac": packed.report.h_frac,
        "draft_bytes": packed.report.draft_bytes, "draft_hit_rate": packed.report.draft_hit_rate,
        "n_frac": packed.report.n_frac, "logit_frac": packed.report.logit_frac, "proof": proof,
    });
    let human = table(&[
        ("image", output.display().to_string()),
        ("bytes", grouped(*bytes as u64)),
        ("tape bytes per pass", grouped(*tape_bytes as u64)),
        ("parameters", grouped(*params as u64)),
        ("weights", packed.image.meta.weights.clone()),
        ("state bytes", grouped(*state_bytes as u64)),
        ("draft table", draft_text(&packed.report)),
        ("largest accumulator", format!("{} (proved below 2^30)", grouped(proof.accumulator))),
        ("sha256", sha256.clone()),
    ]);
    Report::done(json, human)
}

fn draft_text(report: &Figures) -> String {
    match report.draft_hit_rate {
        None => "none".into(),
        Some(rate) => {
            let bytes = grouped(report.draft_bytes as u64);
            format!("{bytes} bytes, guesses {:.1} % of its text's tokens", 100.0 * rate)
        }
    }
}

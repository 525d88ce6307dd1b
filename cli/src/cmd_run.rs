//! `statestream run`: generate text.

use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{anyhow, bail, Result};
use clap::ValueEnum;
use serde_json::json;
use statestream_golden::{Model, State, MOST_TOKENS};
use statestream_image::config::Config;
use statestream_sim::engine::{Deaf, Engine, GoldenEngine};
use statestream_sim::rtl::{Rtl, RtlOptions};

use crate::args::{self, Sampling};
use crate::files::{self, ImageFile};
use crate::machine;
use crate::report::Report;
use crate::text::{Scribe, Written};

/// Generate text
///
/// Feeds the prompt and writes N tokens. `text` is what was written, without the prompt; `next` is the token that would come
/// after it. A saved state holds everything up to and including the last token written: to go on from there, load it with
/// `next` as the prompt. The sampling noise starts again at --seed with every run. `tokens_per_s` is wall-clock time.
#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  statestream run m.img --prompt \"ROMEO:\" -n 200\n  statestream run m.img --prompt \"ROMEO:\" -n 48 --engine rtl --config up5k\n  statestream run m.img --prompt \"ROMEO:\" -n 200 --temperature 0.8 --seed 7 --save-state romeo.state"
)]
pub struct Args {
    /// Packed image
    image: PathBuf,
    /// Text to begin with, at least one token
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    prompt: String,
    /// Tokens to write
    #[arg(short, value_name = "N")]
    n: usize,
    /// At most this many tokens share one pass over the weights; 1 switches guesses off [default: what the configuration has]
    #[arg(long, value_name = "T", value_parser = args::number::<u16>)]
    tokens_per_pass: Option<u16>,
    /// Which machine runs the model
    #[arg(long, value_enum, default_value = "golden")]
    engine: EngineKind,
    /// Configuration of the machine, an entry of configs.toml
    #[arg(long, value_name = "NAME", default_value = "up5k")]
    config: String,
    #[command(flatten)]
    sampling: Sampling,
    /// Continue from a saved state instead of the initial one
    #[arg(long, value_name = "F")]
    load_state: Option<PathBuf>,
    /// Save the state after the last token
    #[arg(long, value_name = "F")]
    save_state: Option<PathBuf>,
}

#[derive(Clone, Copy, PartialEq, ValueEnum)]
enum EngineKind {
    /// The bit-exact integer model
    Golden,
    /// The Verilated hardware
    Rtl,
    /// The synthesised netlist
    Netlist,
    /// A real board
    Board,
}

/// What is to be written, checked.
struct Job<'a> {
    args: &'a Args,
    model: Model,
    vocab: &'a [String],
    prompt: Vec<u16>,
    word: i16,
    group: u16,
    load: Option<State>,
    show: bool,
}

/// What was written, and how long it took.
struct Outcome {
    written: Written,
    cycles: Option<u64>,
    seconds: f64,
}

/// Runs the command.
pub fn run(args: &Args, json: bool) -> Result<Report> {
    let file = files::read_image(&args.image)?;
    let config = Config::named(&args.config).map_err(|error| anyhow!("--config: {error}"))?;
    let most = if args.engine == EngineKind::Golden { MOST_TOKENS } else { config.tokens };
    let group = args::tokens_per_pass(args.tokens_per_pass, most, &config)?;
    let job = Job::new(args, &file, group, !json)?;
    let outcome = match args.engine {
        EngineKind::Golden => job.write(&mut GoldenEngine::new(&job.model), |_| None),
        EngineKind::Rtl => job.write(&mut rtl(args, &file)?, |rtl: &Rtl| Some(rtl.cycles())),
        EngineKind::Netlist => later("netlist"),
        EngineKind::Board => later("board"),
    }?;
    Ok(report(&outcome))
}

fn later(engine: &str) -> Result<Outcome> {
    bail!("--engine {engine} comes with a later issue, this version has golden and rtl; choose one of them")
}

fn rtl(args: &Args, file: &ImageFile) -> Result<Rtl> {
    let config = machine::fitting(&args.config, &args.image, file)?;
    machine::start(&config, &file.bytes, &RtlOptions { seed: args.sampling.seed, ..RtlOptions::default() })
}

impl<'a> Job<'a> {
    fn new(args: &'a Args, file: &'a ImageFile, group: u16, show: bool) -> Result<Job<'a>> {
        let model = Model::new(&file.image).map_err(|error| files::at(&args.image, error))?;
        let load = args.load_state.as_deref().map(|path| read_state(path, &model)).transpose()?;
        let vocab = &file.image.meta.vocab;
        let prompt = args::prompt(&args.prompt, vocab)?;
        let word = args.sampling.word(&file.image.header)?;
        Ok(Job { args, model, vocab, prompt, word, group, load, show })
    }

    fn write<E: Engine>(&self, engine: &mut E, clock: fn(&E) -> Option<u64>) -> Result<Outcome> {
        let refused = |error| anyhow!("{error}");
        if let Some(state) = &self.load {
            engine.load(state.words()).map_err(refused)?;
        }
        engine.sample(self.word, self.args.sampling.seed).map_err(refused)?;
        engine.group(self.group).map_err(refused)?;
        let mut deaf = Deaf;
        let mut scribe = Scribe::new(self.vocab, self.show, &mut deaf);
        let (start, before) = (Instant::now(), clock(engine));
        scribe.write(engine, &self.prompt, self.args.n).map_err(refused)?;
        let outcome = Outcome {
            written: scribe.written(),
            cycles: clock(engine).zip(before).map(|(after, before)| after - before),
            seconds: start.elapsed().as_secs_f64(),
        };
        if let Some(path) = &self.args.save_state {
            self.save(path, &engine.state().map_err(refused)?)?;
        }
        Ok(outcome)
    }

    fn save(&self, path: &Path, words: &[i16]) -> Result<()> {
        let state = State::from_words(&self.model, words)?;
        files::write(path, &state.to_blob())
    }
}

fn read_state(path: &Path, model: &Model) -> Result<State> {
    let blob = files::read(path)?;
    State::from_blob(model, &blob).map_err(|error| {
        anyhow!(
            "{}: {error}; give a file that --save-state wrote with this image, or leave --load-state out",
            path.display()
        )
    })
}

fn report(outcome: &Outcome) -> Report {
    let Outcome { written, cycles, seconds } = outcome;
    let Written { text, next, tokens, passes, tokens_per_pass, drafted, accepted, .. } = written;
    let json = json!({
        "text": text, "next": next, "tokens": tokens, "passes": passes, "cycles": cycles,
        "tokens_per_pass": tokens_per_pass, "drafted": drafted, "accepted": accepted,
        "tokens_per_s": *tokens as f64 / seconds,
    });
    // The text itself is already there.
    Report::done(json, "\n".into())
}

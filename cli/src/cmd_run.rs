//! `statestream run`: generate text.

use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{anyhow, Result};
use serde_json::json;
use statestream_golden::{Model, State};
use statestream_sim::engine::Deaf;

use crate::args::{self, Sampling};
use crate::engines::{Choice, Machine};
use crate::files::{self, ImageFile};
use crate::report::Report;
use crate::text::{Scribe, Written};

/// Generate text
///
/// Feeds the prompt and writes N tokens. `text` is what was written, without the prompt; `next` is the token that would come
/// after it. A saved state holds everything up to and including the last token written: to go on from there, load it with
/// `next` as the prompt. The netlist is the one that `synth` places, behind its flash and UART pins; a board answers through --port. The sampling noise starts again at --seed with every run. `tokens_per_s` is wall-clock time.
#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  statestream run m.img --prompt \"ROMEO:\" -n 200\n  statestream run m.img --prompt \"ROMEO:\" -n 48 --engine rtl --config up5k\n  statestream run m.img --prompt \"A\" -n 8 --engine netlist --board icebreaker\n  statestream run m.img --prompt \"ROMEO:\" -n 200 --engine board --board icebreaker --port /dev/ttyUSB1\n  statestream run m.img --prompt \"ROMEO:\" -n 200 --temperature 0.8 --seed 7 --save-state romeo.state"
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
    #[command(flatten)]
    choice: Choice,
    #[command(flatten)]
    sampling: Sampling,
    /// Continue from a saved state instead of the initial one
    #[arg(long, value_name = "F")]
    load_state: Option<PathBuf>,
    /// Save the state after the last token
    #[arg(long, value_name = "F")]
    save_state: Option<PathBuf>,
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
    let chosen = args.choice.resolve()?;
    let group = args::tokens_per_pass(args.tokens_per_pass, chosen.most_tokens(), &chosen.config)?;
    let job = Job::new(args, &file, group, !json)?;
    let mut machine = chosen.start(&args.image, &file, &job.model, args.sampling.seed)?;
    Ok(report(&job.write(&mut machine)?))
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

    fn write(&self, machine: &mut Machine) -> Result<Outcome> {
        let refused = |error| anyhow!("{error}");
        let engine = machine.engine();
        if let Some(state) = &self.load {
            engine.load(state.words()).map_err(refused)?;
        }
        engine.sample(self.word, self.args.sampling.seed).map_err(refused)?;
        engine.group(self.group).map_err(refused)?;
        let mut deaf = Deaf;
        let mut scribe = Scribe::new(self.vocab, self.show, &mut deaf);
        let counted = machine.counters()?;
        let (start, before) = (Instant::now(), machine.cycles());
        scribe.write(machine.engine(), &self.prompt, self.args.n).map_err(refused)?;
        let seconds = start.elapsed().as_secs_f64();
        let cycles = machine.cycles().zip(before).map(|(after, before)| after - before);
        let counted = counted.zip(machine.counters()?);
        let written = scribe.written();
        let written = match counted {
            Some((before, after)) => written.counted(&before, &after),
            None => written,
        };
        if let Some(path) = &self.args.save_state {
            let words = machine.engine().state().map_err(refused)?;
            self.save(path, &words, written.tokens)?;
        }
        Ok(Outcome { written, cycles, seconds })
    }

    /// The state after `written` tokens.
    fn save(&self, path: &Path, words: &[i16], written: usize) -> Result<()> {
        let before = self.load.as_ref().map_or(0, State::seen);
        let seen = before.saturating_add((self.prompt.len() + written) as u32);
        let state = State::from_words(&self.model, words, seen)?;
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

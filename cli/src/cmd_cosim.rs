//! `statestream cosim`: the Verilated hardware against the golden model, word by word, through the pins.

use std::ops::ControlFlow;
use std::path::PathBuf;
use std::time::Instant;

use anyhow::{bail, Result};
use serde_json::{json, Value};
use statestream_golden::Model;
use statestream_image::config::Config;
use statestream_sim::cycles::pass_cycles;
use statestream_sim::engine::{Ended, Engine, EngineError, Feed, Listener, Reported};
use statestream_sim::flash::Flash;
use statestream_sim::host::Counters;
use statestream_sim::lockstep::Lockstep;
use statestream_sim::rtl::{Rtl, RtlOptions};

use crate::args::{self, Sampling};
use crate::device::Fault;
use crate::files::{self, ImageFile, Unfinished};
use crate::machine;
use crate::report::{grouped, quoted, table, Report};
use crate::text::{Scribe, Written};

/// Run hardware and golden model in lockstep
///
/// The emitted Verilog runs, Verilated, behind its flash and UART pins; every word of its trace, every token and the count of
/// saturations are compared with the golden model. The first difference ends the run (exit 1) and is printed with the command
/// that shows it again. With --corrupt the run passes if the hardware reports an error or if every word still equals golden;
/// it fails if a token comes out behind wrong words. `text` is what the hardware wrote, without the prompt.
#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  statestream cosim m.img --config up5k --prompt \"ROMEO:\" -n 48\n  statestream cosim m.img --prompt \"A\" -n 4 --stalls 7\n  statestream cosim m.img --prompt \"A\" -n 1 --corrupt 4096:3"
)]
pub struct Args {
    /// Packed image
    image: PathBuf,
    /// Configuration of the machine, an entry of configs.toml
    #[arg(long, value_name = "NAME", default_value = "up5k")]
    config: String,
    /// Text to begin with, at least one token
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    prompt: String,
    /// Tokens to write
    #[arg(short, value_name = "N")]
    n: usize,
    /// At most this many tokens share one pass over the weights; 1 switches guesses off [default: what the configuration has]
    #[arg(long, value_name = "T", value_parser = args::number::<u16>)]
    tokens_per_pass: Option<u16>,
    /// Make the machine pause at random places; the seed says where
    #[arg(long, value_name = "SEED", value_parser = args::number::<u64>)]
    stalls: Option<u64>,
    #[command(flatten)]
    sampling: Sampling,
    /// Flip one bit of the image inside the flash, after all checks of the file (bit 0 is the lowest)
    #[arg(long, value_name = "BYTE:BIT", value_parser = args::corruption)]
    corrupt: Option<(usize, u8)>,
    /// Write waves: .fst, or else VCD; .saif: toggles of the last whole pass
    #[arg(long, value_name = "FILE")]
    waves: Option<PathBuf>,
    /// Take the Verilog from this folder instead of emitting it
    #[arg(long, value_name = "DIR")]
    verilog: Option<PathBuf>,
}

/// How a run ended.
enum Ending {
    /// All tokens written, every word equal.
    Equal,
    /// The hardware reported this.
    Fault(Fault),
    /// Something is wrong; one sentence.
    Wrong(String),
}

/// What the cycle model says of the passes that ended well.
struct Predicted {
    /// Clocks of the last one.
    last: Option<u64>,
    /// Passes that took another number of clocks than predicted, although nothing made the machine wait.
    missed: usize,
}

fn predictions(rtl: &Rtl, file: &ImageFile, config: &Config) -> Predicted {
    let predict = |shape| pass_cycles(&file.image, config, shape);
    let missed = rtl.passes().iter().filter(|(shape, clocks)| predict(*shape) != Some(*clocks)).count();
    Predicted { last: rtl.passes().last().and_then(|(shape, _)| predict(*shape)), missed }
}

/// What a run gave.
struct Outcome {
    ending: Ending,
    words: u64,
    written: Written,
    /// Clocks of the passes that wrote.
    writing_cycles: u64,
    counters: Counters,
    predicted: Predicted,
    sim_cycles_per_s: f64,
    breaches: u64,
}

/// Runs the command.
pub fn run(args: &Args, json: bool) -> Result<Report> {
    let file = files::read_image(&args.image)?;
    let config = machine::fitting(&args.config, &args.image, &file)?;
    let group = args::tokens_per_pass(args.tokens_per_pass, config.tokens, &config)?;
    let prompt = args::prompt(&args.prompt, &file.image.meta.vocab)?;
    let word = args.sampling.word(&file.image.header)?;
    check_corruption(args, &file)?;
    let waves = args.waves.as_deref().map(Unfinished::beside).transpose()?;
    let mut rtl = machine::start(&config, &file.bytes, &options(args, waves.as_ref()))?;
    let outcome =
        compare(args, &Job { config: &config, file: &file, prompt: &prompt, word, group }, &mut rtl, !json)?;
    // Waves are complete when their writer is gone.
    drop(rtl);
    waves.map_or(Ok(()), Unfinished::finish)?;
    Ok(report(args, &config, &file, &outcome))
}

fn check_corruption(args: &Args, file: &ImageFile) -> Result<()> {
    match args.corrupt.filter(|(byte, _)| *byte >= file.bytes.len()) {
        None => Ok(()),
        Some((byte, bit)) => {
            let last = file.bytes.len() - 1;
            bail!("--corrupt {byte}:{bit}: byte {byte} is behind the image's last byte {last}; choose one inside")
        }
    }
}

fn options(args: &Args, waves: Option<&Unfinished>) -> RtlOptions {
    RtlOptions {
        seed: args.sampling.seed,
        stalls: args.stalls,
        corrupt: args.corrupt,
        waves: waves.map(|file| file.path().into()),
        verilog: args.verilog.clone(),
        ..RtlOptions::default()
    }
}

/// What is to be run, checked.
struct Job<'a> {
    config: &'a Config,
    file: &'a ImageFile,
    prompt: &'a [u16],
    word: i16,
    group: u16,
}

fn compare(args: &Args, job: &Job, rtl: &mut Rtl, show: bool) -> Result<Outcome> {
    let Job { config, file, prompt, word, group } = *job;
    let model = Model::new(&file.image).map_err(|error| files::at(&args.image, error))?;
    let lockstep = Lockstep::new(&model, &file.image.sections, rtl.name(), replay(args));
    let mut judge = Judge { lockstep, patient: args.corrupt.is_some(), wrong: false };
    if args.corrupt.is_some() {
        judge.lockstep.accept_any_guess();
    }
    judge.lockstep.session().set_sampling(word, args.sampling.seed);
    let mut scribe = Scribe::new(&file.image.meta.vocab, show, &mut judge);
    let (start, before) = (Instant::now(), rtl.cycles());
    let sampled = rtl.sample(word, args.sampling.seed);
    let grouped = sampled.and_then(|()| rtl.group(group));
    let done = grouped.and_then(|()| scribe.write(rtl, prompt, args.n));
    let sim_cycles_per_s = (rtl.cycles() - before) as f64 / start.elapsed().as_secs_f64();
    let written = scribe.written();
    let wrote = rtl.passes().iter().rev().take(written.writing as usize);
    let writing_cycles = wrote.map(|(_, clocks)| clocks).sum();
    let ending = match done.and_then(|()| rtl.saturations()) {
        Ok(saturations) => judge.verdict(saturations),
        Err(EngineError::Stopped) => judge.verdict(0),
        Err(EngineError::Device(error)) => Ending::Fault(Fault::new(&error, &file.image, config.flash_base)),
        Err(EngineError::Host(error)) => Ending::Wrong(format!("{error}; replay: {}", replay(args))),
        Err(other) => bail!("{other}"),
    };
    Ok(Outcome {
        ending,
        words: judge.lockstep.words(),
        written,
        writing_cycles,
        // A machine that refused its image has counted nothing.
        counters: rtl.counters().unwrap_or_default(),
        predicted: predictions(rtl, file, config),
        sim_cycles_per_s,
        breaches: rtl.flashes().iter().map(Flash::breach_count).sum(),
    })
}

/// Lockstep that can wait: a damaged record writes wrong words before its CRC is due, and only what comes out counts.
struct Judge {
    lockstep: Lockstep,
    /// Judge passes instead of words.
    patient: bool,
    /// A word differed.
    wrong: bool,
}

impl Judge {
    fn verdict(&mut self, saturations: u64) -> Ending {
        // A mismatch that lockstep already holds stays the first.
        let _ = self.lockstep.saturations(saturations);
        match self.lockstep.verdict() {
            Ok(()) => Ending::Equal,
            Err(mismatch) => Ending::Wrong(mismatch.to_string()),
        }
    }
}

impl Listener for Judge {
    fn begin(&mut self, pass: &[Feed]) -> ControlFlow<()> {
        self.lockstep.begin(pass)
    }

    fn word(&mut self, reported: Reported) -> ControlFlow<()> {
        if self.wrong {
            return ControlFlow::Continue(());
        }
        let flow = self.lockstep.word(reported);
        self.wrong = flow.is_break();
        match self.patient {
            true => ControlFlow::Continue(()),
            false => flow,
        }
    }

    fn end(&mut self, ended: Ended) -> ControlFlow<()> {
        match self.wrong {
            true => ControlFlow::Break(()),
            false => self.lockstep.end(ended),
        }
    }
}

/// The command that shows the run again, with waves.
fn replay(args: &Args) -> String {
    let path = |path: &PathBuf| quoted(&path.display().to_string());
    let mut words = vec!["statestream cosim".into(), path(&args.image), format!("--config {}", args.config)];
    words.push(format!("--prompt {} -n {} --seed {}", quoted(&args.prompt), args.n, args.sampling.seed));
    words.extend(args.tokens_per_pass.map(|tokens| format!("--tokens-per-pass {tokens}")));
    if args.sampling.temperature != 0.0 {
        words.push(format!("--temperature {}", args.sampling.temperature));
    }
    words.extend(args.stalls.map(|seed| format!("--stalls {seed}")));
    words.extend(args.corrupt.map(|(byte, bit)| format!("--corrupt {byte}:{bit}")));
    words.extend(args.verilog.as_ref().map(|folder| format!("--verilog {}", path(folder))));
    words.push("--waves mismatch.fst".into());
    words.join(" ")
}

impl Outcome {
    fn fault(&self) -> Option<&Fault> {
        match &self.ending {
            Ending::Fault(fault) => Some(fault),
            _ => None,
        }
    }

    fn mismatch(&self) -> Option<&str> {
        match &self.ending {
            Ending::Wrong(reason) => Some(reason),
            _ => None,
        }
    }

    fn mismatches(&self) -> u64 {
        u64::from(self.mismatch().is_some())
    }

    /// Why the run failed. A hardware error is a failure only if nothing was damaged.
    fn failure(&self, args: &Args) -> Option<String> {
        if self.breaches > 0 {
            return Some(format!(
                "the flash saw {} breaches of its rules; replay: {}",
                self.breaches,
                replay(args)
            ));
        }
        if self.predicted.missed > 0 && args.stalls.is_none() {
            let missed = self.predicted.missed;
            return Some(format!(
                "{missed} passes took another number of clocks than predicted; replay: {}",
                replay(args)
            ));
        }
        match (&self.ending, args.corrupt) {
            (Ending::Equal, _) | (Ending::Fault(_), Some(_)) => None,
            (Ending::Fault(fault), None) => {
                Some(format!("rtl reports {} on an undamaged image; replay: {}", fault.text(), replay(args)))
            }
            (Ending::Wrong(reason), _) => Some(reason.clone()),
        }
    }

    /// Flash-busy clocks of the last pass, as a share of its clocks.
    fn flash_busy(&self) -> Option<f64> {
        let Counters { last_cycles, last_flash_busy, .. } = self.counters;
        (last_cycles > 0).then(|| f64::from(last_flash_busy) / f64::from(last_cycles))
    }

    /// Tokens written per second at the configuration's clock, from the clocks of the passes that wrote them.
    fn tokens_per_s(&self, config: &Config) -> Option<f64> {
        let tokens_per_clock = self.written.tokens as f64 / self.writing_cycles as f64;
        (self.writing_cycles > 0).then_some(tokens_per_clock * config.clock_hz as f64)
    }
}

fn report(args: &Args, config: &Config, file: &ImageFile, outcome: &Outcome) -> Report {
    Report {
        json: as_json(config, outcome),
        human: as_text(args, config, file, outcome),
        failure: outcome.failure(args),
    }
}

fn as_json(config: &Config, outcome: &Outcome) -> Value {
    let c = &outcome.counters;
    json!({
        "config": config.name,
        "tokens": outcome.written.tokens,
        "words_compared": outcome.words,
        "mismatches": outcome.mismatches(),
        "mismatch": outcome.mismatch(),
        "passes": outcome.written.passes,
        "tokens_per_pass": outcome.written.tokens_per_pass,
        "drafted": outcome.written.drafted,
        "accepted": outcome.written.accepted,
        "cycles_per_pass": (c.last_cycles > 0).then_some(c.last_cycles),
        "predicted_cycles_per_pass": outcome.predicted.last,
        "passes_not_as_predicted": outcome.predicted.missed,
        "flash_busy": outcome.flash_busy(),
        "sim_cycles_per_s": outcome.sim_cycles_per_s,
        "tokens_per_s": outcome.tokens_per_s(config),
        "stalls": { "epilogue": c.stall_epilogue, "barrier": c.stall_barrier, "host": c.stall_host },
        "saturations": c.saturations,
        "flash_breaches": outcome.breaches,
        "text": outcome.written.text,
        "error": outcome.fault().map(Fault::json),
    })
}

fn as_text(args: &Args, config: &Config, file: &ImageFile, outcome: &Outcome) -> String {
    let c = &outcome.counters;
    let or_none = |value: Option<String>| value.unwrap_or_else(|| "none".into());
    let stalls = [("epilogue", c.stall_epilogue), ("barrier", c.stall_barrier), ("host", c.stall_host)];
    let stalls = stalls.map(|(cause, clocks)| format!("{cause} {}", grouped(clocks.into()))).join(", ");
    let w = &outcome.written;
    let rows = table(&[
        ("model", args.image.display().to_string()),
        (
            "weights",
            format!("{}, {} parameters", file.image.meta.weights, grouped(file.image.meta.params as u64)),
        ),
        ("image bytes", grouped(file.bytes.len() as u64)),
        ("config", format!("{}, {} MHz", config.name, config.clock_hz as f64 / 1e6)),
        ("tokens", format!("{} in {} passes", w.tokens, w.passes)),
        ("tokens per pass that wrote", or_none(w.tokens_per_pass.map(|tokens| format!("{tokens:.2}")))),
        ("guesses", format!("{} of {} right", grouped(w.accepted), grouped(w.drafted))),
        ("words compared", grouped(outcome.words)),
        ("mismatches", outcome.mismatches().to_string()),
        ("cycles per pass", or_none((c.last_cycles > 0).then(|| grouped(c.last_cycles.into())))),
        ("predicted", or_none(outcome.predicted.last.map(grouped))),
        ("flash busy", or_none(outcome.flash_busy().map(|busy| format!("{:.2} %", 100.0 * busy)))),
        (
            "tokens per second",
            or_none(outcome.tokens_per_s(config).map(|rate| format!("{rate:.1} at that clock"))),
        ),
        ("simulated cycles per second", grouped(outcome.sim_cycles_per_s as u64)),
        ("stalls, clocks", stalls),
        ("saturations", grouped(c.saturations.into())),
        ("hardware error", or_none(outcome.fault().map(Fault::text))),
    ]);
    format!("\n\n{rows}")
}

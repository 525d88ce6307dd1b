//! `statestream rag ttft`: how long the first token takes, with the context's state stored and without, in simulated clocks.

use std::ops::ControlFlow;
use std::path::PathBuf;

use anyhow::{anyhow, bail, Result};
use indicatif::ProgressBar;
use plotters::chart::SeriesLabelPosition;
use serde_json::{json, Value};
use statestream_fpga::board::Board;
use statestream_golden::{Model, State};
use statestream_image::config::Config;
use statestream_image::layout::Image;
use statestream_sim::cycles::{load_cycles, read_cycles};
use statestream_sim::engine::{Deaf, Ended, Engine, EngineError, Feed, GoldenEngine, Listener, Reported};
use statestream_sim::rtl::{Rtl, RtlOptions};

use crate::plot::{Line, Plot};
use crate::report::{grouped, Report};
use crate::{files, machine, progress};

/// Measure the time to first token, seeded and unseeded
///
/// The model writes a text. For each context length its state behind so many tokens is stored in the image; the simulated machine
/// then loads that state and reads the query, and once more reads context and query token by token. Both must choose the same next
/// token, and take the clocks that the cycle model says (exit code 1 if not). Clocks count from the request to the first token
/// known, without the serial line.
#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  statestream rag ttft m.img --config up5k --contexts 64,256\n  statestream rag ttft s.img --contexts 64,256,1024 --query 16 --svg docs/ttft.svg --json"
)]
pub struct Args {
    /// Packed image
    image: PathBuf,
    /// Configuration that is simulated, an entry of configs.toml
    #[arg(long, value_name = "NAME", default_value = "up5k")]
    config: String,
    /// Tokens of the contexts
    #[arg(long, value_name = "N,N", value_delimiter = ',', default_values_t = [64, 256], value_parser = clap::value_parser!(u32).range(1..=65536))]
    contexts: Vec<u32>,
    /// Tokens of the query
    #[arg(long, value_name = "N", default_value_t = 16, value_parser = clap::value_parser!(u32).range(1..=65536))]
    query: u32,
    /// Draw the result here
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
}

/// One context, measured.
pub struct Row {
    /// Its tokens.
    pub context: usize,
    /// Clocks with its state stored.
    pub seeded: u64,
    /// Clocks without.
    pub unseeded: u64,
}

/// Runs the command.
pub fn run(args: &Args) -> Result<Report> {
    let file = files::read_image(&args.image)?;
    let config = machine::fitting(&args.config, &args.image, &file)?;
    let model = Model::new(&file.image).map_err(|error| files::at(&args.image, error))?;
    let (image, text) = prepared(args, file.image, &model)?;
    let mut rtl = machine::start(&config, &image.to_bytes(), &RtlOptions::default())?;
    let bar = progress::bar().with_message("reading contexts");
    bar.set_length(args.contexts.iter().map(|context| u64::from(context + 2 * args.query)).sum());
    let rows = measure(args, &mut rtl, &text, &bar).map_err(|error| anyhow!("{error}"));
    bar.finish_and_clear();
    let rows = rows?;
    if let Some(path) = &args.svg {
        files::write(path, picture(&rows, &config).draw()?.as_bytes())?;
    }
    report(args, &image, &config, &rows)
}

/// Milliseconds at the configuration's clock against the context.
fn picture(rows: &[Row], config: &Config) -> Plot {
    let line = |name: &str, clocks: fn(&Row) -> u64| {
        let ms = |row: &Row| clocks(row) as f64 / config.clock_hz as f64 * 1e3;
        let points = rows.iter().map(|row| (row.context as f64, ms(row), String::new())).collect();
        Line { name: name.into(), points }
    };
    Plot {
        title: format!("Time to first token, `{}` at {} MHz", config.name, config.clock_hz / 1_000_000),
        x: "tokens of context",
        y: "ms",
        bottom: 0.0,
        names: SeriesLabelPosition::UpperLeft,
        lines: vec![
            line("context read token by token", |row| row.unseeded),
            line("its state loaded", |row| row.seeded),
        ],
    }
}

/// The image with a state for each context, and the text.
fn prepared(args: &Args, mut image: Image, model: &Model) -> Result<(Image, Vec<u16>)> {
    let longest = args.contexts.iter().max().copied().unwrap_or(0) + args.query;
    let text = written(model, longest as usize).map_err(|error| anyhow!("{error}"))?;
    image.states.truncate(1);
    image.meta.chunks.clear();
    for context in &args.contexts {
        image.states.push(State::after(model, &text[..*context as usize])?.words().to_vec());
    }
    Ok((image, text))
}

/// A text of the model's own.
fn written(model: &Model, tokens: usize) -> Result<Vec<u16>, EngineError> {
    let mut golden = GoldenEngine::new(model);
    golden.sample(i16::MAX / 4, 1)?;
    golden.feed(&[0], false, &mut Deaf)?;
    let mut text = vec![0];
    while text.len() < tokens {
        text.extend(golden.generate((tokens - text.len()).min(4096) as u16, &mut Deaf)?);
    }
    Ok(text)
}

fn measure(args: &Args, rtl: &mut Rtl, text: &[u16], bar: &ProgressBar) -> Result<Vec<Row>> {
    let (query, mut rows) = (args.query as usize, Vec::new());
    for (at, context) in args.contexts.iter().map(|context| *context as usize).enumerate() {
        rtl.load_stored(at as u16 + 1)?;
        let load = rtl.loads().last().copied().unwrap_or(0);
        let (seeded, one) = read(rtl, &text[context..context + query], bar)?;
        rtl.reset()?;
        let (unseeded, other) = read(rtl, &text[..context + query], bar)?;
        if one != other {
            bail!("behind {context} tokens the stored state leads to token {one}, the text to {other}; please report it");
        }
        rows.push(Row { context, seeded: load + seeded, unseeded });
    }
    Ok(rows)
}

/// Clocks of the passes that read these tokens, and the token after them.
fn read(rtl: &mut Rtl, tokens: &[u16], bar: &ProgressBar) -> Result<(u64, u16)> {
    let before = rtl.passes().len();
    let next = rtl.feed(tokens, false, &mut Ticker(bar))?.next;
    Ok((rtl.passes()[before..].iter().map(|(_, clocks)| clocks).sum(), next))
}

/// Moves the bar.
struct Ticker<'a>(&'a ProgressBar);

impl Listener for Ticker<'_> {
    fn hears_words(&self) -> bool {
        false
    }

    fn begin(&mut self, pass: &[Feed]) -> ControlFlow<()> {
        self.0.inc(pass.len() as u64);
        ControlFlow::Continue(())
    }

    fn word(&mut self, _: Reported) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }

    fn end(&mut self, _: Ended) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }
}

/// What the cycle model says: clocks with the context's state stored, and without.
fn predicted(image: &Image, config: &Config, context: usize, query: usize) -> Option<[u64; 2]> {
    let load = load_cycles(image.header.state_words, config);
    Some([load + read_cycles(image, config, query)?, read_cycles(image, config, context + query)?])
}

fn report(args: &Args, image: &Image, config: &Config, rows: &[Row]) -> Result<Report> {
    let query = args.query as usize;
    let ms = |clocks: u64, hz: u64| clocks as f64 / hz as f64 * 1e3;
    let mut human = format!(
        "clocks of `{}` until the first token is known behind a query of {query} tokens (co-sim)\n",
        config.name
    );
    let (mut all, mut parted) = (Vec::new(), None);
    for row in rows {
        let said = predicted(image, config, row.context, query);
        let agrees = said == Some([row.seeded, row.unseeded]);
        human += &format!(
            "context {:>6}: seeded {:>13} ({:.1} ms), unseeded {:>15} ({:.1} ms), {:.1} times\n",
            row.context,
            grouped(row.seeded),
            ms(row.seeded, config.clock_hz),
            grouped(row.unseeded),
            ms(row.unseeded, config.clock_hz),
            row.unseeded as f64 / row.seeded as f64
        );
        if !agrees {
            parted = Some(format!(
                "context {}: counted {} and {}, the cycle model says {said:?}",
                row.context, row.seeded, row.unseeded
            ));
        }
        let boards = on_boards(image, row.context, query, &mut human)?;
        all.push(json!({
            "context": row.context, "query": query, "ttft_cycles": row.seeded, "ttft_cycles_unseeded": row.unseeded,
            "tag": "co-sim", "predicted": said, "ms": ms(row.seeded, config.clock_hz),
            "ms_unseeded": ms(row.unseeded, config.clock_hz), "boards": boards,
        }));
    }
    Ok(Report { json: json!({ "config": config.name, "rows": all }), human, failure: parted })
}

/// The same on every board whose machine holds the model, by the cycle model at the board's clock.
fn on_boards(image: &Image, context: usize, query: usize, human: &mut String) -> Result<Vec<Value>> {
    let mut all = Vec::new();
    for name in Board::names() {
        let (board, config) = crate::board::resolve(name, None)?;
        if config.admits(image).is_err() {
            continue;
        }
        let Some([seeded, unseeded]) = predicted(image, &config, context, query) else { continue };
        let ms = |clocks: u64| clocks as f64 / board.clock_hz as f64 * 1e3;
        *human += &format!(
            "    {name:14} seeded {:>8.2} ms, unseeded {:>10.2} ms (derived)\n",
            ms(seeded),
            ms(unseeded)
        );
        all.push(json!({
            "board": name, "config": config.name, "clock_hz": board.clock_hz, "ms": ms(seeded),
            "ms_unseeded": ms(unseeded), "tag": "derived",
        }));
    }
    Ok(all)
}

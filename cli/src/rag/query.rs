//! `statestream rag query`: retrieve a chunk, load its state, answer.

use std::path::PathBuf;

use anyhow::{anyhow, bail, Result};
use clap::ValueEnum;
use serde_json::{json, Value};
use statestream_golden::Model;
use statestream_image::chunks::spell;
use statestream_image::config::Config;
use statestream_image::layout::{Chunk, Image};
use statestream_image::vocab::Vocab;
use statestream_sim::cycles::{load_cycles, read_cycles};
use statestream_sim::engine::Deaf;
use statestream_sim::retrieve::{likelihood, Found, Library};

use crate::args::{self, Sampling};
use crate::engines::{Choice, Machine};
use crate::files::ImageFile;
use crate::rag::library;
use crate::report::{grouped, table, Report};
use crate::text::{Scribe, Written};

/// Ask, and have the answer begin from a chunk's state
///
/// The best chunk is found by BM25 over the chunks' words, or with `--by likelihood` among BM25's candidates by how likely each chunk's
/// state makes the question. The machine loads that state from its own flash, reads the question and writes N tokens.
/// `ttft_cycles` are the clocks of loading the state and of reading the question, until the first token of the answer is known;
/// `ttft_cycles_unseeded` those of reading the chunk's text and the question. `co-sim`: counted at the pins; `derived`: from the cycle
/// model. The serial line's time is in neither.
#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  statestream rag query library.img \"What says the miller?\" -n 80\n  statestream rag query library.img \"What says the miller?\" -n 16 --engine rtl --config up5k\n  statestream rag query library.img \"the tide\" -n 80 --by likelihood --candidates 8 --temperature 0.7 --json"
)]
pub struct Args {
    /// Image that `rag build` wrote
    image: PathBuf,
    /// The question
    #[arg(value_name = "TEXT", allow_hyphen_values = true)]
    text: String,
    /// Tokens to write
    #[arg(short, value_name = "N")]
    n: usize,
    /// How the chunk is found
    #[arg(long, value_enum, default_value = "words")]
    by: By,
    /// Chunks that `--by likelihood` tries: BM25's best, filled up in order
    #[arg(long, value_name = "K", default_value_t = 4, value_parser = clap::value_parser!(u16).range(1..))]
    candidates: u16,
    /// At most this many tokens share one pass over the weights; 1 switches guesses off [default: what the configuration has]
    #[arg(long, value_name = "T", value_parser = args::number::<u16>)]
    tokens_per_pass: Option<u16>,
    #[command(flatten)]
    choice: Choice,
    #[command(flatten)]
    sampling: Sampling,
}

/// How a chunk is found.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum By {
    /// By the words it has in common with the question (BM25)
    Words,
    /// By how likely its state makes the question
    Likelihood,
}

/// Clocks until the first token of the answer, and where they come from.
struct Wait {
    seeded: u64,
    unseeded: u64,
    tag: &'static str,
}

/// Runs the command.
pub fn run(args: &Args, json: bool) -> Result<Report> {
    let file = library(&args.image)?;
    let image = &file.image;
    let question = question(&args.text, image)?;
    let chosen = args.choice.resolve()?;
    let group = args::tokens_per_pass(args.tokens_per_pass, chosen.most_tokens(), &chosen.config)?;
    let model = Model::new(image).map_err(|error| crate::files::at(&args.image, error))?;
    let mut machine = chosen.start(&args.image, &file, &model, args.sampling.seed)?;
    machine.engine().group(group).map_err(refused)?;
    let (books, most) = (Library::new(&image.meta.chunks), usize::from(args.candidates));
    let found = match args.by {
        By::Words => by_words(&books, &args.text, most)?,
        By::Likelihood => by_likelihood(&books, &args.text, most, &question, image, &mut machine)?,
    };
    let before = counted(&machine);
    let written = answer(args, &file, found[0].chunk, &question, &mut machine, json)?;
    let config = Config { tokens: usize::from(group), ..chosen.config.clone() };
    let wait = wait(&machine, before, image, &config, &image.meta.chunks[found[0].chunk], question.len());
    Ok(report(image, &found, &written, &wait, &config))
}

fn refused(error: impl std::fmt::Display) -> anyhow::Error {
    anyhow!("{error}")
}

/// Its tokens, without what the vocabulary lacks.
pub fn question(text: &str, image: &Image) -> Result<Vec<u16>> {
    let vocab = Vocab::new(&image.meta.vocab);
    let spelt = spell(text, &vocab);
    let tokens = vocab.encode(&spelt.text).map_err(refused)?;
    if tokens.len() < 2 {
        bail!("the question {text:?} has {} token(s) of the model's vocabulary, but needs two: one to begin with and one to weigh; ask something longer", tokens.len());
    }
    Ok(tokens)
}

/// The chunks that have words in common with the question, the best first.
fn by_words(books: &Library, text: &str, most: usize) -> Result<Vec<Found>> {
    let found = books.search(text, most);
    match found.is_empty() {
        true => bail!("no chunk has a word of {text:?}, and words are what it is looked up by; ask in the documents' words, or with --by likelihood"),
        false => Ok(found),
    }
}

/// The chunks whose states are tried, the one first that makes the question likeliest.
pub fn by_likelihood(
    books: &Library,
    text: &str,
    most: usize,
    question: &[u16],
    image: &Image,
    machine: &mut Machine,
) -> Result<Vec<Found>> {
    // Words in common are a hint here, not a condition.
    let found = books.search(text, most);
    let others = (0..image.meta.chunks.len()).filter(|chunk| found.iter().all(|hit| hit.chunk != *chunk));
    let tried: Vec<usize> = found.iter().map(|hit| hit.chunk).chain(others).take(most).collect();
    likelihood(machine.engine(), tried, question, image.header.logit_frac).map_err(refused)
}

fn answer(
    args: &Args,
    file: &ImageFile,
    chunk: usize,
    question: &[u16],
    machine: &mut Machine,
    json: bool,
) -> Result<Written> {
    let word = args.sampling.word(&file.image.header)?;
    let engine = machine.engine();
    engine.load_stored(chunk as u16 + 1).map_err(refused)?;
    engine.sample(word, args.sampling.seed).map_err(refused)?;
    let mut deaf = Deaf;
    let mut scribe = Scribe::new(&file.image.meta.vocab, !json, &mut deaf);
    scribe.write(engine, question, args.n).map_err(refused)?;
    Ok(scribe.written())
}

/// Loads and passes so far, where the machine's pins are seen.
fn counted(machine: &Machine) -> Option<(usize, usize)> {
    match machine {
        Machine::Simulated(rtl) if rtl.is_traced() => Some((rtl.loads().len(), rtl.passes().len())),
        _ => None,
    }
}

fn wait(
    machine: &Machine,
    before: Option<(usize, usize)>,
    image: &Image,
    config: &Config,
    chunk: &Chunk,
    question: usize,
) -> Wait {
    let load = load_cycles(image.header.state_words, config);
    let read = |tokens: usize| read_cycles(image, config, tokens).unwrap_or(0);
    let unseeded = read(chunk.tokens as usize + question);
    match (machine, before) {
        (Machine::Simulated(rtl), Some((loads, passes))) => {
            let reading = question.div_ceil(config.tokens);
            let read: u64 = rtl.passes()[passes..].iter().take(reading).map(|(_, clocks)| clocks).sum();
            Wait { seeded: rtl.loads()[loads] + read, unseeded, tag: "co-sim" }
        }
        _ => Wait { seeded: load + read(question), unseeded, tag: "derived" },
    }
}

fn report(image: &Image, found: &[Found], written: &Written, wait: &Wait, config: &Config) -> Report {
    let best = found[0];
    let chunk = &image.meta.chunks[best.chunk];
    let as_json = |hit: &Found| -> Value { json!({ "chunk": hit.chunk, "score": hit.score }) };
    let json = json!({
        "chunk": best.chunk, "source": chunk.source, "at": chunk.at, "chunk_tokens": chunk.tokens, "score": best.score,
        "found": found.iter().map(as_json).collect::<Vec<_>>(),
        "text": written.text, "tokens": written.tokens, "passes": written.passes,
        "ttft_cycles": wait.seeded, "ttft_tag": wait.tag,
        "ttft_cycles_unseeded": wait.unseeded, "ttft_unseeded_tag": "derived", "config": config.name,
    });
    let ms = |clocks: u64| format!("{:.1} ms", clocks as f64 / config.clock_hz as f64 * 1e3);
    let time =
        |clocks, tag| format!("{} clocks of `{}`, {} ({tag})", grouped(clocks), config.name, ms(clocks));
    let rows = table(&[
        ("chunk", format!("{} of {}", best.chunk, image.meta.chunks.len())),
        ("from", format!("{}, character {}, {} tokens", chunk.source, chunk.at, chunk.tokens)),
        ("score", format!("{:.3}", best.score)),
        ("first token after", time(wait.seeded, wait.tag)),
        ("without its state", time(wait.unseeded, "derived")),
    ]);
    Report::done(json, format!("\n\n{rows}"))
}

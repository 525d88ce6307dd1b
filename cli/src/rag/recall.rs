//! `statestream rag recall`: how often each way finds the chunk that a question was taken from.

use std::path::PathBuf;

use anyhow::{bail, Result};
use serde_json::json;
use statestream_golden::Model;
use statestream_image::layout::Image;
use statestream_image::rng::Rng;
use statestream_sim::retrieve::Library;

use crate::engines::Machine;
use crate::rag::library;
use crate::rag::query::{by_likelihood, question};
use crate::report::{table, Report};
use crate::{files, progress};

/// Measure retrieval: recall at 1 by words and by likelihood
///
/// From every chunk a run of characters is taken, and looked up as a question (known-item search). `recall_words` is the share of them
/// that BM25 finds first, `recall_likelihood` that of those whose own chunk makes them likeliest among the candidates.
#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  statestream rag recall library.img\n  statestream rag recall library.img --length 16 --candidates 16 --seed 7 --json"
)]
pub struct Args {
    /// Image that `rag build` wrote
    image: PathBuf,
    /// Characters of a question
    #[arg(long, value_name = "N", default_value_t = 32, value_parser = clap::value_parser!(u16).range(2..))]
    length: u16,
    /// Chunks that likelihood chooses from: BM25's best, filled up in order
    #[arg(long, value_name = "K", default_value_t = 8, value_parser = clap::value_parser!(u16).range(1..))]
    candidates: u16,
    /// Seed of the questions' places
    #[arg(long, value_name = "S", default_value_t = 1)]
    seed: u64,
}

/// Runs the command.
pub fn run(args: &Args) -> Result<Report> {
    let image = library(&args.image)?.image;
    let model = Model::new(&image).map_err(|error| files::at(&args.image, error))?;
    let mut machine = Machine::golden(&model);
    let questions = questions(args, &image)?;
    let (books, most) = (Library::new(&image.meta.chunks), usize::from(args.candidates));
    let (bar, mut hits) = (progress::bar().with_message("asking"), [0usize; 2]);
    bar.set_length(questions.len() as u64);
    for (chunk, text) in &questions {
        let words = books.search(text, 1);
        let tokens = question(text, &image)?;
        let likely = by_likelihood(&books, text, most, &tokens, &image, &mut machine)?;
        hits[0] += usize::from(words.first().is_some_and(|hit| hit.chunk == *chunk));
        hits[1] += usize::from(likely[0].chunk == *chunk);
        bar.inc(1);
    }
    bar.finish_and_clear();
    Ok(report(args, questions.len(), hits))
}

/// A run of characters of every chunk that is long enough, with the chunk's number.
fn questions(args: &Args, image: &Image) -> Result<Vec<(usize, String)>> {
    let (mut rng, length) = (Rng::new(args.seed), usize::from(args.length));
    let mut all = Vec::new();
    for (chunk, text) in image.meta.chunks.iter().map(|chunk| &chunk.text).enumerate() {
        let characters: Vec<char> = text.trim().chars().collect();
        if characters.len() >= length {
            let from = rng.below(characters.len() - length + 1);
            all.push((chunk, characters[from..from + length].iter().collect()));
        }
    }
    match all.is_empty() {
        true => bail!("no chunk has {length} characters, but a question takes as many from one; give a smaller --length"),
        false => Ok(all),
    }
}

fn report(args: &Args, asked: usize, [words, likely]: [usize; 2]) -> Report {
    let share = |hits: usize| hits as f64 / asked as f64;
    let json = json!({
        "questions": asked, "length": args.length, "candidates": args.candidates,
        "recall_words": share(words), "recall_likelihood": share(likely),
    });
    let human = table(&[
        ("questions", format!("{asked}, of {} characters", args.length)),
        ("recall at 1, words (BM25)", format!("{:.3}", share(words))),
        ("recall at 1, likelihood", format!("{:.3}, of {} candidates", share(likely), args.candidates)),
    ]);
    Report::done(json, human)
}

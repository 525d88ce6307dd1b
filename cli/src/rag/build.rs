//! `statestream rag build`: documents to chunks, chunks to stored states.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use anyhow::{anyhow, bail, Result};
use rayon::prelude::*;
use serde_json::json;
use statestream_golden::{Model, State};
use statestream_image::chunks::{cut, spell, Piece};
use statestream_image::layout::{Chunk, Image};
use statestream_image::vocab::Vocab;

use crate::rag::documents::{self, Document};
use crate::rag::store::Store;
use crate::report::{grouped, table, Report};
use crate::{files, progress};

/// Stored states at most, the initial one included: their number has 16 bits.
const MOST_STATES: usize = 65535;
/// Bytes that a flash address reaches.
const MOST_BYTES: usize = 1 << 24;

/// Store what documents leave behind
///
/// Cuts the documents into chunks, reads each once with the golden model on all cores, and writes the image with a state for each
/// chunk: the same weights, the same model id. Characters that the vocabulary lacks are left out and counted. A build that is
/// stopped goes on where it was; the same image, documents and flags give the same bytes. Chunks that the image had are replaced.
#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  statestream rag build m.img models/documents -o library.img\n  statestream rag build m.img guide.md notes/ -o library.img --chunk 512"
)]
pub struct Args {
    /// Packed image
    image: PathBuf,
    /// Text or Markdown files, or folders of them
    #[arg(required = true, value_name = "DOCS")]
    documents: Vec<PathBuf>,
    /// Image to write
    #[arg(short, long, value_name = "IMAGE2")]
    output: PathBuf,
    /// Tokens of a chunk at most; it ends behind a paragraph, a line, a sentence or a word
    #[arg(long, value_name = "N", default_value_t = 256, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    chunk: u32,
}

/// Pieces of all documents.
#[derive(Default)]
struct Cut {
    pieces: Vec<(String, Piece)>,
    dropped: BTreeMap<char, usize>,
}

/// Runs the command.
pub fn run(args: &Args) -> Result<Report> {
    let mut image = files::read_image(&args.image)?.image;
    let model = Model::new(&image).map_err(|error| files::at(&args.image, error))?;
    let documents = documents::read(&args.documents)?;
    let cut = cut_all(&documents, &image.meta.vocab, args.chunk as usize)?;
    check_room(&image, cut.pieces.len())?;
    let start = Instant::now();
    let states_kept = Store::beside(&args.output)?;
    let (states, resumed) = read_all(&states_kept, &model, &cut.pieces)?;
    let seconds = start.elapsed().as_secs_f64();
    store(&mut image, &cut.pieces, &states);
    let bytes = image.seal();
    files::write(&args.output, &bytes)?;
    states_kept.remove();
    Ok(report(args, &image, &cut, documents.len(), Made { bytes: bytes.len(), resumed, seconds }))
}

fn cut_all(documents: &[Document], vocab: &[String], most: usize) -> Result<Cut> {
    let (vocab, mut all) = (Vocab::new(vocab), Cut::default());
    for document in documents {
        let spelt = spell(&document.text, &vocab);
        all.pieces.extend(cut(&spelt, &vocab, most).into_iter().map(|piece| (document.name.clone(), piece)));
        spelt
            .dropped
            .iter()
            .for_each(|(character, times)| *all.dropped.entry(*character).or_default() += times);
    }
    match all.pieces.is_empty() {
        true => bail!("the documents have no text that the model's vocabulary can spell, but a chunk needs a token; give documents in its characters"),
        false => Ok(all),
    }
}

/// Do the states fit the image's count, and the image a flash?
fn check_room(image: &Image, chunks: usize) -> Result<()> {
    let each = 2 * image.header.state_words + 4;
    let bytes = image.header.states_at.saturating_add(each.saturating_mul(chunks + 1));
    if chunks >= MOST_STATES {
        bail!("{chunks} chunks make as many stored states, an image counts {MOST_STATES} with the initial one; give a larger --chunk or fewer documents");
    }
    if bytes > MOST_BYTES {
        bail!("{chunks} chunks of {each} bytes make an image of {bytes} bytes, a flash address reaches {MOST_BYTES}; give a larger --chunk or fewer documents");
    }
    Ok(())
}

/// Every chunk's state, and how many were there from a build before.
fn read_all(store: &Store, model: &Model, pieces: &[(String, Piece)]) -> Result<(Vec<State>, usize)> {
    let resumed = AtomicUsize::new(0);
    let bar = progress::bar().with_message("reading chunks");
    bar.set_length(pieces.len() as u64);
    let states = pieces.par_iter().map(|(_, piece)| {
        let (state, kept) = store.state(model, &piece.tokens)?;
        resumed.fetch_add(usize::from(kept), Ordering::Relaxed);
        bar.inc(1);
        Ok(state)
    });
    let states = states.collect::<Result<Vec<State>>>().map_err(|error| anyhow!("{error}"));
    bar.finish_and_clear();
    Ok((states?, resumed.into_inner()))
}

fn store(image: &mut Image, pieces: &[(String, Piece)], states: &[State]) {
    image.states.truncate(1);
    image.states.extend(states.iter().map(|state| state.words().to_vec()));
    let chunk = |(source, piece): &(String, Piece)| Chunk {
        source: source.clone(),
        at: piece.at,
        tokens: piece.tokens.len() as u32,
        text: piece.text.clone(),
    };
    image.meta.chunks = pieces.iter().map(chunk).collect();
}

/// What came of it.
struct Made {
    bytes: usize,
    resumed: usize,
    seconds: f64,
}

fn report(args: &Args, image: &Image, cut: &Cut, documents: usize, made: Made) -> Report {
    let chunks = cut.pieces.len();
    let tokens: usize = cut.pieces.iter().map(|(_, piece)| piece.tokens.len()).sum();
    let state_bytes = 2 * image.header.state_words;
    let dropped: usize = cut.dropped.values().sum();
    let json = json!({
        "image": args.output.display().to_string(), "chunks": chunks, "documents": documents, "tokens": tokens,
        "state_bytes": state_bytes, "bytes": made.bytes, "resumed": made.resumed, "dropped": dropped,
        "dropped_characters": cut.dropped.keys().collect::<String>(),
        "tokens_per_s": tokens as f64 / made.seconds,
    });
    let human = table(&[
        ("image", args.output.display().to_string()),
        ("documents", grouped(documents as u64)),
        ("chunks", format!("{}, {} of them from a build before", grouped(chunks as u64), made.resumed)),
        ("tokens", grouped(tokens as u64)),
        ("bytes of a state", grouped(state_bytes as u64)),
        ("bytes", grouped(made.bytes as u64)),
        ("characters left out", left_out(&cut.dropped)),
    ]);
    Report::done(json, human)
}

/// How many, and the first few.
fn left_out(dropped: &BTreeMap<char, usize>) -> String {
    let named: Vec<String> = dropped.iter().take(8).map(|(c, times)| format!("{c:?} {times}")).collect();
    match dropped.values().sum::<usize>() {
        0 => "none".into(),
        all => format!("{}, which the vocabulary lacks: {}", grouped(all as u64), named.join(", ")),
    }
}

//! `statestream rag`: documents as stored states, and questions that begin from one of them.

use anyhow::Result;

use crate::rag::{build, query, recall, ttft};
use crate::report::Report;

/// Answer from documents whose states are stored
///
/// A model of state-space layers is Markov: all that a text does to it is the state it leaves. So a text can be read once, offline,
/// and its state stored in the image; the machine loads it from its own flash by its number, and the text costs nothing when the question comes.
#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  statestream rag build m.img models/documents -o library.img\n  statestream rag query library.img \"What says the miller?\" -n 80\n  statestream rag query library.img \"What says the miller?\" -n 16 --engine rtl --config up5k\n  statestream rag recall library.img\n  statestream rag ttft m.img --config up5k --contexts 64,256 --svg ttft.svg"
)]
pub struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(clap::Subcommand)]
enum Verb {
    Build(build::Args),
    Query(query::Args),
    Recall(recall::Args),
    Ttft(ttft::Args),
}

/// Runs the command.
pub fn run(args: &Args, json: bool) -> Result<Report> {
    match &args.verb {
        Verb::Build(args) => build::run(args),
        Verb::Query(args) => query::run(args, json),
        Verb::Recall(args) => recall::run(args),
        Verb::Ttft(args) => ttft::run(args),
    }
}

//! What can go wrong on the way to a board.

use std::io;
use std::path::PathBuf;

use statestream_hdl::emit::EmitError;
use statestream_sim::cache::FileError;

/// Why a step towards a board cannot be done. A check that fails is no error: see [`crate::place::Failure`].
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FpgaError {
    /// The generator builds no such machine.
    #[error(transparent)]
    Emit(#[from] EmitError),
    /// No folder of `fpga/boards`.
    #[error("board `{name}` is not in fpga/boards, which has {known}; choose one of these")]
    NoBoard {
        /// What was asked for.
        name: String,
        /// All names.
        known: String,
    },
    /// A `board.toml` that cannot be read.
    #[error("fpga/boards/{board}/board.toml: {reason}; every board needs the fields of `Board`")]
    BoardFile {
        /// The board.
        board: String,
        /// The parser's words.
        reason: String,
    },
    /// A configuration for another family.
    #[error("configuration `{config}` keeps its state in SPRAM, and the {part} of board `{board}` has none; choose --config {default}")]
    NoSpram {
        /// The configuration.
        config: String,
        /// The board.
        board: String,
        /// Its part.
        part: String,
        /// What the board is for.
        default: String,
    },
    /// A configuration whose flash no shell has.
    #[error("configuration `{config}` takes eight bits in a clock, and the shells of fpga/boards have one flash on four lines; choose a --config with flash = \"quad\"")]
    NoShell {
        /// The configuration.
        config: String,
    },
    /// Neither this folder nor one above it is a checkout.
    #[error("no folder from {searched} upward holds tools/yosys; run scripts/setup.sh in the checkout, or use --native")]
    NoCheckout {
        /// Where the search began.
        searched: PathBuf,
    },
    /// A tool is not there.
    #[error("{tool} is not installed: {reason}; {next}")]
    Missing {
        /// The program.
        tool: String,
        /// What was said when it was started.
        reason: String,
        /// How to get it.
        next: String,
    },
    /// A tool ran and failed.
    #[error("{tool} failed ({status}): {text}; the whole output is in {log}")]
    Tool {
        /// The program.
        tool: String,
        /// Its exit status, in words.
        status: String,
        /// The last lines it printed.
        text: String,
        /// All it printed.
        log: PathBuf,
    },
    /// No threads for the seeds.
    #[error("no threads for the seeds: {reason}; end other programs and run the command again")]
    Threads {
        /// What was said.
        reason: String,
    },
    /// Nothing to place.
    #[error("--seeds 0 places nothing; give at least 1")]
    NoSeeds,
    /// A tool's output is not what its reader knows.
    #[error("{path}: {reason}; the tools of requirements-hw.txt write another form, run scripts/setup.sh")]
    Output {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A file could not be read or written.
    #[error("cannot {action} {path}: {source}; choose a place that exists and may be written")]
    File {
        /// The attempted action, a verb.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

impl From<FileError> for FpgaError {
    fn from(error: FileError) -> FpgaError {
        let FileError { action, path, source } = error;
        FpgaError::File { action, path, source }
    }
}

/// Turns an error of the system into one that names action and file.
pub(crate) fn file_error<'a>(
    action: &'static str,
    path: &'a std::path::Path,
) -> impl FnOnce(io::Error) -> FpgaError + 'a {
    move |source| FileError::of(action, path)(source).into()
}

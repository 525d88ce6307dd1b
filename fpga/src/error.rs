//! What can go wrong on the way to a board.

use std::io;
use std::path::PathBuf;

use statestream_hdl::emit::EmitError;

/// Why a step towards a board cannot be done. A check that fails is no error.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FpgaError {
    /// The generator builds no such machine.
    #[error(transparent)]
    Emit(#[from] EmitError),
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

/// Turns an error of the system into one that names action and file.
pub(crate) fn file_error<'a>(
    action: &'static str,
    path: &'a std::path::Path,
) -> impl FnOnce(io::Error) -> FpgaError + 'a {
    move |source| FpgaError::File { action, path: path.into(), source }
}

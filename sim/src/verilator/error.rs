//! What can go wrong between Verilog text and a running model.

use std::io;
use std::path::PathBuf;

use crate::cache::FileError;

/// A failure of the simulator binding.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VerilatorError {
    /// Neither the environment nor a folder above names a simulator.
    #[error(
        "no simulator: STATESTREAM_VERILATOR is not set and no folder from {searched} upward holds \
         tools/verilator; run scripts/setup.sh in the checkout, or set STATESTREAM_VERILATOR"
    )]
    NoTool {
        /// Where the search began.
        searched: PathBuf,
    },
    /// The program is named but the system cannot start it.
    #[error("`{tool}` cannot be started: {source}; run scripts/setup.sh")]
    Start {
        /// The program.
        tool: String,
        /// What the system said.
        source: io::Error,
    },
    /// The wrapper is there, the tool behind it is not.
    #[error("`{tool}` is not installed; run scripts/setup.sh\n{text}")]
    NotInstalled {
        /// The program.
        tool: String,
        /// All it printed.
        text: String,
    },
    /// A tool ran and refused its input.
    #[error("{step} of model `{top}` failed ({status}); its input is in {folder}\n{text}")]
    Refused {
        /// What was being done: `translation`, `library`, `compilation`.
        step: &'static str,
        /// The model's top module.
        top: String,
        /// The exit status, in words.
        status: String,
        /// Where the sources and the shim lie.
        folder: PathBuf,
        /// All the tool printed.
        text: String,
    },
    /// Lint found something.
    #[error("lint of `{top}` is not clean; correct the Verilog or waive the message by its text, with a reason\n{text}")]
    Lint {
        /// The top module.
        top: String,
        /// All the tool printed.
        text: String,
    },
    /// A file could not be read or written.
    #[error("cannot {action} {path}: {source}")]
    File {
        /// The attempted action, a verb.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A name that cannot be a Verilog identifier or a plain file name.
    #[error("`{name}` cannot name a {what}: {rule}")]
    Name {
        /// What it was to name.
        what: &'static str,
        /// The name.
        name: String,
        /// What is allowed.
        rule: &'static str,
    },
    /// A port without bits.
    #[error("port `{port}` is declared with {width} bits; a port has 1 to 65536")]
    PortWidth {
        /// The port.
        port: String,
        /// Its declared width.
        width: u32,
    },
    /// The model's file could not be loaded.
    #[error("model {path} cannot be loaded: {reason}; delete its folder and build again")]
    Load {
        /// The shared object.
        path: PathBuf,
        /// What the loader said.
        reason: String,
    },
    /// The build did not declare this port.
    #[error("model `{top}` has no {direction} `{port}`; it has {known}")]
    NoPort {
        /// The top module.
        top: String,
        /// `input` or `output`.
        direction: &'static str,
        /// The port asked for.
        port: String,
        /// The ports of that direction.
        known: String,
    },
    /// The handle's type does not fit the port's width.
    #[error("port `{port}` of `{top}` has {width} bits and is accessed as {fits}, not as {asked}")]
    HandleWidth {
        /// The top module.
        top: String,
        /// The port.
        port: String,
        /// Its width.
        width: u32,
        /// The type that fits.
        fits: &'static str,
        /// The type asked for.
        asked: &'static str,
    },
    /// The model was built without what is asked of it.
    #[error("model `{top}` was built without {what}; ask for it in `Build`")]
    NotBuilt {
        /// The top module.
        top: String,
        /// `waves`, `coverage` or `replay`.
        what: &'static str,
    },
    /// A recorded stimulus that is no whole number of steps.
    #[error("a stimulus of {bytes} bytes is no multiple of {step} bytes, one step of `{top}`")]
    Stimulus {
        /// The top module.
        top: String,
        /// Bytes given.
        bytes: usize,
        /// Bytes per step.
        step: usize,
    },
    /// A line of a coverage file that is not understood.
    #[error("coverage file, line {line}: `{text}` is no point")]
    CoverageLine {
        /// The line, from 1.
        line: usize,
        /// Its text.
        text: String,
    },
}

impl From<FileError> for VerilatorError {
    fn from(error: FileError) -> VerilatorError {
        let FileError { action, path, source } = error;
        VerilatorError::File { action, path, source }
    }
}

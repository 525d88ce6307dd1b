//! Mutants: machines in which one cell of one module is wrong, as yosys' `mutate` draws them, and what tells them from sound ones.
//!
//! ```text
//! Verilog ── yosys: mutate -list ── mutations ── yosys: mutate -ctrl ── a batch: all of them in one text,
//!                                                                      asleep until `mutsel` says which
//!                      batch ── Verilator ── one instance per mutant ── the first quick vectors ── killed, or not
//!              not killed ── yosys: the whole machine, registers and memories cut open ── equal, or not
//!               not equal ── alone in a machine ── Verilator ── the other vectors, random cases ── killed, or a survivor
//! ```

mod alone;
mod batch;
mod equal;
mod kept;
mod list;
mod stray;
mod survivors;
mod yosys;

use serde::{Deserialize, Serialize};
use statestream_image::config::{Config, FlashBus};

use crate::cache::FileError;
use crate::engine::EngineError;
use crate::stimulus::{long, variant, wired};
use crate::vectors::Flaw;

pub use batch::{Batch, MOST};
pub use equal::proved_equal;
pub use kept::Depth;
pub use list::{Mode, Mutation};
pub use survivors::{Survivor, Verdict};
pub use yosys::Yosys;

/// A machine to be mutated.
pub struct Subject {
    /// Its name.
    pub name: &'static str,
    config: fn() -> Result<Config, String>,
    /// Mutations drawn over the whole machine.
    pub drawn: usize,
    /// At least so many of every module, if it has them.
    pub each: usize,
    /// Only modules that no subject before it has.
    pub news_only: bool,
}

/// Of the list of the first, the quick campaign judges every so-manyth mutant.
pub const SAMPLE: usize = 26;

/// All of them. Every module that a configuration can have is in one.
pub const SUBJECTS: [Subject; 4] = [
    Subject { name: "wide", config: || tokens("tiny"), drawn: 1050, each: 7, news_only: false },
    Subject { name: "ternary", config: || tokens("tiny-ternary"), drawn: 0, each: 14, news_only: true },
    Subject { name: "dual", config: || eight(FlashBus::Dual), drawn: 0, each: 14, news_only: true },
    Subject { name: "dtr", config: || eight(FlashBus::Dtr), drawn: 0, each: 14, news_only: true },
];

fn tokens(name: &str) -> Result<Config, String> {
    let config = Config::named(name).map_err(|error| error.to_string())?;
    // The fastest line that is allowed, since most of the vectors' clocks are the line's, and an address with high bits.
    Ok(Config { uart_divisor: 4, flash_base: 0xa5_5a50, ..variant(&config, 4) })
}

fn eight(flash: FlashBus) -> Result<Config, String> {
    Ok(wired(&long(&tokens("tiny")?), flash))
}

impl Subject {
    /// Its configuration.
    pub fn config(&self) -> Result<Config, MutantError> {
        (self.config)().map_err(MutantError::Config)
    }
}

/// What became of a mutant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Fate {
    /// A scene of the quick vectors went otherwise.
    Killed(Flaw),
    /// Proved to be the sound machine.
    Equal,
    /// Neither.
    Survived,
}

/// Why mutants cannot be made or judged.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MutantError {
    /// The configuration.
    #[error("{0}")]
    Config(String),
    /// No yosys.
    #[error("yosys cannot be run: {reason}; run scripts/setup.sh")]
    Missing {
        /// Why.
        reason: String,
    },
    /// yosys refused a script.
    #[error("yosys refuses the script of {what}: {text}; its log is {log}", log = log.display())]
    Refused {
        /// What the script was to make.
        what: String,
        /// What it said.
        text: String,
        /// Everything that it said.
        log: std::path::PathBuf,
    },
    /// A line that is no mutation.
    #[error("`{line}` is no mutation as yosys' `mutate -list` writes them; make the list again")]
    Line {
        /// The line.
        line: String,
    },
    /// The sound machine does not do what the vectors say.
    #[error("the sound machine {subject}: {flaw}")]
    Unsound {
        /// Which machine.
        subject: String,
        /// What it does otherwise.
        flaw: Flaw,
    },
    /// The list of verdicts.
    #[error("{file}: {reason}; edit the file")]
    Verdicts {
        /// The file.
        file: &'static str,
        /// What is wrong.
        reason: String,
    },
    /// A file.
    #[error(transparent)]
    File(#[from] FileError),
    /// The simulation.
    #[error(transparent)]
    Engine(#[from] EngineError),
}

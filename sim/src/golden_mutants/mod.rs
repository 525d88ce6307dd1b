//! Golden models with one wrong constant: a machine's record must tell each of them from the sound one.
//!
//! ```text
//!          ┌─ Verilated machine ───────────────── record: every word, pass, answer, state and saturation
//! script ──┤                                             │
//!          └─ copy of golden, one text changed ── what golden/examples/replay.rs prints: equal, or killed
//! ```
//!
//! That is lockstep with golden in a process of its own: a constant cannot be changed in a program that is already compiled. The copy is made of
//! the checkout's sources, in `target/mutants/golden`; without a change it must print the record.

mod copy;
mod list;
mod record;
mod scripts;

use std::path::PathBuf;

use crate::cache::FileError;
use crate::engine::EngineError;
use crate::mutation::replaced;
use crate::verilator::VerilatorError;

pub use copy::Workshop;
pub use list::MUTANTS;
pub use record::{Difference, Record};
pub use scripts::{scripts, Script};

/// A wrong constant: another text in one file of `golden/src`. The text before is there exactly once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mutant {
    /// What is wrong.
    pub name: &'static str,
    /// The file, without folder and `.rs`; most are stages.
    pub file: &'static str,
    /// The text before.
    pub from: &'static str,
    /// The text after.
    pub to: &'static str,
}

/// Why a mutant cannot be judged.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GoldenMutantError {
    /// The source is not what the mutant was made for.
    #[error("mutant `{mutant}`: `{from}` is {count} times in golden/src/{file}.rs and must be there once; choose another text in sim/src/golden_mutants/list.rs")]
    Pattern {
        /// Its name.
        mutant: String,
        /// The file.
        file: String,
        /// The text before.
        from: String,
        /// How often it is there.
        count: usize,
    },
    /// The compiler refuses it, or was not asked.
    #[error("golden with `{what}` is not built: {text}; what cargo was given is in {}", folder.display())]
    Build {
        /// The mutant.
        what: String,
        /// All that cargo printed.
        text: String,
        /// The copy.
        folder: PathBuf,
    },
    /// Golden as it is says something else than the machine.
    #[error("golden and the machine part: {0}; run statestream verify --only lockstep")]
    Sound(Difference),
    /// A manifest cannot be read or written.
    #[error("{}: {reason}; correct the manifest", manifest.display())]
    Manifest {
        /// The file.
        manifest: PathBuf,
        /// Why not.
        reason: String,
    },
    /// No such configuration.
    #[error("{0}; name another one in sim/src/golden_mutants/scripts.rs")]
    Config(String),
    /// The machine gave up.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// A program is not there.
    #[error(transparent)]
    Tool(#[from] VerilatorError),
    /// A file.
    #[error("{0}; choose a place that may be written")]
    File(#[from] FileError),
}

impl Mutant {
    /// The source with the wrong constant.
    pub fn apply(&self, source: &str) -> Result<String, GoldenMutantError> {
        let Mutant { name, file, from, to } = *self;
        let [mutant, file] = [name, file].map(String::from);
        replaced(source, from, to).map_err(|count| GoldenMutantError::Pattern {
            mutant,
            file,
            from: from.into(),
            count,
        })
    }
}

//! Formal proofs: statements about modules of the emitted Verilog that hold for all inputs and all time.
//!
//! ```text
//! emitted Verilog ─┐                      ┌─ pass: by k-induction, so for all time
//! sim/proofs/x.sv ─┴─ sby, yosys, yices ──┼─ fail: a trace from power-up that breaks the statement
//!                                         └─ unknown: neither
//! ```
//!
//! A proof that cannot fail proves nothing, so every one has planted bugs ([`Bug`]): changes of the emitted text, for each of which the solver
//! must find a trace from power-up that breaks the same statement. `docs/verification.md` has the table of all.

mod list;
mod sby;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use statestream_hdl::machine;
use statestream_image::config::{Config, FlashBus};

use crate::cache::{FileError, LockedFolder};
use crate::mutation::{apply_all, Edit, MutationError};

pub use list::ALL;
pub use sby::Sby;

/// A statement about modules of the machine, and how it is proved.
#[derive(Debug)]
pub struct Proof {
    /// Its name: the property file is `sim/proofs/NAME.sv`.
    pub name: &'static str,
    /// The modules whose text it is about, without the prefix `statestream_`, children included.
    pub modules: &'static [&'static str],
    /// What holds, in one sentence.
    pub statement: &'static str,
    /// The property file's text.
    text: &'static str,
    /// k of the k-induction, clocks.
    pub depth: u32,
    /// Changes that make the module small enough for the solver; none in most.
    reduced: &'static [Edit],
    /// A definition with which [`Effort::Full`] proves it once more, on a longer way.
    thorough: Option<&'static str>,
    /// Changes that make a boot short, so that a bug behind it is found soon. They serve bugs alone.
    hasty: &'static [Edit],
    /// Changes for each of which it must fail.
    pub bugs: &'static [Bug],
}

/// A planted bug.
#[derive(Debug)]
pub struct Bug {
    /// What is wrong.
    pub name: &'static str,
    edits: &'static [Edit],
    /// It is looked for from the first of these clocks on, counted from power-up, and is seen before the second: asking the solver about every
    /// clock before would take most of the time.
    pub clocks: [u32; 2],
}

/// What the solver says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// The statement holds.
    Pass,
    /// It does not: the assertions that a trace breaks.
    Fail(Vec<String>),
    /// Neither was shown, within depth and time: the assertions that are not inductive.
    Unknown(Vec<String>),
}

/// A verdict, what it took, and where its files lie.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// The verdict.
    pub verdict: Verdict,
    /// How long it took.
    pub time: Duration,
    /// The Verilog, the property file, logs and traces.
    pub folder: PathBuf,
}

/// How much is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effort {
    /// Each statement, about one configuration.
    Quick,
    /// About all configurations, and the longer ways.
    Full,
}

/// Why there is no verdict.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProofError {
    /// sby, yosys or the solver is not there.
    #[error("sby cannot be run: {reason}; run scripts/setup.sh")]
    Missing {
        /// What was said.
        reason: String,
    },
    /// The tools refused the text.
    #[error("proof {proof}: {text}; the whole output is in {log}")]
    Refused {
        /// The proof.
        proof: String,
        /// The last line that says why.
        text: String,
        /// All the tools printed.
        log: PathBuf,
    },
    /// An edit does not fit the Verilog.
    #[error("proof {proof}: {error}")]
    Edit {
        /// The proof.
        proof: String,
        /// Which, and why.
        error: MutationError,
    },
    /// The generator.
    #[error(transparent)]
    Verilog(#[from] statestream_hdl::emit::EmitError),
    /// A file.
    #[error("{0}; choose a place that exists and may be written with STATESTREAM_PROOFS")]
    File(#[from] FileError),
}

impl Proof {
    /// Proves it about this configuration. With [`Effort::Full`], on the longer way where there is one.
    pub fn prove(&self, config: &Config, sby: &Sby, effort: Effort) -> Result<Outcome, ProofError> {
        let verilog = self.edited(&machine::verilog(config)?, self.reduced)?;
        let longer = self.thorough.filter(|_| effort == Effort::Full);
        let mut defines = definitions(config);
        defines.push("INDUCTION".into());
        defines.extend(longer.map(String::from));
        let name = [config.name.as_str(), self.name].into_iter().chain(longer).collect::<Vec<_>>().join("-");
        self.run(&file_name(&name), &verilog, &defines, sby::Mode::Prove(self.depth), sby)
    }

    /// Looks for a trace from power-up that shows the bug. Only [`Verdict::Fail`] says that it was caught.
    pub fn plant(&self, bug: &Bug, config: &Config, sby: &Sby) -> Result<Outcome, ProofError> {
        let edits = self.reduced.iter().chain(self.hasty).chain(bug.edits);
        let verilog = self.edited(&machine::verilog(config)?, edits)?;
        let name = format!("{}-{}-{}", config.name, self.name, bug.name);
        self.run(&file_name(&name), &verilog, &definitions(config), sby::Mode::Search(bug.clocks), sby)
    }

    fn edited<'a>(
        &self,
        verilog: &str,
        edits: impl IntoIterator<Item = &'a Edit>,
    ) -> Result<String, ProofError> {
        apply_all(verilog, edits).map_err(|error| ProofError::Edit { proof: self.name.into(), error })
    }

    fn run(
        &self,
        name: &str,
        verilog: &str,
        defines: &[String],
        mode: sby::Mode,
        sby: &Sby,
    ) -> Result<Outcome, ProofError> {
        let begun = Instant::now();
        let folder = LockedFolder::lock(sby.folder(), name)?;
        folder.write("statestream.v", verilog)?;
        folder.write(&format!("{}.sv", self.name), self.text)?;
        folder.write("proof.sby", sby::script(self.name, self.text, defines, mode))?;
        let verdict = sby.run(self.name, folder.path())?;
        Ok(Outcome { verdict, time: begun.elapsed(), folder: folder.path().into() })
    }
}

/// What of a configuration the property files know.
fn definitions(config: &Config) -> Vec<String> {
    let bus = match config.flash {
        FlashBus::Quad => vec!["BUS=0"],
        FlashBus::Dual => vec!["BUS=1", "TWO_CHIPS"],
        FlashBus::Dtr => vec!["BUS=2", "DOUBLE_RATE"],
    };
    let divisor = format!("DIVISOR={}", config.uart_divisor);
    let ternary = config.ternary.then(|| "TERNARY".into());
    bus.into_iter().map(String::from).chain([divisor]).chain(ternary).collect()
}

/// The words of a name, joined by dashes.
fn file_name(name: &str) -> String {
    let words = name.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_lowercase).collect::<Vec<_>>().join("-")
}

/// The proof of this name.
pub fn named(name: &str) -> Option<&'static Proof> {
    ALL.iter().find(|proof| proof.name == name)
}

impl Outcome {
    /// Where the trace lies, of a verdict that has one.
    pub fn trace(&self) -> Option<PathBuf> {
        let inside = |name: &str| self.folder.join(Path::new("proof/engine_0").join(name));
        match &self.verdict {
            Verdict::Pass => None,
            Verdict::Fail(_) => Some(inside("trace.vcd")),
            Verdict::Unknown(_) => Some(inside("trace_induct.vcd")),
        }
    }
}

//! Verdicts on survivors: `sim/mutants/survivors.toml`, written by hand, each with its reason.

use serde::Deserialize;

use super::{MutantError, Mutation};

const FILE: &str = "sim/mutants/survivors.toml";
const TEXT: &str = include_str!("../../mutants/survivors.toml");

/// What a person says of a survivor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// Nobody outside can ever see it.
    Equivalent,
    /// It can be seen, but not by the quick vectors; the reason says what would.
    Open,
}

/// Survivors that share a reason.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Survivor {
    /// The machine's name.
    pub machine: String,
    /// The mutations, as [`Mutation::name`] says them.
    pub mutations: Vec<String>,
    /// What they are.
    pub verdict: Verdict,
    /// Why.
    pub reason: String,
}

#[derive(Deserialize)]
struct File {
    #[serde(default)]
    survivor: Vec<Survivor>,
}

impl Survivor {
    /// All of them.
    pub fn all() -> Result<Vec<Survivor>, MutantError> {
        let fault = |reason: String| MutantError::Verdicts { file: FILE, reason };
        let file: File = toml::from_str(TEXT).map_err(|error| fault(error.to_string().replace('\n', " ")))?;
        Ok(file.survivor)
    }

    /// True if the mutation of this machine is one of them.
    pub fn is(&self, machine: &str, mutation: &Mutation) -> bool {
        self.machine == machine && self.mutations.contains(&mutation.name())
    }
}

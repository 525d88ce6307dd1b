//! What became of every mutant, a file each: a run that was killed goes on where it ended, and `--full` may come in pieces.

use std::fs;
use std::io::ErrorKind;

use serde::{Deserialize, Serialize};

use super::{stray, Fate, MutantError, Yosys};
use crate::cache::{digest, FileError, LockedFolder};
use crate::vectors;

/// How far a judgement goes: what is cheap and decides most comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Depth {
    /// The first scenes of the quick vectors.
    Early,
    /// The attempt to prove that it is the sound machine.
    Proof,
    /// The other scenes.
    Late,
    /// Random cases in lockstep.
    Cases,
    /// Random sessions, compared with the sound machine's.
    Sessions,
}

impl Depth {
    /// All, in order.
    pub const ALL: [Depth; 5] = [Depth::Early, Depth::Proof, Depth::Late, Depth::Cases, Depth::Sessions];

    /// The texts that say what is done: a changed one judges anew.
    fn sources(self) -> &'static [&'static str] {
        match self {
            Depth::Early | Depth::Late => &vectors::SOURCES,
            Depth::Proof => &[include_str!("equal.rs")],
            Depth::Cases | Depth::Sessions => &stray::SOURCES,
        }
    }

    /// The fate that is known of a mutant of this Verilog, or else the one that `judge` finds.
    pub(super) fn fate(
        self,
        machine: &str,
        mutant: &str,
        yosys: &Yosys,
        judge: impl FnOnce() -> Result<Fate, MutantError>,
    ) -> Result<Fate, MutantError> {
        let parts = [machine, mutant].into_iter().chain(self.sources().iter().copied());
        let name = format!("{self:?}-{}", digest(parts.map(str::as_bytes))).to_lowercase();
        let folder = LockedFolder::lock(yosys.cache(), &name)?;
        if let Some(fate) = read(&folder)? {
            return Ok(fate);
        }
        let kept = Kept { mutant: mutant.into(), fate: judge()? };
        folder.write("part.toml", toml::to_string(&kept).unwrap_or_default())?;
        folder.keep("part.toml", FILE)?;
        Ok(kept.fate)
    }
}

const FILE: &str = "fate.toml";

#[derive(Serialize, Deserialize)]
struct Kept {
    /// For people.
    mutant: String,
    fate: Fate,
}

/// A file that cannot be understood is as good as none.
fn read(folder: &LockedFolder) -> Result<Option<Fate>, FileError> {
    let path = folder.file(FILE);
    match fs::read_to_string(&path) {
        Ok(text) => Ok(toml::from_str(&text).ok().map(|Kept { fate, .. }| fate)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(FileError::of("read", &path)(error)),
    }
}

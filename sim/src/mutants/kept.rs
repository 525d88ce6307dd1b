//! What became of every mutant, a file each: a run that was killed goes on where it ended, and `--full` may come in pieces.

use std::fs;
use std::io::ErrorKind;

use serde::{Deserialize, Serialize};

use super::{Fate, MutantError, Mutation, Yosys};
use crate::cache::{digest, FileError, LockedFolder};

/// A stage of the judgement: whatever decides is part of its key, so that a changed vector judges anew.
pub(super) struct Stage {
    /// Its name.
    pub name: &'static str,
    /// The texts that say what it does.
    pub sources: &'static [&'static str],
}

impl Stage {
    /// The fate that is known of a mutant of this Verilog, or else the one that `judge` finds.
    pub(super) fn fate(
        &self,
        (machine, mutation): (&str, &Mutation),
        yosys: &Yosys,
        judge: impl FnOnce() -> Result<Fate, MutantError>,
    ) -> Result<Fate, MutantError> {
        let command = mutation.command("");
        let parts = [machine, &command].into_iter().chain(self.sources.iter().copied());
        let name = format!("{}-{}", self.name, digest(parts.map(str::as_bytes)));
        let folder = LockedFolder::lock(yosys.cache(), &name)?;
        if let Some(fate) = read(&folder)? {
            return Ok(fate);
        }
        let fate = judge()?;
        let kept = Kept { fate };
        folder.write("part.toml", toml::to_string(&kept).unwrap_or_default())?;
        folder.keep("part.toml", FILE)?;
        Ok(kept.fate)
    }
}

const FILE: &str = "fate.toml";

#[derive(Serialize, Deserialize)]
struct Kept {
    fate: Fate,
}

/// A file that cannot be understood is as good as none.
fn read(folder: &LockedFolder) -> Result<Option<Fate>, FileError> {
    let path = folder.file(FILE);
    match fs::read_to_string(&path) {
        Ok(text) => Ok(toml::from_str(&text).ok().map(|Kept { fate }| fate)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(FileError::of("read", &path)(error)),
    }
}

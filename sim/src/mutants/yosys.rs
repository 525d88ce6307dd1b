//! Running yosys on a folder's files, and keeping what it wrote.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::cache::{checkout, digest, FileError, LockedFolder};

use super::MutantError;

const WRAPPER: &str = "tools/yosys";

/// The program, and the folder that keeps what it made.
#[derive(Debug, Clone)]
pub struct Yosys {
    program: PathBuf,
    cache: PathBuf,
}

impl Yosys {
    /// `tools/yosys` of the checkout or of the folder in `STATESTREAM_TOOLS`; what it makes is kept in `target/mutants`, or the folder of
    /// `STATESTREAM_MUTANTS`.
    pub fn find() -> Result<Yosys, MutantError> {
        let missing = |searched: PathBuf| MutantError::Missing {
            reason: format!("no folder from {} upward holds {WRAPPER}", searched.display()),
        };
        let root = || checkout(WRAPPER).map_err(missing);
        let program = match env::var_os("STATESTREAM_TOOLS") {
            Some(folder) => PathBuf::from(folder).join("yosys"),
            None => root()?.join(WRAPPER),
        };
        let cache = match env::var_os("STATESTREAM_MUTANTS") {
            Some(folder) => PathBuf::from(folder),
            None => root()?.join("target/mutants"),
        };
        let absolute = |path: &Path| std::path::absolute(path).map_err(FileError::of("find", path));
        Ok(Yosys { program: absolute(&program)?, cache: absolute(&cache)? })
    }

    /// The folder that keeps what was made.
    pub(super) fn cache(&self) -> &Path {
        &self.cache
    }

    /// The texts that `script` writes under the names `outputs` from the files `inputs`; made once per content.
    pub(super) fn made(
        &self,
        what: &str,
        inputs: &[(&str, &str)],
        script: &str,
        outputs: &[String],
    ) -> Result<Vec<String>, MutantError> {
        let parts = inputs.iter().flat_map(|(name, text)| [*name, *text]).chain([script]);
        let key = format!("{what}-{}", digest(parts.map(str::as_bytes)));
        let folder = LockedFolder::lock(&self.cache, &key)?;
        if !folder.file("script.done").exists() {
            for (name, text) in inputs {
                folder.write(name, text)?;
            }
            folder.write("script.ys", script)?;
            self.run(what, folder.path())?;
            folder.keep("script.ys", "script.done")?;
        }
        let read = |name: &String| {
            let path = folder.file(name);
            fs::read_to_string(&path).map_err(|error| FileError::of("read", &path)(error).into())
        };
        outputs.iter().map(read).collect()
    }

    /// Everything that it says goes to a file of the folder: the WebAssembly tool sees no other folder.
    fn run(&self, what: &str, folder: &Path) -> Result<(), MutantError> {
        let missing = |reason: String| MutantError::Missing { reason };
        let mut command = Command::new(&self.program);
        let output = command.args(["-q", "-l", "yosys.log", "script.ys"]).current_dir(folder).output();
        let output = output.map_err(|error| missing(format!("{}: {error}", self.program.display())))?;
        let text = String::from_utf8_lossy(&output.stderr);
        match output.status.code() {
            Some(0) => Ok(()),
            Some(127) => Err(missing(text.trim().trim_end_matches("; run scripts/setup.sh").into())),
            _ => Err(MutantError::Refused {
                what: what.into(),
                text: text
                    .lines()
                    .rfind(|line| line.contains("ERROR"))
                    .unwrap_or("it printed nothing")
                    .into(),
                log: folder.join("yosys.log"),
            }),
        }
    }
}

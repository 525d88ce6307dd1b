//! Finding and calling the simulator.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::{env, fs};

use crate::cache::{self, LockedFolder};

use super::build::{check_sources, write_sources};
use super::{Source, VerilatorError};

/// The simulator: which program, which version.
#[derive(Debug, Clone)]
pub struct Verilator {
    program: PathBuf,
    version: String,
}

impl Verilator {
    /// The program of `STATESTREAM_VERILATOR`, else the nearest `tools/verilator` above the current folder, else
    /// the one of the checkout this crate was built from. Never a bare name from PATH: a system's own Verilator
    /// would change results in silence.
    pub fn find() -> Result<Verilator, VerilatorError> {
        match env::var_os("STATESTREAM_VERILATOR") {
            Some(program) => Verilator::at(program),
            None => Verilator::at(checkout()?.join(WRAPPER)),
        }
    }

    /// This program, which is asked for its version.
    pub fn at(program: impl Into<PathBuf>) -> Result<Verilator, VerilatorError> {
        let program = anchored(program.into());
        let output = start(Command::new(&program).arg("--version"))?;
        let text = printed(&output);
        match output.status.success() {
            true => Ok(Verilator { program, version: text.trim().into() }),
            false => Err(VerilatorError::NotInstalled { tool: program.display().to_string(), text }),
        }
    }

    /// The version line, part of every cache key.
    pub fn version(&self) -> &str {
        &self.version
    }

    pub(super) fn command(&self) -> Command {
        Command::new(&self.program)
    }

    /// The folder of the simulator's C++ headers.
    pub(super) fn root(&self) -> Result<PathBuf, VerilatorError> {
        let output = start(self.command().args(["--getenv", "VERILATOR_ROOT"]))?;
        let path = String::from_utf8_lossy(&output.stdout).trim().to_string();
        match output.status.success() && !path.is_empty() {
            true => Ok(path.into()),
            false => Err(VerilatorError::NotInstalled {
                tool: self.program.display().to_string(),
                text: printed(&output),
            }),
        }
    }
}

/// Checks `sources` with every warning on; `waivers` is the text of a `.vlt` file. The error holds the whole
/// text of the tool.
pub fn lint(top: &str, sources: &[Source], waivers: &str) -> Result<(), VerilatorError> {
    check_sources(top, sources)?;
    let tool = Verilator::find()?;
    let folder = LockedFolder::lock(&cache_folder()?, &format!("lint-{top}"))?;
    let outcome = lint_in(folder.path(), &tool, top, sources, waivers);
    let _ = fs::remove_dir_all(folder.path());
    outcome
}

fn lint_in(
    folder: &Path,
    tool: &Verilator,
    top: &str,
    sources: &[Source],
    waivers: &str,
) -> Result<(), VerilatorError> {
    let files = write_sources(folder, sources)?;
    let vlt = Source::text("waivers.vlt", format!("`verilator_config\n{waivers}\n"));
    let waiver_files = write_sources(folder, &[vlt])?;
    let mut command = tool.command();
    command.args(["--lint-only", "-Wall", "--top-module", top]).args(waiver_files).args(files);
    let output = start(command.current_dir(folder))?;
    match output.status.success() {
        true => Ok(()),
        false => Err(VerilatorError::Lint { top: top.into(), text: printed(&output) }),
    }
}

/// Where compiled models are kept: `STATESTREAM_CACHE`, else `target/verilated` of the checkout.
pub(super) fn cache_folder() -> Result<PathBuf, VerilatorError> {
    match env::var_os("STATESTREAM_CACHE") {
        Some(folder) => Ok(folder.into()),
        None => Ok(checkout()?.join("target/verilated")),
    }
}

/// Runs a command to its end; a program that cannot be started is an error that says how to get it.
pub(crate) fn start(command: &mut Command) -> Result<Output, VerilatorError> {
    let tool = Path::new(command.get_program()).display().to_string();
    command.output().map_err(|source| VerilatorError::Start { tool, source })
}

/// Everything a tool printed.
pub(crate) fn printed(output: &Output) -> String {
    [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes)).concat()
}

/// A path with a folder in it is made absolute, since tools are started in the model's folder; a bare name is left
/// to PATH.
fn anchored(program: PathBuf) -> PathBuf {
    match program.components().count() {
        0 | 1 => program,
        _ => std::path::absolute(&program).unwrap_or(program),
    }
}

const WRAPPER: &str = "tools/verilator";

/// The checkout: the folder with the tool wrapper, above the current folder or above this crate.
pub(crate) fn checkout() -> Result<PathBuf, VerilatorError> {
    cache::checkout(WRAPPER).map_err(|searched| VerilatorError::NoTool { searched })
}

/// The C++ compiler, for the link: `CXX` as make understands it.
pub(super) fn compiler() -> Command {
    Command::new(env::var_os("CXX").as_deref().unwrap_or(OsStr::new("c++")))
}

//! Finding and running yosys, nextpnr and the packers.

use std::env;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Output};

use statestream_sim::cache;

use crate::error::{file_error, FpgaError};

/// Which tools are taken: those of `scripts/setup.sh`, or those on PATH.
#[derive(Debug, Clone)]
pub struct Tools {
    folder: Option<PathBuf>,
}

impl Tools {
    /// The wrappers in the folder of `STATESTREAM_TOOLS`, else in `tools` of the checkout: pinned versions, WebAssembly.
    pub fn pinned() -> Result<Tools, FpgaError> {
        let folder = match env::var_os("STATESTREAM_TOOLS") {
            Some(folder) => PathBuf::from(folder),
            None => checkout()?.join("tools"),
        };
        Ok(Tools { folder: Some(std::path::absolute(&folder).map_err(file_error("find", &folder))?) })
    }

    /// Whatever PATH has. Other versions give other figures: the report names them.
    pub fn native() -> Tools {
        Tools { folder: None }
    }

    /// What a tool says of its version, in few words.
    pub fn version(&self, tool: &str) -> Result<String, FpgaError> {
        let output = self.start(tool, self.command(tool).arg("--version"))?;
        let text = printed(&output);
        match missing(output.status) {
            true => Err(self.missing(tool, text.trim())),
            false => Ok(short_version(&text)),
        }
    }

    /// Runs a tool in a folder; WebAssembly tools see nothing outside it, so all paths in `arguments` are relative to it. All
    /// that it prints goes to `log` there.
    pub fn run(&self, tool: &str, folder: &Path, arguments: &[&str], log: &str) -> Result<(), FpgaError> {
        let output = self.start(tool, self.command(tool).args(arguments).current_dir(folder))?;
        let text = printed(&output);
        let log = folder.join(log);
        fs::write(&log, &text).map_err(file_error("write", &log))?;
        match output.status {
            status if status.success() => Ok(()),
            status if missing(status) => Err(self.missing(tool, text.trim())),
            status => Err(FpgaError::Tool {
                tool: tool.into(),
                status: status.to_string(),
                text: last_lines(&text),
                log,
            }),
        }
    }

    fn command(&self, tool: &str) -> Command {
        match &self.folder {
            Some(folder) => Command::new(folder.join(tool)),
            None => Command::new(tool),
        }
    }

    fn start(&self, tool: &str, command: &mut Command) -> Result<Output, FpgaError> {
        command.output().map_err(|error| self.missing(tool, &reason(&error)))
    }

    fn missing(&self, tool: &str, reason: &str) -> FpgaError {
        let next = match self.folder {
            Some(_) => "run scripts/setup.sh".into(),
            None => format!("put {tool} on PATH, or leave out --native"),
        };
        // The wrappers end with the same advice.
        let reason = one_line(reason.trim_end_matches("; run scripts/setup.sh"));
        FpgaError::Missing { tool: tool.into(), reason, next }
    }
}

/// A shell's code for a command that is not there, which the wrappers use too.
fn missing(status: ExitStatus) -> bool {
    status.code() == Some(127)
}

fn reason(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "there is no such program".into(),
        _ => error.to_string(),
    }
}

fn printed(output: &Output) -> String {
    [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes)).concat()
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The lines that begin with `ERROR`, else the last two: what a person would look for.
fn last_lines(text: &str) -> String {
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    let errors: Vec<&str> = lines.iter().copied().filter(|line| line.starts_with("ERROR")).collect();
    match errors.is_empty() {
        true => one_line(&lines[lines.len().saturating_sub(2)..].join(" ")),
        false => one_line(&errors[..errors.len().min(2)].join(" ")),
    }
}

/// `Yosys 0.70 (git sha1 28ba3cb92, Release, ...)` is 0.70; `nextpnr-ice40 -- ... (Version nextpnr-0.11.1)` is 0.11.1.
fn short_version(text: &str) -> String {
    let is_number = |word: &&str| word.starts_with(|c: char| c.is_ascii_digit()) && word.contains('.');
    let words = text.split(|c: char| c.is_whitespace() || "()\",".contains(c));
    let words = words.map(|word| word.strip_prefix("nextpnr-").unwrap_or(word));
    words.clone().find(is_number).map_or_else(|| one_line(text), String::from)
}

/// The checkout: the folder with the wrappers, above the current folder or above this crate.
pub fn checkout() -> Result<PathBuf, FpgaError> {
    cache::checkout("tools/yosys").map_err(|searched| FpgaError::NoCheckout { searched })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_the_first_number() {
        assert_eq!(short_version("Yosys 0.70 (git sha1 28ba3cb92, Release)"), "0.70");
        assert_eq!(short_version("\"x-nextpnr-ice40\" -- Next (Version nextpnr-0.11.1)"), "0.11.1");
        assert_eq!(short_version("unknown"), "unknown");
    }

    #[test]
    fn an_error_line_is_quoted_before_the_last_ones() {
        assert_eq!(last_lines("a\nERROR: no room\n2 warnings\n"), "ERROR: no room");
        assert_eq!(last_lines("a\n\nb\nc\n"), "b c");
    }

    #[test]
    fn a_tool_that_is_not_there_says_how_to_get_it() {
        let tools = Tools { folder: Some("no-such-folder".into()) };
        let error = tools.version("yosys").unwrap_err().to_string();
        assert!(error.contains("yosys is not installed") && error.contains("scripts/setup.sh"), "{error}");
        let error = Tools::native().version("no-such-yosys").unwrap_err().to_string();
        assert!(error.contains("no-such-yosys") && error.contains("--native"), "{error}");
    }
}

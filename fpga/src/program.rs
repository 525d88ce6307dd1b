//! The command that writes a flash file to a board.

use std::io;
use std::path::Path;
use std::process::{Command, ExitStatus};

use crate::board::Board;
use crate::error::FpgaError;

/// Program and arguments.
pub fn command(board: &Board, file: &Path) -> Vec<String> {
    let file = file.display().to_string();
    let arguments = board.program.arguments.iter().map(|argument| argument.replace("{file}", &file));
    std::iter::once(board.program.tool.clone()).chain(arguments).collect()
}

/// Runs it. The tool prints its own progress, to stderr or stdout as it likes; `quiet` sends both to nowhere.
pub fn run(board: &Board, file: &Path, quiet: bool) -> Result<ExitStatus, FpgaError> {
    let words = command(board, file);
    let mut command = Command::new(&words[0]);
    command.args(&words[1..]);
    if quiet {
        command.stdout(std::process::Stdio::null());
    }
    command.status().map_err(|error| missing(board, &error))
}

fn missing(board: &Board, error: &io::Error) -> FpgaError {
    let reason = match error.kind() {
        io::ErrorKind::NotFound => "there is no such program on PATH".into(),
        _ => error.to_string(),
    };
    FpgaError::Missing { tool: board.program.tool.clone(), reason, next: board.program.install.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_takes_its_place_in_the_command() {
        let words = command(&Board::named("upduino").unwrap(), Path::new("out/flash.bin"));
        assert_eq!(words, ["iceprog", "-d", "i:0x0403:0x6014", "out/flash.bin"]);
    }

    #[test]
    fn a_missing_tool_is_named_with_what_to_install() {
        let mut board = Board::named("ulx3s-85f").unwrap();
        board.program.tool = "no-such-loader".into();
        let error = run(&board, Path::new("flash.bin"), true).unwrap_err().to_string();
        assert!(
            error.contains("no-such-loader is not installed") && error.contains("openfpgaloader"),
            "{error}"
        );
    }
}

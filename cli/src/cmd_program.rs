//! `statestream program`: a flash file to a board.

use std::path::PathBuf;

use anyhow::{anyhow, bail, Result};
use serde_json::json;
use statestream_fpga::board::Board;
use statestream_fpga::program;

use crate::files;
use crate::report::{quoted, Report};

/// Write a flash file to a board
///
/// Calls iceprog or openFPGALoader with what the board needs. FILE is what `statestream build` wrote. Exit 2 if the tool is
/// not installed, 1 if it fails.
#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  statestream program --board icebreaker out/icebreaker/flash.bin\n  statestream program --board ulx3s-85f flash.bin --dry-run"
)]
pub struct Args {
    /// Board, a folder of fpga/boards: colorlight-i5, icebreaker, ulx3s-85f or upduino
    #[arg(long, value_name = "NAME")]
    board: String,
    /// Flash file
    file: PathBuf,
    /// Print the command instead of running it
    #[arg(long)]
    dry_run: bool,
}

/// Runs the command.
pub fn run(args: &Args, json: bool) -> Result<Report> {
    let board = Board::named(&args.board).map_err(|error| anyhow!("--board: {error}"))?;
    let bytes = files::read(&args.file)?.len();
    if bytes > board.flash_bytes {
        let (file, flash, chip) = (args.file.display(), board.flash_bytes, &board.flash);
        bail!("{file}: {bytes} bytes do not fit the {flash} of {}'s {chip}; build one with `statestream build --board {}`", board.name, board.name);
    }
    let words: Vec<String> = program::command(&board, &args.file).iter().map(|word| quoted(word)).collect();
    let command = words.join(" ");
    let failure = match args.dry_run {
        true => None,
        false => written(&board, args, json)?,
    };
    let done = !args.dry_run && failure.is_none();
    let json = json!({ "board": board.name, "command": command, "bytes": bytes, "written": done });
    Ok(Report { json, human: format!("{command}\n"), failure })
}

fn written(board: &Board, args: &Args, json: bool) -> Result<Option<String>> {
    let status = program::run(board, &args.file, json).map_err(|error| anyhow!("{error}"))?;
    let tool = &board.program.tool;
    Ok((!status.success()).then(|| {
        format!("{tool} ended with {status}; is the board connected, and may you use its USB device?")
    }))
}

//! `statestream build`: one file for a board's flash, bitstream and image.

use std::path::{Path, PathBuf};

use anyhow::{anyhow, Result};
use serde_json::json;
use statestream_fpga::board::Board;
use statestream_fpga::flash_file;
use statestream_fpga::place::Placed;
use statestream_image::config::Config;
use statestream_image::layout::Image;
use statestream_sim::cycles::{pass_cycles, PassShape};

use crate::board::Target;
use crate::files::{self, ImageFile};
use crate::report::{grouped, quoted, table, Report};

/// What is written into the folder.
const FLASH: &str = "flash.bin";

/// Build the file that a board's flash takes
///
/// DIR gets flash.bin: the bitstream at 0, the image where the machine looks for it, 0xFF between. The design is synthesised and
/// placed first, or taken from what `statestream synth` has placed. Exit 1 if it does not fit or misses the board's clock; in the
/// second case the file is written all the same, for experiments. `tokens_per_s` is derived from the cycle model at the
/// board's clock, one token per pass.
#[derive(clap::Args)]
#[command(after_help = "Example:\n  statestream build --board icebreaker m.img -o out/icebreaker")]
pub struct Args {
    #[command(flatten)]
    target: Target,
    /// Packed image
    image: PathBuf,
    /// Folder to write to
    #[arg(short, long, value_name = "DIR")]
    output: PathBuf,
}

/// Runs the command.
pub fn run(args: &Args) -> Result<Report> {
    let (board, config) = args.target.resolve()?;
    let file = files::read_image(&args.image)?;
    config.admits(&file.image).map_err(|error| files::at(&args.image, error))?;
    // What cannot fit is refused before minutes of placing.
    flash_file::lay_out(&board, &[], &file.bytes).map_err(|error| files::at(&args.image, error))?;
    let outcome = args.target.place(&board, &config)?;
    match &outcome.result {
        Ok(placed) => write(args, &board, &config, &file, placed),
        Err(failure) => Ok(refused(&board, &config, &failure.to_string())),
    }
}

fn refused(board: &Board, config: &Config, failure: &str) -> Report {
    let json = json!({ "board": board.name, "config": config.name, "failure": failure });
    Report { json, human: String::new(), failure: Some(failure.into()) }
}

fn write(args: &Args, board: &Board, config: &Config, file: &ImageFile, placed: &Placed) -> Result<Report> {
    let bitstream = files::read(&placed.bitstream)?;
    let flash = flash_file::lay_out(board, &bitstream, &file.bytes)?;
    check(board, &flash, file)?;
    files::make_folder(&args.output)?;
    let path = args.output.join(FLASH);
    files::write(&path, &flash)?;
    let written = Written { path: &path, flash: &flash, bitstream: &bitstream };
    Ok(report(board, config, file, placed, &written))
}

/// Reads the image back from where the machine will look for it.
fn check(board: &Board, flash: &[u8], file: &ImageFile) -> Result<()> {
    let found =
        Image::parse(&flash[board.image_offset as usize..]).map_err(|error| anyhow!("{FLASH}: {error}"))?;
    match found == file.image {
        true => Ok(()),
        false => Err(anyhow!(
            "{FLASH}: the image at byte {} is another one; please report this",
            board.image_offset
        )),
    }
}

struct Written<'a> {
    path: &'a Path,
    flash: &'a [u8],
    bitstream: &'a [u8],
}

fn report(board: &Board, config: &Config, file: &ImageFile, placed: &Placed, written: &Written) -> Report {
    let cycles = pass_cycles(&file.image, config, PassShape::SINGLE);
    let tokens_per_s = cycles.map(|cycles| config.clock_hz as f64 / cycles as f64);
    let slow = placed.best().and_then(|seed| seed.report.too_slow());
    let baud = config.baud();
    let next =
        format!("statestream program --board {} {}", board.name, quoted(&written.path.display().to_string()));
    let json = json!({
        "board": board.name,
        "config": config.name,
        "file": written.path,
        "flash_bytes": written.flash.len(),
        "image_offset": board.image_offset,
        "image_bytes": file.bytes.len(),
        "bitstream_bytes": written.bitstream.len(),
        "bitstream_sha256": files::sha256(written.bitstream),
        "sha256": files::sha256(written.flash),
        "seed": placed.best,
        "clock_mhz": board.target_mhz(),
        "met": slow.is_none(),
        "cycles_per_pass": cycles,
        "tokens_per_s": tokens_per_s,
        "tag": "derived",
        "baud": baud,
    });
    let or_none = |text: Option<String>| text.unwrap_or_else(|| "none".into());
    let human = table(&[
        ("file", written.path.display().to_string()),
        (
            "bytes",
            format!("{} of {}", grouped(written.flash.len() as u64), grouped(board.flash_bytes as u64)),
        ),
        ("bitstream", format!("{} bytes, seed {}", grouped(written.bitstream.len() as u64), placed.best)),
        (
            "image",
            format!("{} bytes at {}", grouped(file.bytes.len() as u64), grouped(board.image_offset.into())),
        ),
        ("sha256", files::sha256(written.flash)),
        ("cycles per pass", or_none(cycles.map(grouped))),
        (
            "tokens per second",
            or_none(tokens_per_s.map(|rate| format!("{rate:.1} at {} MHz (derived)", board.target_mhz()))),
        ),
        ("host's line", format!("{} baud at {}", grouped(baud.into()), board.uart)),
        ("next", next),
    ]);
    let failure =
        slow.map(|reason| format!("timing is not met by the fastest seed: {reason}; {FLASH} may not work"));
    Report { json, human, failure }
}

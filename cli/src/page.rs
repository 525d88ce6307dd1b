//! The page of `synth --report`: what only the command line knows of it, the shipped models and the command itself.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{anyhow, Result};
use statestream_fpga::board::Board;
use statestream_fpga::place::Outcome;
use statestream_fpga::report::page::{Page, Speed};
use statestream_fpga::tool::checkout;
use statestream_image::build::{pack, PackOptions};
use statestream_image::config::Config;
use statestream_image::quantise::Width;
use statestream_sim::cycles::{pass_cycles, PassShape};

use crate::cmd_pack::read_checkpoint;
use crate::report::quoted;
use crate::{files, progress};

/// The page's name in its folder.
const PAGE: &str = "index.html";

/// A design and what came of it.
pub struct Design<'a> {
    /// Its board.
    pub board: &'a Board,
    /// The machine.
    pub config: &'a Config,
    /// What was placed.
    pub outcome: &'a Outcome,
}

/// Writes the page into a folder; its path.
pub fn write(folder: &Path, design: &Design, seeds: u32, failure: Option<&str>) -> Result<PathBuf> {
    let spinner = progress::spinner("packing the shipped models for the report");
    let speeds = speeds(design.config)?;
    spinner.finish_and_clear();
    let Design { board, config, outcome } = *design;
    let folder_word = quoted(&folder.display().to_string());
    let command = format!(
        "statestream synth --board {} --config {} --seeds {seeds} --report {folder_word}",
        board.name, config.name
    );
    let page = Page { board, config: &config.name, outcome, speeds: &speeds, command: &command, failure };
    files::make_folder(folder)?;
    let path = folder.join(PAGE);
    files::write(&path, page.html()?.as_bytes())?;
    Ok(path)
}

/// Every shipped model on this machine; none where there is no checkout to take them from.
fn speeds(config: &Config) -> Result<Vec<Speed>> {
    let Ok(checkout) = checkout() else { return Ok(Vec::new()) };
    let folder = checkout.join("models");
    let listed = fs::read_dir(&folder).map_err(|error| {
        anyhow!(
            "{}: {error}; the shipped models must be there, take them from the repository",
            folder.display()
        )
    })?;
    let mut models: Vec<PathBuf> = listed.filter_map(|entry| Some(entry.ok()?.path())).collect();
    models.retain(|path| path.extension().is_some_and(|end| end == "safetensors"));
    models.sort();
    models.iter().map(|path| speed(path, config)).collect()
}

fn speed(path: &Path, config: &Config) -> Result<Speed> {
    let checkpoint = read_checkpoint(path)?;
    // Clocks follow from shapes and widths: any text will do to calibrate on, and a token takes no time.
    let calibration = Some(vec![0]);
    let options = PackOptions { weights: Width::W4, calibration, ..PackOptions::default() };
    let image = pack(&checkpoint, &options).map_err(|error| files::at(path, error))?.image;
    let clocks = match config.admits(&image) {
        Err(error) => Err(format!("does not fit: {error}")),
        Ok(()) => pass_cycles(&image, config, PassShape::SINGLE)
            .ok_or_else(|| "a section that no epilogue serves".into()),
    };
    let model = path.file_stem().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    Ok(Speed { model, clocks })
}

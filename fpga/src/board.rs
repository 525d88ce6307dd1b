//! The boards: a folder of `fpga/boards` each, compiled into the program.

use std::collections::BTreeMap;

use serde::Deserialize;
use statestream_image::config::Config;

use crate::error::FpgaError;
use crate::synth::Family;

/// What `board.toml` says, and the files beside it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Board {
    /// Its folder's name.
    #[serde(skip)]
    pub name: &'static str,
    /// The FPGA's full name.
    pub part: String,
    /// Its family.
    pub family: Family,
    /// The part as nextpnr takes it.
    pub nextpnr: Vec<String>,
    /// The configuration it is for.
    pub config: String,
    /// The machine's clock, which the shell makes.
    pub clock_hz: u64,
    /// The flash chip's name.
    pub flash: String,
    /// Its size.
    pub flash_bytes: usize,
    /// Where the image begins.
    pub image_offset: u32,
    /// Where the host's line is.
    pub uart: String,
    /// How the flash is written.
    pub program: Program,
    /// Per configuration: cells that the netlist must have, exactly.
    #[serde(default)]
    pub cells: BTreeMap<String, BTreeMap<String, usize>>,
    /// The shell of its family.
    #[serde(skip)]
    pub shell: &'static str,
    /// The board's top module.
    #[serde(skip)]
    pub top: &'static str,
    /// Its pins.
    #[serde(skip)]
    pub pins: &'static str,
    /// The figures of its configurations, as committed.
    #[serde(skip)]
    pub baseline: &'static str,
}

/// The tool that writes a board's flash.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Program {
    /// The program.
    pub tool: String,
    /// Its arguments; `{file}` stands for the flash file.
    pub arguments: Vec<String>,
    /// What to do when it is missing.
    pub install: String,
}

/// The files of a board's folder.
macro_rules! folder {
    ($name:literal, $shell:literal, $pins:literal) => {
        Files {
            name: $name,
            toml: include_str!(concat!("../boards/", $name, "/board.toml")),
            shell: include_str!(concat!("../boards/", $shell)),
            top: include_str!(concat!("../boards/", $name, "/top.v")),
            pins: include_str!(concat!("../boards/", $name, "/", $pins)),
            baseline: include_str!(concat!("../boards/", $name, "/baseline.json")),
        }
    };
}

struct Files {
    name: &'static str,
    toml: &'static str,
    shell: &'static str,
    top: &'static str,
    pins: &'static str,
    baseline: &'static str,
}

const BOARDS: [Files; 4] = [
    folder!("colorlight-i5", "ecp5.v", "pins.lpf"),
    folder!("icebreaker", "ice40.v", "pins.pcf"),
    folder!("ulx3s-85f", "ecp5.v", "pins.lpf"),
    folder!("upduino", "ice40.v", "pins.pcf"),
];

impl Board {
    /// The board of this name.
    pub fn named(name: &str) -> Result<Board, FpgaError> {
        let files = BOARDS.iter().find(|files| files.name == name);
        let known = || Board::names().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
        files.ok_or_else(|| FpgaError::NoBoard { name: name.into(), known: known() })?.parse()
    }

    /// All names, in order.
    pub fn names() -> impl Iterator<Item = &'static str> {
        BOARDS.iter().map(|files| files.name)
    }

    /// The configuration of this name as the board builds it: at the board's clock, with the image where the board has it.
    pub fn configured(&self, config: Config) -> Result<Config, FpgaError> {
        if !self.family.builds(&config) {
            let (config, board, part) = (config.name, self.name.into(), self.part.clone());
            return Err(FpgaError::NoSpram { config, board, part, default: self.config.clone() });
        }
        Ok(Config { clock_hz: self.clock_hz, flash_base: self.image_offset, ..config })
    }

    /// The machine's clock in MHz.
    pub fn target_mhz(&self) -> f64 {
        self.clock_hz as f64 / 1e6
    }
}

impl Files {
    fn parse(&self) -> Result<Board, FpgaError> {
        let fault = |error: toml::de::Error| FpgaError::BoardFile {
            board: self.name.into(),
            reason: error.message().to_string(),
        };
        let board: Board = toml::from_str(self.toml).map_err(fault)?;
        let Files { name, shell, top, pins, baseline, .. } = *self;
        Ok(Board { name, shell, top, pins, baseline, ..board })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_board_names_a_configuration_it_can_build() {
        for name in Board::names() {
            let board = Board::named(name).unwrap();
            let config = Config::named(&board.config).unwrap();
            assert_eq!(board.configured(config.clone()).unwrap(), config, "{name}: clock or flash_base");
            assert!(board.cells.contains_key(&board.config), "{name}: no [cells.{}]", board.config);
            assert!(board.program.arguments.contains(&"{file}".into()));
        }
    }

    #[test]
    fn every_port_of_a_top_has_its_pin() {
        for name in Board::names() {
            let board = Board::named(name).unwrap();
            let header = board.top.lines().skip_while(|line| !line.starts_with("module")).skip(1);
            for line in header.take_while(|line| !line.starts_with(");")) {
                let port = line.trim_end_matches(',').split_whitespace().last().unwrap();
                assert!(board.pins.contains(port), "{name}: {port} has no pin");
            }
        }
    }

    #[test]
    fn an_unknown_board_is_answered_with_the_known_ones() {
        let error = Board::named("icecube").unwrap_err().to_string();
        assert!(error.contains("`icecube`") && error.contains("`icebreaker`"), "{error}");
    }

    #[test]
    fn ecp5_has_no_single_port_memories() {
        let board = Board::named("colorlight-i5").unwrap();
        let error = board.configured(Config::named("up5k").unwrap()).unwrap_err().to_string();
        assert!(error.contains("up5k") && error.contains("--config ecp5-25"), "{error}");
    }
}

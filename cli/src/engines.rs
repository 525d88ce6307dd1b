//! The machine that runs a model: golden, simulated, or on a board.

use std::path::Path;

use anyhow::{anyhow, bail, Result};
use clap::ValueEnum;
use statestream_fpga::board::Board;
use statestream_fpga::synth::{self, Family};
use statestream_fpga::tool::Tools;
use statestream_golden::{Model, MOST_TOKENS};
use statestream_image::config::{Config, Memory};
use statestream_sim::engine::{Engine, GoldenEngine};
use statestream_sim::host::Counters;
use statestream_sim::netlist::Netlist;
use statestream_sim::rtl::{Rtl, RtlOptions};
use statestream_sim::serial;

use crate::files::{self, ImageFile};
use crate::{board, machine, progress};

/// Which machine runs the model.
#[derive(clap::Args)]
pub struct Choice {
    /// What runs the model
    #[arg(long, value_enum, default_value = "golden")]
    engine: EngineKind,
    /// Configuration of the machine, an entry of configs.toml [default: the board's, or up5k]
    #[arg(long, value_name = "NAME")]
    config: Option<String>,
    /// Board whose machine it is: its family, clock and image offset
    #[arg(long, value_name = "NAME")]
    board: Option<String>,
    /// Serial port of the board, for --engine board
    #[arg(long, value_name = "DEVICE")]
    port: Option<String>,
}

#[derive(Clone, Copy, PartialEq, ValueEnum)]
enum EngineKind {
    /// The bit-exact integer model
    Golden,
    /// The Verilated hardware
    Rtl,
    /// The synthesised netlist, simulated
    Netlist,
    /// A real board, through its serial port
    Board,
}

/// A choice whose names are known.
pub struct Chosen<'a> {
    choice: &'a Choice,
    board: Option<Board>,
    /// The machine's configuration.
    pub config: Config,
}

/// A machine.
pub enum Machine {
    /// The golden model.
    Golden(GoldenEngine),
    /// Verilog or netlist, simulated.
    Simulated(Box<Rtl>),
    /// A board.
    Board(serial::Board),
}

impl Choice {
    /// Finds board and configuration.
    pub fn resolve(&self) -> Result<Chosen<'_>> {
        if self.port.is_some() && self.engine != EngineKind::Board {
            bail!("--port is for a real board; add --engine board, or leave it out");
        }
        let (board, config) = match &self.board {
            Some(board) => {
                let (board, config) = board::resolve(board, self.config.as_deref())?;
                (Some(board), config)
            }
            None => (None, machine::named(self.config.as_deref().unwrap_or("up5k"))?),
        };
        Ok(Chosen { choice: self, board, config })
    }
}

impl Chosen<'_> {
    /// The most tokens that can share a pass.
    pub fn most_tokens(&self) -> usize {
        match self.choice.engine {
            EngineKind::Golden => MOST_TOKENS,
            _ => self.config.tokens,
        }
    }

    /// Builds the machine, or finds it, with the image of this file; `seed` is that of registers without a value at power-up.
    pub fn start(&self, path: &Path, file: &ImageFile, model: &Model, seed: u32) -> Result<Machine> {
        if self.choice.engine == EngineKind::Golden {
            return Ok(Machine::golden(model));
        }
        self.config.admits(&file.image).map_err(|error| files::at(path, error))?;
        let options = RtlOptions { seed, ..RtlOptions::default() };
        match self.choice.engine {
            EngineKind::Board => self.open(path, file).map(Machine::Board),
            EngineKind::Netlist => {
                let options = RtlOptions { netlist: Some(self.netlist()?), ..options };
                machine::start(&self.config, &file.bytes, &options).map(|rtl| Machine::Simulated(rtl.into()))
            }
            _ => {
                machine::start(&self.config, &file.bytes, &options).map(|rtl| Machine::Simulated(rtl.into()))
            }
        }
    }

    /// Without a board, SPRAM and plain memories are iCE40's, block RAM is ECP5's.
    fn family(&self) -> Family {
        match (&self.board, self.config.memory) {
            (Some(board), _) => board.family,
            (None, Memory::Block) => Family::Ecp5,
            (None, Memory::Spram | Memory::Plain) => Family::Ice40,
        }
    }

    /// The very text that `synth` places.
    fn netlist(&self) -> Result<Netlist> {
        let spinner = progress::spinner("synthesising the machine (half a minute when it is new)");
        let made = Tools::pinned()
            .and_then(|tools| synth::netlist(self.family(), &self.config, &synth::cache_folder()?, &tools))
            .and_then(|made| made.simulated())
            .map_err(|error| anyhow!("{error}"));
        spinner.finish_and_clear();
        made
    }

    fn open(&self, path: &Path, file: &ImageFile) -> Result<serial::Board> {
        let Some(port) = &self.choice.port else {
            bail!("--engine board needs the board's serial port; give it with --port, /dev/ttyUSB0 for instance")
        };
        let mut board = serial::Board::open(port, self.config.baud()).map_err(|error| anyhow!("{error}"))?;
        let (theirs, ours) = (board.info().model_id, file.image.header.model_id);
        if board.info().boot_code == 0 && theirs != ours {
            bail!(
                "{port}: the board's flash holds model {theirs:08x}, {} is model {ours:08x}; write it there with `statestream build` and `statestream program`",
                path.display()
            );
        }
        // Whoever used the board before left a state.
        board.reset().map_err(|error| anyhow!("{port}: {error}"))?;
        Ok(board)
    }
}

impl Machine {
    /// The golden model.
    pub fn golden(model: &Model) -> Machine {
        Machine::Golden(GoldenEngine::new(model))
    }

    /// As an engine.
    pub fn engine(&mut self) -> &mut dyn Engine {
        match self {
            Machine::Golden(engine) => engine,
            Machine::Simulated(engine) => &mut **engine,
            Machine::Board(engine) => engine,
        }
    }

    /// Clocks so far, of a simulated machine.
    pub fn cycles(&self) -> Option<u64> {
        match self {
            Machine::Simulated(rtl) => Some(rtl.cycles()),
            _ => None,
        }
    }

    /// The counters of a machine that tells nothing of its passes otherwise.
    pub fn counters(&mut self) -> Result<Option<Counters>> {
        let counters = match self {
            Machine::Golden(_) => return Ok(None),
            Machine::Simulated(rtl) if rtl.is_traced() => return Ok(None),
            Machine::Simulated(rtl) => rtl.counters(),
            Machine::Board(board) => board.counters(),
        };
        counters.map(Some).map_err(|error| anyhow!("{error}"))
    }
}

//! A board's design, from the command line: found, synthesised, placed, with progress on stderr.

use anyhow::{anyhow, Result};
use indicatif::ProgressBar;
use statestream_fpga::board::Board;
use statestream_fpga::place::{self, Job, Outcome, Step};
use statestream_fpga::synth::cache_folder;
use statestream_fpga::tool::Tools;
use statestream_image::config::Config;

use crate::{machine, progress};

/// Which board, which machine, which tools.
#[derive(clap::Args, Clone)]
pub struct Target {
    /// Board, a folder of fpga/boards: colorlight-i5, icebreaker, ulx3s-85f or upduino
    #[arg(long, value_name = "NAME")]
    pub board: String,
    /// Configuration of the machine, an entry of configs.toml; built for the board's clock and image offset [default: the board's]
    #[arg(long, value_name = "NAME")]
    pub config: Option<String>,
    /// Place the design this many times; the fastest is packed
    #[arg(long, value_name = "N", default_value_t = 8, value_parser = clap::value_parser!(u32).range(1..))]
    pub seeds: u32,
    /// Take yosys, nextpnr, icepack and ecppack from PATH instead of those of scripts/setup.sh
    #[arg(long)]
    pub native: bool,
}

impl Target {
    /// The board and the configuration as it builds it.
    pub fn resolve(&self) -> Result<(Board, Config)> {
        resolve(&self.board, self.config.as_deref())
    }

    /// Synthesises and places.
    pub fn place(&self, board: &Board, config: &Config) -> Result<Outcome> {
        let tools = if self.native { Tools::native() } else { Tools::pinned()? };
        let bar = progress::bar();
        bar.set_length(u64::from(self.seeds) + 3);
        let cache = cache_folder()?;
        let show = |step| show(&bar, step);
        let job = Job { seeds: self.seeds, cache: &cache, tools: &tools, progress: &show };
        let outcome = place::place(board, config, &job).map_err(|error| anyhow!("{error}"));
        bar.finish_and_clear();
        outcome
    }
}

/// The board of this name and the configuration as it builds it, its own unless another is named.
pub fn resolve(board: &str, config: Option<&str>) -> Result<(Board, Config)> {
    let board = Board::named(board).map_err(|error| anyhow!("--board: {error}"))?;
    let config = machine::named(config.unwrap_or(&board.config))?;
    let config = board.configured(config).map_err(|error| anyhow!("--config: {error}"))?;
    Ok((board, config))
}

fn show(bar: &ProgressBar, step: Step) {
    bar.set_message(match step {
        Step::Netlist => "mapping the machine",
        Step::Top => "joining shell and netlist",
        Step::Placed(_) => "placing seeds",
        Step::Bitstream => "packing the fastest",
    });
    bar.inc(1);
}

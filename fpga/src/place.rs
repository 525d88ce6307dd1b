//! Netlist and shell to a placed design, over several seeds, and the best of them to a bitstream.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use rayon::prelude::*;
use statestream_image::config::Config;
use statestream_sim::cache::{digest, LockedFolder};

use crate::board::Board;
use crate::error::{file_error, FpgaError};
use crate::report::cells::condensed;
use crate::report::{utilisation, Report, Use};
use crate::synth::{cells, netlist, Family, Netlist, MACHINE_VERILOG};
use crate::tool::Tools;

/// nextpnr takes memory and time: more than two at once gain nothing on a small computer.
const AT_ONCE: usize = 2;

/// What the work is at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// The machine is being mapped.
    Netlist,
    /// Shell and netlist are being joined.
    Top,
    /// A seed has been placed.
    Placed(u32),
    /// The best one is being packed.
    Bitstream,
}

/// How, beside board and configuration.
pub struct Job<'a> {
    /// Seeds 1 to this number.
    pub seeds: u32,
    /// Where results are kept.
    pub cache: &'a Path,
    /// Which tools.
    pub tools: &'a Tools,
    /// Told what the work is at.
    pub progress: &'a (dyn Fn(Step) + Sync),
}

/// A placed seed.
#[derive(Debug, Clone)]
pub struct Seed {
    /// Its number.
    pub seed: u32,
    /// What nextpnr reports of it.
    pub report: Report,
    /// Where its cells are, for [`crate::report::cells::places`].
    pub places: PathBuf,
    /// The placed and routed design.
    design: String,
}

/// A design that fits.
#[derive(Debug, Clone)]
pub struct Placed {
    /// All seeds, in order.
    pub seeds: Vec<Seed>,
    /// What the part has and what is used of it.
    pub used: BTreeMap<String, Use>,
    /// The bitstream of the seed with the highest clock.
    pub bitstream: PathBuf,
    /// That seed.
    pub best: u32,
}

/// Logic cells, what a look-up table and a flip-flop share, as nextpnr calls them.
const LOGIC_CELLS: [&str; 2] = ["ICESTORM_LC", "TRELLIS_COMB"];

impl Outcome {
    /// Logic cells after packing; 0 if the work ended before they were counted.
    pub fn logic_cells(&self) -> u64 {
        match &self.result {
            Ok(placed) => {
                LOGIC_CELLS.iter().filter_map(|kind| placed.used.get(*kind)).map(|part| part.used).sum()
            }
            Err(Failure::TooLarge { resource, used, .. }) if LOGIC_CELLS.contains(&resource.as_str()) => {
                *used
            }
            Err(_) => 0,
        }
    }
}

impl Placed {
    /// The seed that was packed.
    pub fn best(&self) -> Option<&Seed> {
        self.seeds.iter().find(|seed| seed.seed == self.best)
    }

    /// The seeds that miss a clock, and by how much.
    pub fn too_slow(&self) -> Vec<(u32, String)> {
        self.seeds.iter().filter_map(|seed| Some((seed.seed, seed.report.too_slow()?))).collect()
    }
}

/// Why a design does not do.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Failure {
    /// Something became logic that must not, or the reverse.
    #[error("{board}, configuration `{config}`: the netlist has {found} {cell}, fpga/boards/{board}/board.toml expects {expected}; a memory or multiplier was mapped to something else, see the log in {log}")]
    Cells {
        /// The board.
        board: String,
        /// The configuration.
        config: String,
        /// The cell's type.
        cell: String,
        /// How many there should be.
        expected: usize,
        /// How many there are.
        found: usize,
        /// What yosys printed.
        log: PathBuf,
    },
    /// The part is too small.
    #[error("{board}, configuration `{config}`: {used} {resource} of {available} on the {part}, {} too many; choose a smaller --config", used - available)]
    TooLarge {
        /// The board.
        board: String,
        /// The configuration.
        config: String,
        /// Its part.
        part: String,
        /// What is short.
        resource: String,
        /// What is needed.
        used: u64,
        /// What there is.
        available: u64,
    },
    /// The part is large enough by count, but no place was found.
    #[error("{board}, configuration `{config}`: {tool} finds no place for seed {seed}: {reason}; choose a smaller --config")]
    Unplaced {
        /// The board.
        board: String,
        /// The configuration.
        config: String,
        /// Which tool.
        tool: String,
        /// The seed.
        seed: u32,
        /// Its words.
        reason: String,
    },
}

/// A board's design, synthesised and placed.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// Cells of the whole design by type.
    pub cells: BTreeMap<String, usize>,
    /// The same as yosys' JSON.
    pub netlist: PathBuf,
    /// The placed design, or why there is none.
    pub result: Result<Placed, Failure>,
    /// Versions of the tools by name.
    pub tools: BTreeMap<String, String>,
}

/// Synthesises and places a configuration, as [`Board::configured`] gives it, for a board. What was done before is taken
/// from the cache.
pub fn place(board: &Board, config: &Config, job: &Job) -> Result<Outcome, FpgaError> {
    (job.progress)(Step::Netlist);
    let machine = netlist(board.family, config, job.cache, job.tools)?;
    place_netlist(board, &config.name, &machine, job)
}

/// The same from a netlist on; `config` is its name in the board's table, in messages and in folders.
pub fn place_netlist(
    board: &Board,
    config: &str,
    machine: &Netlist,
    job: &Job,
) -> Result<Outcome, FpgaError> {
    let tools = versions(board.family, job.tools)?;
    if let Some(failure) = wrong_cell(board, config, machine) {
        let (cells, netlist) = (machine.cells.clone(), machine.json.clone());
        return Ok(Outcome { cells, netlist, result: Err(failure), tools });
    }
    (job.progress)(Step::Top);
    let name = format!("{}-{config}-{}", board.name, key(board, machine, &tools)?);
    let folder = LockedFolder::lock(job.cache, &name)?;
    let cells = join(board, machine, &folder, job.tools)?;
    let netlist = folder.file("top.json");
    Ok(Outcome { cells, netlist, result: all_seeds(board, config, &folder, job)?, tools })
}

fn versions(family: Family, tools: &Tools) -> Result<BTreeMap<String, String>, FpgaError> {
    let names = ["yosys", family.nextpnr()].into_iter();
    names.map(|tool| Ok((tool.to_string(), tools.version(tool)?))).collect()
}

/// The first cell whose number is not what the board's table says.
fn wrong_cell(board: &Board, config: &str, machine: &Netlist) -> Option<Failure> {
    let expected = board.cells.get(config)?;
    let found = |cell: &str| machine.cells.get(cell).copied().unwrap_or(0);
    let (cell, &expected) = expected.iter().find(|(cell, &count)| found(cell) != count)?;
    Some(Failure::Cells {
        board: board.name.into(),
        config: config.into(),
        cell: cell.clone(),
        expected,
        found: found(cell),
        log: machine.verilog.with_file_name("yosys.log"),
    })
}

/// Everything that shapes the placed design.
fn key(board: &Board, machine: &Netlist, tools: &BTreeMap<String, String>) -> Result<String, FpgaError> {
    let netlist = fs::read(&machine.verilog).map_err(file_error("read", &machine.verilog))?;
    let script = top_script(board.family);
    let options = board.nextpnr.join(" ");
    let versions: String = tools.values().cloned().collect();
    let clock = board.clock_hz.to_string();
    let texts = [board.shell, board.top, board.pins, &script, &options, &versions, &clock];
    Ok(digest(texts.map(str::as_bytes).into_iter().chain([netlist.as_slice()])))
}

/// The shell is mapped around an empty machine, which the netlist then replaces: not one cell of it is optimised again.
fn top_script(family: Family) -> String {
    format!(
        "read_verilog -lib machine.v; read_verilog shell.v top.v; {} -top top; read_verilog -overwrite netlist.v; \
         hierarchy -top top; flatten; opt_clean; delete t:$scopeinfo; write_json top.json; \
         tee -q -o top-stat.part stat -json",
        family.mapping()
    )
}

fn join(
    board: &Board,
    machine: &Netlist,
    folder: &LockedFolder,
    tools: &Tools,
) -> Result<BTreeMap<String, usize>, FpgaError> {
    if !folder.file("top-stat.json").exists() {
        let netlist = fs::read(&machine.verilog).map_err(file_error("read", &machine.verilog))?;
        folder.write("netlist.v", netlist)?;
        for (name, text) in [("machine.v", MACHINE_VERILOG), ("shell.v", board.shell), ("top.v", board.top)] {
            folder.write(name, text)?;
        }
        tools.run("yosys", folder.path(), &["-q", "-p", &top_script(board.family)], "yosys.log")?;
        folder.keep("top-stat.part", "top-stat.json")?;
    }
    cells(&folder.file("top-stat.json"))
}

fn all_seeds(
    board: &Board,
    config: &str,
    folder: &LockedFolder,
    job: &Job,
) -> Result<Result<Placed, Failure>, FpgaError> {
    folder.write("pins", board.pins)?;
    let pool = rayon::ThreadPoolBuilder::new().num_threads(AT_ONCE).build();
    let pool = pool.map_err(|error| FpgaError::Threads { reason: error.to_string() })?;
    let numbers: Vec<u32> = (1..job.seeds + 1).collect();
    let mut seeds = Vec::new();
    // In pairs and not all at once: a part that is too small is known after the first.
    for pair in numbers.chunks(AT_ONCE) {
        let place = |number: &u32| seed(board, config, folder, job, *number);
        // The first seed's trouble is told, whichever came first.
        let placed: Vec<_> = pool.install(|| pair.par_iter().map(place).collect());
        for seed in placed {
            match seed? {
                Ok(seed) => seeds.push(seed),
                Err(failure) => return Ok(Err(failure)),
            }
        }
    }
    best(board, folder, job, seeds).map(Ok)
}

/// Places one seed, or takes what was placed before.
fn seed(
    board: &Board,
    config: &str,
    folder: &LockedFolder,
    job: &Job,
    number: u32,
) -> Result<Result<Seed, Failure>, FpgaError> {
    let ends = ["design", "report.json", "log", "places"];
    let [design, report, log, places] = ends.map(|end| format!("seed-{number}.{end}"));
    if ![&report, &places].iter().all(|name| folder.file(name).exists()) {
        let parts = [&design, &report, &places].map(|name| format!("{name}.part"));
        let arguments = nextpnr(board, &parts, number);
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let run = job.tools.run(board.family.nextpnr(), folder.path(), &arguments, &log);
        if let Err(FpgaError::Tool { text, log, tool, status }) = run {
            let printed = fs::read_to_string(&log).map_err(file_error("read", &log))?;
            return match misfit(board, config, number, &printed, &text) {
                Some(failure) => Ok(Err(failure)),
                None => Err(FpgaError::Tool { text, log, tool, status }),
            };
        }
        run?;
        keep_places(folder, &parts[2], &places)?;
        folder.keep(&parts[0], &design)?;
        folder.keep(&parts[1], &report)?;
    }
    let report = Report::read(&folder.file(&report))?;
    (job.progress)(Step::Placed(number));
    Ok(Ok(Seed { seed: number, report, places: folder.file(&places), design }))
}

/// Of nextpnr's design in JSON, tens of megabytes, only the places are kept.
fn keep_places(folder: &LockedFolder, part: &str, name: &str) -> Result<(), FpgaError> {
    folder.write(part, condensed(&folder.file(part))?)?;
    Ok(folder.keep(part, name)?)
}

/// Timing is judged here and not by nextpnr, which would write no design.
fn nextpnr(board: &Board, [design, report, places]: &[String; 3], seed: u32) -> Vec<String> {
    let (pins, output) = match board.family {
        Family::Ice40 => ("--pcf", "--asc"),
        Family::Ecp5 => ("--lpf", "--textcfg"),
    };
    let (seed, target) = (seed.to_string(), board.target_mhz().to_string());
    let common = ["--json", "top.json", "--report", report, "--seed", &seed, "--freq", &target];
    let own = [pins, "pins", output, design, "--write", places, "--timing-allow-fail"];
    board.nextpnr.iter().map(String::as_str).chain(common).chain(own).map(String::from).collect()
}

/// A design that was counted but not placed. Without a count something else is wrong, the pins for instance.
fn misfit(board: &Board, config: &str, seed: u32, printed: &str, reason: &str) -> Option<Failure> {
    let used = utilisation(printed);
    let too_large = used.iter().find(|(_, part)| part.used > part.available);
    let (name, config) = (board.name.to_string(), config.to_string());
    if let Some((resource, part)) = too_large {
        let (used, available) = (part.used, part.available);
        let resource = resource.clone();
        return Some(Failure::TooLarge {
            board: name,
            config,
            part: board.part.clone(),
            resource,
            used,
            available,
        });
    }
    let tool = board.family.nextpnr().to_string();
    let failure = Failure::Unplaced { board: name, config, tool, seed, reason: reason.into() };
    (!used.is_empty()).then_some(failure)
}

fn best(board: &Board, folder: &LockedFolder, job: &Job, seeds: Vec<Seed>) -> Result<Placed, FpgaError> {
    (job.progress)(Step::Bitstream);
    let fastest = |a: &&Seed, b: &&Seed| a.report.machine_mhz().total_cmp(&b.report.machine_mhz());
    let Some(best) = seeds.iter().rev().max_by(fastest) else { return Err(FpgaError::NoSeeds) };
    let (bitstream, used) = (pack(board, folder, job, best)?, best.report.utilisation.clone());
    let best = best.seed;
    Ok(Placed { seeds, used, bitstream, best })
}

/// The bitstream of a seed.
fn pack(board: &Board, folder: &LockedFolder, job: &Job, seed: &Seed) -> Result<PathBuf, FpgaError> {
    let name = format!("seed-{}.bin", seed.seed);
    if !folder.file(&name).exists() {
        let part = format!("{name}.part");
        let arguments: &[&str] = match board.family {
            Family::Ice40 => &[&seed.design, &part],
            Family::Ecp5 => &["--compress", &seed.design, &part],
        };
        job.tools.run(board.family.packer(), folder.path(), arguments, "packer.log")?;
        folder.keep(&part, &name)?;
    }
    Ok(folder.file(&name))
}

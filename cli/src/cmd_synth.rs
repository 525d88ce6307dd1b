//! `statestream synth`: a board's design, synthesised and placed, and its figures beside the committed ones.

use std::path::{Path, PathBuf};

use anyhow::{anyhow, Result};
use serde_json::{json, Map, Value};
use statestream_fpga::baseline::{Baseline, Figures, Regression};
use statestream_fpga::board::Board;
use statestream_fpga::place::{Outcome, Placed};
use statestream_fpga::tool::checkout;
use statestream_image::config::Config;

use crate::board::Target;
use crate::report::{grouped, table, Report};
use crate::{files, page};

/// Synthesise and place a board's design, and compare with its baseline
///
/// yosys maps the machine to a netlist; nextpnr places netlist and shell once for each seed; the fastest is packed. Exit 1 if the
/// design does not fit, misses the board's clock with any seed, maps a memory or multiplier to something else, or is
/// worse than the baseline: by more than 2 % in an area (luts, ffs, lcs, dsp, bram, spram), or by more than 5 % in the lowest
/// clock of the seeds that both have. What was placed before is taken from target/synth.
#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  statestream synth --board icebreaker\n  statestream synth --board ulx3s-85f --config ecp5-25 --seeds 2\n  statestream synth --board icebreaker --bless\n  statestream synth --board colorlight-i5 --report out/report"
)]
pub struct Args {
    #[command(flatten)]
    target: Target,
    /// Compare with this file, or with --bless write it [default: fpga/boards/NAME/baseline.json]
    #[arg(long, value_name = "FILE")]
    baseline: Option<PathBuf>,
    /// Make these figures the baseline of this board and configuration
    #[arg(long)]
    bless: bool,
    /// Write a page on the design to DIR/index.html: use of the part, clocks, slowest path, areas, tokens per second, floor plan
    #[arg(long, value_name = "DIR")]
    report: Option<PathBuf>,
}

/// What a design is judged by.
struct Judged {
    figures: Figures,
    old: Option<Figures>,
    regressions: Vec<Regression>,
    too_slow: Vec<(u32, String)>,
    misfit: Option<String>,
}

/// Runs the command.
pub fn run(args: &Args) -> Result<Report> {
    let (board, config) = args.target.resolve()?;
    let path = baseline_path(args, &board);
    let mut baseline = read(path.as_deref(), args.bless, &board)?;
    let outcome = args.target.place(&board, &config)?;
    let judged = judge(&outcome, baseline.get(&config.name));
    if args.bless && judged.misfit.is_none() {
        let path = path.ok_or_else(|| anyhow!("--bless: no checkout here; name a file with --baseline"))?;
        baseline.insert(config.name.clone(), judged.figures.clone());
        files::write(&path, format!("{:#}\n", json!(baseline)).as_bytes())?;
    }
    let placed = outcome.result.as_ref().ok();
    let failure = judged.failure(args.bless);
    let mut json = as_json(&board, &config, placed, &judged);
    if let Some(folder) = &args.report {
        let design = page::Design { board: &board, config: &config, outcome: &outcome };
        json["report"] = json!(page::write(folder, &design, args.target.seeds, failure.as_deref())?);
    }
    Ok(Report { json, human: as_text(&board, &config, placed, &judged), failure })
}

fn baseline_path(args: &Args, board: &Board) -> Option<PathBuf> {
    let committed = || Some(checkout().ok()?.join("fpga/boards").join(board.name).join("baseline.json"));
    args.baseline.clone().or_else(committed)
}

/// The file's figures; what is compiled in where there is no checkout; nothing where a new file is to be written.
fn read(path: Option<&Path>, bless: bool, board: &Board) -> Result<Baseline> {
    let text = match path {
        Some(path) if bless && !path.exists() => "{}".into(),
        Some(path) => files::read_text(path)?,
        None => board.baseline.to_string(),
    };
    let place = path.map_or_else(|| "the built-in baseline".into(), |path| path.display().to_string());
    serde_json::from_str(&text)
        .map_err(|error| anyhow!("{place}: {error}; write it anew with --bless into a new --baseline FILE"))
}

fn judge(outcome: &Outcome, old: Option<&Figures>) -> Judged {
    let figures = Figures::of(outcome);
    let regressions = old.map(|old| figures.regressions(old)).unwrap_or_default();
    let too_slow = outcome.result.as_ref().map(Placed::too_slow).unwrap_or_default();
    let misfit = outcome.result.as_ref().err().map(|failure| failure.to_string());
    Judged { figures, old: old.cloned(), regressions, too_slow, misfit }
}

impl Judged {
    fn met(&self) -> bool {
        self.misfit.is_none() && self.too_slow.is_empty()
    }

    fn failure(&self, bless: bool) -> Option<String> {
        if let Some(misfit) = &self.misfit {
            return Some(misfit.clone());
        }
        if let Some((seed, reason)) = self.too_slow.first() {
            let (missed, all) = (self.too_slow.len(), self.figures.fmax_mhz.len());
            return Some(format!("timing is not met by {missed} of {all} seeds; with seed {seed}, {reason}"));
        }
        let first = self.regressions.first().filter(|_| !bless)?;
        Some(format!(
            "worse than the baseline: {first}; if that is meant, run the command again with --bless"
        ))
    }
}

fn as_json(board: &Board, config: &Config, placed: Option<&Placed>, judged: &Judged) -> Value {
    let f = &judged.figures;
    json!({
        "board": board.name,
        "config": config.name,
        "part": board.part,
        "luts": f.luts,
        "ffs": f.ffs,
        "lcs": f.lcs,
        "dsp": f.dsp,
        "bram": f.bram,
        "spram": f.spram,
        "used": placed.map(used),
        "seeds": placed.map(|placed| placed.seeds.iter().map(|seed| seed.seed).collect::<Vec<_>>()).unwrap_or_default(),
        "fmax_mhz": f.fmax_mhz,
        "target_mhz": board.target_mhz(),
        "met": judged.met(),
        "too_slow": judged.too_slow.iter().map(|(seed, reason)| json!({ "seed": seed, "reason": reason })).collect::<Vec<_>>(),
        "critical_path": placed.and_then(critical),
        "best_seed": placed.map(|placed| placed.best),
        "bitstream": placed.map(|placed| &placed.bitstream),
        "misfit": judged.misfit,
        "tools": f.tools,
        "baseline": judged.old,
        "regressions": judged.regressions.iter().map(Regression::to_string).collect::<Vec<_>>(),
    })
}

/// Used and available, of what the design uses.
fn used(placed: &Placed) -> Value {
    let used = placed.used.iter().filter(|(_, part)| part.used > 0);
    used.map(|(kind, part)| (kind.clone(), json!([part.used, part.available]))).collect::<Map<_, _>>().into()
}

/// The slowest path of the fastest seed: what the next improvement has to shorten.
fn critical(placed: &Placed) -> Option<Value> {
    let route = placed.best()?.report.critical()?;
    let (from, to) = route.ends()?;
    Some(json!({
        "ns": route.ns(), "routing_ns": route.routing_ns(), "levels": route.levels(),
        "from": format!("{}.{}", from.cell, from.port), "to": format!("{}.{}", to.cell, to.port),
    }))
}

fn as_text(board: &Board, config: &Config, placed: Option<&Placed>, judged: &Judged) -> String {
    let f = &judged.figures;
    let old = |figure: &str| {
        let old = judged.old.as_ref()?;
        old.areas().into_iter().find(|(name, _)| *name == figure).map(|(_, old)| old)
    };
    let beside =
        |figure: &str| old(figure).map_or(String::new(), |old| format!(" (baseline {})", grouped(old)));
    let mut rows =
        vec![("board", format!("{}, {}", board.name, board.part)), ("config", config.name.clone())];
    rows.extend(f.areas().map(|(figure, value)| (figure, grouped(value) + &beside(figure))));
    rows.push(("fmax, MHz", clocks(&f.fmax_mhz) + &old_clocks(judged)));
    rows.push(("target, MHz", format!("{}", board.target_mhz())));
    rows.extend(placed.and_then(slowest));
    rows.extend(
        placed.map(|placed| ("bitstream", format!("seed {}, {}", placed.best, placed.bitstream.display()))),
    );
    rows.push((
        "tools",
        f.tools.iter().map(|(tool, version)| format!("{tool} {version}")).collect::<Vec<_>>().join(", "),
    ));
    rows.push(("baseline", verdict(judged)));
    table(&rows)
}

fn clocks(all: &[f64]) -> String {
    all.iter().map(|mhz| format!("{mhz:.2}")).collect::<Vec<_>>().join(" ")
}

fn old_clocks(judged: &Judged) -> String {
    judged.old.as_ref().map_or(String::new(), |old| format!(" (baseline {})", clocks(&old.fmax_mhz)))
}

fn slowest(placed: &Placed) -> Option<(&'static str, String)> {
    let route = placed.best()?.report.critical()?;
    let (from, to) = route.ends()?;
    let ns =
        format!("{:.1} ns, {:.1} of them wire, {} cells", route.ns(), route.routing_ns(), route.levels());
    Some(("slowest path", format!("{ns}: {} to {}", short(&from.cell), short(&to.cell))))
}

/// Names of cells grow with every pass of yosys: their first 60 letters say where they are.
fn short(cell: &str) -> String {
    cell.chars().take(60).collect()
}

fn verdict(judged: &Judged) -> String {
    match (&judged.old, judged.regressions.len()) {
        (None, _) => "none for this configuration; --bless writes one".into(),
        (Some(_), 0) => "no figure is worse".into(),
        (Some(_), _) => judged.regressions.iter().map(Regression::to_string).collect::<Vec<_>>().join("; "),
    }
}

//! `statestream energy`: events of a simulated pass, times published energies per event.

use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};

use anyhow::{anyhow, bail, Result};
use serde_json::{json, Value};
use statestream_image::config::{Config, FlashBus};
use statestream_sim::saif::{Activity, Block};

use crate::energies::{self, spread_json, Energy, EVENTS};
use crate::files::{self, ImageFile};
use crate::report::{grouped, Report};
use crate::{call, machine};

/// Estimate the energy of a token
///
/// Runs cosim, records how often every net toggled in the last whole pass (a SAIF file), counts the events of that pass, and
/// multiplies them by published energies per event: lowest, typical and highest, each with its source and its kind. Nothing in
/// it was measured on a board.
#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  statestream energy m.img --config up5k --prompt \"ROMEO:\"\n  statestream energy m.img --prompt \"A\" -n 4 --saif pass.saif --energies mine.toml --json"
)]
pub struct Args {
    /// Packed image
    image: PathBuf,
    /// Configuration of the machine, an entry of configs.toml
    #[arg(long, value_name = "NAME", default_value = "up5k")]
    config: String,
    /// Text to begin with, at least one token
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    prompt: String,
    /// Tokens to write; the last pass is the one that counts
    #[arg(short, value_name = "N", default_value_t = 2)]
    n: usize,
    /// Keep the recording of that pass here
    #[arg(long, value_name = "FILE")]
    saif: Option<PathBuf>,
    /// Energies per event, instead of those built in
    #[arg(long, value_name = "FILE")]
    energies: Option<PathBuf>,
}

/// What no reader may miss.
const CAVEAT: &str =
    "nothing here was measured on a board: counts are simulated, energies are published or derived from \
                      published figures, and the spread is that of the sources";

/// Runs the command.
pub fn run(args: &Args) -> Result<Report> {
    if args.n == 0 {
        bail!("-n 0 writes no token, but the energy is one token's; give -n 1 or more");
    }
    let energies = read_energies(args.energies.as_deref())?;
    let file = files::read_image(&args.image)?;
    let config = machine::fitting(&args.config, &args.image, &file)?;
    let recording = Recording::new(args.saif.as_deref())?;
    let run = cosim(args, &recording.path)?;
    if let Some(failure) = run.failure {
        return Ok(Report { failure: Some(failure), ..Report::done(run.json, run.human) });
    }
    let activity = recording.read()?;
    let pass = Pass::new(&activity, &run.json, &file, &config)?;
    let rows = rows(&pass, &energies);
    Ok(Report::done(as_json(&pass, &rows, &args.config), as_text(&pass, &rows)))
}

fn read_energies(path: Option<&Path>) -> Result<Vec<Energy>> {
    match path {
        None => energies::read("cli/energies.toml", None),
        Some(path) => energies::read(&path.display().to_string(), Some(&files::read_text(path)?)),
    }
}

/// The SAIF file; removed unless the user asked for it.
struct Recording {
    path: PathBuf,
    kept: bool,
}

impl Recording {
    fn new(path: Option<&Path>) -> Result<Recording> {
        let kept = path.is_some();
        let temporary = || std::env::temp_dir().join(format!("statestream-{}.saif", std::process::id()));
        let path = path.map_or_else(temporary, PathBuf::from);
        // The ending is what makes the recording one.
        match path.extension().is_some_and(|ending| ending == "saif") {
            true => Ok(Recording { path, kept }),
            false => bail!("--saif {}: the name must end with .saif; choose another", path.display()),
        }
    }

    fn read(&self) -> Result<Activity> {
        let open = File::open(&self.path).map_err(|error| {
            anyhow!("{}: {error}; no pass was recorded, run cosim alone to see why", self.path.display())
        })?;
        Activity::read(BufReader::new(open)).map_err(|error| files::at(&self.path, error))
    }
}

impl Drop for Recording {
    fn drop(&mut self) {
        if !self.kept {
            // A leftover temporary file must not hide an error.
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

fn cosim(args: &Args, saif: &Path) -> Result<Report> {
    let image = args.image.display().to_string();
    let [prompt, n] = [format!("--prompt={}", args.prompt), format!("-n{}", args.n)];
    let waves = format!("--waves={}", saif.display());
    call(&["cosim", &image, "--config", &args.config, &prompt, &n, &waves])
}

/// The events of a pass.
struct Pass {
    clocks: u64,
    seconds: f64,
    /// Tokens that a pass writes, of all that wrote.
    tokens: f64,
    /// In the order of [`EVENTS`].
    counts: [u64; 8],
    flash_bits: u64,
    flash_edges: u64,
    /// Toggles by the first levels of the hierarchy, the most first.
    blocks: Vec<(String, u64)>,
}

impl Pass {
    fn new(activity: &Activity, run: &Value, file: &ImageFile, config: &Config) -> Result<Pass> {
        let top = top(activity)?;
        let of = |net: &str| top.nets.get(net).map_or(0, |net| net.toggles);
        let clocks = activity.duration / HALVES;
        let pins = ["sck", "cs_n", "io_o", "io_i"].map(of).iter().sum();
        let tokens = run["tokens_per_pass"].as_f64().unwrap_or(1.0);
        let [block_ram, spram] = accesses(activity, clocks);
        let chips = if config.flash == FlashBus::Dual { 2 } else { 1 };
        let counts = [clocks, toggles(activity), weights(file), block_ram, spram, pins, chips, 1];
        Ok(Pass {
            clocks,
            seconds: clocks as f64 / config.clock_hz as f64,
            tokens,
            counts,
            flash_bits: (run["flash_busy"].as_f64().unwrap_or(0.0) * clocks as f64) as u64
                * config.flash.bits() as u64,
            flash_edges: of("sck"),
            blocks: blocks(activity),
        })
    }
}

/// Time units of a clock: one for each half.
const HALVES: u64 = 2;

/// The instance that has the machine's pins, and none below it.
fn top(activity: &Activity) -> Result<&Block> {
    let has_pins =
        |block: &&Block| ["sck", "cs_n", "io_i", "rx"].iter().all(|net| block.nets.contains_key(*net));
    activity.blocks.values().find(has_pins).ok_or_else(|| {
        anyhow!("the SAIF file has no block with sck, cs_n, io_i and rx, the machine's pins; record a pass with cosim")
    })
}

/// The clock has a row of its own, and ports of the trace exist in simulation only.
fn apart(net: &str) -> bool {
    net == "clock" || net.ends_with("$clock") || net.contains("trace_")
}

fn toggles(activity: &Activity) -> u64 {
    activity.blocks.values().map(|block| block.toggles(apart)).sum()
}

fn weights(file: &ImageFile) -> u64 {
    let rows = file.image.sections.iter().flat_map(|section| &section.rows);
    rows.map(|row| (row.a.len() + row.b.len()) as u64).sum()
}

/// Accesses of block RAM and of the large memory. A memory reads in every clock, for nothing tells it not to; a single port
/// reads or writes, and two ports may do both.
fn accesses(activity: &Activity, clocks: u64) -> [u64; 2] {
    let mut sums = [0, 0];
    for (path, block) in activity.blocks.iter().filter(|(_, block)| is_memory(block)) {
        let writes = block.nets.get("we").map_or(0, |we| we.high / HALVES);
        let two_ports = block.nets.contains_key("waddr");
        let large = usize::from(path.ends_with("core/memory"));
        sums[large] += clocks + if two_ports { writes } else { 0 };
    }
    sums
}

/// The ports of the emitted memories: `rdata`, and of the microcode's ROM `data`.
fn is_memory(block: &Block) -> bool {
    let has = |net| block.nets.contains_key(net);
    has("rdata") || (has("addr") && has("data") && block.nets.len() <= 4)
}

/// Levels of the hierarchy that the report tells apart.
const LEVELS: usize = 4;

fn blocks(activity: &Activity) -> Vec<(String, u64)> {
    let mut sums = std::collections::BTreeMap::<String, u64>::new();
    for (path, block) in &activity.blocks {
        let name = path.split('/').take(LEVELS).collect::<Vec<_>>().join("/");
        *sums.entry(name).or_default() += block.toggles(apart);
    }
    let mut sorted: Vec<_> = sums.into_iter().collect();
    sorted.sort_by_key(|(_, toggles)| std::cmp::Reverse(*toggles));
    sorted
}

/// A line of the account.
struct Row<'a> {
    event: &'static str,
    count: f64,
    energy: &'a Energy,
    millijoules: [f64; 3],
}

/// Everything per token. Of what lasts, the count is chips or parts, and its time the token's share of the pass.
fn rows<'a>(pass: &Pass, energies: &'a [Energy]) -> Vec<Row<'a>> {
    let lines = EVENTS.iter().zip(pass.counts).zip(energies);
    let row = |((event, count), energy): ((&&'static str, u64), &'a Energy)| {
        let (seconds, count) = (pass.seconds / pass.tokens, count as f64);
        let count = if energy.lasts { count } else { count / pass.tokens };
        Row { event, count, energy, millijoules: energy.millijoules(count, seconds) }
    };
    lines.map(row).collect()
}

fn total(rows: &[Row]) -> [f64; 3] {
    [0, 1, 2].map(|at| rows.iter().map(|row| row.millijoules[at]).sum())
}

fn share(rows: &[Row], event: &str) -> [f64; 3] {
    let all = total(rows);
    let part = rows.iter().find(|row| row.event == event).map_or([0.0; 3], |row| row.millijoules);
    [0, 1, 2].map(|at| part[at] / all[at])
}

/// How a count was come by: all but the multiplications and the parts are the simulator's.
fn count_tag(event: &str) -> &'static str {
    match event {
        "multiplication" | "flash" | "static" => "derived",
        _ => "co-sim",
    }
}

fn row_json(row: &Row) -> Value {
    let energy = row.energy;
    let asic = energy.asic.as_ref().map(|(each, source)| {
        json!({ "pj": each, "mj_per_token": each * row.count * 1e-9, "tag": "claim", "source": source })
    });
    json!({
        "event": row.event, "count_per_token": row.count, "count_tag": count_tag(row.event),
        "energy": spread_json(energy.spread), "unit": energy.unit(), "energy_tag": energy.kind,
        "source": energy.source, "assumed": energy.assumed,
        "mj_per_token": spread_json(row.millijoules), "mj_tag": "derived", "asic": asic,
    })
}

/// Picojoules of a bit, from the flash's row.
fn per_flash_bit(pass: &Pass, rows: &[Row]) -> [f64; 3] {
    let flash = rows.iter().find(|row| row.event == "flash").map_or([0.0; 3], |row| row.millijoules);
    flash.map(|millijoules| millijoules * pass.tokens * 1e9 / pass.flash_bits as f64)
}

fn as_json(pass: &Pass, rows: &[Row], config: &str) -> Value {
    let block =
        |(path, toggles): &(String, u64)| json!({ "block": path, "toggles": toggles, "tag": "co-sim" });
    json!({
        "config": config,
        "clocks_per_pass": pass.clocks,
        "tokens_per_pass": pass.tokens,
        "seconds_per_pass": pass.seconds,
        "rows": rows.iter().map(row_json).collect::<Vec<_>>(),
        "mj_per_token": spread_json(total(rows)),
        "tag": "derived",
        "flash_share": spread_json(share(rows, "flash")),
        "static_share": spread_json(share(rows, "static")),
        "flash_bits_per_pass": pass.flash_bits,
        "flash_clock_edges_per_pass": pass.flash_edges,
        "flash_pj_per_bit": spread_json(per_flash_bit(pass, rows)),
        "blocks": pass.blocks.iter().map(block).collect::<Vec<_>>(),
        "measured_on_a_board": false,
        "caveat": CAVEAT,
    })
}

/// Three figures of a spread, each with the digits it deserves.
fn three(spread: [f64; 3]) -> String {
    spread.map(|value| if value < 0.1 { format!("{value:.4}") } else { format!("{value:.2}") }).join(" / ")
}

fn as_text(pass: &Pass, rows: &[Row]) -> String {
    let milliseconds = 1e3 * pass.seconds;
    let (clocks, edges) = (grouped(pass.clocks), grouped(pass.flash_edges));
    let mut out = format!(
        "one pass: {clocks} clocks (co-sim), {milliseconds:.2} ms, {:.2} tokens; flash: {} bits, {edges} edges of its clock\n\n",
        pass.tokens,
        grouped(pass.flash_bits)
    );
    out +=
        "event           count per token           energy, low / typical / high    mJ per token (derived)\n";
    for row in rows {
        let count = format!("{} ({})", grouped(row.count.round() as u64), count_tag(row.event));
        let energy = format!("{} {} ({})", three(row.energy.spread), row.energy.unit(), row.energy.kind);
        out += &format!("{:14}  {count:24}  {energy:42}  {}\n", row.event, three(row.millijoules));
    }
    out += &format!("{:14}  {:24}  {:42}  {}\n", "all", "", "", three(total(rows)));
    let percent = |event| three(share(rows, event).map(|share| 100.0 * share));
    out += &format!("\nflash {} %, static {} % of it (derived)\n", percent("flash"), percent("static"));
    out += &format!(
        "flash, pJ per bit: {} (derived)\n\ntoggles by block (co-sim):\n",
        three(per_flash_bit(pass, rows))
    );
    for (path, toggles) in pass.blocks.iter().take(12) {
        out += &format!("  {:>14}  {path}\n", grouped(*toggles));
    }
    out += "\nsources:\n";
    for row in rows {
        out += &format!("  {}: {} {}\n", row.event, row.energy.source, row.energy.assumed);
        if let Some((each, source)) = &row.energy.asic {
            out += &format!(
                "    as ASIC: {each} pJ, {:.4} mJ per token (claim): {source}\n",
                each * row.count * 1e-9
            );
        }
    }
    format!("{out}\n{CAVEAT}\n")
}

//! One page on a synthesised design: a file that needs nothing beside it, no network and no script.

use std::collections::BTreeMap;

use crate::board::Board;
use crate::error::FpgaError;
use crate::place::{Failure, Outcome, Placed, Seed};
use crate::report::area::{self, Area};
use crate::report::block::BLOCKS;
use crate::report::draw::{bars, escape, table, title, Bar};
use crate::report::{cells, floor, path, Use};

const STYLE: &str = include_str!("page.css");
/// Counted in what the tools have written.
const NETLIST: &str = "netlist";
/// Computed from it.
const DERIVED: &str = "derived";

/// A shipped model on the design's machine.
pub struct Speed {
    /// The model's name.
    pub model: String,
    /// Clocks of a pass of one token by the cycle model, or why there is none.
    pub clocks: Result<u64, String>,
}

/// What the page is about.
pub struct Page<'a> {
    /// The board.
    pub board: &'a Board,
    /// The machine's name.
    pub config: &'a str,
    /// What was synthesised and placed.
    pub outcome: &'a Outcome,
    /// The shipped models.
    pub speeds: &'a [Speed],
    /// The command that makes the page.
    pub command: &'a str,
    /// Why the check failed, if it did.
    pub failure: Option<&'a str>,
}

impl Page<'_> {
    /// The page.
    pub fn html(&self) -> Result<String, FpgaError> {
        let heading = format!("{} on {}", self.config, self.board.name);
        let areas = area::by_block(&cells::named(&self.outcome.netlist)?);
        let parts = [
            self.summary(&heading),
            self.utilisation(),
            self.clocks(),
            self.critical(),
            area_table(&areas),
            self.speed_table(),
            self.plan(&areas)?,
        ];
        let head = "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\">\
                    <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">";
        Ok(format!(
            "{head}<title>{}</title><style>{STYLE}</style></head><body>{}</body></html>\n",
            escape(&heading),
            parts.concat()
        ))
    }

    fn placed(&self) -> Option<&Placed> {
        self.outcome.result.as_ref().ok()
    }

    fn best(&self) -> Option<&Seed> {
        self.placed()?.best()
    }

    fn summary(&self, heading: &str) -> String {
        let tools = self.outcome.tools.iter().map(|(tool, version)| format!("{tool} {version}"));
        let tools = tools.chain([format!("statestream {}", env!("CARGO_PKG_VERSION"))]);
        let rows = [
            ("part", self.board.part.clone()),
            ("board", self.board.name.to_string()),
            ("configuration", self.config.to_string()),
            ("target clock", format!("{} MHz", self.board.target_mhz())),
            ("seeds", self.seeds()),
            ("tools", tools.collect::<Vec<_>>().join(", ")),
            ("made by", self.command.to_string()),
        ];
        let rows = rows.map(|(name, value)| format!("<dt>{name}</dt><dd>{}</dd>", escape(&value))).concat();
        format!("<h1>{}</h1>{}<dl>{rows}</dl>", escape(heading), self.verdict())
    }

    fn verdict(&self) -> String {
        match self.failure {
            Some(failure) => format!("<p class=\"bad\">Failed: {}</p>", escape(failure)),
            None => "<p>Fits, and meets the target clock with every seed.</p>".into(),
        }
    }

    fn seeds(&self) -> String {
        let Some(placed) = self.placed() else { return "none placed".into() };
        let all: Vec<String> = placed.seeds.iter().map(|seed| seed.seed.to_string()).collect();
        format!("{}; slowest path and floor plan are those of the fastest, {}", all.join(", "), placed.best)
    }

    /// What is known of the part's use, also when the design is too large for it.
    fn used(&self) -> BTreeMap<String, Use> {
        match &self.outcome.result {
            Ok(placed) => placed.used.clone(),
            Err(Failure::TooLarge { resource, used, available, .. }) => {
                [(resource.clone(), Use { used: *used, available: *available })].into()
            }
            Err(_) => BTreeMap::new(),
        }
    }

    fn utilisation(&self) -> String {
        let used = self.used();
        let used = used.iter().filter(|(_, part)| part.used > 0 && part.available > 0);
        let all: Vec<Bar> = used.map(|(kind, part)| share(kind, *part)).collect();
        let title = title("Use of the part", NETLIST);
        match all.is_empty() {
            true => format!("{title}<p class=\"dim\">Nothing was placed.</p>"),
            false => title + &bars("use of the part, percent of what it has", &all, 100.0, None),
        }
    }

    fn clocks(&self) -> String {
        let Some(placed) = self.placed() else { return String::new() };
        let target = self.board.target_mhz();
        let mhz = |seed: &Seed| seed.report.machine_mhz();
        let full = 1.05 * placed.seeds.iter().map(mhz).fold(target, f64::max);
        let bar = |seed: &Seed| Bar {
            name: format!("seed {}", seed.seed),
            text: format!("{:.2} MHz", mhz(seed)),
            pieces: vec![(mhz(seed), if mhz(seed) < target { "over" } else { "bar" })],
        };
        let all: Vec<Bar> = placed.seeds.iter().map(bar).collect();
        let label = format!("target {target} MHz");
        title("Highest clock by seed", NETLIST)
            + &bars("highest clock in MHz by seed", &all, full, Some((target, &label)))
    }

    fn critical(&self) -> String {
        let Some(route) = self.best().and_then(|seed| seed.report.critical()) else { return String::new() };
        let legs = path::legs(route);
        let most = legs.iter().map(|leg| leg.logic_ns + leg.wire_ns).fold(0.0, f64::max);
        let bar = |leg: &path::Leg| Bar {
            name: leg.place.clone(),
            text: format!("{:.2} ns cells, {:.2} ns wires", leg.logic_ns, leg.wire_ns),
            pieces: vec![(leg.logic_ns, "bar"), (leg.wire_ns, "wire")],
        };
        let all: Vec<Bar> = legs.iter().map(bar).collect();
        let sentence = escape(&path::sentence(route));
        let note = "<p class=\"dim\">In order; a wire's time counts where it leads to. Blue: cells, orange: wires.</p>";
        title("Slowest path", NETLIST)
            + &format!("<p>{sentence}</p>{note}")
            + &bars("slowest path in nanoseconds by part", &all, most, None)
    }

    fn speed_table(&self) -> String {
        let mhz = self.placed().map(|placed| placed.seeds.iter().map(|seed| seed.report.machine_mhz()));
        let (slowest, fastest) = mhz.map_or((f64::NAN, f64::NAN), |all| {
            (all.clone().fold(f64::NAN, f64::min), all.fold(f64::NAN, f64::max))
        });
        let clocks = [self.board.target_mhz(), slowest, fastest];
        let names = ["target", "slowest seed", "fastest seed"];
        let head = |(name, mhz): (&str, f64)| match mhz.is_nan() {
            true => format!("{name}: not placed"),
            false => format!("{name}, {mhz:.2} MHz"),
        };
        let heads: Vec<String> = names.into_iter().zip(clocks).map(head).collect();
        let heads: Vec<&str> =
            ["model, W4", "clocks per pass"].into_iter().chain(heads.iter().map(String::as_str)).collect();
        let rows: String = self.speeds.iter().map(|speed| speed_row(speed, &clocks)).collect();
        title("Tokens per second", DERIVED)
            + "<p class=\"dim\">Of each shipped model, one token in a pass: the cycle model's clocks at these clocks.</p>"
            + &table(&heads, &rows)
    }

    fn plan(&self, areas: &[Area]) -> Result<String, FpgaError> {
        let Some(seed) = self.best() else { return Ok(String::new()) };
        let places = cells::places(&seed.places)?;
        let keys: String = areas.iter().filter(|area| area.part.is_none()).map(key).collect();
        Ok(format!(
            "{}<p class=\"dim\">Every used tile, in the colour of the block with most cells in it; {} cells.</p><p>{keys}</p>{}",
            title("Floor plan", NETLIST),
            places.len(),
            floor::svg(&places)
        ))
    }
}

fn share(kind: &str, part: Use) -> Bar {
    let percent = 100.0 * part.used as f64 / part.available as f64;
    let class = if part.used > part.available { "over" } else { "bar" };
    let text = format!("{} of {} ({percent:.1} %)", part.used, part.available);
    Bar { name: kind.into(), text, pieces: vec![(percent, class)] }
}

fn area_table(areas: &[Area]) -> String {
    let heads: Vec<&str> = ["block"].into_iter().chain(area::KINDS).collect();
    let whole = areas.iter().filter(|area| area.part.is_none());
    let sum = whole.fold([0; area::KINDS.len()], |mut sum, area| {
        sum.iter_mut().zip(area.cells).for_each(|(sum, cells)| *sum += cells);
        sum
    });
    let rows: String = areas.iter().map(area_row).collect();
    title("Area by block", NETLIST)
        + "<p class=\"dim\">Cells of the mapped netlist, by the names that the hierarchy gave them; logic shared by blocks counts where it got its name.</p>"
        + &table(&heads, &format!("{rows}<tr><th>all</th>{}</tr>", numbers(&sum)))
}

fn area_row(area: &Area) -> String {
    let (_, words, colour) = BLOCKS[area.block];
    let numbers = numbers(&area.cells);
    match &area.part {
        None => {
            format!(
                "<tr><td><span class=\"key\" style=\"background:{colour}\"></span>{words}</td>{numbers}</tr>"
            )
        }
        Some(part) => format!("<tr class=\"part\"><td>{}</td>{numbers}</tr>", escape(part)),
    }
}

fn numbers(cells: &[u64]) -> String {
    cells.iter().map(|count| format!("<td>{count}</td>")).collect()
}

fn key(area: &Area) -> String {
    let (name, _, colour) = BLOCKS[area.block];
    format!("<span class=\"name\"><span class=\"key\" style=\"background:{colour}\"></span>{name}</span> ")
}

fn speed_row(speed: &Speed, mhz: &[f64]) -> String {
    let model = escape(&speed.model);
    match &speed.clocks {
        Err(reason) => {
            format!("<tr><td>{model}</td><td class=\"words\" colspan=\"4\">{}</td></tr>", escape(reason))
        }
        Ok(clocks) => {
            let rate = |mhz: &f64| match mhz.is_nan() {
                true => "<td>–</td>".into(),
                false => format!("<td>{:.1}</td>", mhz * 1e6 / *clocks as f64),
            };
            let rates: String = mhz.iter().map(rate).collect();
            format!("<tr><td>{model}</td><td>{clocks}</td>{rates}</tr>")
        }
    }
}

//! Campaign `coverage`: which lines of the emitted Verilog ran and which of its wires toggled, with a page that shows the lines.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::Mutex;

use anyhow::{anyhow, Context, Result};
use rayon::prelude::*;
use serde_json::{json, Map, Value};
use statestream_hdl::machine;
use statestream_image::config::{Config, FlashBus, Pipeline};
use statestream_sim::campaign::{run_with, wild, Case, Machine};
use statestream_sim::code::{Code, Exclusions, Missed, Sums};
use statestream_sim::rtl::{Rtl, RtlOptions};
use statestream_sim::verilator::{Kind, Optimise, Tally};

use super::{coverage_page, no_gate, Campaign, Effort, Findings, Plan};
use crate::{files, progress};

/// The campaign.
pub const CAMPAIGN: Campaign = Campaign { name: "coverage", names, run, gate: no_gate };

/// Cases in lockstep and wild images of a machine, for the two efforts.
const RUNS: [[usize; 2]; 2] = [[24, 120], [150, 600]];
/// What must be covered of what is not excluded, in percent.
const LINES: f64 = 100.0;
const TOGGLES: f64 = 95.0;
/// Where the pages are written, below the current folder.
const FOLDER: &str = "out/verify";
/// Places that a message names.
const NAMED: usize = 5;

/// A machine of each kind, by name.
const MACHINES: [(&str, &str, usize, FlashBus, Pipeline); 5] = [
    ("quad", "tiny", 16, FlashBus::Quad, Pipeline::Short),
    ("dual", "tiny", 4, FlashBus::Dual, Pipeline::Long),
    ("dtr", "tiny", 4, FlashBus::Dtr, Pipeline::Long),
    ("ternary", "tiny-ternary", 4, FlashBus::Quad, Pipeline::Short),
    ("ternary-long", "tiny-ternary", 4, FlashBus::Quad, Pipeline::Long),
];

fn names() -> Vec<&'static str> {
    MACHINES.iter().map(|(name, ..)| *name).collect()
}

/// One machine, all that it did.
struct Survey {
    name: &'static str,
    code: Code,
    missed: Vec<Missed>,
    exclusions: Exclusions,
}

fn run(plan: &Plan) -> Result<Findings> {
    let exclusions = Exclusions::kept()?;
    let wanted = |(k, (name, ..)): &(usize, &(&'static str, _, _, _, _))| {
        plan.wants(name) && (*k == 0 || plan.effort == Effort::Full || plan.only.is_some())
    };
    let machines: Vec<_> = MACHINES.iter().enumerate().filter(wanted).map(|(_, machine)| *machine).collect();
    let (mut findings, mut all) = (Findings::default(), Map::new());
    for (name, config, tokens, flash, pipeline) in plan.shard.part(machines) {
        let machine = Machine { config: config.into(), tokens, flash, pipeline };
        let survey = Survey::of(name, &machine, plan, &exclusions)?;
        let page = survey.write_page()?;
        all.insert(name.into(), survey.as_json(&page));
        findings.lines.push(survey.line(&page));
        findings.details.extend(survey.details());
        findings.failures.extend(survey.failures());
        findings.cases += RUNS[usize::from(plan.effort == Effort::Full)].iter().sum::<usize>();
    }
    findings.coverage = all.into();
    Ok(findings)
}

impl Survey {
    fn of(name: &'static str, machine: &Machine, plan: &Plan, exclusions: &Exclusions) -> Result<Survey> {
        let config = Case { machine: machine.clone(), ..Case::draw(0) }.config()?;
        let text = machine::verilog(&config).map_err(|error| anyhow!("{error}"))?;
        let code = Mutex::new(Code::new(&text));
        let [cases, images] = RUNS[usize::from(plan.effort == Effort::Full)];
        let bar = progress::bar();
        bar.set_length((cases + images) as u64);
        bar.set_message(format!("coverage of {name}"));
        let collector = Collector { code: &code, files: AtomicUsize::new(0), folder: tempfile::tempdir()? };
        // any other case's steps do on this machine what they do on its own
        let seeds = (0..).map(|k| plan.seed << 32 | k);
        let of_machine = |seed: u64| Some(Case::draw(seed)).filter(|case| case.machine == *machine);
        let drawn: Vec<Case> = seeds.filter_map(of_machine).take(cases).collect();
        drawn.par_iter().try_for_each(|case| {
            bar.inc(1);
            collector.case(case)
        })?;
        (0..images as u64).into_par_iter().try_for_each(|k| {
            bar.inc(1);
            collector.image(&config, plan.seed << 32 | k)
        })?;
        bar.finish_and_clear();
        let code = code.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
        let missed = code.missed(exclusions);
        Ok(Survey { name, code, missed, exclusions: exclusions.clone() })
    }

    fn sums(&self) -> Sums {
        self.code.sums(&self.exclusions, None)
    }

    fn line(&self, page: &Path) -> String {
        let (sums, page) = (self.sums(), page.display());
        format!(
            "coverage of {}: lines {}, toggles {}; excluded {} and {}; {page}\n",
            self.name, sums.lines, sums.toggles, sums.excluded_lines, sums.excluded_toggles
        )
    }

    fn as_json(&self, page: &Path) -> Value {
        let sums = self.sums();
        let tally =
            |tally: Tally, excluded| json!({ "hit": tally.hit, "of": tally.total, "excluded": excluded });
        json!({
            "lines": tally(sums.lines, sums.excluded_lines),
            "toggles": tally(sums.toggles, sums.excluded_toggles),
            "page": page,
        })
    }

    /// What was missed and is not excused, a wire's bits together.
    fn details(&self) -> Vec<Value> {
        let mut wires: BTreeMap<(&str, usize, Kind, &str), usize> = BTreeMap::new();
        for missed in self.missed.iter().filter(|missed| missed.excuse.is_none()) {
            let wire = missed.what.split(['[', ':']).next().unwrap_or_default();
            *wires.entry((&missed.module, missed.line, missed.kind, wire)).or_default() += 1;
        }
        let detail = |((module, line, kind, wire), count): (&(&str, usize, Kind, &str), &usize)| json!({ "machine": self.name, "module": module, "line": line, "kind": format!("{kind:?}"), "what": wire, "missed": count });
        wires.iter().map(detail).collect()
    }

    fn failures(&self) -> Vec<String> {
        let sums = self.sums();
        let percent = |tally: Tally| 100.0 * tally.hit as f64 / tally.total.max(1) as f64;
        let bars =
            [(Kind::Line, sums.lines, LINES, "lines"), (Kind::Toggle, sums.toggles, TOGGLES, "toggles")];
        let below = bars.into_iter().filter(|(_, tally, bar, _)| percent(*tally) < *bar);
        let bars = below.map(|(kind, tally, bar, what)| {
            let first = self.first_missed(kind);
            format!("coverage of {}: {what} {tally}, and {bar} % must be, first {first}; drive what is missing, or exclude it with its reason in sim/coverage.toml", self.name)
        });
        let idle = self.code.idle(&self.exclusions).into_iter().filter(|_| self.name == MACHINES[0].0);
        let idle = idle.map(|e| {
            format!("sim/coverage.toml excludes {:?}{:?} of module {}, which is covered or not there; take it out", e.wire, e.line, e.module)
        });
        bars.chain(idle).collect()
    }

    fn first_missed(&self, kind: Kind) -> String {
        let asked = self.missed.iter().filter(|missed| missed.kind == kind && missed.excuse.is_none());
        let place = |missed: &Missed| format!("{} line {} `{}`", missed.module, missed.line, missed.what);
        asked.take(NAMED).map(place).collect::<Vec<_>>().join(", ")
    }

    fn write_page(&self) -> Result<PathBuf> {
        let path = Path::new(FOLDER).join(format!("coverage-{}.html", self.name));
        files::make_folder(Path::new(FOLDER))?;
        files::write(
            &path,
            coverage_page::html(self.name, &self.code, &self.missed, &self.exclusions).as_bytes(),
        )?;
        Ok(path)
    }
}

/// Adds what every machine did, at the end of its run.
struct Collector<'a> {
    code: &'a Mutex<Code>,
    files: AtomicUsize,
    folder: tempfile::TempDir,
}

impl Collector<'_> {
    fn options() -> RtlOptions {
        RtlOptions { coverage: true, optimise: Optimise::Light, ..RtlOptions::default() }
    }

    fn case(&self, case: &Case) -> Result<()> {
        let mut taken = Ok(());
        let ran = run_with(case, &Self::options(), "statestream verify --only coverage", |rtl| {
            taken = self.take(rtl)
        });
        ran.context(
            "a case of the coverage campaign fails; statestream verify --only lockstep makes it small",
        )?;
        taken
    }

    fn image(&self, config: &Config, seed: u64) -> Result<()> {
        let mut taken = Ok(());
        wild(config, seed, &Self::options(), |rtl| taken = self.take(rtl))?;
        taken
    }

    fn take(&self, rtl: &mut Rtl) -> Result<()> {
        let number = self.files.fetch_add(1, Ordering::Relaxed);
        let run = rtl.coverage(&self.folder.path().join(format!("{number}.dat")))?;
        self.code.lock().unwrap_or_else(std::sync::PoisonError::into_inner).add(&run);
        Ok(())
    }
}

//! Campaign `coverage`: which lines of the emitted Verilog ran and which of its wires toggled, with a page that shows the lines.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{anyhow, Result};
use rayon::prelude::*;
use serde_json::{json, Map, Value};
use statestream_hdl::machine;
use statestream_image::config::{Config, FlashBus, Pipeline};
use statestream_sim::campaign::{run as run_case, wild, Case, Machine};
use statestream_sim::code::{Code, Exclusions, Missed, Sums};
use statestream_sim::engine::EngineError;
use statestream_sim::faults::{Class, Scenario, CLASSES};
use statestream_sim::rtl::{Rtl, RtlOptions};
use statestream_sim::vectors::{self, Bed, Scene, Setting, LONG, SCENES};
use statestream_sim::verilator::{Collector, Kind, Tally};

use super::{coverage_page, no_gate, Campaign, Effort, Findings, Plan};
use crate::{files, progress};

/// The campaign.
pub const CAMPAIGN: Campaign = Campaign { name: "coverage", names, run, gate: no_gate };

/// Cases in lockstep, wild images and faults of each class of a machine, for the two efforts.
const RUNS: [[usize; 3]; 2] = [[16, 60, 1], [150, 600, 10]];
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
    runs: usize,
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
        let survey = Survey::of(name, &machine, plan, exclusions.of(name))?;
        let page = survey.write_page()?;
        all.insert(name.into(), survey.as_json(&page));
        findings.lines.push(survey.line(&page));
        findings.details.extend(survey.details());
        findings.failures.extend(survey.failures());
        findings.cases += survey.runs;
    }
    findings.coverage = all.into();
    Ok(findings)
}

impl Survey {
    fn of(name: &'static str, machine: &Machine, plan: &Plan, exclusions: Exclusions) -> Result<Survey> {
        let config = Case { machine: machine.clone(), ..Case::draw(0) }.config()?;
        let text = machine::verilog(&config).map_err(|error| anyhow!("{error}"))?;
        let collector = Collector::default();
        let options = RtlOptions { coverage: Some(collector.clone()), ..RtlOptions::default() };
        let stimulus = Stimulus { config, options };
        let jobs = stimulus.jobs(machine, plan)?;
        let bar = progress::bar();
        bar.set_length(jobs.len() as u64);
        bar.set_message(format!("coverage of {name}"));
        jobs.par_iter().try_for_each(|job| {
            bar.inc(1);
            stimulus.run(job)
        })?;
        bar.finish_and_clear();
        let mut code = Code::new(&text);
        for run in collector.texts(tempfile::tempdir()?.path())? {
            code.add(&run)?;
        }
        let (missed, runs) = (code.missed(&exclusions), jobs.len());
        Ok(Survey { name, code, missed, exclusions, runs })
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
        let idle = self
            .code
            .idle(&self.exclusions)
            .into_iter()
            .filter(|e| !e.machines.is_empty() || self.name == MACHINES[0].0);
        let idle = idle.map(|e| {
            format!("sim/coverage.toml excludes {:?}{:?} of module {}, which is covered or not there; take it out", e.wires, e.line, e.module)
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

/// What makes the machine's code run.
struct Stimulus {
    config: Config,
    options: RtlOptions,
}

/// A run, or several.
enum Job {
    /// In lockstep.
    Case(Box<Case>),
    /// An image that no packer writes.
    Wild(u64),
    /// A scene of the quick vectors.
    Scene(&'static Scene),
    /// Faults at the pins.
    Fault(&'static Class, u64, Arc<Scenario>),
}

impl Stimulus {
    fn jobs(&self, machine: &Machine, plan: &Plan) -> Result<Vec<Job>> {
        let [cases, images, faults] = RUNS[usize::from(plan.effort == Effort::Full)];
        let seed = |k: usize| plan.seed << 32 | k as u64;
        let of_machine = |k: usize| Some(Case::draw(seed(k))).filter(|case| case.machine == *machine);
        let drawn = (0..).filter_map(of_machine).take(cases).map(|case| Job::Case(case.into()));
        let scenario = Arc::new(Scenario::random(&self.config, plan.seed, &self.options)?);
        let faults = (0..faults).flat_map(|k| CLASSES.iter().map(move |class| (class, seed(k))));
        let faults = faults.map(|(class, seed)| Job::Fault(class, seed, scenario.clone()));
        let scenes = SCENES[..SCENES.len() - LONG].iter().map(Job::Scene);
        Ok(drawn.chain((0..images).map(|k| Job::Wild(seed(k)))).chain(scenes).chain(faults).collect())
    }

    /// Whatever comes of it is judged by the campaigns that it is of; here it only runs.
    fn run(&self, job: &Job) -> Result<()> {
        const REPLAY: &str = "statestream verify --only coverage";
        match job {
            Job::Case(case) => drop(run_case(case, &self.options, REPLAY)?),
            Job::Wild(seed) => wild(&self.config, *seed, &self.options)?,
            Job::Scene(scene) => scene.play(self)?,
            Job::Fault(class, seed, scenario) => {
                drop(scenario.judge(&class.draw(scenario, *seed), *seed as u32)?)
            }
        }
        Ok(())
    }
}

impl Bed for Stimulus {
    fn config(&self) -> &Config {
        &self.config
    }

    fn machine(&self, setting: Setting) -> std::result::Result<Rtl, EngineError> {
        vectors::machine(&self.config, &setting, &self.options)
    }
}

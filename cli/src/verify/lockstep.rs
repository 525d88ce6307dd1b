//! Campaign `lockstep`: random machines, models and requests, the emitted Verilog against the golden model.

use std::collections::BTreeMap;
use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};

use anyhow::{anyhow, Context, Result};
use rayon::prelude::*;
use serde_json::{json, Value};
use statestream_sim::campaign::{run, shrink, CampaignError, Case, Reached};
use statestream_sim::engine::EngineError;
use statestream_sim::rtl::RtlOptions;
use statestream_sim::stimulus::BenchError;

use super::{Campaign, Effort, Findings, Plan};
use crate::progress;
use crate::report::{grouped, Report};

/// The campaign.
pub const CAMPAIGN: Campaign = Campaign { name: "lockstep", names: Vec::new, run: run_cases, gate };

/// Cases of the two efforts.
const CASES: [usize; 2] = [1_000, 20_000];
/// Cases at a time while a goal is missing, up to as many again.
const MORE: usize = 50;
/// Where cases that failed are written, below the current folder.
const FOLDER: &str = "out/verify";
/// Missing goals that a message names.
const NAMED: usize = 5;

fn run_cases(plan: &Plan) -> Result<Findings> {
    let count = CASES[usize::from(plan.effort == Effort::Full)] as u64;
    let mut outcomes = drawn(plan, 0..count)?;
    // What is met in one case of a thousand may be met by none of a thousand. A shard does not know what the others meet.
    for from in (count..2 * count).step_by(MORE) {
        if plan.shard.of() > 1 || is_closed(&outcomes) {
            break;
        }
        outcomes.extend(drawn(plan, from..from + MORE as u64)?);
    }
    Ok(findings(&outcomes))
}

/// More cases would tell nothing new: a goal is missing no longer, or a failure hides what its case would reach.
fn is_closed(outcomes: &[Outcome]) -> bool {
    outcomes.iter().any(|outcome| outcome.failure.is_some()) || all(outcomes).missed().is_empty()
}

/// What all of them reach.
fn all(outcomes: &[Outcome]) -> Reached {
    let mut all = Reached::default();
    outcomes.iter().for_each(|outcome| all.merge(&outcome.reached));
    all
}

/// The plan's part of the cases of these numbers.
fn drawn(plan: &Plan, numbers: Range<u64>) -> Result<Vec<Outcome>> {
    let seeds = plan.shard.part(numbers.map(|k| plan.seed << 32 | k).collect());
    let bar = progress::bar();
    bar.set_length(seeds.len() as u64);
    bar.set_message("lockstep");
    let run = |seed: &u64| {
        let outcome = Outcome::of(*seed);
        bar.inc(1);
        outcome
    };
    let outcomes = seeds.par_iter().map(run).collect();
    bar.finish_and_clear();
    outcomes
}

/// What became of a case.
struct Outcome {
    reached: Reached,
    failure: Option<Failure>,
}

struct Failure {
    seed: u64,
    reason: String,
    file: PathBuf,
    steps: usize,
}

impl Outcome {
    /// Runs the case of this seed; one that fails is made small and written down.
    fn of(seed: u64) -> Result<Outcome> {
        let case = Case::draw(seed);
        match outcome(&case, &format!("statestream verify --only lockstep, case {seed}")) {
            Ok(reached) => Ok(Outcome { reached, failure: None }),
            Err(error) if is_finding(&error) => Failure::new(seed, &case)
                .map(|failure| Outcome { reached: Reached::default(), failure: Some(failure) }),
            Err(error) => Err(anyhow!("case {seed}: {error}")),
        }
    }
}

fn outcome(case: &Case, replay: &str) -> std::result::Result<Reached, CampaignError> {
    run(case, &RtlOptions::default(), replay)
}

/// A simulator that is not there or compiles nothing says nothing about the machine.
fn is_finding(error: &CampaignError) -> bool {
    match error {
        CampaignError::Bench(BenchError::Engine { error, .. }) => {
            !matches!(**error, EngineError::Verilator(_))
        }
        CampaignError::Bench(_) => true,
        _ => false,
    }
}

impl Failure {
    fn new(seed: u64, case: &Case) -> Result<Failure> {
        let fails = |case: &Case| outcome(case, "").is_err_and(|error| is_finding(&error));
        let smallest = shrink(case, fails);
        let file = Path::new(FOLDER).join(format!("lockstep-{seed}.toml"));
        let head = format!(
            "# Replay: statestream verify --replay {}\n# Drawn from seed {seed}, then made small.\n",
            file.display()
        );
        let text = head + &smallest.to_toml()?;
        fs::create_dir_all(FOLDER)
            .and_then(|()| fs::write(&file, text))
            .with_context(|| format!("cannot write {}; run the command where it may", file.display()))?;
        let replay = format!("statestream verify --replay {}", file.display());
        let reason = outcome(&smallest, &replay).err().map(|error| error.to_string()).unwrap_or_default();
        Ok(Failure { seed, reason, file, steps: smallest.steps.len() })
    }

    fn sentence(&self) -> String {
        let Failure { seed, reason, file, steps } = self;
        format!(
            "lockstep case {seed} fails: {reason}; made small ({steps} steps) in {}, keep it in sim/cases once it is understood",
            file.display()
        )
    }

    fn details(&self) -> Value {
        json!({ "seed": self.seed, "reason": self.reason, "file": self.file, "steps": self.steps })
    }
}

fn findings(outcomes: &[Outcome]) -> Findings {
    let all = all(outcomes);
    let failures: Vec<&Failure> = outcomes.iter().filter_map(|outcome| outcome.failure.as_ref()).collect();
    Findings {
        cases: outcomes.len(),
        failures: failures.iter().map(|failure| failure.sentence()).collect(),
        coverage: json!({ "words": all.words, "bins": all.bins }),
        details: failures.iter().map(|failure| failure.details()).collect(),
        ..Findings::default()
    }
}

/// Everything that the campaign must reach is there.
fn gate(coverage: &Value) -> (String, Vec<String>) {
    let bins: BTreeMap<String, u64> = serde_json::from_value(coverage["bins"].clone()).unwrap_or_default();
    let reached = Reached { bins, words: coverage["words"].as_u64().unwrap_or(0) };
    let ((met, asked), missed) = (reached.tally(), reached.missed());
    let line = format!(
        "lockstep: {met} of {asked} goals reached, {} words compared, all equal but for failures\n",
        grouped(reached.words)
    );
    let first = missed.iter().take(NAMED).cloned().collect::<Vec<_>>().join(", ");
    let failure = format!(
        "lockstep reaches {met} of its {asked} goals and misses {first}{}; run more cases with --full, or draw for them in sim/src/campaign/draw.rs",
        if missed.len() > NAMED { ", ..." } else { "" }
    );
    let surprised = reached.surprises().into_iter().map(|bin| {
        format!("lockstep reaches {bin}, which is excused as out of reach; ask for it in sim/src/campaign/reach.rs")
    });
    (line, surprised.chain((!missed.is_empty()).then_some(failure)).collect())
}

/// Runs the case in a file.
pub fn replay(path: &Path) -> Result<Report> {
    let text = fs::read_to_string(path)
        .with_context(|| format!("cannot read {}; give a file that verify wrote", path.display()))?;
    let case = Case::parse(&text).map_err(|error| anyhow!("{}: {error}", path.display()))?;
    let again = format!("statestream verify --replay {}", path.display());
    let (words, failure) = match outcome(&case, &again) {
        Ok(reached) => (reached.words, None),
        Err(error) => (0, Some(error.to_string())),
    };
    let human = match &failure {
        None => {
            format!("{}: {} steps, {} words, all equal\n", path.display(), case.steps.len(), grouped(words))
        }
        Some(_) => String::new(),
    };
    Ok(Report { json: json!({ "file": path, "steps": case.steps.len(), "words": words }), human, failure })
}

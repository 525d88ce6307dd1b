//! Campaign `second`: texts that Verilator wrote in lockstep, replayed in iverilog, where what has no power-up value is X.

use anyhow::{anyhow, Result};
use indicatif::ProgressBar;
use rayon::prelude::*;
use serde_json::{json, Value};
use statestream_hdl::machine;
use statestream_image::config::{Config, FlashBus};
use statestream_image::layout::Image;
use statestream_image::rng::Rng;
use statestream_image::testing::{random_draft, random_image, random_ternary, shapes};
use statestream_sim::mutation::Edit;
use statestream_sim::second::{Case, Difference, Opinion};
use statestream_sim::stimulus::{long, variant, wired, Action};

use super::{no_gate, Campaign, Effort, Findings, Plan};
use crate::progress;

/// The campaign.
pub const CAMPAIGN: Campaign =
    Campaign { name: "second", names: || KINDS.map(|kind| kind.0).to_vec(), run, gate: no_gate };

/// A name and what it stands for.
type Kind = (&'static str, fn(&Plan) -> Result<Vec<Case>>);

/// Cases by kind.
const KINDS: [Kind; 5] = [
    ("shapes", of_shapes),
    ("passes", |plan| one("passes", &variant(&named("tiny")?, 4), plan)),
    ("dual", |plan| one("dual", &wired(&long(&variant(&named("tiny")?, 4)), FlashBus::Dual), plan)),
    ("dtr", |plan| one("dtr", &wired(&long(&named("tiny")?), FlashBus::Dtr), plan)),
    ("ternary", |plan| one("ternary", &variant(&named("tiny-ternary")?, 4), plan)),
];

/// Seeds of power-up values in Verilator; the first is that of the recording.
const QUICK_SEEDS: [u32; 2] = [1, 2];
const FULL_SEEDS: [u32; 5] = [1, 2, 3, 4, 5];

/// Registers that lose their power-up value, which a simulator that begins with zeros would miss, and a wrong constant.
const BUGS: [(&str, Edit); 5] = [
    ("the flash's phase is unknown", Edit::new("flash", "    initial phase$q = 0;\n", "")),
    ("the fill of the context is unknown", Edit::new("batch", "    initial fill$q = 5'b0;\n", "")),
    ("the sender's bits are unknown", Edit::new("uart_out", "    initial left$q = 4'h0;\n", "")),
    ("whether the flash is selected is unknown", Edit::new("flash", "    initial deselect$q = 1'b1;\n", "")),
    ("no half is added", Edit::new("round", "sum = (shifted$q + 1);", "sum = (shifted$q + 0);")),
];

fn named(name: &str) -> Result<Config> {
    Config::named(name).map_err(|error| anyhow!("{error}"))
}

/// Every kind of model on the smallest machine; in full on every machine.
fn of_shapes(plan: &Plan) -> Result<Vec<Case>> {
    let tiny = named("tiny")?;
    let on = |config: &Config, at: usize| {
        let image = random_image(plan.seed + at as u64, &shapes()[at]);
        case(&format!("shape {at} on {}", config.name), config, image, plan.seed + at as u64)
    };
    let mut cases: Vec<Case> = (0..shapes().len()).map(|at| on(&tiny, at)).collect();
    if plan.effort == Effort::Full {
        let configs = Config::all().map_err(|error| anyhow!("{error}"))?;
        cases.extend(configs.iter().filter(|config| config.name != "tiny").map(|config| on(config, 0)));
    }
    Ok(cases)
}

/// A model of few tokens whose guesses are often right; with ternary rows if the machine reads them.
fn one(name: &str, config: &Config, plan: &Plan) -> Result<Vec<Case>> {
    let mut shape = shapes()[0].clone();
    shape.config.vocab_size = 3;
    let mut image = match config.ternary {
        true => random_ternary(plan.seed, &shape),
        false => random_image(plan.seed, &shape),
    };
    random_draft(&mut image, plan.seed, 64);
    Ok(vec![case(name, config, image, plan.seed)])
}

/// A text of two tokens and a written one, and a token from a stored state, with a throttle once in two times.
fn case(name: &str, config: &Config, image: Image, seed: u64) -> Case {
    let mut rng = Rng::new(seed);
    let mut token = || rng.below(image.header.vocab) as u16;
    let feed = |tokens: Vec<u16>| Action::Feed { tokens, logits: false };
    let (prompt, again) = (vec![token(), token()], vec![token()]);
    let actions = vec![
        Action::Sample { temperature: 999, seed: seed as u32 },
        feed(prompt),
        Action::Generate(1),
        Action::LoadStored(1),
        feed(again),
    ];
    let stalls = rng.one_in(2).then(|| rng.bits());
    Case { name: name.into(), config: config.clone(), image, stalls, actions }
}

/// What one case came to.
struct Outcome {
    name: String,
    half_clocks: usize,
    faults: Vec<String>,
}

/// Runs the plan's part of the cases, and plants the bugs.
fn run(plan: &Plan) -> Result<Findings> {
    let wanted = KINDS.iter().filter(|(name, _)| plan.wants(name));
    let cases = wanted.map(|(_, cases)| cases(plan)).collect::<Result<Vec<_>>>()?.concat();
    let cases = plan.shard.part(cases);
    let bar = progress::bar();
    bar.set_length((cases.len() + BUGS.len()) as u64);
    bar.set_message("second opinions");
    let seeds = if plan.effort == Effort::Full { &FULL_SEEDS[..] } else { &QUICK_SEEDS };
    let outcomes = cases.par_iter().map(|case| agree(case, seeds, &bar)).collect::<Result<Vec<_>>>()?;
    let planted = match cases.iter().any(|case| case.config.name == "tiny") {
        true => planted(plan, &bar)?,
        false => Vec::new(),
    };
    bar.finish_and_clear();
    Ok(findings(&outcomes, &planted, seeds))
}

/// Verilator from every seed, and iverilog, do the same.
fn agree(case: &Case, seeds: &[u32], bar: &ProgressBar) -> Result<Outcome> {
    let [first, others @ ..] = seeds else { return Err(anyhow!("no seed; give one")) };
    let run = case.record(*first)?;
    let mut outcome = Outcome { name: case.name.clone(), half_clocks: run.len(), faults: Vec::new() };
    for seed in others {
        let other = case.record(*seed)?;
        outcome.faults.extend(run.parts_from(&other).map(|at| outcome.fault(&format!(
            "power-up values of seed {seed} give another half clock {at} than those of seed {first}; find the register without a value that reaches an output"
        ))));
    }
    let files = machine::files(&case.config).map_err(|error| anyhow!("{error}"))?;
    if let Opinion::Other(difference) = case.replay(&run, &files)? {
        outcome.faults.push(outcome.fault(&format!(
            "iverilog says otherwise ({difference}); run iverilog again in target/second and look at waves"
        )));
    }
    bar.inc(1);
    Ok(outcome)
}

impl Outcome {
    fn fault(&self, what: &str) -> String {
        format!("second opinion about {}: {what}", self.name)
    }
}

/// A planted bug and how it showed, if it did.
type Planted = (&'static str, Option<Difference>);

/// Replays the first shape's text with each bug in iverilog's copy of the text.
fn planted(plan: &Plan, bar: &ProgressBar) -> Result<Vec<Planted>> {
    let [case, ..] = &of_shapes(plan)?[..] else { return Ok(Vec::new()) };
    let run = case.record(QUICK_SEEDS[0])?;
    let verilog = machine::verilog(&case.config).map_err(|error| anyhow!("{error}"))?;
    let plant = |(name, edit): &(&'static str, Edit)| {
        let files = [("statestream.v".to_string(), edit.apply(&verilog)?)];
        let case = Case { name: format!("{name}, planted"), ..case.clone() };
        let opinion = case.replay(&run, &files)?;
        bar.inc(1);
        Ok((*name, if let Opinion::Other(difference) = opinion { Some(difference) } else { None }))
    };
    BUGS.par_iter().map(plant).collect()
}

fn findings(outcomes: &[Outcome], planted: &[Planted], seeds: &[u32]) -> Findings {
    let survivor = |(name, shown): &Planted| match shown {
        Some(_) => None,
        None => Some(format!("iverilog does not notice the planted bug `{name}`; let the text last longer")),
    };
    let failures = outcomes.iter().flat_map(|outcome| outcome.faults.clone());
    let half_clocks: usize = outcomes.iter().map(|outcome| outcome.half_clocks).sum();
    let coverage = json!({ "half_clocks": half_clocks, "power_up_seeds": seeds.len() });
    Findings {
        cases: outcomes.len(),
        failures: failures.chain(planted.iter().filter_map(survivor)).collect(),
        coverage,
        mutants: planted.len(),
        killed: planted.iter().filter(|(_, shown)| shown.is_some()).count(),
        details: outcomes.iter().map(Outcome::details).chain(planted.iter().map(shown)).collect(),
        lines: outcomes.iter().map(Outcome::line).chain(planted.iter().map(shown_line)).collect(),
        ..Findings::default()
    }
}

impl Outcome {
    fn details(&self) -> Value {
        json!({ "name": self.name, "half_clocks": self.half_clocks, "faults": self.faults })
    }

    fn line(&self) -> String {
        let verdict = if self.faults.is_empty() { "same" } else { "another" };
        format!("{}: {verdict}, {} half clocks\n", self.name, self.half_clocks)
    }
}

fn shown((name, difference): &Planted) -> Value {
    let (found, unknown) = (difference.is_some(), difference.as_ref().is_some_and(Difference::has_x));
    json!({ "planted": name, "found": found, "unknown": unknown })
}

fn shown_line((name, difference): &Planted) -> String {
    let shown = difference.as_ref().map_or("not found".into(), Difference::to_string);
    format!("planted, {name}: {shown}\n")
}

//! Campaign `proofs`: every statement of `sim/proofs`, about one configuration or all, and its planted bugs.

use std::collections::BTreeSet;

use anyhow::{anyhow, Result};
use indicatif::ProgressBar;
use rayon::prelude::*;
use serde_json::{json, Value};
use statestream_hdl::machine;
use statestream_image::config::Config;
use statestream_sim::proofs::{Bug, Effort, Outcome, Proof, Sby, Verdict, ALL};

use super::{no_gate, Campaign, Findings, Plan};
use crate::progress;

/// Small, and bugs are planted in its text.
const SMALLEST: &str = "tiny";
/// A statement that ternary rows make another one, and the smallest configuration that has them.
const TERNARY: (&str, &str) = ("sequencer", "tiny-ternary");

/// The campaign.
pub const CAMPAIGN: Campaign = Campaign { name: "proofs", names, run, gate: no_gate };

fn names() -> Vec<&'static str> {
    ALL.iter().map(|proof| proof.name).collect()
}

/// A statement about a configuration.
struct Case {
    proof: &'static Proof,
    config: Config,
}

/// What came of it.
struct Proved {
    failures: Vec<String>,
    mutants: usize,
    killed: usize,
    line: String,
    details: Value,
}

impl Proved {
    fn add_to(self, findings: &mut Findings) {
        findings.failures.extend(self.failures);
        findings.mutants += self.mutants;
        findings.killed += self.killed;
        findings.lines.push(self.line);
        findings.details.push(self.details);
    }
}

/// Runs the plan's part of the proofs.
fn run(plan: &Plan) -> Result<Findings> {
    let sby = Sby::find()?;
    let cases = plan.shard.part(cases(plan)?);
    let bar = progress::bar();
    bar.set_length(cases.len() as u64);
    let mut findings = Findings { cases: cases.len(), coverage: coverage(&cases)?, ..Findings::default() };
    let proved: Vec<Proved> = cases
        .par_iter()
        .map(|case| {
            let proved = case.run(plan.effort, &sby, &bar);
            bar.inc(1);
            proved
        })
        .collect::<Result<_>>()?;
    proved.into_iter().for_each(|proved| proved.add_to(&mut findings));
    bar.finish_and_clear();
    Ok(findings)
}

/// Quick: all statements about the smallest configuration, and [`TERNARY`]; full: about all.
fn cases(plan: &Plan) -> Result<Vec<Case>> {
    let chosen: Vec<&'static Proof> = ALL.iter().filter(|proof| plan.wants(proof.name)).collect();
    let configs = Config::all().map_err(|error| anyhow!("{error}"))?;
    let wanted = |proof: &Proof, config: &Config| {
        let quick = config.name == SMALLEST || (proof.name, config.name.as_str()) == TERNARY;
        quick || plan.effort == Effort::Full
    };
    let of = |config: &Config| {
        let proofs = chosen.iter().filter(|proof| wanted(proof, config));
        proofs.map(|proof| Case { proof, config: config.clone() }).collect()
    };
    Ok(configs.iter().flat_map::<Vec<Case>, _>(of).collect())
}

/// How many of the smallest configuration's modules have a statement of their own.
fn coverage(cases: &[Case]) -> Result<Value> {
    let config = Config::named(SMALLEST).map_err(|error| anyhow!("{error}"))?;
    let all = machine::files(&config).map_err(|error| anyhow!("{error}"))?.len();
    let proved: BTreeSet<&str> = cases.iter().flat_map(|case| case.proof.modules).copied().collect();
    Ok(json!({ "modules": proved.len(), "of": all, "names": proved }))
}

impl Case {
    fn run(&self, effort: Effort, sby: &Sby, bar: &ProgressBar) -> Result<Proved> {
        bar.set_message(self.name());
        let outcome = self.proof.prove(&self.config, sby, effort)?;
        // A planted bug is a change of the smallest configuration's text.
        let bugs = if self.config.name == SMALLEST { self.proof.bugs } else { &[] };
        let planted = bugs.iter().map(|bug| Ok((bug, self.proof.plant(bug, &self.config, sby)?)));
        let planted = planted.collect::<Result<Vec<_>>>()?;
        let killed = planted.iter().filter(|(_, outcome)| found(outcome)).count();
        let survivors = planted.iter().filter_map(|(bug, outcome)| self.survivor(bug, outcome));
        let failures = self.failure(&outcome).into_iter().chain(survivors).collect();
        let line = self.line(&outcome, &planted, killed);
        bar.println(line.trim_end());
        Ok(Proved {
            failures,
            mutants: planted.len(),
            killed,
            line,
            details: self.details(&outcome, &planted),
        })
    }

    fn name(&self) -> String {
        format!("{} of {}", self.proof.name, self.config.name)
    }

    fn failure(&self, outcome: &Outcome) -> Option<String> {
        let (what, broken) = match &outcome.verdict {
            Verdict::Pass => return None,
            Verdict::Fail(broken) => ("is refuted", broken),
            Verdict::Unknown(broken) => ("is not proved", broken),
        };
        let (name, places) = (self.name(), broken.join(", "));
        let trace = outcome.trace().map(|trace| trace.display().to_string()).unwrap_or_default();
        Some(format!("proof {name} {what} ({places}): look at the trace {trace} with a waveform viewer, then run statestream verify --only {}", self.proof.name))
    }

    fn survivor(&self, bug: &Bug, outcome: &Outcome) -> Option<String> {
        let (name, bug) = (self.name(), bug.name);
        let folder = outcome.folder.display();
        (!found(outcome)).then(|| {
            format!("proof {name} does not notice the planted bug `{bug}`: what was searched is in {folder}; strengthen the statement")
        })
    }

    fn line(&self, outcome: &Outcome, planted: &[(&Bug, Outcome)], killed: usize) -> String {
        let (name, verdict, seconds) = (self.name(), word(outcome), outcome.time.as_secs_f64());
        let bugs: f64 = planted.iter().map(|(_, outcome)| outcome.time.as_secs_f64()).sum();
        let of_bugs = match planted.len() {
            0 => String::new(),
            all => format!("; {killed} of {all} planted bugs found, {bugs:.1} s"),
        };
        format!("{name}: {verdict}, {seconds:.1} s{of_bugs}\n")
    }

    fn details(&self, outcome: &Outcome, planted: &[(&Bug, Outcome)]) -> Value {
        let bug = |(bug, outcome): &(&Bug, Outcome)| json!({ "name": bug.name, "found": found(outcome), "seconds": outcome.time.as_secs_f64() });
        json!({
            "name": self.proof.name,
            "config": self.config.name,
            "statement": self.proof.statement,
            "verdict": word(outcome),
            "induction_depth": self.proof.depth,
            "seconds": outcome.time.as_secs_f64(),
            "folder": outcome.folder,
            "mutants": planted.iter().map(bug).collect::<Vec<_>>(),
        })
    }
}

/// Only a trace from power-up counts; an induction that does not go through shows nothing.
fn found(outcome: &Outcome) -> bool {
    matches!(outcome.verdict, Verdict::Fail(_))
}

fn word(outcome: &Outcome) -> &'static str {
    match outcome.verdict {
        Verdict::Pass => "pass",
        Verdict::Fail(_) => "fail",
        Verdict::Unknown(_) => "unknown",
    }
}

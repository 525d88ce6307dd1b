//! Campaign `faults`: whatever is done to pins, image and power, the host gets golden's answers or an error.

use std::collections::BTreeMap;

use anyhow::Result;
use indicatif::ProgressBar;
use rayon::prelude::*;
use serde_json::{json, Value};
use statestream_sim::faults::{scenarios, Case, Next, Outcome, Scenario, Tally, Verdict, CLASSES};

use super::{no_gate, Campaign, Effort, Findings, Plan};
use crate::progress;

/// Cases of each class, as many on each machine.
const QUICK: usize = 40;
const FULL: usize = 400;

/// The campaign.
pub const CAMPAIGN: Campaign = Campaign { name: "faults", names, run, gate: no_gate };

fn names() -> Vec<&'static str> {
    CLASSES.iter().map(|class| class.name).collect()
}

/// Runs the plan's part of the cases.
fn run(plan: &Plan) -> Result<Findings> {
    let (scenarios, cases) = (scenarios(plan.seed)?, cases(plan));
    let bar = progress::bar();
    bar.set_length(cases.len() as u64);
    let run = |case: &Case| -> Result<_> { Ok((*case, counted(*case, &scenarios, &bar)?)) };
    let outcomes = cases.par_iter().map(run).collect::<Result<Vec<_>>>()?;
    bar.finish_and_clear();
    Ok(findings(plan, &scenarios, &outcomes))
}

fn counted(case: Case, scenarios: &[Scenario], bar: &ProgressBar) -> Result<Outcome> {
    let outcome = case.run(scenarios)?;
    bar.inc(1);
    Ok(outcome)
}

/// Cases of the whole campaign, whatever part of it is asked for.
fn count(plan: &Plan) -> usize {
    CLASSES.len() * if plan.effort == Effort::Full { FULL } else { QUICK }
}

fn cases(plan: &Plan) -> Vec<Case> {
    let all = (0..count(plan)).map(|number| Case::new(plan.seed, number));
    plan.shard.part(all.filter(|case| plan.wants(case.class().name)).collect())
}

fn findings(plan: &Plan, scenarios: &[Scenario], outcomes: &[(Case, Outcome)]) -> Findings {
    let table = tallies(outcomes);
    let bad: Vec<_> = outcomes.iter().filter(|(_, outcome)| outcome.is_bad()).collect();
    let failed = |(case, outcome): &&(Case, Outcome)| failure(plan, scenarios, *case, outcome);
    Findings {
        cases: outcomes.len(),
        failures: bad.iter().map(failed).collect(),
        coverage: json!({ "table": table.iter().map(row_as_json).collect::<Vec<_>>(), "machines": machines(scenarios) }),
        details: bad.iter().map(|(case, outcome)| details(plan, scenarios, *case, outcome)).collect(),
        lines: lines(&table),
        ..Findings::default()
    }
}

fn machines(scenarios: &[Scenario]) -> Vec<&str> {
    scenarios.iter().map(|scenario| scenario.name.as_str()).collect()
}

/// In the order of the classes, the sum of all behind them.
fn tallies(outcomes: &[(Case, Outcome)]) -> Vec<(&'static str, &'static str, Tally)> {
    let mut by_name: BTreeMap<&str, Tally> = BTreeMap::new();
    outcomes.iter().for_each(|(case, outcome)| by_name.entry(case.class().name).or_default().add(outcome));
    let row = |class: &'static statestream_sim::faults::Class| {
        Some((class.name, class.what, by_name.remove(class.name)?))
    };
    let mut table: Vec<_> = CLASSES.iter().filter_map(row).collect();
    let mut sum = Tally::default();
    table.iter().for_each(|(_, _, tally)| sum.merge(tally));
    table.push(("all", "", sum));
    table
}

type Row = (&'static str, &'static str, Tally);

fn row_as_json((name, what, tally): &Row) -> Value {
    json!({
        "class": name,
        "what": what,
        "cases": tally.cases,
        "recovered": tally.recovered,
        "detected": tally.all_detected(),
        "codes": tally.detected,
        "wrong": tally.wrong,
        "next": {
            "reset": tally.by_reset,
            "wait": tally.by_waiting,
            "boot": tally.by_boot,
            "power_up": tally.by_power_up,
            "failed": tally.failed,
        },
        "write_enabled": tally.enabled,
    })
}

fn lines(table: &[Row]) -> Vec<String> {
    let columns = [
        "cases",
        "recovered",
        "detected",
        "wrong",
        "| reset",
        "wait",
        "boot",
        "power-up",
        "never",
        "06 or 50",
    ];
    let head = columns.map(|name| format!(" {name:>9}")).concat();
    let head = format!("{:14}{head}  detected by\n", "class");
    [head].into_iter().chain(table.iter().map(line)).collect()
}

fn line((name, _, t): &Row) -> String {
    let counts = [t.cases, t.recovered, t.all_detected(), t.wrong];
    let next = [t.by_reset, t.by_waiting, t.by_boot, t.by_power_up, t.failed, t.enabled];
    let numbers = counts.into_iter().chain(next).map(|number| format!(" {number:>9}"));
    let codes: Vec<String> = t.detected.iter().map(|(code, count)| format!("{code} {count}")).collect();
    format!("{name:14}{}  {}\n", numbers.collect::<String>(), codes.join(", "))
}

/// What shows the case again, and no other.
fn replay(plan: &Plan, case: Case) -> String {
    let effort = if plan.effort == Effort::Full { "full" } else { "quick" };
    let (number, of) = (case.number + 1, count(plan));
    format!("statestream verify --{effort} --only faults --seed {} --shard {number}/{of}", plan.seed)
}

fn failure(plan: &Plan, scenarios: &[Scenario], case: Case, outcome: &Outcome) -> String {
    let (number, class, machine) = (case.number, case.class().name, &case.scenario(scenarios).name);
    let what = match (&outcome.verdict, &outcome.next) {
        (Verdict::Wrong(what), _) => format!("an answer without an error is not golden's ({what})"),
        (_, Next::Failed(what)) => format!("the next request does not work ({what})"),
        _ => "nothing is wrong".into(),
    };
    format!("case {number}, {class} on {machine}: {what}; run {}", replay(plan, case))
}

fn details(plan: &Plan, scenarios: &[Scenario], case: Case, outcome: &Outcome) -> Value {
    json!({
        "case": case.number,
        "class": case.class().name,
        "machine": case.scenario(scenarios).name,
        "trouble": format!("{:?}", case.trouble(scenarios)),
        "verdict": format!("{:?}", outcome.verdict),
        "next": format!("{:?}", outcome.next),
        "replay": replay(plan, case),
    })
}

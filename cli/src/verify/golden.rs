//! Campaign `golden`: golden models with one wrong constant, and whether a machine's record tells them from the sound one.

use std::collections::BTreeMap;

use anyhow::Result;
use indicatif::ProgressBar;
use rayon::prelude::*;
use serde_json::{json, Value};
use statestream_sim::golden_mutants::{scripts, Difference, Mutant, Record, Workshop, MUTANTS};

use super::{no_gate, Campaign, Effort, Findings, Plan};
use crate::progress;

/// The campaign.
pub const CAMPAIGN: Campaign = Campaign { name: "golden", names, run, gate: no_gate };

/// The quick campaign judges so many mutants, spread over the stages.
const QUICK: usize = 8;

/// Files of golden, most of them stages.
fn names() -> Vec<&'static str> {
    let mut names = MUTANTS.map(|mutant| mutant.file).to_vec();
    names.sort();
    names.dedup();
    names
}

/// A mutant and how it showed, if it did.
type Judged = (Mutant, Option<Difference>);

fn run(plan: &Plan) -> Result<Findings> {
    let mutants = plan.shard.part(drawn(plan));
    if mutants.is_empty() {
        return Ok(Findings::default());
    }
    let bar = progress::bar();
    let records = records(plan, &bar)?;
    let judged = judged(&mutants, &records, &bar)?;
    bar.finish_and_clear();
    Ok(findings(&judged, &records))
}

fn drawn(plan: &Plan) -> Vec<Mutant> {
    let wanted: Vec<Mutant> = MUTANTS.into_iter().filter(|mutant| plan.wants(mutant.file)).collect();
    match plan.effort {
        Effort::Full => wanted,
        Effort::Quick => {
            let step = wanted.len().div_ceil(QUICK).max(1);
            wanted.into_iter().step_by(step).collect()
        }
    }
}

/// What the Verilated machine makes of every script.
fn records(plan: &Plan, bar: &ProgressBar) -> Result<Vec<Record>> {
    let scripts = scripts(plan.seed)?;
    bar.set_length(scripts.len() as u64);
    bar.set_message("the machine's records");
    let record = |script| {
        let record = Record::of(script)?;
        bar.inc(1);
        Ok(record)
    };
    scripts.par_iter().map(record).collect()
}

fn judged(mutants: &[Mutant], records: &[Record], bar: &ProgressBar) -> Result<Vec<Judged>> {
    bar.set_message("golden as it is");
    let workshop = Workshop::open()?;
    workshop.sound(records)?;
    bar.reset();
    bar.set_length(mutants.len() as u64);
    bar.set_message("wrong constants");
    let judge = |mutant: &Mutant| {
        let difference = workshop.judge(mutant, records)?;
        bar.inc(1);
        Ok((*mutant, difference))
    };
    mutants.iter().map(judge).collect()
}

fn findings(judged: &[Judged], records: &[Record]) -> Findings {
    let (count, lines) = (records.len(), records.iter().map(Record::lines).sum::<usize>());
    let recorded = format!("{count} scripts, {lines} lines recorded\n");
    let killed = judged.iter().filter(|(_, difference)| difference.is_some()).count();
    Findings {
        cases: judged.len(),
        failures: judged.iter().filter_map(survivor).collect(),
        coverage: json!({ "files": files(judged) }),
        mutants: judged.len(),
        killed,
        details: judged.iter().map(details).collect(),
        lines: judged.iter().map(line).chain([recorded]).collect(),
        ..Findings::default()
    }
}

/// Mutants of each file, and those that were killed.
fn files(judged: &[Judged]) -> BTreeMap<&str, Value> {
    let mut files = BTreeMap::<&str, [usize; 2]>::new();
    for (mutant, difference) in judged {
        let [mutants, killed] = files.entry(mutant.file).or_default();
        *mutants += 1;
        *killed += usize::from(difference.is_some());
    }
    let counts = |[mutants, killed]: [usize; 2]| json!({ "mutants": mutants, "killed": killed });
    files.into_iter().map(|(file, both)| (file, counts(both))).collect()
}

fn survivor((mutant, difference): &Judged) -> Option<String> {
    let Mutant { name, file, .. } = mutant;
    difference.is_none().then(|| format!(
        "golden with `{name}` in golden/src/{file}.rs says all that the machine says; extend sim/src/golden_mutants/scripts.rs"
    ))
}

fn line((mutant, difference): &Judged) -> String {
    let fate = difference.as_ref().map_or("survives".into(), |difference| format!("killed, {difference}"));
    format!("{}: {}: {fate}\n", mutant.file, mutant.name)
}

fn details((mutant, difference): &Judged) -> Value {
    json!({
        "name": mutant.name,
        "file": mutant.file,
        "killed": difference.is_some(),
        "by": difference.as_ref().map(|difference| &difference.script),
    })
}

#[cfg(test)]
mod tests {
    use super::super::Shard;
    use super::*;

    fn of(effort: Effort, only: Option<&'static str>) -> Vec<Mutant> {
        drawn(&Plan { effort, shard: Shard { first: 1, of: 1 }, seed: 1, only })
    }

    #[test]
    fn the_quick_part_is_eight_mutants_of_most_stages() {
        let quick = of(Effort::Quick, None);
        let mut files: Vec<&str> = quick.iter().map(|mutant| mutant.file).collect();
        files.dedup();
        assert_eq!((quick.len(), files.len() > 5), (QUICK, true), "{files:?}");
        assert_eq!(of(Effort::Full, None), MUTANTS);
    }

    #[test]
    fn every_name_has_mutants_of_its_own() {
        let all: usize = names().iter().map(|name| of(Effort::Full, Some(name)).len()).sum();
        assert_eq!(all, MUTANTS.len());
        assert!(names().iter().all(|name| !of(Effort::Quick, Some(name)).is_empty()));
    }
}

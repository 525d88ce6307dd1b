//! Campaign `mutants`: machines with one wrong cell, and whether the quick vectors tell them from the sound one.

use std::collections::BTreeMap;

use anyhow::Result;
use indicatif::ProgressBar;
use rayon::prelude::*;
use serde_json::{json, Value};
use statestream_sim::mutants::{
    Batch, Depth, Fate, Mutation, Subject, Survivor, Verdict, Yosys, MOST, SAMPLE, SUBJECTS,
};
use statestream_sim::proofs::Effort;

use super::{no_gate, Campaign, Findings, Plan};
use crate::progress;

/// The campaign.
pub const CAMPAIGN: Campaign = Campaign { name: "mutants", names, run, gate: no_gate };

/// Of a hundred mutants that are neither proved nor judged to be the sound machine, so many must be killed.
const BAR: usize = 95;

fn names() -> Vec<&'static str> {
    SUBJECTS.iter().map(|subject| subject.name).collect()
}

/// A mutant and what became of it.
#[derive(Clone)]
struct Judged {
    subject: &'static str,
    mutation: Mutation,
    fate: Fate,
    verdict: Option<Survivor>,
}

/// What every judgement needs.
struct Court<'a> {
    plan: &'a Plan,
    yosys: Yosys,
    verdicts: Vec<Survivor>,
    bar: ProgressBar,
}

fn run(plan: &Plan) -> Result<Findings> {
    let court = Court { plan, yosys: Yosys::find()?, verdicts: Survivor::all()?, bar: progress::bar() };
    let mut batches = Vec::new();
    for subject in SUBJECTS.iter().filter(|subject| plan.wants(subject.name)).take(subjects(plan)) {
        for mutations in plan.shard.part(drawn(subject, plan, &court.yosys)?).chunks(MOST) {
            batches.push((subject.name, Batch::new(subject, &court.yosys, mutations.to_vec())?));
        }
    }
    let mut judged = Vec::new();
    // a run that is killed knows of all mutants what is soon found out
    for depth in Depth::ALL {
        judged = batches.iter().map(|batch| court.judge(batch, depth)).collect::<Result<_>>()?;
    }
    court.bar.finish_and_clear();
    Ok(findings(&judged.concat()))
}

fn subjects(plan: &Plan) -> usize {
    match plan.effort {
        Effort::Full => SUBJECTS.len(),
        Effort::Quick => 1,
    }
}

fn drawn(subject: &Subject, plan: &Plan, yosys: &Yosys) -> Result<Vec<Mutation>> {
    let all = subject.mutations(yosys, plan.seed)?;
    Ok(match plan.effort {
        Effort::Full => all,
        Effort::Quick => all.into_iter().step_by(SAMPLE).collect(),
    })
}

impl Court<'_> {
    fn judge(&self, (subject, batch): &(&'static str, Batch), depth: Depth) -> Result<Vec<Judged>> {
        let count = batch.mutations().len();
        self.bar.set_message(format!("{subject}: {count} mutants, {depth:?}"));
        self.bar.inc_length(count as u64);
        batch.sound(&self.yosys, depth)?;
        (0..count).into_par_iter().map(|index| self.one(subject, batch, index, depth)).collect()
    }

    /// A survivor whose verdict is known plays the first scenes; more only in the full campaign.
    fn one(&self, subject: &'static str, batch: &Batch, index: usize, depth: Depth) -> Result<Judged> {
        let mutation = batch.mutations()[index].clone();
        let verdict = self.verdicts.iter().find(|survivor| survivor.is(subject, &mutation)).cloned();
        let known = self.plan.effort == Effort::Quick && verdict.is_some();
        let fate = batch.judge(index, &self.yosys, if known { Depth::Early } else { depth })?;
        self.bar.inc(1);
        Ok(Judged { subject, mutation, fate, verdict })
    }
}

/// Mutants of a module, or of all.
#[derive(Default, Clone, Copy)]
struct Tally {
    mutants: usize,
    killed: usize,
    /// Proved, and by verdict.
    equal: [usize; 2],
    open: usize,
}

impl Tally {
    fn add(&mut self, judged: &Judged) {
        self.mutants += 1;
        match (&judged.fate, judged.verdict.as_ref().map(|survivor| survivor.verdict)) {
            (Fate::Killed(_), _) => self.killed += 1,
            (Fate::Equal, _) => self.equal[0] += 1,
            (Fate::Survived, Some(Verdict::Equivalent)) => self.equal[1] += 1,
            (Fate::Survived, _) => self.open += 1,
        }
    }

    /// All but those that are proved to be the sound machine.
    fn unproved(&self) -> usize {
        self.mutants - self.equal[0]
    }

    /// All but those that are the sound machine, by proof or by a verdict with its reason.
    fn real(&self) -> usize {
        self.unproved() - self.equal[1]
    }

    fn line(&self, name: &str) -> String {
        let Tally { mutants, killed, equal: [proved, said], open } = self;
        format!("{name:<18} {mutants:>8} {killed:>8} {proved:>8} {said:>10} {open:>10}\n")
    }

    fn json(&self) -> Value {
        let Tally { mutants, killed, equal: [proved, said], open } = self;
        json!({ "mutants": mutants, "killed": killed, "proved_equal": proved, "equivalent": said, "open": open })
    }
}

fn findings(judged: &[Judged]) -> Findings {
    let (mut all, mut modules) = (Tally::default(), BTreeMap::<&str, Tally>::new());
    for one in judged {
        all.add(one);
        modules.entry(one.mutation.module()).or_default().add(one);
    }
    let head = format!(
        "{:<18} {:>8} {:>8} {:>8} {:>10} {:>10}\n",
        "module", "mutants", "killed", "proved", "equivalent", "open"
    );
    let rates = format!(
        "killed {} of {} ({}), of those not proved equal {} ({}), of those not judged equivalent either {} ({})\n",
        all.killed,
        all.mutants,
        percent(all.killed, all.mutants),
        all.unproved(),
        percent(all.killed, all.unproved()),
        all.real(),
        percent(all.killed, all.real()),
    );
    let rows = modules.iter().map(|(name, tally)| tally.line(name));
    let survivors = judged.iter().filter(|one| one.fate == Fate::Survived).map(survivor);
    Findings {
        cases: all.mutants,
        failures: failures(judged, &all),
        coverage: json!({
            "modules": modules.iter().map(|(name, tally)| (name.to_string(), tally.json())).collect::<BTreeMap<_, _>>(),
            "all": all.json(),
        }),
        mutants: all.mutants,
        killed: all.killed,
        details: judged.iter().map(details).collect(),
        lines: [head]
            .into_iter()
            .chain(rows)
            .chain([all.line("all")])
            .chain(survivors)
            .chain([rates])
            .collect(),
        ..Findings::default()
    }
}

fn percent(part: usize, whole: usize) -> String {
    format!("{:.1} %", 100.0 * part as f64 / whole.max(1) as f64)
}

fn survivor(one: &Judged) -> String {
    let said = one.verdict.as_ref().map_or("no verdict", |known| match known.verdict {
        Verdict::Equivalent => "equivalent",
        Verdict::Open => "open",
    });
    format!("survivor in {}, {said}: {}\n", one.subject, one.mutation)
}

fn failures(judged: &[Judged], all: &Tally) -> Vec<String> {
    let unjudged = judged.iter().filter(|one| one.fate == Fate::Survived && one.verdict.is_none());
    let unjudged = unjudged.map(|one| {
        let Judged { subject, mutation, .. } = one;
        format!("mutant {mutation} of machine {subject} survives: no vector notices it; extend sim/src/vectors, or write a verdict into sim/mutants/survivors.toml")
    });
    let short = 100 * all.killed < BAR * all.real();
    let rate = short.then(|| {
        let rate = percent(all.killed, all.real());
        format!("{rate} of the mutants are killed, {BAR} % are asked for; extend sim/src/vectors")
    });
    unjudged.chain(rate).collect()
}

fn details(one: &Judged) -> Value {
    let (fate, by) = match &one.fate {
        Fate::Killed(flaw) => ("killed", flaw.scene.as_str()),
        Fate::Equal => ("proved equal", ""),
        Fate::Survived => ("survived", ""),
    };
    let verdict = one.verdict.as_ref().map(|survivor| &survivor.reason);
    json!({ "machine": one.subject, "mutation": one.mutation.to_string(), "fate": fate, "by": by, "verdict": verdict })
}

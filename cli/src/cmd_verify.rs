//! `statestream verify`: campaigns that try to show the machine wrong.

use std::path::PathBuf;
use std::time::Instant;

use anyhow::{anyhow, Result};
use serde_json::{json, Map, Value};

use crate::report::Report;
use crate::verify::{chosen, lockstep, merge, Effort, Findings, Plan, Shard};

/// Try to show the machine wrong: random lockstep, code coverage, formal proofs, faults at the pins, a second simulator, long texts
///
/// Campaign `lockstep` draws machines, models and requests, and compares every word with the golden model; a case that fails is made small
/// and written to out/verify. `coverage` says which lines of the Verilog ran and which wires toggled. `proofs` proves statements about
/// modules of the emitted Verilog, and plants bugs, each of which must break one of them; traces are in target/proofs. `mutants` changes
/// single cells of the machine, `golden` single constants of the golden model: something must notice each. `faults` spoils
/// pins, image and power of the simulated machine: the host must get golden's answers or an error, and the next request must work.
/// `second` replays texts in iverilog, where what has no power-up value is X; what differs stays in target/second. `stress` writes long
/// texts in lockstep.
///
/// Exit 1 if a case fails, a statement is not proved, a bug is not found, a mutant that nothing notices has no verdict
/// (docs/verification.md), an answer is wrong, or the cases do not reach what they must.
#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  statestream verify\n  statestream verify --full --shard 1/4\n  statestream verify --only lockstep --seed 7\n  statestream verify --replay out/verify/lockstep-7.toml\n  statestream verify --merge shard-*.json"
)]
pub struct Args {
    /// What takes a minute or two: one configuration [the default]
    #[arg(long, conflicts_with = "full")]
    quick: bool,
    /// All configurations, and proofs on longer ways
    #[arg(long)]
    full: bool,
    /// Every N-th case, beginning with the K-th: N machines share the work
    #[arg(long, value_name = "K/N", default_value = "1/1")]
    shard: String,
    /// Seed of the campaigns that draw their cases; proofs draw none
    #[arg(long, value_name = "S", default_value = "1", value_parser = crate::args::number::<u64>)]
    seed: u64,
    /// Only the campaign or the cases of this name
    #[arg(long, value_name = "NAME")]
    only: Option<String>,
    /// Runs the case in this file, which a campaign wrote, and nothing else
    #[arg(long, value_name = "FILE", conflicts_with_all = ["quick", "full", "only", "merge"])]
    replay: Option<PathBuf>,
    /// Adds up the JSON reports of all shards of a run, and runs nothing
    #[arg(long, value_name = "FILE", num_args = 1.., conflicts_with_all = ["quick", "full", "only"])]
    merge: Vec<PathBuf>,
}

/// Runs the command.
pub fn run(args: &Args) -> Result<Report> {
    if let Some(file) = &args.replay {
        return lockstep::replay(file);
    }
    if !args.merge.is_empty() {
        return merge::merge(&args.merge);
    }
    let mut campaigns = Map::new();
    let (mut human, mut failures) = (String::new(), Vec::new());
    for (campaign, only) in chosen(args.only.as_deref())? {
        let (begun, plan) = (Instant::now(), args.plan(only)?);
        let mut findings = (campaign.run)(&plan)?;
        findings.seconds = begun.elapsed().as_secs_f64();
        campaigns.insert(campaign.name.into(), as_json(&findings));
        human += &as_text(campaign.name, &findings);
        failures.extend(findings.failures);
        // a part of the cases need not reach what all of them must
        if plan.shard.of() == 1 {
            let (line, missed) = (campaign.gate)(&findings.coverage);
            human += &line;
            failures.extend(missed);
        }
    }
    let effort = if args.full { "full" } else { "quick" };
    let json = json!({ "effort": effort, "shard": args.shard, "seed": args.seed, "campaigns": campaigns });
    let more = failures.len().saturating_sub(1);
    let failure = failures.into_iter().next().map(|first| match more {
        0 => first,
        _ => format!("{first} (and {more} more)"),
    });
    Ok(Report { json, human, failure })
}

impl Args {
    fn plan(&self, only: Option<&'static str>) -> Result<Plan> {
        let shard = Shard::read(&self.shard).ok_or_else(|| {
            anyhow!("--shard {} is not K/N with 1 <= K <= N; give for example --shard 1/4", self.shard)
        })?;
        let effort = if self.full && !self.quick { Effort::Full } else { Effort::Quick };
        Ok(Plan { effort, shard, seed: self.seed, only })
    }
}

fn as_json(findings: &Findings) -> Value {
    json!({
        "cases": findings.cases,
        "failures": findings.failures.len(),
        "coverage": findings.coverage,
        "mutants": findings.mutants,
        "killed": findings.killed,
        "seconds": findings.seconds,
        "details": findings.details,
    })
}

fn as_text(name: &str, findings: &Findings) -> String {
    let Findings { cases, mutants, killed, failures, seconds, .. } = findings;
    let failed = failures.len();
    let lines = findings.lines.concat();
    format!("{lines}{name}: {cases} cases, {failed} failures, {killed} of {mutants} mutants killed, {seconds:.1} s\n")
}

//! Campaign `stress`: texts of 256 tokens and more in lockstep, on small machines; in full the larger shipped model on the iCE40's.

use std::path::Path;

use anyhow::{anyhow, Result};
use rayon::prelude::*;
use serde_json::{json, Value};
use statestream_image::checkpoint::Checkpoint;
use statestream_image::config::Config;
use statestream_image::testing::{random_draft, random_image, small};
use statestream_sim::cache;
use statestream_sim::stimulus::variant;
use statestream_sim::stress::{three_quarters, with_draft, Story, Told};

use super::{no_gate, Campaign, Effort, Findings, Plan};
use crate::progress;

/// The campaign.
pub const CAMPAIGN: Campaign = Campaign { name: "stress", names: Vec::new, run, gate: no_gate };

/// Tokens written; 256 is what the full run promises.
const COUNT: u16 = 256;
const MODEL: &str = "models/shakespeare_m.safetensors";
/// Tokens of the model's own, and slots of the table made of them.
const LEARNT: usize = 6000;
const SLOTS: usize = 1 << 14;

fn named(name: &str) -> Result<Config> {
    Config::named(name).map_err(|error| anyhow!("{error}"))
}

/// A random model of few tokens, so that guesses are often right.
fn random(config: Config, seed: u64) -> Story {
    let mut shape = small();
    shape.config.vocab_size = 3;
    let mut image = random_image(seed, &shape);
    random_draft(&mut image, seed, 64);
    let name = format!("a random model on {}", config.name);
    Story { name, config, image, prompt: vec![1, 2, 0, 1], count: COUNT, temperature: 12000 }
}

/// The larger shipped model, one token in a pass and four.
fn shipped() -> Result<Vec<Story>> {
    let root = cache::checkout(MODEL).map_err(|from| {
        anyhow!("no folder from {} upward holds {MODEL}; run it in a checkout", from.display())
    })?;
    let checkpoint = Checkpoint::read(Path::new(&root.join(MODEL)))?;
    let image = with_draft(&checkpoint, LEARNT, SLOTS)?;
    let on = |name: &str| {
        let (config, temperature) = (named(name)?, three_quarters(&image));
        let (name, image) = (format!("shakespeare_m on {name}"), image.clone());
        Ok(Story { name, config, image, prompt: vec![0, 1, 2, 3], count: COUNT, temperature })
    };
    ["up5k", "up5k-t4"].into_iter().map(on).collect()
}

/// Runs the plan's part of the stories.
fn run(plan: &Plan) -> Result<Findings> {
    let mut stories = vec![random(named("tiny")?, plan.seed), random(variant(&named("tiny")?, 4), plan.seed)];
    if plan.effort == Effort::Full {
        stories.extend(shipped()?);
    }
    let stories = plan.shard.part(stories);
    let spinner = progress::spinner("long texts");
    let told = stories.par_iter().map(|story| (story, story.tell())).collect::<Vec<_>>();
    spinner.finish_and_clear();
    let mut findings = Findings { cases: told.len(), ..Findings::default() };
    for (story, told) in told {
        match told {
            Ok(told) => findings.tell(story, told),
            Err(error) => findings.failures.push(error.to_string()),
        }
    }
    findings.coverage = total(&findings.details);
    Ok(findings)
}

fn total(details: &[Value]) -> Value {
    let sum = |key: &str| details.iter().filter_map(|told| told[key].as_u64()).sum::<u64>();
    json!({ "tokens": sum("tokens"), "words": sum("words"), "clocks": sum("clocks") })
}

impl Findings {
    fn tell(&mut self, story: &Story, told: Told) {
        let Told {
            tokens,
            passes,
            words,
            state_words,
            saturations,
            guesses: [drafted, accepted],
            clocks,
            faults,
        } = told;
        let name = &story.name;
        self.lines.push(format!(
            "{name}: {tokens} tokens in {passes} passes, {words} words and {state_words} of the state equal, {accepted} of {drafted} guesses right, {saturations} saturations, {clocks} clocks\n"
        ));
        self.details.push(json!({
            "name": name, "config": story.config.name, "tokens": tokens, "passes": passes, "words": words, "state_words": state_words,
            "drafted": drafted, "accepted": accepted, "saturations": saturations, "clocks": clocks, "faults": faults,
        }));
        self.failures.extend(faults);
    }
}

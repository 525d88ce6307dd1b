//! What `statestream verify` is made of: campaigns, each with its cases, and what they all find.

mod coverage;
mod coverage_page;
mod faults;
mod golden;
pub mod lockstep;
pub mod merge;
mod mutants;
mod proofs;
mod second;
mod stress;

use anyhow::{anyhow, Result};
use serde_json::Value;

pub use statestream_sim::proofs::Effort;

/// A kind of doubt.
pub struct Campaign {
    /// Its name, for `--only` and in the JSON.
    pub name: &'static str,
    /// Names of its cases, for `--only`.
    pub names: fn() -> Vec<&'static str>,
    /// Does what the plan asks for.
    pub run: fn(&Plan) -> Result<Findings>,
    /// What all shards together must reach, from their coverage: a line for people, and what is missing, one sentence each.
    pub gate: fn(&Value) -> (String, Vec<String>),
}

/// Asks for nothing.
fn no_gate(_: &Value) -> (String, Vec<String>) {
    (String::new(), Vec::new())
}

/// All campaigns, in the order in which they run.
pub const CAMPAIGNS: [Campaign; 8] = [
    lockstep::CAMPAIGN,
    coverage::CAMPAIGN,
    proofs::CAMPAIGN,
    mutants::CAMPAIGN,
    golden::CAMPAIGN,
    faults::CAMPAIGN,
    second::CAMPAIGN,
    stress::CAMPAIGN,
];

/// What was asked for.
pub struct Plan {
    /// How much.
    pub effort: Effort,
    /// Which part of it.
    pub shard: Shard,
    /// What all that is drawn is drawn from.
    pub seed: u64,
    /// The name of the only cases to run.
    pub only: Option<&'static str>,
}

impl Plan {
    /// True if cases of this name are asked for.
    pub fn wants(&self, name: &str) -> bool {
        self.only.is_none_or(|only| only == name)
    }
}

/// The campaigns to run and the name of the only cases of each, if not all.
pub fn chosen(only: Option<&str>) -> Result<Vec<(&'static Campaign, Option<&'static str>)>> {
    let Some(only) = only else { return Ok(CAMPAIGNS.iter().map(|campaign| (campaign, None)).collect()) };
    if let Some(campaign) = CAMPAIGNS.iter().find(|campaign| campaign.name == only) {
        return Ok(vec![(campaign, None)]);
    }
    let case = |campaign: &Campaign| (campaign.names)().into_iter().find(|name| *name == only);
    let of_this_name = CAMPAIGNS.iter().filter_map(|campaign| Some((campaign, Some(case(campaign)?))));
    match of_this_name.collect::<Vec<_>>() {
        none if none.is_empty() => Err(unknown(only)),
        some => Ok(some),
    }
}

fn unknown(only: &str) -> anyhow::Error {
    let of = |campaign: &Campaign| format!("{} ({})", campaign.name, (campaign.names)().join(", "));
    let names: Vec<String> = CAMPAIGNS.iter().map(of).collect();
    anyhow!("--only {only}: no campaign and no case has this name; choose one of {}", names.join(", "))
}

/// What a campaign found.
#[derive(Default)]
pub struct Findings {
    /// Cases that were run.
    pub cases: usize,
    /// Why some failed, one sentence each.
    pub failures: Vec<String>,
    /// What the cases reach, in the campaign's own measure.
    pub coverage: Value,
    /// Bugs that were planted.
    pub mutants: usize,
    /// Those that were found.
    pub killed: usize,
    /// Seconds it took; whoever runs the campaign fills it in.
    pub seconds: f64,
    /// Every case worth telling of.
    pub details: Vec<Value>,
    /// The same for people, newline at the end of each.
    pub lines: Vec<String>,
}

/// Every `of`-th case, beginning with the `first`-th, both from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shard {
    first: usize,
    of: usize,
}

impl Shard {
    /// `K/N` with 1 <= K <= N.
    pub fn read(text: &str) -> Option<Shard> {
        let (first, of) = text.split_once('/')?;
        let (first, of) = (first.parse().ok()?, of.parse().ok()?);
        (1..=of).contains(&first).then_some(Shard { first, of })
    }

    /// How many there are.
    pub fn of(self) -> usize {
        self.of
    }

    /// Its part of all cases.
    pub fn part<T>(self, all: Vec<T>) -> Vec<T> {
        all.into_iter().skip(self.first - 1).step_by(self.of).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::Shard;

    #[test]
    fn shards_share_all_cases_and_none_twice() {
        let part = |text: &str| Shard::read(text).expect("a shard").part((0..7).collect::<Vec<_>>());
        assert_eq!([part("1/3"), part("2/3"), part("3/3")], [vec![0, 3, 6], vec![1, 4], vec![2, 5]]);
        assert_eq!(part("1/1"), [0, 1, 2, 3, 4, 5, 6]);
    }

    #[test]
    fn what_is_no_part_is_refused() {
        for text in ["0/3", "4/3", "1", "1/0", "a/b", "1/-1", ""] {
            assert_eq!(Shard::read(text), None, "{text}");
        }
    }
}

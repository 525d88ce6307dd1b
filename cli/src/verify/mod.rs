//! What `statestream verify` is made of: campaigns, each with its cases, and what they all find.

mod proofs;

use anyhow::Result;
use serde_json::Value;

pub use statestream_sim::proofs::Effort;

/// A kind of doubt.
pub struct Campaign {
    /// Its name in the JSON.
    pub name: &'static str,
    /// Does what the plan asks for.
    pub run: fn(&Plan) -> Result<Findings>,
}

/// All campaigns, in the order in which they run.
pub const CAMPAIGNS: [Campaign; 1] = [Campaign { name: "proofs", run: proofs::run }];

/// What was asked for.
pub struct Plan {
    /// How much.
    pub effort: Effort,
    /// Which part of it.
    pub shard: Shard,
    /// The name of the only cases to run.
    pub only: Option<String>,
}

/// What a campaign found.
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
    /// Seconds it took.
    pub seconds: f64,
    /// Every case.
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

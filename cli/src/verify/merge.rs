//! The reports of shards, added up.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{anyhow, Context, Result};
use serde_json::{json, Map, Value};

use super::{Shard, CAMPAIGNS};
use crate::report::Report;

/// One report of all shards of a campaign, gated as if one machine had run it.
pub fn merge(paths: &[PathBuf]) -> Result<Report> {
    let reports = paths.iter().map(|path| read(path)).collect::<Result<Vec<Value>>>()?;
    check_shards(paths, &reports)?;
    let mut sum = Map::new();
    for report in &reports {
        let campaigns = report["campaigns"].as_object().into_iter().flatten();
        campaigns.for_each(|(name, campaign)| add(sum.entry(name.clone()).or_insert(Value::Null), campaign));
    }
    Ok(judged(sum, paths.len()))
}

fn read(path: &Path) -> Result<Value> {
    let text = fs::read_to_string(path).with_context(|| {
        format!("cannot read {}; give reports of statestream verify --json", path.display())
    })?;
    let report: Value = serde_json::from_str(&text)
        .map_err(|error| anyhow!("{}: {error}; give reports of statestream verify --json", path.display()))?;
    match report["campaigns"].is_object() {
        true => Ok(report),
        false => {
            Err(anyhow!("{} has no `campaigns`; give reports of statestream verify --json", path.display()))
        }
    }
}

/// Every shard once, all of one seed and effort: else the sum says nothing.
fn check_shards(paths: &[PathBuf], reports: &[Value]) -> Result<()> {
    let of = |report: &Value| report["shard"].as_str().and_then(Shard::read);
    for (path, report) in paths.iter().zip(reports) {
        let same = ["seed", "effort"].iter().all(|key| report[key] == reports[0][key]);
        let in_turn = of(report).is_some_and(|shard| shard.of() == reports.len());
        let once = reports.iter().filter(|other| other["shard"] == report["shard"]).count() == 1;
        if !(same && in_turn && once) {
            return Err(anyhow!(
                "{} is shard {} of seed {}, effort {}, among {} reports; give every shard of one run once",
                path.display(),
                report["shard"],
                report["seed"],
                report["effort"],
                reports.len()
            ));
        }
    }
    Ok(())
}

/// Numbers are added, lists joined, objects merged by key; of all else the first stays.
fn add(sum: &mut Value, more: &Value) {
    match (&mut *sum, more) {
        (Value::Null, _) => *sum = more.clone(),
        (Value::Object(sum), Value::Object(more)) => {
            more.iter().for_each(|(key, value)| add(sum.entry(key.clone()).or_insert(Value::Null), value));
        }
        (Value::Array(sum), Value::Array(more)) => sum.extend(more.iter().cloned()),
        (Value::Number(a), Value::Number(b)) => {
            *sum = match (a.as_u64(), b.as_u64()) {
                (Some(a), Some(b)) => json!(a + b),
                _ => json!(a.as_f64().unwrap_or(0.0) + b.as_f64().unwrap_or(0.0)),
            }
        }
        _ => {}
    }
}

fn judged(campaigns: Map<String, Value>, shards: usize) -> Report {
    let (mut human, mut failures) = (String::new(), 0);
    let mut reasons = Vec::new();
    for campaign in CAMPAIGNS.iter().filter(|campaign| campaigns.contains_key(campaign.name)) {
        let found = &campaigns[campaign.name];
        let (line, missed) = (campaign.gate)(&found["coverage"]);
        let number = |key: &str| found[key].as_u64().unwrap_or(0);
        failures += number("failures");
        human += &line;
        human += &format!("{}: {} cases, {} failures\n", campaign.name, number("cases"), number("failures"));
        reasons.extend(missed);
    }
    if failures > 0 {
        reasons.push(format!(
            "{failures} cases failed in {shards} shards; each shard's report names them under details"
        ));
    }
    Report {
        json: json!({ "shards": shards, "campaigns": campaigns }),
        human,
        failure: reasons.into_iter().next(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_add_lists_join_and_objects_merge() {
        let mut sum = json!({ "n": 1, "list": [1], "in": { "a": 1 }, "name": "x", "t": 0.5 });
        add(&mut sum, &json!({ "n": 2, "list": [2], "in": { "a": 3, "b": 4 }, "name": "y", "t": 1.0 }));
        assert_eq!(sum, json!({ "n": 3, "list": [1, 2], "in": { "a": 4, "b": 4 }, "name": "x", "t": 1.5 }));
    }

    #[test]
    fn a_shard_that_is_missing_or_there_twice_is_named() {
        let report = |shard: &str| json!({ "shard": shard, "seed": 1, "effort": "quick" });
        let check = |shards: &[&str]| {
            let paths: Vec<PathBuf> = shards.iter().map(|shard| format!("{shard}.json").into()).collect();
            check_shards(&paths, &shards.iter().map(|shard| report(shard)).collect::<Vec<_>>())
        };
        check(&["1/2", "2/2"]).expect("both");
        for shards in [&["1/2", "1/2"][..], &["1/3", "2/3"]] {
            let error = check(shards).expect_err("not all of them").to_string();
            assert!(error.contains("give every shard of one run once"), "{error}");
        }
    }
}

//! What the commands do without a simulator: the contract's JSON keys, reproducible bytes, text that continues.

mod common;

use common::{file, has_keys, json, name, outcome, packed, refusal, statestream, text, CHECKPOINT, SMALL};
use serde_json::Value;
use std::fs;

#[test]
fn pack_gives_the_same_bytes_twice_and_says_their_hash() {
    let (one, two) = (name("one.img"), name("two.img"));
    let first = json(&["pack", SMALL, "-o", &one, "--weights", "w4"]);
    let second = json(&["pack", SMALL, "-o", &two, "--weights", "w4"]);
    has_keys(&first, &["bytes", "tape_bytes", "params", "weights", "state_bytes", "sha256"]);
    assert_eq!(fs::read(&one).unwrap(), fs::read(&two).unwrap());
    assert_eq!(first["sha256"], second["sha256"]);
    assert_eq!(first["bytes"], fs::metadata(&one).unwrap().len());
    assert_eq!((&first["params"], &first["weights"]), (&243_648.into(), &"w4".into()));
    assert_eq!(json(&["inspect", &one])["sha256"], first["sha256"]);
}

#[test]
fn pack_calibrates_on_a_text_and_leaves_no_temporary_file() {
    let (calib, image) = (citizen("calib.txt"), name("calibrated.img"));
    let own = json(&["pack", SMALL, "-o", &image]);
    let given = json(&["pack", SMALL, "-o", &image, "--calib", &calib]);
    assert_ne!(own["sha256"], given["sha256"]);
    let folder = file("calibrated.img");
    let left = fs::read_dir(folder.parent().unwrap()).unwrap().map(|entry| entry.unwrap().file_name());
    let left: Vec<_> = left.filter(|name| name.to_string_lossy().ends_with("-cli-calibrated.img")).collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn pack_of_ternary_weights_says_who_survives_them_and_inspect_where_they_run() {
    let image = name("ternary.img");
    let output = statestream(&["pack", SMALL, "-o", &image, "--weights", "ternary"]);
    assert!(output.status.success(), "{output:?}");
    assert!(text(&output.stderr).contains("scripts/train/qat.py"), "{output:?}");
    let shown = json(&["inspect", &image]);
    assert_eq!(
        (&shown["weights"], &shown["fits"]),
        (&"ternary".into(), &serde_json::json!(["up5k-ternary"]))
    );
    let records = shown["records"].as_array().unwrap();
    let widths: Vec<&Value> =
        records.iter().map(|record| &record["weights"]).filter(|w| w.is_string()).collect();
    assert!(widths[..widths.len() - 1].iter().all(|width| *width == "ternary"), "{widths:?}");
    assert_eq!(widths[widths.len() - 1], "w8");
    let error = refusal(&["cosim", &image, "--prompt", "A", "-n", "1"]);
    assert!(error.contains("`up5k` reads W4 and W8 only; this one fits `up5k-ternary`"), "{error}");
}

/// A text that the shipped models can spell.
fn citizen(name_of: &str) -> String {
    let text = name(name_of);
    fs::write(&text, "First Citizen:\nBefore we proceed any further, hear me speak.\n".repeat(20)).unwrap();
    text
}

#[test]
fn pack_makes_a_draft_table_that_inspect_shows() {
    let (text, image, plain) = (citizen("draft.txt"), name("drafted.img"), name("undrafted.img"));
    let with = json(&["pack", SMALL, "-o", &image, "--draft-text", &text]);
    let without = json(&["pack", SMALL, "-o", &plain]);
    assert_eq!((&with["draft_bytes"], &without["draft_bytes"]), (&16384.into(), &0.into()));
    assert_eq!(without["draft_hit_rate"], Value::Null);
    let rate = with["draft_hit_rate"].as_f64().unwrap();
    assert!(rate > 0.8, "{rate}");
    assert_eq!(with["bytes"].as_u64().unwrap() - without["bytes"].as_u64().unwrap(), 16400);
    let shown = json(&["inspect", &image]);
    assert_eq!((&shown["draft"]["slots"], &shown["draft"]["bytes"]), (&16384.into(), &16384.into()));
    assert_eq!(shown["draft"]["multiplier"].as_u64().unwrap() % 2, 1);
    assert!(shown["records"].as_array().unwrap().iter().any(|record| record["name"] == "draft"));
    let plain = json(&["inspect", &plain]);
    assert_eq!((&plain["draft"], &plain["header"]["model_id"]), (&Value::Null, &shown["header"]["model_id"]));
    let small = json(&["pack", SMALL, "-o", &image, "--draft-text", &text, "--draft-bytes", "64"]);
    assert_eq!(small["draft_bytes"], 64);
    assert!(small["draft_hit_rate"].as_f64().unwrap() < rate);
}

#[test]
fn inspect_tells_records_proof_and_where_the_image_fits() {
    let json = json(&["inspect", packed()]);
    has_keys(&json, &["config", "records", "fits", "header", "formats", "bounds", "memory"]);
    assert_eq!(json["config"]["channels"], 128);
    assert_eq!(
        json["fits"],
        serde_json::json!([
            "ecp5-25",
            "ecp5-25-dtr",
            "ecp5-25-dual",
            "ecp5-85",
            "up5k",
            "up5k-t4",
            "up5k-ternary"
        ])
    );
    assert_eq!(json["bounds"]["proved"], true);
    let records = json["records"].as_array().unwrap();
    let bytes: u64 = records.iter().filter_map(|record| record["bytes"].as_u64()).sum();
    assert!(bytes <= json["header"]["bytes"].as_u64().unwrap());
    let channel = records.iter().find(|record| record["name"] == "section 1").unwrap();
    assert_eq!((&channel["rows"], &channel["weights"]), (&256.into(), &"w4".into()));
}

#[test]
fn eval_measures_both_models_on_the_same_predictions() {
    let (hamlet, _) = (name("eval.txt"), ());
    fs::write(&hamlet, "To be, or not to be: that is the question.\n".repeat(10)).unwrap();
    let eval = ["eval", packed(), "--ckpt", CHECKPOINT, "--text", &hamlet];
    let measured = json(&eval);
    has_keys(&measured, &["float_nats", "int_nats", "delta", "chars", "tokens_per_s"]);
    assert_eq!(measured["chars"], 429);
    let delta = measured["delta"].as_f64().unwrap();
    assert!(delta.abs() < 0.05, "{delta}");
    let part = json(&[&eval[..], &["--from", "0.5", "--chars", "100", "--stream", "50"]].concat());
    assert_eq!(part["chars"], 100);
    let (_, code) = outcome(&[&eval[..], &["--max-delta=-1"]].concat());
    assert_eq!(code, 1);
}

fn text_of(json: &Value) -> &str {
    json["text"].as_str().unwrap()
}

#[test]
fn greedy_text_is_the_same_twice() {
    let run = ["run", packed(), "--prompt", "ROMEO:", "-n", "60"];
    let first = json(&run);
    has_keys(&first, &["text", "tokens", "passes", "cycles", "tokens_per_s"]);
    assert_eq!(
        (&first["tokens"], &first["passes"], &first["cycles"]),
        (&60.into(), &66.into(), &Value::Null)
    );
    assert_eq!(text_of(&first), text_of(&json(&run)));
    assert_eq!(text_of(&first).chars().count(), 60);
    let plain = statestream(&run);
    assert_eq!(text(&plain.stdout), format!("ROMEO:{}\n", text_of(&first)));
    assert!(plain.stderr.is_empty());
}

#[test]
fn a_saved_state_continues_as_if_nothing_had_happened() {
    let state = name("romeo.state");
    let whole = json(&["run", packed(), "--prompt", "ROMEO:", "-n", "41"]);
    let head = json(&["run", packed(), "--prompt", "ROMEO:", "-n", "20", "--save-state", &state]);
    let next = head["next"].as_str().unwrap();
    let tail = json(&["run", packed(), "--prompt", next, "-n", "20", "--load-state", &state]);
    assert_eq!(text_of(&whole), format!("{}{next}{}", text_of(&head), text_of(&tail)));
}

#[test]
fn a_prompt_can_be_taken_in_without_writing() {
    let state = name("prefix.state");
    let whole = json(&["run", packed(), "--prompt", "ROMEO:", "-n", "30"]);
    let prefix = json(&["run", packed(), "--prompt", "ROM", "-n", "0", "--save-state", &state]);
    assert_eq!((text_of(&prefix), &prefix["passes"]), ("", &3.into()));
    let rest = json(&["run", packed(), "--prompt", "EO:", "-n", "30", "--load-state", &state]);
    assert_eq!(text_of(&whole), text_of(&rest));
}

#[test]
fn the_seed_decides_what_a_temperature_writes() {
    let run = |seed| {
        let run = ["run", packed(), "--prompt", "A", "-n", "60", "--temperature", "1", "--seed", seed];
        text_of(&json(&run)).to_string()
    };
    assert_eq!(run("7"), run("0x7"));
    assert_ne!(run("7"), run("8"));
}

#[test]
fn verilog_is_written_with_its_file_list_and_is_the_same_twice() {
    let folder = name("verilog");
    let first = json(&["verilog", "--config", "tiny", "-o", &folder]);
    has_keys(&first, &["files", "modules", "lines", "sha256"]);
    let list = fs::read_to_string(file("verilog").join("files.f")).unwrap();
    let files: Vec<_> = first["files"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    assert_eq!(list.lines().collect::<Vec<_>>(), files);
    let lines: usize =
        files.iter().map(|f| fs::read_to_string(file("verilog").join(f)).unwrap().lines().count()).sum();
    assert_eq!(first["lines"], lines);
    assert_eq!(first["sha256"], json(&["verilog", "--config", "tiny", "-o", &folder])["sha256"]);
}

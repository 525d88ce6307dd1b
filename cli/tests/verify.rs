//! `statestream verify`, as a user calls it.

mod common;

use std::process::Command;

use common::{json, refusal, text};

#[test]
fn a_proof_and_its_planted_bugs_are_counted() {
    let found = json(&["verify", "--quick", "--only", "round"]);
    let proofs = &found["campaigns"]["proofs"];
    assert_eq!([&proofs["cases"], &proofs["failures"]], [1, 0], "{proofs}");
    assert_eq!([&proofs["mutants"], &proofs["killed"]], [2, 2], "{proofs}");
    assert_eq!(proofs["coverage"]["names"], serde_json::json!(["round", "shift"]));
    let details = &proofs["details"][0];
    assert_eq!([&details["name"], &details["config"], &details["verdict"]], ["round", "tiny", "pass"]);
    assert!(proofs["seconds"].as_f64() > details["seconds"].as_f64(), "{proofs}");
}

#[test]
fn a_wrong_constant_of_golden_is_noticed() {
    let found = json(&["verify", "--only", "gate"]);
    let golden = &found["campaigns"]["golden"];
    assert_eq!([&golden["mutants"], &golden["killed"], &golden["failures"]], [1, 1, 0], "{golden}");
}

#[test]
fn faults_of_one_class_are_drawn_judged_and_tabled() {
    let found = json(&["verify", "--only", "image-bit", "--shard", "1/4"]);
    let faults = &found["campaigns"]["faults"];
    assert_eq!([&faults["cases"], &faults["failures"]], [10, 0], "{faults}");
    let [row, sum] = faults["coverage"]["table"].as_array().unwrap().as_slice() else { panic!("{faults}") };
    assert_eq!([&row["class"], &sum["class"]], ["image-bit", "all"], "{faults}");
    assert_eq!([&row["cases"], &row["wrong"], &row["next"]["failed"]], [10, 0, 0], "{row}");
    let detected = row["detected"].as_u64().unwrap();
    assert!(detected > 0 && detected + row["recovered"].as_u64().unwrap() == 10, "{row}");
    assert_eq!(row["codes"]["CRC"], detected, "{row}");
}

#[test]
fn a_machine_that_is_configured_anew_between_requests_is_noticed() {
    let faults = json(&["verify", "--only", "reset-between"])["campaigns"]["faults"].clone();
    let row = &faults["coverage"]["table"][0];
    assert_eq!([&row["cases"], &row["detected"], &row["wrong"]], [40, 40, 0], "{row}");
    assert_eq!(faults["details"], serde_json::json!([]), "nothing to show again");
}

fn case(name: &str) -> String {
    format!("{}/../sim/cases/{name}.toml", env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn a_case_in_a_file_is_run_again() {
    let found = json(&["verify", "--replay", &case("part-of-a-state-written")]);
    assert_eq!(found["steps"], 3, "{found}");
    assert!(found["words"].as_u64() > Some(0), "{found}");
}

#[test]
fn a_file_that_is_no_case_or_no_report_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("other.toml");
    std::fs::write(&file, "seed = 1\n").unwrap();
    let file = file.to_str().unwrap();
    let error = refusal(&["verify", "--replay", file]);
    assert!(error.contains(file) && error.contains("a case has the fields"), "{error}");
    let error = refusal(&["verify", "--merge", file]);
    assert!(error.contains(file) && error.contains("give reports of statestream verify --json"), "{error}");
    let error = refusal(&["verify", "--replay", "not-there.toml"]);
    assert!(error.contains("not-there.toml"), "{error}");
}

#[test]
fn shards_add_up_to_the_whole() {
    let folder = tempfile::tempdir().unwrap();
    let shard = |number: &str| {
        let report = json(&["verify", "--only", "round", "--shard", number]);
        let path = folder.path().join(format!("{}.json", number.replace('/', "-of-")));
        std::fs::write(&path, report.to_string()).unwrap();
        path.to_str().unwrap().to_string()
    };
    let shards = [shard("1/2"), shard("2/2")];
    let sum = json(&["verify", "--merge", &shards[0], &shards[1]]);
    let proofs = &sum["campaigns"]["proofs"];
    assert_eq!([&sum["shards"], &proofs["cases"], &proofs["killed"]], [2, 1, 2], "{sum}");
    let error = refusal(&["verify", "--merge", &shards[0]]);
    assert!(error.contains("give every shard of one run once"), "{error}");
}

#[test]
fn a_shard_without_cases_does_nothing_and_says_so() {
    let found = json(&["verify", "--only", "round", "--shard", "2/2"]);
    assert_eq!(found["campaigns"]["proofs"]["cases"], 0);
}

#[test]
fn bad_arguments_are_named() {
    let error = refusal(&["verify", "--shard", "5/4"]);
    assert!(error.contains("--shard 5/4") && error.contains("--shard 1/4"), "{error}");
    let error = refusal(&["verify", "--only", "rounds"]);
    assert!(error.contains("--only rounds") && error.contains("proofs (flash, stalls, uart"), "{error}");
}

#[test]
fn tools_that_are_not_there_are_named_with_the_way_to_get_them() {
    is_named("STATESTREAM_SBY", &["verify", "--only", "round"]);
}

#[test]
fn a_simulator_that_is_not_there_is_no_finding() {
    is_named("STATESTREAM_VERILATOR", &["verify", "--only", "lockstep", "--shard", "1/500"]);
}

/// A tool that is looked for by this variable, and is not where it says, is named with the way to get it.
fn is_named(variable: &str, arguments: &[&str]) {
    let missing = Command::new(env!("CARGO_BIN_EXE_statestream"))
        .args(arguments)
        .env(variable, "no-such-tool")
        .output()
        .unwrap();
    let error = text(&missing.stderr);
    assert_eq!(missing.status.code(), Some(2), "{error}");
    assert!(error.contains("no-such-tool") && error.contains("run scripts/setup.sh"), "{error}");
}

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
    let missing = Command::new(env!("CARGO_BIN_EXE_statestream"))
        .args(["verify", "--only", "round"])
        .env("STATESTREAM_SBY", "no-such-sby")
        .output()
        .unwrap();
    let error = text(&missing.stderr);
    assert_eq!(missing.status.code(), Some(2), "{error}");
    assert!(error.contains("no-such-sby") && error.contains("run scripts/setup.sh"), "{error}");
}

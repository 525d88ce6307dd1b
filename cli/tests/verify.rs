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
fn a_wrong_answer_of_a_known_limit_is_listed_with_what_shows_it_again() {
    let verify = |arguments: &[&str]| json(&[&["verify"], arguments].concat())["campaigns"]["faults"].clone();
    let faults = verify(&["--only", "reset-between"]);
    let wrong = faults["details"].as_array().unwrap();
    let sum = &faults["coverage"]["table"][1];
    assert!(
        !wrong.is_empty() && sum["wrong"] == wrong.len() && sum["of_a_known_limit"] == wrong.len(),
        "{sum}"
    );
    let replay: Vec<&str> = wrong[0]["replay"].as_str().unwrap().split(' ').skip(2).collect();
    let again = verify(&replay);
    assert_eq!([&again["cases"], &again["details"][0]], [&1.into(), &wrong[0]], "{again}");
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

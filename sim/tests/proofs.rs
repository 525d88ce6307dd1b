//! The formal proofs of `sim/proofs` on the machine's emitted Verilog, and their planted bugs.

use statestream_image::config::Config;
use statestream_sim::proofs::{named, Effort, Proof, Sby, Verdict};

fn tiny() -> Config {
    Config::named("tiny").expect("in configs.toml")
}

/// The proof passes on the emitted text, and every planted bug breaks it from power-up.
fn holds(name: &str) {
    let (proof, sby) = (named(name).expect("a proof of this name"), Sby::find().expect("a checkout"));
    let outcome = proof.prove(&tiny(), &sby, Effort::Quick).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(outcome.verdict, Verdict::Pass, "{name}: {}", outcome.folder.display());
    assert!(!proof.bugs.is_empty(), "{name}: nothing shows that it can fail");
    proof.bugs.iter().for_each(|bug| caught(proof, bug, &sby));
}

fn caught(proof: &Proof, bug: &statestream_sim::proofs::Bug, sby: &Sby) {
    let outcome = proof.plant(bug, &tiny(), sby).unwrap_or_else(|error| panic!("{}: {error}", bug.name));
    let Verdict::Fail(broken) = &outcome.verdict else { panic!("{}: {:?}", bug.name, outcome.verdict) };
    let file = format!("{}.sv:", proof.name);
    assert!(!broken.is_empty() && broken.iter().all(|at| at.starts_with(&file)), "{}: {broken:?}", bug.name);
    assert!(outcome.trace().is_some_and(|trace| trace.is_file()), "{}: no trace", bug.name);
}

#[test]
fn the_flash_sees_reads_only_and_no_nibble_is_lost_repeated_or_reordered() {
    holds("flash");
}

#[test]
fn pauses_lose_no_nibble() {
    holds("stalls");
}

#[test]
fn the_uart_recovers_from_any_noise() {
    holds("uart");
}

#[test]
fn the_sequencer_comes_back_to_idle() {
    holds("sequencer");
}

#[test]
fn round_and_saturate_are_their_definitions() {
    holds("round");
}

#[test]
fn no_sum_of_the_epilogue_overflows() {
    holds("sum");
    holds("product");
}

#[test]
fn rounding_moves_a_state_by_half_a_unit_at_most() {
    holds("pole");
}

#[test]
fn the_crcs_are_their_polynomials() {
    holds("crc32");
    holds("crc16");
}

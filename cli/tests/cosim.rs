//! Lockstep from the command line, on a small random model in the configuration `tiny`. Needs the simulator.

mod common;

use common::{file, has_keys, json, name, outcome, refusal, statestream, text};
use serde_json::Value;
use statestream_image::layout::Image;
use statestream_image::testing::{random_draft, random_image, small};
use std::fs;

/// Three tokens of the random images' vocabulary.
const PROMPT: &str = "#+(";

/// A random image on disk; its tokens are the characters from `!` to `+`.
fn image(label: &str) -> (String, Image) {
    let image = random_image(3, &small());
    let path = name(label);
    fs::write(&path, image.to_bytes()).unwrap();
    (path, image)
}

fn cosim<'a>(path: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    [&["cosim", path, "--config", "tiny", "--prompt", PROMPT, "-n", "6"], more].concat()
}

#[test]
fn every_word_is_compared_and_the_text_is_goldens() {
    let (path, _) = image("equal.img");
    let both = json(&cosim(&path, &[]));
    let keys = "tokens words_compared mismatches passes cycles_per_pass predicted_cycles_per_pass flash_busy sim_cycles_per_s text error";
    has_keys(&both, &keys.split(' ').collect::<Vec<_>>());
    let figures = ["tokens", "passes", "mismatches", "flash_breaches"].map(|key| &both[key]);
    assert_eq!(figures, [&Value::from(6), &9.into(), &0.into(), &0.into()]);
    assert!(both["words_compared"].as_u64().unwrap() > 1000);
    assert_eq!(both["cycles_per_pass"], both["predicted_cycles_per_pass"]);
    assert_eq!(both["error"], Value::Null);
    let golden = json(&["run", &path, "--prompt", PROMPT, "-n", "6"]);
    assert_eq!(both["text"], golden["text"]);
}

#[test]
fn pauses_and_start_values_change_cycles_but_no_word() {
    let (path, _) = image("stalls.img");
    let plain = json(&cosim(&path, &[]));
    let paused = json(&cosim(&path, &["--stalls", "5", "--seed", "0x5eed"]));
    assert_eq!((&plain["text"], &plain["words_compared"]), (&paused["text"], &paused["words_compared"]));
    assert!(paused["cycles_per_pass"].as_u64() > plain["cycles_per_pass"].as_u64());
}

#[test]
fn sampled_text_is_compared_as_well() {
    let (path, _) = image("sampled.img");
    let more = ["--temperature", "2", "--seed", "9"];
    let both = json(&cosim(&path, &more));
    let golden = json(&[&["run", &path, "--prompt", PROMPT, "-n", "6"], &more[..]].concat());
    assert_eq!(both["text"], golden["text"]);
}

#[test]
fn a_flipped_bit_in_a_row_is_reported_with_its_record() {
    let (path, image) = image("corrupt.img");
    let row = image.sections[1].rows[2].at + 9;
    let run = json(&cosim(&path, &["--corrupt", &format!("{row}:3")]));
    assert_eq!((&run["error"]["name"], &run["error"]["code"]), (&"CRC".into(), &0x10.into()));
    assert_eq!(run["error"]["record"], "row 2 of section 1");
    assert_eq!(run["error"]["address"], image.sections[1].rows[2].at);
    assert_eq!((&run["tokens"], &run["text"]), (&0.into(), &"".into()));
}

#[test]
fn a_flipped_bit_in_the_header_stops_the_boot() {
    let (path, _) = image("header.img");
    let run = json(&cosim(&path, &["--corrupt", "0:0"]));
    assert_eq!((&run["error"]["name"], &run["error"]["record"]), (&"MAGIC".into(), &"header".into()));
    let run = json(&cosim(&path, &["--corrupt", "13:5"]));
    assert_eq!(run["error"]["record"], "header");
}

#[test]
fn a_flipped_bit_that_nobody_reads_changes_nothing() {
    let (path, image) = image("metadata.img");
    let last = image.header.bytes - 6;
    let run = json(&cosim(&path, &["--corrupt", &format!("{last}:0")]));
    assert_eq!((&run["error"], &run["mismatches"], &run["tokens"]), (&Value::Null, &0.into(), &6.into()));
}

#[test]
fn waves_are_written_whole_under_their_name() {
    let (path, _) = image("waves.img");
    let waves = name("waves.vcd");
    json(&cosim(&path, &["--waves", &waves]));
    assert!(fs::read_to_string(&waves).unwrap().contains("$enddefinitions"));
}

#[test]
fn another_verilog_is_taken_from_its_folder_and_its_fault_found() {
    let (path, _) = image("mutant.img");
    let folder = name("mutant");
    json(&["verilog", "--config", "tiny", "-o", &folder]);
    json(&cosim(&path, &["--verilog", &folder]));
    let design = file("mutant").join("statestream_round.v");
    let verilog = fs::read_to_string(&design).unwrap();
    // The highest word, at which sums saturate.
    let mutant = verilog.replace("16'h7fff", "16'h7ffe");
    assert_ne!(verilog, mutant);
    fs::write(&design, mutant).unwrap();
    let (run, code) = outcome(&cosim(&path, &["--verilog", &folder]));
    assert_eq!((code, &run["mismatches"]), (1, &1.into()), "{run}");
    let first = run["mismatch"].as_str().unwrap();
    assert!(
        first.starts_with("rtl differs at layer ") && first.contains("golden 0x7fff, rtl 0x7ffe"),
        "{first}"
    );
    assert!(first.contains("; replay: statestream cosim ") && first.contains("--verilog "), "{first}");
}

#[test]
fn a_folder_without_verilog_is_refused() {
    let (path, _) = image("empty.img");
    fs::create_dir_all(file("empty")).unwrap();
    assert!(refusal(&cosim(&path, &["--verilog", &name("empty")])).contains("no .v file"));
}

#[test]
fn the_table_follows_the_text() {
    let (path, _) = image("table.img");
    let output = statestream(&cosim(&path, &[]));
    let stdout = text(&output.stdout);
    assert!(stdout.starts_with(PROMPT), "{stdout}");
    for row in [
        "words compared",
        "mismatches",
        "cycles per pass",
        "predicted",
        "flash busy",
        "stalls",
        "saturations",
    ] {
        assert!(stdout.contains(&format!("\n{row}")), "{row}: {stdout}");
    }
}

#[test]
fn run_on_the_simulated_hardware_writes_goldens_text_and_counts_cycles() {
    let (path, _) = image("run.img");
    let state = [name("golden.state"), name("rtl.state")];
    let run = ["run", &path, "--prompt", PROMPT, "-n", "6", "--save-state"];
    let golden = json(&[&run[..], &[&state[0]]].concat());
    let rtl = json(&[&run[..], &[&state[1], "--engine", "rtl", "--config", "tiny"]].concat());
    assert_eq!((&golden["text"], &golden["next"]), (&rtl["text"], &rtl["next"]));
    assert!(rtl["cycles"].as_u64().unwrap() > 1000);
    assert_eq!(fs::read(&state[0]).unwrap(), fs::read(&state[1]).unwrap());
    let load = ["--load-state", &state[0], "--engine", "rtl", "--config", "tiny"];
    let more = |extra: &[&str]| json(&[&["run", &path, "--prompt", "!", "-n", "4"], extra].concat());
    assert_eq!(more(&load)["text"], more(&load[..2])["text"]);
}

/// On a machine with four tokens per pass: the text, in fewer passes, and as many as without the flag's leave.
#[test]
fn guesses_are_counted_and_can_be_switched_off() {
    let mut image = random_image(3, &small());
    random_draft(&mut image, 1, 64);
    let path = name("drafted.img");
    fs::write(&path, image.to_bytes()).unwrap();
    let args = ["cosim", &path, "--config", "up5k-t4", "--prompt", PROMPT, "-n", "9"];
    let (with, without) = (json(&args), json(&[&args[..], &["--tokens-per-pass", "1"]].concat()));
    let number = |run: &Value, key: &str| run[key].as_u64().unwrap();
    assert_eq!(with["text"], without["text"]);
    assert_eq!([number(&without, "passes"), number(&without, "drafted")], [3 + 9, 0]);
    // one pass takes the prompt in; in each of the others a guess is kept for every token beyond the first
    assert_eq!(number(&with, "passes") - 1 + number(&with, "accepted"), 9);
    assert!(number(&with, "drafted") >= number(&with, "accepted") && number(&with, "drafted") > 0);
    for run in [with, without] {
        assert_eq!([&run["mismatches"], &run["passes_not_as_predicted"]], [0, 0]);
    }
    let golden = ["run", &path, "--prompt", PROMPT, "-n", "9", "--tokens-per-pass", "4"];
    let same = ["text", "passes", "drafted", "accepted", "tokens_per_pass"];
    let (golden, rtl) = (json(&golden), json(&args));
    assert_eq!(same.map(|key| &golden[key]), same.map(|key| &rtl[key]));
}

//! The README's first screen is what its commands print.

mod common;

use common::{file, json, CHECKPOINT};
use serde_json::Value;

const README: &str = include_str!("../../README.md");
const DEMO: &str = include_str!("../../scripts/demo.sh");

/// The demo's two commands, with the image in this test's folder: clap's `--` words are taken from the script itself.
fn demo() -> (Value, Value) {
    let image = file("readme.img").display().to_string();
    let calls = || DEMO.lines().filter(|l| l.starts_with("\"$statestream\""));
    let line = |verb: &str| calls().find(|l| l.contains(verb)).expect("the demo has the command");
    assert!(
        line(" pack ").contains("models/shakespeare_m.safetensors")
            && line(" pack ").contains("--weights w4")
    );
    assert!(line(" cosim ").contains("--config up5k --prompt \"ROMEO:\" -n 48"));
    let packed = json(&["pack", CHECKPOINT, "-o", &image, "--weights", "w4"]);
    (packed, json(&["cosim", &image, "--config", "up5k", "--prompt", "ROMEO:", "-n", "48"]))
}

/// `736203` as `736,203`.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let groups: Vec<&str> =
        digits.as_bytes().rchunks(3).rev().map(|g| std::str::from_utf8(g).unwrap()).collect();
    groups.join(",")
}

/// The README's row whose first cell begins like this.
fn row(begin: &str) -> &'static str {
    README
        .lines()
        .find(|l| l.starts_with(&format!("| {begin}")))
        .unwrap_or_else(|| panic!("no row `{begin}`"))
}

#[test]
fn the_measured_table_is_what_the_demo_prints() {
    let (packed, cosim) = demo();
    let number = |key: &str| cosim[key].as_u64().unwrap_or_else(|| panic!("{key} in {cosim}"));
    assert_eq!((number("tokens"), number("mismatches")), (48, 0));
    assert_eq!(number("cycles_per_pass"), number("predicted_cycles_per_pass"));
    let busy = cosim["flash_busy"].as_f64().unwrap();
    assert!(busy >= 0.98, "the flash bus is busy {busy} of a pass");
    for (begin, figure) in [
        ("words compared", grouped(number("words_compared"))),
        ("clocks per pass", grouped(number("cycles_per_pass"))),
        ("the same, predicted", grouped(number("predicted_cycles_per_pass"))),
        ("share of a pass", format!("{:.2} %", 100.0 * busy)),
        ("tokens per second", format!("{:.1}", 24e6 / number("cycles_per_pass") as f64)),
        ("state, all", format!("{} bytes", grouped(packed["state_bytes"].as_u64().unwrap()))),
    ] {
        assert!(row(begin).contains(&figure), "README says `{}`, the demo {figure}", row(begin));
    }
    for line in cosim["text"].as_str().unwrap().lines().filter(|l| !l.is_empty()) {
        assert!(README.contains(line), "README's demo does not show `{line}`");
    }
}

#[test]
fn clocks_per_pass_do_not_depend_on_the_prompt() {
    let image = file("prompts.img").display().to_string();
    json(&["pack", common::SMALL, "-o", &image, "--weights", "w8"]);
    let passes = ["A", "zzzz", "To be, or"].map(|prompt| {
        let run = json(&["cosim", &image, "--config", "up5k", "--prompt", prompt, "-n", "2"]);
        assert_eq!(run["cycles_per_pass"], run["predicted_cycles_per_pass"]);
        run["cycles_per_pass"].as_u64().unwrap()
    });
    assert!(passes.iter().all(|p| *p == passes[0]), "{passes:?}");
}

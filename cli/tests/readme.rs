//! The README's first screen is what its commands print.

mod common;

use common::{file, json, statestream, text, CHECKPOINT};

const README: &str = include_str!("../../README.md");
const DEMO: &str = include_str!("../../scripts/demo.sh");
/// Every row that `statestream bench` prints stands in the README, to the last digit; without its text beside the checkout the
/// losses are not among them.
#[test]
fn the_measured_table_is_what_bench_prints() {
    let out = file("bench");
    let run = statestream(&["bench", "--out", &out.display().to_string(), "--model", CHECKPOINT]);
    assert!(run.status.success(), "{}", text(&run.stderr));
    let printed = text(&run.stdout);
    let rows: Vec<&str> = printed.lines().filter(|line| line.starts_with("| ")).collect();
    assert_eq!(rows.len(), 19, "{printed}");
    let missing: Vec<&&str> = rows.iter().filter(|row| !README.lines().any(|line| line == **row)).collect();
    assert!(missing.is_empty(), "not in the README:\n{missing:#?}");
    let number = |begin: &str| rows.iter().find(|row| row.starts_with(&format!("| {begin}"))).expect(begin);
    for (found, predicted) in [
        ("`up5k`: clocks per pass", "`up5k`: the same"),
        ("`up5k-t4`: clocks of", "`up5k-t4`: the same, predicted"),
    ] {
        let value = |row: &str| row.split(" | ").nth(1).map(String::from);
        assert_eq!(value(number(found)), value(number(predicted)));
    }
}

/// The demo runs what the README's table measures, and the README shows what it prints.
#[test]
fn the_demo_is_the_table_s_commands() {
    for command in [
        "pack models/shakespeare_m.safetensors -o out/shakespeare_m.w4.img --weights w4 --draft-text out/own.txt",
        "run out/shakespeare_m.w4.img --prompt \"ROMEO:\" -n 50000 --temperature 1 >out/own.txt",
        "cosim out/shakespeare_m.w4.img --config up5k --prompt \"ROMEO:\" -n 48",
        "cosim out/shakespeare_m.w4.img --config up5k-t4 --prompt \"ROMEO:\" -n 48",
    ] {
        assert!(DEMO.contains(command), "{command}");
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

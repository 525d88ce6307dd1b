//! `--help` of every verb.

mod common;

use common::{statestream, text};

const VERBS: [&str; 14] = [
    "pack", "inspect", "eval", "run", "chat", "verilog", "cosim", "verify", "synth", "build", "program",
    "energy", "compare", "rag",
];

#[test]
fn every_verb_explains_itself_with_an_example() {
    for verb in VERBS {
        let output = statestream(&[verb, "--help"]);
        assert!(output.status.success());
        let help = text(&output.stdout);
        assert!(help.contains("Example"), "{help}");
        assert!(help.contains(&format!("\n  statestream {verb} ")), "{help}");
        assert!(help.contains("--json"), "{help}");
    }
}

#[test]
fn the_overview_lists_every_verb() {
    let help = text(&statestream(&["--help"]).stdout);
    for verb in VERBS {
        assert!(help.lines().any(|line| line.trim_start().starts_with(verb)), "{verb}: {help}");
    }
}

#[test]
fn an_unknown_verb_is_bad_input() {
    let output = statestream(&["paint"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("paint"));
}

//! iverilog agrees with Verilator about the emitted files, and notices what is wrong with them.

use statestream_hdl::machine;
use statestream_image::config::Config;
use statestream_image::testing::{random_image, shapes};
use statestream_sim::mutation::Edit;
use statestream_sim::recording::Recording;
use statestream_sim::second::{Case, Difference, Opinion};
use statestream_sim::stimulus::Action;

/// One token through a plain model, the smallest.
fn case(name: &str) -> Case {
    let config = Config::named("tiny").expect("in configs.toml");
    let actions = vec![Action::Feed { tokens: vec![1], logits: false }];
    Case { name: name.into(), config, image: random_image(6, &shapes()[6]), stalls: Some(3), actions }
}

fn recorded(case: &Case, seed: u32) -> Recording {
    case.record(seed).unwrap_or_else(|error| panic!("{error}"))
}

fn opinion(case: &Case, run: &Recording, files: &[(String, String)]) -> Opinion {
    case.replay(run, files).unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn iverilog_says_what_verilator_says_in_every_half_clock() {
    let case = case("sound");
    let run = recorded(&case, 1);
    assert_eq!(run.parts_from(&recorded(&case, 2)), None, "power-up values reach an output");
    let files = machine::files(&case.config).expect("buildable");
    assert_eq!(opinion(&case, &run, &files), Opinion::Same(run.len()));
}

/// How iverilog shows this bug.
fn shown(name: &str, edit: Edit) -> Difference {
    let case = case(name);
    let run = recorded(&case, 1);
    let text = edit.apply(&machine::verilog(&case.config).expect("buildable")).expect("there once");
    match opinion(&case, &run, &[("statestream.v".into(), text)]) {
        Opinion::Other(difference) => difference,
        Opinion::Same(_) => panic!("{name}: survived"),
    }
}

#[test]
fn a_register_without_a_power_up_value_is_an_x_at_a_pin() {
    let edit = Edit::new("flash", "    initial deselect$q = 1'b1;\n", "");
    let difference = shown("whether the flash is selected is unknown", edit);
    assert_eq!((difference.half_clock, difference.has_x()), (0, true), "{difference}");
}

#[test]
fn an_x_that_decides_is_a_wrong_value_at_a_pin() {
    let difference =
        shown("the sender's bits are unknown", Edit::new("uart_out", "    initial left$q = 4'h0;\n", ""));
    assert!(
        difference.half_clock > 0 && difference.outputs.iter().any(|[name, ..]| name == "tx"),
        "{difference}"
    );
}

#[test]
fn a_wrong_constant_is_a_wrong_word() {
    let edit = Edit::new("round", "sum = (shifted$q + 1);", "sum = (shifted$q + 0);");
    let difference = shown("no half is added", edit);
    assert!(!difference.has_x(), "{difference}");
    assert!(difference.outputs.iter().any(|[name, ..]| name.starts_with("trace_")), "{difference}");
}

//! `run --engine netlist` on a small random model: the text, state and passes of golden.

mod common;

use std::fs;

use common::{has_keys, json, name};
use statestream_image::testing::{random_image, small};

#[test]
fn the_netlist_of_an_ice40_writes_goldens_text_and_state() {
    writes_as_golden("icebreaker");
}

#[test]
#[ignore = "a minute: the netlists of both families are compared word for word in sim/tests/netlist"]
fn the_netlist_of_an_ecp5_writes_goldens_text_and_state() {
    writes_as_golden("ulx3s-85f");
}

fn writes_as_golden(board: &str) {
    let file = |kind: &str| name(&format!("netlist-{board}{kind}"));
    let image = file(".img");
    fs::write(&image, random_image(3, &small()).to_bytes()).unwrap();
    let run = |engine: &[&str], state: &str| {
        let words = ["run", &image, "--prompt", "#+(", "-n", "6", "--save-state", state];
        json(&[&words, engine].concat())
    };
    let (theirs, ours) = (file(".state"), file("-golden.state"));
    let golden = run(&[], &ours);
    let netlist = run(&["--engine", "netlist", "--config", "tiny", "--board", board], &theirs);
    has_keys(&netlist, &["text", "tokens", "passes", "cycles", "tokens_per_s"]);
    for key in ["text", "next", "tokens", "passes", "tokens_per_pass"] {
        assert_eq!(netlist[key], golden[key], "{board}: {key}");
    }
    assert!(netlist["cycles"].as_u64().unwrap() > 1000);
    assert_eq!(fs::read(&theirs).unwrap(), fs::read(&ours).unwrap(), "{board}");
}

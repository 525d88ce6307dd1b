//! The page of `synth --report`: what it says, that it needs nothing beside it, and that a browser shows it.

mod common;

use std::fs;
use std::path::{Path, PathBuf};

use common::browser::shown;
use common::fake::Fake;

/// The page of a pretended run at this clock, and where it is.
fn page(fake: &Fake) -> (String, PathBuf) {
    let folder = fake.path("page").display().to_string();
    let (json, _, stderr) = fake.synth(&["--bless", "--report", &folder]);
    let path = Path::new(json["report"].as_str().unwrap_or_else(|| panic!("{stderr}"))).to_path_buf();
    (fs::read_to_string(&path).unwrap(), path)
}

fn holds(page: &str, words: &[&str]) {
    for word in words {
        assert!(page.contains(word), "no `{word}` in {page}");
    }
}

#[test]
fn a_page_says_all_of_a_design_and_a_browser_shows_it() {
    let fake = Fake::new(1000, "25.5");
    let (page, path) = page(&fake);
    holds(
        &page,
        &["<h1>up5k on icebreaker</h1>", "meets the target clock", "statestream synth --board icebreaker"],
    );
    holds(&page, &["1200 of 5280 (22.7 %)", "seed 3", "25.50 MHz", "target 24 MHz", "yosys 1.2"]);
    holds(
        &page,
        &["From host.b to epilogue.control.a: 4.0 ns, 1.5 ns of them in cells and 2.5 ns (62 %) in wires"],
    );
    holds(&page, &["epilogue: arithmetic", "class=\"floor\"", "M30 40h9v9h-9z", ">netlist<", ">derived<"]);
    holds(
        &page,
        &["<td>shakespeare_m</td><td>736214</td><td>32.6</td><td>34.6</td><td>34.6</td>", "shakespeare_s"],
    );
    for foreign in ["<script", "http:", "https:", "@import", "url(", "src="] {
        assert!(!page.contains(foreign), "{foreign} in {page}");
    }
    shown(&path, 4);
}

#[test]
fn a_design_that_does_not_fit_has_a_page_too() {
    let fake = Fake::new(1000, "25.5");
    fake.write("refusal", "Info: Device utilisation:\nInfo:  ICESTORM_LC:  5757/ 5280  109%\n\nERROR: no");
    let (page, _) = page(&fake);
    holds(
        &page,
        &["Failed: ", "477 too many", "5757 of 5280 (109.0 %)", "fastest seed: not placed", "<td>–</td>"],
    );
}

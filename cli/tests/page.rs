//! The page of `synth --report`: what it says, that it needs nothing beside it, and that a browser shows it.

mod common;

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use common::fake::Fake;
use common::text;
use statestream_image::testing::skip;

const BROWSERS: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];

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
        &["<td>shakespeare_m</td><td>736209</td><td>32.6</td><td>34.6</td><td>34.6</td>", "shakespeare_s"],
    );
    for foreign in ["<script", "http:", "https:", "@import", "url(", "src="] {
        assert!(!page.contains(foreign), "{foreign} in {page}");
    }
    shown(&path);
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

/// Opens the page in a browser, if there is one: what it makes of it has all drawings, and is a picture.
fn shown(page: &Path) {
    let Some(browser) = browser() else {
        let line = "SKIPPED: the page in a browser: no chromium on PATH; install the package chromium\n";
        return skip(line).unwrap();
    };
    let picture = page.with_file_name("page.png");
    let address = format!("file://{}", page.display());
    // Without a sandbox: a container may not make one, and the page is our own.
    let fixed = ["--headless", "--no-sandbox", "--disable-gpu", "--window-size=1100,3000"];
    let dump = Command::new(&browser).args(fixed).args(["--dump-dom", &address]).output().unwrap();
    let dom = text(&dump.stdout);
    assert_eq!(dom.matches("</svg>").count(), 4, "{dom}\n{}", text(&dump.stderr));
    let screenshot = format!("--screenshot={}", picture.display());
    let shot = Command::new(&browser).args(fixed).args([&screenshot, &address]).output().unwrap();
    let bytes = fs::read(&picture).unwrap_or_else(|error| panic!("{error}: {}", text(&shot.stderr)));
    assert!(bytes.starts_with(b"\x89PNG") && bytes.len() > 20_000, "{} bytes", bytes.len());
}

fn browser() -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    let all = env::split_paths(&path).flat_map(|folder| BROWSERS.map(|name| folder.join(name)));
    all.into_iter().find(|program| program.is_file())
}

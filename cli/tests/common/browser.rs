//! A page in a browser.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use statestream_image::testing::skip;

use super::text;

const BROWSERS: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];

/// Opens the page in a browser, if there is one: what it makes of it has all drawings, and is a picture.
pub fn shown(page: &Path, drawings: usize) {
    let Some(browser) = browser() else {
        let line = "SKIPPED: the page in a browser: no chromium on PATH; install the package chromium\n";
        return skip(line).unwrap();
    };
    let picture = page.with_extension("png");
    let address = format!("file://{}", page.display());
    // Without a sandbox: a container may not make one, and the page is our own.
    let fixed = ["--headless", "--no-sandbox", "--disable-gpu", "--window-size=1100,3000"];
    let dump = Command::new(&browser).args(fixed).args(["--dump-dom", &address]).output().unwrap();
    let dom = text(&dump.stdout);
    assert_eq!(dom.matches("</svg>").count(), drawings, "{dom}\n{}", text(&dump.stderr));
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

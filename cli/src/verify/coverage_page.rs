//! The page of campaign `coverage`: every module with its source lines, what ran, what did not, and what is excused.

use statestream_sim::code::{Code, Exclusions, Line, Missed};

const STYLE: &str = "body{font:14px sans-serif;margin:2em}pre{margin:0;font:12px monospace}\
summary{cursor:pointer;font-family:monospace}.n{color:#888}.ran{background:#e7f6e7}.never{background:#fbd5d5}\
.excused{background:#eee}.partly{background:#fdf1cf}";

/// The whole page.
pub fn html(name: &str, code: &Code, missed: &[Missed], exclusions: &Exclusions) -> String {
    let sums = code.sums(exclusions, None);
    let modules = code.modules();
    let sections: String = modules.iter().map(|module| section(module, code, missed, exclusions)).collect();
    format!(
        "<!doctype html><meta charset=\"utf-8\"><title>Code coverage of {name}</title><style>{STYLE}</style>\
<h1>Code coverage of the emitted Verilog, machine {name}</h1>\
<p>Lines {}, toggles {}; {} lines and {} toggles are excluded with a reason (sim/coverage.toml). Instances of a module count together. \
Green ran, red never did, yellow has bits that never toggled, grey is excused; the reason is in the line's title.</p>{sections}\n",
        sums.lines, sums.toggles, sums.excluded_lines, sums.excluded_toggles
    )
}

fn section(module: &str, code: &Code, missed: &[Missed], exclusions: &Exclusions) -> String {
    let sums = code.sums(exclusions, Some(module));
    let lines: String = code.listing(module, missed).iter().map(line).collect();
    format!(
        "<details><summary>{}: lines {}, toggles {}</summary><pre>{lines}</pre></details>\n",
        escaped(module),
        sums.lines,
        sums.toggles
    )
}

fn line(line: &Line) -> String {
    let missed: Vec<String> = line.missed.iter().map(|missed| note(missed)).collect();
    let runs = line.runs.map_or(String::new(), |runs| runs.to_string());
    format!(
        "<span class=\"{}\" title=\"{}\"><span class=\"n\">{:5} {runs:>10}</span> {}</span>\n",
        class(line),
        escaped(&missed.join("; ")),
        line.number,
        escaped(line.text)
    )
}

fn note(missed: &Missed) -> String {
    match &missed.excuse {
        Some(reason) => format!("{} excused: {reason}", missed.what),
        None => format!("never: {}", missed.what),
    }
}

fn class(line: &Line) -> &'static str {
    let asked = line.missed.iter().any(|missed| missed.excuse.is_none());
    match (asked, line.missed.is_empty(), line.runs) {
        (true, _, Some(0)) => "never",
        (true, ..) => "partly",
        (false, false, _) => "excused",
        (false, true, Some(_)) => "ran",
        _ => "",
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

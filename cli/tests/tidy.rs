//! What must hold of the sources, and what must not be there (`ARCHITECTURE.md`), as tests.
//!
//! They read every tracked file. A violation is reported as `file:line: rule`, all of them at once.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Who may name whom, exactly: `docs/dataflow.svg`, left to right.
const IMPORTS: [(&str, &[&str]); 6] = [
    ("image", &[]),
    ("golden", &["image"]),
    ("hdl", &["image"]),
    ("sim", &["golden", "hdl", "image"]),
    ("fpga", &["golden", "hdl", "image", "sim"]),
    ("cli", &["fpga", "golden", "hdl", "image", "sim"]),
];
/// The evidence behind a figure, from the weakest to the strongest.
const TAGS: [&str; 5] = ["claim", "derived", "co-sim", "netlist", "board"];
const MOST_FILE_LINES: usize = 600;
const MOST_FUNCTION_LINES: usize = 100;
/// What a longer function says about itself.
const LONG_BECAUSE: &str = "100 lines";
/// The lead-in of a figure that nobody has measured yet.
const UNFILLED: &str = "TODO-LEAD";

#[test]
fn crates_import_each_other_as_the_data_flows() {
    let wanted: BTreeMap<String, BTreeSet<String>> = IMPORTS
        .iter()
        .map(|(name, uses)| (name.to_string(), uses.iter().map(|u| u.to_string()).collect()))
        .collect();
    assert_eq!(imports(), wanted, "left: cargo metadata, right: the graph of this test");
}

#[test]
fn golden_and_hdl_never_name_each_other() {
    let in_golden = find("golden/", ".rs", |line| has_word(line, "statestream_hdl"));
    let in_hdl = find("hdl/", ".rs", |line| has_word(line, "statestream_golden"));
    none(
        [in_golden, in_hdl].concat(),
        "what is right and what is built share the image's contract and nothing else",
    );
}

#[test]
fn no_floating_point_where_integers_are_the_specification() {
    let is_float = |line: &str| has_word(line, "f32") || has_word(line, "f64");
    let mut found = find("golden/src/", ".rs", is_float);
    found.retain(|at| !at.starts_with("golden/src/float.rs:"));
    found.extend(find("hdl/src/", ".rs", is_float));
    none(found, "integers only, except the loss in golden/src/float.rs");
}

#[test]
fn unsafe_is_in_one_file() {
    let mut found = find("", ".rs", |line| has_word(line, "unsafe"));
    found.retain(|at| !at.starts_with("sim/src/verilator/model.rs:"));
    none(found, "a shared object is called in sim/src/verilator/model.rs, and nothing else needs `unsafe`");
}

#[test]
fn no_file_is_longer_than_600_lines() {
    let lines = |path: &String| (read(path).lines().count(), path.clone());
    let long =
        tracked(".rs").iter().map(lines).filter(|(lines, _)| *lines > MOST_FILE_LINES).collect::<Vec<_>>();
    none(long.iter().map(|(lines, path)| format!("{path}: {lines} lines")).collect(), "split it");
}

#[test]
fn a_function_over_100_lines_says_why() {
    let found = tracked(".rs").iter().flat_map(|path| silent_giants(path, &read(path))).collect();
    none(found, "a comment above it with the words `100 lines` and the reason, or smaller functions");
}

#[test]
fn every_lint_exception_has_a_reason() {
    let in_code = tracked(".rs").iter().flat_map(|path| bare_allows(path, &read(path))).collect();
    none(in_code, "allow(..., reason = \"...\")");
    let in_manifests =
        tracked("Cargo.toml").iter().flat_map(|path| bare_manifest_allows(path, &read(path))).collect();
    none(in_manifests, "a comment above the line");
}

#[test]
fn no_file_knows_the_machine_it_was_written_on() {
    // assembled, so that this file passes its own test
    let folders = ["work", "tmp", "root", "home"].map(|folder| format!("/{folder}"));
    let names = |line: &str| folders.iter().any(|folder| has_path(line, folder));
    none(find_text(names), "a path from the repository's root, or a temporary folder asked of the system");
}

#[test]
fn packages_come_from_the_default_registries() {
    // assembled, so that this file passes its own test
    let redirects = [["index", "url"], ["find", "links"], ["replace", "with"], ["trusted", "host"]]
        .map(|words| words.join("-"));
    let mut found = find_text(|line| redirects.iter().any(|option| line.contains(option.as_str())));
    let lock = read("Cargo.lock");
    let foreign = |line: &&str| {
        line.starts_with("source = ")
            && *line != "source = \"registry+https://github.com/rust-lang/crates.io-index\""
    };
    found.extend(lock.lines().filter(foreign).map(|line| format!("Cargo.lock: {line}")));
    none(found, "an exact version, and no word on where from");
}

#[test]
fn every_stage_has_its_page() {
    let stages = stages();
    let pages: BTreeSet<String> =
        tracked(".md").iter().filter_map(|path| page(path, "docs/stages/")).collect();
    assert_eq!(pages, stages, "left: docs/stages, right: the stages that golden/src/lib.rs lists");
    let lacks = |stage: &String| {
        let text = read(&format!("docs/stages/{stage}.md"));
        let wanted = ["## Formula", "## Golden", "## Hardware", "## Words reported", "## Traps", "hdl/src/"];
        let golden = format!("golden/src/{stage}.rs");
        let missing = wanted.into_iter().chain([golden.as_str()]).filter(|part| !text.contains(part));
        missing.map(|part| format!("docs/stages/{stage}.md: no `{part}`")).collect::<Vec<_>>()
    };
    none(stages.iter().flat_map(lacks).collect(), "every page answers the same questions");
}

#[test]
fn decisions_are_numbered_without_gaps() {
    let pages: Vec<String> = tracked(".md").iter().filter_map(|path| page(path, "docs/decisions/")).collect();
    let numbers: Vec<String> = pages.iter().map(|page| page.chars().take(4).collect()).collect();
    let wanted: Vec<String> = (1..=pages.len()).map(|n| format!("{n:04}")).collect();
    assert_eq!(numbers, wanted);
    let lacks = |page: &String| {
        let text = read(&format!("docs/decisions/{page}.md"));
        let wanted = ["## Context", "## Choice", "## Price", "## Measurement"].into_iter();
        let missing = wanted
            .filter(|part| !text.contains(part))
            .map(|part| format!("docs/decisions/{page}.md: no `{part}`"));
        missing.collect::<Vec<_>>()
    };
    none(pages.iter().flat_map(lacks).collect(), "every record has the same four parts");
}

#[test]
fn pages_name_files_that_exist() {
    let pages = tracked(".md").into_iter().filter(|path| !path.starts_with("fuzz/"));
    none(pages.flat_map(|path| dead_references(&path, &read(&path))).collect(), "a file of this repository");
}

#[test]
fn every_measured_figure_has_a_tag_and_a_command() {
    let rows = measured(&read("README.md"));
    assert!(rows.len() >= 5, "README.md: the measured table has {} rows", rows.len());
    let fault = |(line, row): &(usize, String)| {
        let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
        let tagged = cells.iter().any(|cell| TAGS.contains(cell));
        let command =
            cells.last().is_some_and(|cell| cell.starts_with('`') && cell.ends_with('`') && cell.len() > 2);
        (!tagged || !command).then(|| format!("README.md:{line}: {row}"))
    };
    none(
        rows.iter().filter_map(fault).collect(),
        "a cell with one of the tags, and the command in the last cell",
    );
}

#[test]
fn every_figure_has_been_filled_in() {
    let pages = tracked(".md").into_iter();
    let unfilled = pages.flat_map(|path| {
        let text = read(&path);
        let lines = text.lines().enumerate().filter(|(_, line)| line.contains(UNFILLED));
        lines.map(|(at, line)| format!("{path}:{}: {line}", at + 1)).collect::<Vec<_>>()
    });
    none(unfilled.collect(), "measure it with the row's command");
}

#[test]
fn kernels_avoid_what_rust_hdl_prints_wrongly() {
    let mut found = Vec::new();
    for path in tracked(".rs").iter().filter(|path| path.starts_with("hdl/src/")) {
        let text = code(&read(path));
        found.extend(lines_with(path, &text, is_stock_signed));
        for (first, kernel) in kernels(&text) {
            found.extend(
                kernel_faults(&kernel)
                    .into_iter()
                    .map(|(at, fault)| format!("{path}:{}: {fault}", first + at)),
            );
        }
    }
    none(found, "simulation and Verilog differ in silence");
}

#[test]
fn the_scanners_see_what_they_are_for() {
    assert_eq!(code("a // f32\nb \"f64\" '\"' c /* x\n*/ d"), "a       \nb           c     \n   d");
    assert!(has_word("x as f64;", "f64") && !has_word("float64", "f64") && !has_word("xf64", "f64"));
    let faults = |kernel: &str| kernel_faults(kernel).len();
    assert_eq!(faults("for i in 0..=3 {"), 1);
    assert_eq!(faults("for i in 0..3 {"), 0);
    assert_eq!(faults("x if y => {}"), 1);
    assert_eq!(faults("a.next = a.val() & b.val() == 3;"), 1);
    assert_eq!(faults("a.next = (a.val() & b.val()) == 3;"), 0);
    assert_eq!(faults("a.next = a.val() & (bit_cast::<4, 2>(b.val()) == 3) | !(c.val() < 4);"), 0);
    assert_eq!(bare_allows("x", "#[allow(dead_code)]"), ["x:1"]);
    assert_eq!(bare_allows("x", "#[allow(dead_code, reason = \"y\")]"), [""; 0]);
    let long = format!("fn f() {{{}}}", "\n".repeat(100));
    assert_eq!(silent_giants("x", &long), ["x:1: f has 101 lines"]);
    assert_eq!(silent_giants("x", &long.replace("f()", "f(x: [u8; 4])")), ["x:1: f has 101 lines"]);
    assert_eq!(silent_giants("x", &format!("// Over 100 lines: so.\n#[a]\n{long}")), [""; 0]);
    let written = |line: &str| has_path(line, "/var");
    assert!(written("write(\"/var/x\")") && written("cd /var") && !written("a/var/x ~/var /variable"));
    assert_eq!(dead_references("README.md", "[a](no/such.md) and `image/src/nothing.rs`").len(), 2);
}

// ---- what the repository holds

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn read(path: &str) -> String {
    String::from_utf8_lossy(&std::fs::read(root().join(path)).unwrap_or_default()).into_owned()
}

/// Tracked files that still exist and whose names end so, sorted. Of a tree without git, all files that no tool has made.
fn tracked(end: &str) -> Vec<String> {
    let listing = Command::new("git").args(["ls-files", "-z"]).current_dir(root()).output();
    let listing = listing.ok().filter(|output| output.status.success()).map(|output| output.stdout);
    let mut files: Vec<String> = match listing {
        Some(names) => String::from_utf8_lossy(&names).split('\0').map(String::from).collect(),
        None => walk(Path::new("")),
    };
    files.retain(|path| path.ends_with(end) && root().join(path).is_file());
    files.sort();
    assert!(!files.is_empty(), "there is no file that ends with {end:?}");
    files
}

fn walk(folder: &Path) -> Vec<String> {
    let made = [".git", ".hw", ".train", "target", "out"].map(Path::new);
    let entries =
        std::fs::read_dir(root().join(folder)).unwrap().map(|entry| folder.join(entry.unwrap().file_name()));
    let entries = entries.filter(|path| !made.contains(&path.as_path()));
    let inside = |path: PathBuf| match root().join(&path).is_dir() {
        true => walk(&path),
        false => vec![path.to_string_lossy().into_owned()],
    };
    entries.flat_map(inside).collect()
}

fn run(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).current_dir(root()).output();
    let output = output.unwrap_or_else(|error| panic!("{program} {arguments:?}: {error}"));
    assert!(output.status.success(), "{program} {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// Each member of the workspace with the members it depends on, for its tests and benches too.
fn imports() -> BTreeMap<String, BTreeSet<String>> {
    let text = run(env!("CARGO"), &["metadata", "--no-deps", "--offline", "--format-version", "1"]);
    let metadata: serde_json::Value = serde_json::from_str(&text).unwrap();
    let member =
        |value: &serde_json::Value| value["name"].as_str()?.strip_prefix("statestream-").map(String::from);
    let uses =
        |package: &serde_json::Value| list(&package["dependencies"]).iter().filter_map(member).collect();
    list(&metadata["packages"]).iter().filter_map(|package| Some((member(package)?, uses(package)))).collect()
}

fn list(value: &serde_json::Value) -> &[serde_json::Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// The stages, from the line of golden's documentation that lists them.
fn stages() -> BTreeSet<String> {
    let text = read("golden/src/lib.rs");
    let line = text.lines().find(|line| line.starts_with("//! * [`norm`]")).unwrap();
    line.split('`').skip(1).step_by(2).map(String::from).collect()
}

fn page(path: &str, folder: &str) -> Option<String> {
    path.strip_prefix(folder)?.strip_suffix(".md").map(String::from)
}

/// Rows of the first table under `## Measured`, with their lines.
fn measured(readme: &str) -> Vec<(usize, String)> {
    let lines = readme.lines().enumerate().skip_while(|(_, line)| *line != "## Measured").skip(1);
    let table =
        lines.skip_while(|(_, line)| !line.starts_with('|')).take_while(|(_, line)| line.starts_with('|'));
    table.skip(2).map(|(at, line)| (at + 1, line.to_string())).collect()
}

// ---- what is wrong with it

fn none(found: Vec<String>, rule: &str) {
    assert!(found.is_empty(), "{} violations; the rule: {rule}\n{}", found.len(), found.join("\n"));
}

/// Code lines of tracked files in `folder` for which `is` holds.
fn find(folder: &str, end: &str, is: impl Fn(&str) -> bool) -> Vec<String> {
    let files = tracked(end).into_iter().filter(|path| path.starts_with(folder));
    files.flat_map(|path| lines_with(&path, &code(&read(&path)), &is)).collect()
}

/// The same for every line of every text file.
fn find_text(is: impl Fn(&str) -> bool) -> Vec<String> {
    let text = tracked("").into_iter().filter(|path| !path.ends_with(".safetensors"));
    text.flat_map(|path| lines_with(&path, &read(&path), &is)).collect()
}

fn lines_with(path: &str, text: &str, is: impl Fn(&str) -> bool) -> Vec<String> {
    let lines = text.lines().enumerate().filter(|(_, line)| is(line));
    lines.map(|(at, line)| format!("{path}:{}: {}", at + 1, line.trim())).collect()
}

fn is_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

fn has_word(line: &str, word: &str) -> bool {
    let ends = |at: usize| {
        let (before, after) = (line[..at].chars().next_back(), line[at + word.len()..].chars().next());
        !before.is_some_and(is_name) && !after.is_some_and(is_name)
    };
    line.match_indices(word).any(|(at, _)| ends(at))
}

/// Does the line hold the absolute path `folder`, or one below it?
fn has_path(line: &str, folder: &str) -> bool {
    let ends = |at: usize| {
        let (before, after) = (line[..at].chars().next_back(), line[at + folder.len()..].chars().next());
        let joined = |c: char| is_name(c) || "./-~}*)".contains(c);
        !before.is_some_and(joined) && !after.is_some_and(|c| is_name(c) || c == '-')
    };
    line.match_indices(folder).any(|(at, _)| ends(at))
}

/// `allow` attributes without a reason.
fn bare_allows(path: &str, text: &str) -> Vec<String> {
    let text = code(text);
    let calls = text.match_indices("allow(").filter(|(at, _)| !text[..*at].ends_with(is_name));
    let bare = calls.filter(|(at, _)| !has_word(balanced(&text[*at + 5..], '(', ')'), "reason"));
    bare.map(|(at, _)| format!("{path}:{}", line_of(&text, at))).collect()
}

fn bare_manifest_allows(path: &str, text: &str) -> Vec<String> {
    let lines: Vec<&str> = text.lines().collect();
    let bare = |at: usize| {
        lines[at].contains("\"allow\"")
            && !lines[at].contains('#')
            && (at == 0 || !lines[at - 1].starts_with('#'))
    };
    (0..lines.len()).filter(|at| bare(*at)).map(|at| format!("{path}:{}: {}", at + 1, lines[at])).collect()
}

/// Functions that are too long and do not say why.
fn silent_giants(path: &str, text: &str) -> Vec<String> {
    let code = code(text);
    let explained = |at: usize| {
        let above: Vec<&str> = text.lines().take(line_of(&code, at) - 1).collect();
        let belongs = |line: &&&str| line.trim().starts_with("//") || line.trim().starts_with("#[");
        above.iter().rev().take_while(belongs).any(|line| line.contains(LONG_BECAUSE))
    };
    let giants =
        functions(&code).into_iter().filter(|(at, _, lines)| *lines > MOST_FUNCTION_LINES && !explained(*at));
    giants
        .map(|(at, name, lines)| format!("{path}:{}: {name} has {lines} lines", line_of(&code, at)))
        .collect()
}

/// Offset, name and lines of every function with a body.
fn functions(code: &str) -> Vec<(usize, String, usize)> {
    let starts = code.match_indices("fn ").filter(|(at, _)| !code[..*at].ends_with(is_name));
    let function = |(at, _): (usize, &str)| {
        let name: String = code[at + 3..].chars().take_while(|c| is_name(*c)).collect();
        let open = at + body(&code[at..])?;
        let body = code[open..].starts_with('{').then(|| balanced(&code[open..], '{', '}'))?;
        (!name.is_empty()).then(|| (at, name, code[at..open + body.len()].lines().count()))
    };
    starts.filter_map(function).collect()
}

/// Where a function's body begins, or the semicolon it has instead; `[u8; 4]` in its signature is neither.
fn body(signature: &str) -> Option<usize> {
    let mut depth = 0;
    let ends = |(_, c): &(usize, char)| {
        depth += i32::from(*c == '[') - i32::from(*c == ']');
        depth == 0 && matches!(c, '{' | ';')
    };
    signature.char_indices().find(ends).map(|(at, _)| at)
}

/// Links and paths in backticks that lead nowhere.
fn dead_references(path: &str, text: &str) -> Vec<String> {
    let folder = Path::new(path).parent().unwrap_or(Path::new(""));
    let links = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    let links = links
        .map(|link| link.split('#').next().unwrap_or(link))
        .filter(|link| !link.is_empty() && !link.contains(':'));
    let dead_links = links.filter(|link| !root().join(folder).join(link).exists()).map(String::from);
    let quoted = text.split('`').skip(1).step_by(2).filter(|name| is_source_path(name));
    let dead_names = quoted.filter(|name| !root().join(name).exists()).map(String::from);
    dead_links.chain(dead_names).map(|name| format!("{path}: {name}")).collect()
}

/// Is it the path of a source file or page, from the repository's root?
fn is_source_path(name: &str) -> bool {
    let plain = name.chars().all(|c| is_name(c) || "/.-".contains(c));
    plain
        && name.contains('/')
        && [".rs", ".md", ".sh", ".toml", ".svg"].iter().any(|end| name.ends_with(end))
}

// ---- Rust and its kernels, as text

fn line_of(text: &str, at: usize) -> usize {
    text[..at].matches('\n').count() + 1
}

/// From the first `open` to its `close`.
fn balanced(text: &str, open: char, close: char) -> &str {
    let mut depth = 0;
    for (at, c) in text.char_indices() {
        depth += i32::from(c == open) - i32::from(c == close);
        if depth == 0 && c == close {
            return &text[..=at];
        }
    }
    text
}

/// The text with comments, strings and characters blanked, every line where it was.
fn code(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = bytes.to_vec();
    let mut at = 0;
    while at < bytes.len() {
        let end = at + skipped(&bytes[at..], at > 0 && is_name(bytes[at - 1] as char));
        out[at..end].iter_mut().filter(|byte| **byte != b'\n').for_each(|byte| *byte = b' ');
        at = end.max(at + 1);
    }
    String::from_utf8(out).unwrap()
}

/// Length of the comment, string or character that begins here; 0 for code.
fn skipped(rest: &[u8], in_name: bool) -> usize {
    let until = |from: usize, end: &[u8]| {
        let found = rest[from..].windows(end.len()).position(|part| part == end);
        found.map_or(rest.len(), |at| from + at + end.len())
    };
    match rest {
        [b'/', b'/', ..] => until(0, b"\n") - usize::from(rest.contains(&b'\n')),
        [b'/', b'*', ..] => until(2, b"*/"),
        [b'r', b'"', ..] if !in_name => until(2, b"\""),
        [b'r', b'#', b'"', ..] if !in_name => until(3, b"\"#"),
        [b'"', ..] => string(rest),
        [b'\'', b'\\', ..] => 3 + rest[3..].iter().position(|byte| *byte == b'\'').map_or(0, |at| at + 1),
        [b'\'', _, b'\'', ..] => 3,
        [byte, ..] => usize::from(!byte.is_ascii()),
        [] => 0,
    }
}

fn string(rest: &[u8]) -> usize {
    let mut at = 1;
    while at < rest.len() && rest[at] != b'"' {
        at += 1 + usize::from(rest[at] == b'\\');
    }
    (at + 1).min(rest.len())
}

/// Line and text of the body of every function that rust-hdl prints.
fn kernels(code: &str) -> Vec<(usize, String)> {
    let starts = code.match_indices("#[hdl_gen]").filter_map(|(at, _)| Some(at + code[at..].find('{')?));
    starts.map(|at| (line_of(code, at), balanced(&code[at..], '{', '}').to_string())).collect()
}

/// rust-hdl's own signed type, with its width.
fn is_stock_signed(line: &str) -> bool {
    has_word(line, "Signed") && (line.contains("Signed<") || line.contains("Signed::<"))
}

/// Line and name of every trap of a kernel.
fn kernel_faults(kernel: &str) -> Vec<(usize, &'static str)> {
    let mut faults = mixed_operators(kernel);
    for (at, line) in kernel.lines().enumerate() {
        if line.contains("..=") && has_word(line, "for") {
            faults.push((at, "`..=` in a loop loses its last trip"));
        }
        let arm = line.split("=>").next().unwrap_or(line);
        if arm.len() < line.len() && has_word(arm, "if") {
            faults.push((at, "a match guard is dropped"));
        }
    }
    faults
}

/// Comparisons beside `&`, `|` or `^` that no parentheses separate: the printed Verilog has none either.
fn mixed_operators(kernel: &str) -> Vec<(usize, &'static str)> {
    let text = without_generics(kernel);
    let mut faults = Vec::new();
    let mut levels = vec![(false, false)];
    for (at, token) in tokens(&text) {
        match token {
            "(" | "[" => levels.push((false, false)),
            ")" | "]" if levels.len() > 1 => drop(levels.pop()),
            "{" | "}" | ";" | "," => mark(&mut levels, |level| *level = (false, false)),
            "&" | "|" | "^" => mark(&mut levels, |level| level.0 = true),
            "==" | "!=" | "<" | ">" | "<=" | ">=" => mark(&mut levels, |level| level.1 = true),
            _ => continue,
        }
        if levels.last() == Some(&(true, true)) {
            faults.push((
                text[..at].matches('\n').count(),
                "`&`, `|` or `^` beside a comparison needs parentheses",
            ));
            mark(&mut levels, |level| *level = (false, false));
        }
    }
    faults
}

fn mark(levels: &mut [(bool, bool)], change: impl Fn(&mut (bool, bool))) {
    if let Some(level) = levels.last_mut() {
        change(level);
    }
}

/// Operators and brackets with their offsets, the longest first.
fn tokens(text: &str) -> Vec<(usize, &str)> {
    const KNOWN: [&str; 24] = [
        "==", "!=", "<=", ">=", "=>", "->", "<<", ">>", "&&", "||", "&mut", "(", ")", "[", "]", "{", "}",
        ";", ",", "&", "|", "^", "<", ">",
    ];
    let mut found = Vec::new();
    let mut at = 0;
    while at < text.len() {
        match KNOWN.iter().find(|token| text.as_bytes()[at..].starts_with(token.as_bytes())) {
            Some(token) => {
                found.push((at, *token));
                at += token.len();
            }
            None => at += 1,
        }
    }
    found
}

/// `get_bits::<5>(0)` becomes `get_bits     (0)`.
fn without_generics(text: &str) -> String {
    let mut out = text.to_string();
    while let Some(at) = out.find("::<") {
        let length = balanced(&out[at + 2..], '<', '>').len() + 2;
        out.replace_range(at..at + length, &" ".repeat(length));
    }
    out
}

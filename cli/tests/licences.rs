//! Every crate that is linked carries a licence that deny.toml allows. `cargo deny check` says the same and more; this needs nothing installed.

use std::collections::BTreeSet;
use std::process::Command;

use serde_json::Value;

fn metadata() -> Value {
    let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/../Cargo.toml");
    let arguments = ["metadata", "--format-version", "1", "--locked", "--manifest-path", manifest];
    let output = Command::new(env!("CARGO")).args(arguments).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// The quoted names between `allow = [` and its `]`.
fn allowed() -> BTreeSet<&'static str> {
    let text = include_str!("../../deny.toml");
    let list = text.split_once("allow = [").unwrap().1.split_once("\n]").unwrap().0;
    list.lines().filter_map(|line| line.trim().strip_prefix('"')?.split('"').next()).collect()
}

/// An SPDX expression without nesting: every part of an AND needs one allowed alternative.
fn satisfied(expression: &str, allowed: &BTreeSet<&str>) -> bool {
    let plain = expression.replace('/', " OR ").replace(['(', ')'], "");
    plain.split(" AND ").all(|part| part.split(" OR ").any(|name| allowed.contains(name.trim())))
}

#[test]
fn every_dependency_has_an_allowed_licence() {
    let (metadata, allowed) = (metadata(), allowed());
    let packages = metadata["packages"].as_array().unwrap();
    assert!(packages.len() > 50 && allowed.contains("MIT"));
    let refused = packages.iter().filter(|p| !satisfied(p["license"].as_str().unwrap_or("none"), &allowed));
    let refused: Vec<String> =
        refused.map(|p| format!("{} {}: {}", p["name"], p["version"], p["license"])).collect();
    assert!(refused.is_empty(), "not in deny.toml:\n{}", refused.join("\n"));
}

#[test]
fn an_expression_needs_every_and_and_one_or() {
    let allowed = BTreeSet::from(["MIT", "Unicode-3.0"]);
    for (expression, expected) in [
        ("MIT OR Apache-2.0", true),
        ("MIT/Apache-2.0", true),
        ("(MIT OR Apache-2.0) AND Unicode-3.0", true),
        ("MIT AND GPL-3.0", false),
        ("GPL-3.0", false),
    ] {
        assert_eq!(satisfied(expression, &allowed), expected, "{expression}");
    }
}

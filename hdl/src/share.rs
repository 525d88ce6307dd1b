//! rust-hdl prints one module for every instance. Modules with the same text are one: this finds them and gives them one name.

use std::collections::{BTreeMap, BTreeSet};

struct Module {
    name: String,
    text: String,
}

/// `text` with every module printed once. Registers are named for what they are, others for their first instance.
pub fn modules(text: &str) -> String {
    let mut modules = parse(text);
    let mut taken: BTreeSet<String> = modules.iter().map(|m| m.name.clone()).collect();
    while let Some(names) = twins(&modules, &mut taken) {
        modules = apply(modules, &names);
    }
    modules.into_iter().map(|m| m.text).collect()
}

fn parse(text: &str) -> Vec<Module> {
    let mut all: Vec<Module> = Vec::new();
    for line in text.lines() {
        if let Some(name) = line.strip_prefix("module ").and_then(|rest| rest.split('(').next()) {
            all.push(Module { name: name.trim().into(), text: String::new() });
        }
        if let Some(module) = all.last_mut() {
            // the name after endmodule would make every module different
            let line = if line.starts_with("endmodule") { "endmodule" } else { line.trim_end() };
            if !line.is_empty() {
                module.text.push_str(line);
                module.text.push('\n');
            }
            if line == "endmodule" {
                module.text.push('\n');
            }
        }
    }
    all
}

/// New names for all modules that are equal to another, if there are any.
fn twins(modules: &[Module], taken: &mut BTreeSet<String>) -> Option<BTreeMap<String, String>> {
    let mut by_text: BTreeMap<String, Vec<&Module>> = BTreeMap::new();
    for module in modules {
        by_text
            .entry(substitute(&module.text, &|n| (n == module.name).then(|| "@".into())))
            .or_default()
            .push(module);
    }
    let mut names = BTreeMap::new();
    for (body, same) in by_text.into_iter().filter(|(_, same)| same.len() > 1) {
        let name = fresh(&short_name(&body, &same[0].name), taken);
        names.extend(same.iter().map(|m| (m.name.clone(), name.clone())));
    }
    (!names.is_empty()).then_some(names)
}

/// Renames everywhere and keeps the first module of each name.
fn apply(modules: Vec<Module>, names: &BTreeMap<String, String>) -> Vec<Module> {
    let rename = |text: &str| substitute(text, &|n| names.get(n).cloned());
    let mut seen = BTreeSet::new();
    let renamed = modules.into_iter().map(|m| Module { name: rename(&m.name), text: rename(&m.text) });
    renamed.filter(|m| seen.insert(m.name.clone())).collect()
}

fn fresh(wanted: &str, taken: &mut BTreeSet<String>) -> String {
    let numbered = (2..).map(|k| format!("{wanted}_{k}"));
    let name = std::iter::once(wanted.to_string()).chain(numbered).find(|name| !taken.contains(name));
    let name = name.unwrap_or_else(|| wanted.into());
    taken.insert(name.clone());
    name
}

/// `dff_16`, `reg_s32` for registers, else the last part of the path.
fn short_name(body: &str, path: &str) -> String {
    let kind = match body {
        b if b.contains("always @(posedge clock) q <= d;") => "dff",
        b if b.contains("always @(posedge clock) if (en) q <= d;") => "reg",
        // a number is an index of the part before it
        _ => {
            return path
                .rsplit('$')
                .find(|part| !part.chars().all(|c| c.is_ascii_digit()))
                .unwrap_or(path)
                .into()
        }
    };
    let port =
        body.lines().find(|l| l.trim().starts_with("input wire") && l.trim().ends_with(" d;")).unwrap_or("");
    let width = port
        .split_once('[')
        .and_then(|(_, r)| r.split(':').next())
        .and_then(|w| w.parse::<u32>().ok())
        .map_or(1, |w| w + 1);
    let sign = if port.contains("signed") { "s" } else { "" };
    format!("{kind}_{sign}{width}")
}

/// Replaces whole identifiers.
fn substitute(text: &str, new: &dyn Fn(&str) -> Option<String>) -> String {
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '$';
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(is_name) {
        let end = rest[start..].find(|c| !is_name(c)).map_or(rest.len(), |e| start + e);
        out.push_str(&rest[..start]);
        let name = &rest[start..end];
        out.push_str(&new(name).unwrap_or_else(|| name.into()));
        rest = &rest[end..];
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::modules;

    #[test]
    fn equal_modules_become_one_and_parents_follow() {
        let leaf = |name: &str| {
            format!("module {name}(clock,d,q);\n    input wire clock;\n    input wire [3:0] d;\n    output reg [3:0] q;\n    always @(posedge clock) q <= d;\nendmodule // {name}\n")
        };
        let text = format!(
            "module top(a);\n    top$x x(.d(a));\n    top$y y(.d(a));\nendmodule // top\n{}{}",
            leaf("top$x"),
            leaf("top$y")
        );
        let shared = modules(&text);
        assert_eq!(shared.matches("\nmodule ").count() + 1, 2);
        assert!(shared.contains("    dff_4 x(.d(a));\n    dff_4 y(.d(a));\n"), "{shared}");
    }
}

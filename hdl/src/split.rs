//! Cuts rust-hdl's one `always @(*)` per module into one for each group of signals that are assigned together.

use std::collections::{BTreeMap, BTreeSet};

/// Every module of `text`, with its combinational block cut.
pub fn modules(text: &str) -> String {
    let mut out = String::with_capacity(text.len() * 2);
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if line.trim() == "always @(*) begin" && indent(line) == 4 {
            let body: Vec<&str> =
                lines.by_ref().take_while(|l| !(l.trim() == "end" && indent(l) == 4)).collect();
            out.push_str(&groups(&body));
        } else {
            out.push_str(line);
            out.push('\n');
        }
    }
    out
}

fn indent(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

/// A top-level statement and the signals it assigns.
struct Statement<'a> {
    lines: Vec<&'a str>,
    targets: BTreeSet<&'a str>,
}

/// The statements at the body's own indentation.
fn statements<'a>(body: &[&'a str]) -> Vec<Statement<'a>> {
    let base = body.iter().filter(|l| !l.trim().is_empty()).map(|l| indent(l)).min().unwrap_or(0);
    let mut all: Vec<Statement> = Vec::new();
    for line in body.iter().filter(|l| !l.trim().is_empty()) {
        let continues =
            indent(line) > base || ["end", "else", "endcase"].iter().any(|w| line.trim().starts_with(w));
        match all.last_mut() {
            Some(last) if continues => last.lines.push(line),
            _ => all.push(Statement { lines: vec![line], targets: BTreeSet::new() }),
        }
    }
    for statement in &mut all {
        statement.targets = statement.lines.iter().filter_map(|l| target(l)).collect();
    }
    all
}

/// The signal that a line assigns: what stands before its ` = ` if that is one name.
fn target(line: &str) -> Option<&str> {
    let (name, _) = line.trim().split_once(" = ")?;
    let name = name.split('[').next().unwrap_or(name);
    name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '$').then_some(name)
}

/// One block per connected group, in the order of their first statements.
fn groups(body: &[&str]) -> String {
    let statements = statements(body);
    let mut owner: BTreeMap<&str, usize> = BTreeMap::new();
    let mut group: Vec<usize> = (0..statements.len()).collect();
    for (at, statement) in statements.iter().enumerate() {
        for target in &statement.targets {
            if let Some(&other) = owner.get(target) {
                merge(&mut group, at, other);
            }
            owner.insert(target, at);
        }
    }
    let mut out = String::new();
    for root in (0..statements.len()).filter(|at| group.iter().position(|g| *g == group[*at]) == Some(*at)) {
        let members = statements.iter().enumerate().filter(|(at, _)| group[*at] == group[root]);
        out.push_str(&block(&members.map(|(_, s)| s).collect::<Vec<_>>()));
    }
    out
}

fn merge(group: &mut [usize], a: usize, b: usize) {
    let (from, to) = (group[a].max(group[b]), group[a].min(group[b]));
    group.iter_mut().filter(|g| **g == from).for_each(|g| *g = to);
}

/// A group's Verilog. What depends on no signal would never run under `@(*)`: it is set once.
fn block(members: &[&Statement]) -> String {
    let lines: Vec<&str> = members.iter().flat_map(|s| s.lines.iter().copied()).collect();
    let head = if lines.iter().all(|l| is_constant(l)) { "initial" } else { "always @(*)" };
    match lines.as_slice() {
        [line] => format!("    {head} {}\n", line.trim()),
        _ => format!("    {head} begin\n{}\n    end\n", lines.join("\n")),
    }
}

/// Does the line assign an expression without any name in it?
fn is_constant(line: &str) -> bool {
    let Some((_, value)) = line.trim().split_once(" = ") else { return false };
    let value = value.replace("$signed", "");
    let before = std::iter::once(' ').chain(value.chars());
    // a letter after a digit, a letter or a quote belongs to a number such as 16'hff
    !before
        .zip(value.chars())
        .any(|(p, c)| (c.is_ascii_alphabetic() || c == '_') && !p.is_ascii_alphanumeric() && p != '\'')
}

#[cfg(test)]
mod tests {
    use super::modules;

    #[test]
    fn statements_with_a_common_target_stay_together() {
        let text = "    always @(*) begin\n        a = b;\n        c = d;\n        if (x) begin\n            a = d;\n        end\n        e = 5;\n    end\n";
        let cut = "    always @(*) begin\n        a = b;\n        if (x) begin\n            a = d;\n        end\n    end\n    always @(*) c = d;\n    initial e = 5;\n";
        assert_eq!(modules(text), cut);
    }
}

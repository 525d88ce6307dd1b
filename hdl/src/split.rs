//! Cuts rust-hdl's one `always @(*)` per module into one item for each group of signals that are assigned together: a block
//! no longer looks like a loop to a tool because one child's output feeds another child's input.
//!
//! A group of one statement becomes `assign`. Safe, because a signal's assignments stay in one item and in order, and
//! signals of different items never needed an order: each item runs again when what it reads changes.

use crate::netlist::{is_name, names, Module};
use std::collections::{BTreeMap, BTreeSet};

/// Cuts the block of every module; leaves written by hand stay as they are.
pub fn modules(modules: &mut [Module]) {
    for module in modules.iter_mut().filter(|module| !module.custom) {
        let lines: Vec<String> = module.code.drain(..).flatten().collect();
        let inner = lines.len().saturating_sub(1).max(1);
        for group in groups(lines.get(1..inner).unwrap_or(&[])) {
            let item = item(module, &group);
            module.code.push(item);
        }
    }
}

/// A top-level statement and the signals it assigns.
struct Statement<'a> {
    lines: Vec<&'a str>,
    targets: BTreeSet<&'a str>,
}

/// The statements at the body's own indentation.
fn statements(body: &[String]) -> Vec<Statement<'_>> {
    let mut all: Vec<Statement> = Vec::new();
    let base = body.iter().map(|line| indent(line)).min().unwrap_or(0);
    for line in body {
        let continues =
            indent(line) > base || ["end", "else"].iter().any(|word| line.trim().starts_with(word));
        match all.last_mut() {
            Some(last) if continues => last.lines.push(line),
            _ => all.push(Statement { lines: vec![line], targets: BTreeSet::new() }),
        }
    }
    for statement in &mut all {
        statement.targets = statement.lines.iter().filter_map(|line| target(line)).collect();
    }
    all
}

fn indent(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

/// The signal that a line assigns: what stands before its ` = ` if that is one name.
fn target(line: &str) -> Option<&str> {
    let (left, _) = line.trim().split_once(" = ")?;
    let name = left.split('[').next().unwrap_or(left);
    is_name(name).then_some(name)
}

/// The lines of each connected group of statements, in the order of their first statements.
fn groups(body: &[String]) -> Vec<Vec<&str>> {
    let statements = statements(body);
    let mut owner: BTreeMap<&str, usize> = BTreeMap::new();
    let mut group: Vec<usize> = (0..statements.len()).collect();
    for (at, statement) in statements.iter().enumerate() {
        for target in &statement.targets {
            if let Some(other) = owner.insert(target, at) {
                merge(&mut group, at, other);
            }
        }
    }
    // a group's number is the index of its first statement
    let mut lines: BTreeMap<usize, Vec<&str>> = BTreeMap::new();
    for (number, statement) in group.iter().zip(&statements) {
        lines.entry(*number).or_default().extend(&statement.lines);
    }
    lines.into_values().collect()
}

fn merge(group: &mut [usize], a: usize, b: usize) {
    let (from, to) = (group[a].max(group[b]), group[a].min(group[b]));
    group.iter_mut().filter(|g| **g == from).for_each(|g| *g = to);
}

/// A group's Verilog: `assign` if it can be, since a block that reads no signal would never run under `@(*)`; else
/// a block.
fn item(module: &mut Module, lines: &[&str]) -> Vec<String> {
    if let Some((name, value)) = only_value(lines) {
        if let Some(signal) = module.signal_mut(name) {
            signal.kind = signal.kind.replace("reg", "wire");
        }
        return vec![format!("assign {name} = {value}")];
    }
    std::iter::once("always @(*) begin".into()).chain(arms(lines)).chain(["end".into()]).collect()
}

/// The name and the value if nothing but whole assignments to one signal is there, of which the last one counts.
fn only_value<'a>(lines: &[&'a str]) -> Option<(&'a str, &'a str)> {
    let mut all = lines.iter().map(|line| line.trim().split_once(" = ").filter(|(name, _)| is_name(name)));
    let (name, value) = (*lines.last()?).trim().split_once(" = ")?;
    let whole = all.all(|assignment| assignment.is_some_and(|(other, _)| other == name));
    (whole && names(value).all(|read| read != name)).then_some((name, value))
}

/// Puts the `begin` of a case's arm behind its label.
fn arms(lines: &[&str]) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    // the indentations of the arms that are open
    let mut open: Vec<usize> = Vec::new();
    for line in lines {
        let (depth, text) = (indent(line), line.trim());
        match out.last_mut().filter(|label| text == "begin" && label.ends_with(':')) {
            Some(label) => {
                label.push_str(" begin");
                open.push(depth);
            }
            None => out.push(format!("{}{text}", " ".repeat(depth.saturating_sub(4 * open.len())))),
        }
        if text == "end" && open.last() == Some(&depth) {
            open.pop();
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use crate::netlist::parse;

    fn cut(body: &str) -> Vec<String> {
        let text = format!(
            "module m(a,c,e);\n    // Module arguments\n    output reg  a;\n    output reg  c;\n    output reg  e;\n    // Update code\n    always @(*) begin\n{body}    end\nendmodule // m\n"
        );
        let mut modules = parse(&text);
        super::modules(&mut modules);
        modules[0].code.iter().map(|item| item.join("\n")).collect()
    }

    #[test]
    fn statements_with_a_common_target_stay_together_in_order() {
        let body = "        a = b;\n        c = d;\n        if (x) begin\n            a = d;\n        end\n        else begin\n            a = x;\n        end\n        e = 5;\n";
        let block = "always @(*) begin\n    a = b;\n    if (x) begin\n        a = d;\n    end\n    else begin\n        a = x;\n    end\nend";
        assert_eq!(cut(body), [block, "assign c = d;", "assign e = 5;"]);
    }

    #[test]
    fn the_last_of_whole_assignments_counts_unless_it_reads_the_ones_before() {
        let body = "        a = b;\n        a = 16'hff;\n        c = d;\n        c = c + 4'h1;\n";
        let block = "always @(*) begin\n    c = d;\n    c = c + 4'h1;\nend";
        assert_eq!(cut(body), ["assign a = 16'hff;", block]);
    }

    #[test]
    fn the_arms_of_a_case_begin_behind_their_labels() {
        let body = "        case (x)\n            0:\n                begin\n                    a = 1;\n                    case (y)\n                        1:\n                            begin\n                                a = 2;\n                            end\n                    endcase\n                end\n            default:\n                begin\n                end\n        endcase\n";
        let block = "always @(*) begin\n    case (x)\n        0: begin\n            a = 1;\n            case (y)\n                1: begin\n                    a = 2;\n                end\n            endcase\n        end\n        default: begin\n        end\n    endcase\nend";
        assert_eq!(cut(body), [block]);
    }
}

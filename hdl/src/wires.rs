//! Takes away what only carries a value elsewhere: registers' own modules, copies of signals, names nobody reads.
//!
//! rust-hdl makes every register a module and copies every signal, clocks too, into a signal of the child's. Afterwards a
//! register `x` is `x$q`, clocked from `x$d`, and a child is joined to the signals it is meant to see.

use crate::netlist::{is_name, names, substitute, Instance, Module};
use std::collections::{BTreeMap, BTreeSet};

const Q: &str = "always @(posedge clock) q <= d;";
const Q_ENABLED: &str = "always @(posedge clock) if (en) q <= d;";
const WIRE: &str = "always @(*) q = d;";

/// A register's module: its power-up line and its clocked line; or a stage that is a wire.
type Register = Vec<String>;

/// Puts registers into their parents, and a wire where a stage is none.
pub fn inline_registers(modules: &mut Vec<Module>) {
    let registers: BTreeMap<String, Register> = modules.iter().filter_map(register).collect();
    for module in modules.iter_mut() {
        let (inlined, kept): (Vec<_>, Vec<_>) =
            module.instances.drain(..).partition(|child| registers.contains_key(&child.module));
        module.instances = kept;
        for child in &inlined {
            inline(module, child, &registers[&child.module]);
        }
    }
    modules.retain(|module| !registers.contains_key(&module.name));
}

fn register(module: &Module) -> Option<(String, Register)> {
    match module.code.as_slice() {
        [lines] if module.custom => match lines.as_slice() {
            [_, clocked] if [Q, Q_ENABLED].contains(&clocked.as_str()) => {
                Some((module.name.clone(), lines.clone()))
            }
            [line] if line == WIRE => Some((module.name.clone(), vec!["assign q = d;".into()])),
            _ => None,
        },
        _ => None,
    }
}

fn inline(module: &mut Module, child: &Instance, lines: &Register) {
    let joined = |port: &str| {
        child.connections.iter().find(|(name, _)| name == port).map(|(_, signal)| signal.clone())
    };
    if let (Some(q), 2) = (joined("q").and_then(|q| module.signal_mut(&q)), lines.len()) {
        q.kind = "reg".into();
    }
    module.code.extend(lines.iter().map(|line| vec![substitute(line, &joined)]));
}

/// Replaces every signal of a child's port that is a plain copy by what it copies.
pub fn forward(modules: &mut [Module]) {
    for module in modules.iter_mut().filter(|module| !module.custom) {
        let copies: BTreeMap<String, String> =
            module.code.iter().filter_map(|item| copy(module, item)).collect();
        let source = |name: &str| {
            let mut at = copies.get(name)?;
            // no chain is longer than all copies; a ring of copies ends here too and is left to the tools to find
            for _ in 0..copies.len() {
                at = copies.get(at).unwrap_or(at);
            }
            Some(at.clone())
        };
        let gone = |item: &Vec<String>| copy(module, item).is_some();
        let kept: Vec<Vec<String>> = module.code.iter().filter(|item| !gone(item)).cloned().collect();
        module.code =
            kept.iter().map(|item| item.iter().map(|line| substitute(line, &source)).collect()).collect();
        for (_, signal) in module.instances.iter_mut().flat_map(|child| &mut child.connections) {
            *signal = substitute(signal, &source);
        }
    }
}

/// `assign CHILD$PORT = NAME;` of equal width and sign: the copy and what it copies.
fn copy(module: &Module, item: &[String]) -> Option<(String, String)> {
    let [line] = item else { return None };
    let (name, value) = line.strip_prefix("assign ")?.strip_suffix(';')?.split_once(" = ")?;
    let is_stub = name.contains('$') && module.signals.iter().any(|signal| signal.name == name);
    let (to, from) = (module.signal(name)?, is_name(value).then(|| module.signal(value))??);
    (is_stub && to.width == from.width && to.signed == from.signed).then(|| (name.into(), value.into()))
}

/// Drops signals and constants that nothing mentions.
pub fn drop_unused(modules: &mut [Module]) {
    for module in modules.iter_mut().filter(|module| !module.custom) {
        let code = module.code.iter().flatten().flat_map(|line| names(line));
        let joined = module
            .instances
            .iter()
            .flat_map(|child| &child.connections)
            .flat_map(|(_, signal)| names(signal));
        let used: BTreeSet<String> = code.chain(joined).map(str::to_string).collect();
        module.signals.retain(|signal| used.contains(&signal.name));
        module.constants.retain(|(name, _)| used.contains(name.trim_start_matches("signed ")));
    }
    // a leaf's constants and enums come with its ports and are never in its code
    modules.iter_mut().filter(|module| module.custom).for_each(|module| module.constants.clear());
}

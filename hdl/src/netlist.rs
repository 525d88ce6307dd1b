//! The Verilog that rust-hdl prints, as modules, signals, instances and code: what the passes of `emit.rs` work on, and
//! how it is printed in the end.

use std::fmt::Write as _;

/// A port or a signal inside a module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signal {
    /// `input wire`, `output reg`, `wire`, `reg` and so on.
    pub kind: String,
    /// Two's complement?
    pub signed: bool,
    /// Width in bits.
    pub width: usize,
    /// Its name.
    pub name: String,
}

/// A child.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instance {
    /// The child's module.
    pub module: String,
    /// The child's name.
    pub name: String,
    /// Port of the child, signal of the parent.
    pub connections: Vec<(String, String)>,
}

/// One module.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Module {
    /// Its name.
    pub name: String,
    /// Its ports.
    pub ports: Vec<Signal>,
    /// Constants: name and value.
    pub constants: Vec<(String, String)>,
    /// Signals that are not ports.
    pub signals: Vec<Signal>,
    /// Its children.
    pub instances: Vec<Instance>,
    /// Was the code written by hand in a leaf? Then no pass looks inside.
    pub custom: bool,
    /// The code: items such as one `always` block or one `assign`, each with its lines.
    pub code: Vec<Vec<String>>,
}

/// Which part of a module the parser is in; rust-hdl announces each with a comment.
#[derive(Clone, Copy, PartialEq)]
enum Part {
    Outside,
    Ports,
    Constants,
    Signals,
    Instances,
    Code,
}

/// The modules of rust-hdl's text, in its order. The code of a module is one item.
pub fn parse(text: &str) -> Vec<Module> {
    let mut all: Vec<Module> = Vec::new();
    let mut part = Part::Outside;
    for line in text.lines().map(str::trim_end).filter(|line| !line.trim().is_empty()) {
        if let Some(name) = line.strip_prefix("module ").and_then(|rest| rest.split('(').next()) {
            all.push(Module { name: name.trim().into(), ..Module::default() });
        }
        if line.starts_with("endmodule") {
            part = Part::Outside;
        }
        match (announced(line), all.last_mut()) {
            (Some(new), Some(module)) => {
                part = new;
                module.custom |= line.contains("Update code (");
            }
            (None, Some(module)) => add(module, part, line),
            _ => {}
        }
    }
    all
}

fn announced(line: &str) -> Option<Part> {
    Some(match line.trim() {
        "// Module arguments" => Part::Ports,
        "// Constant declarations" | "// Enums" => Part::Constants,
        "// Stub signals" | "// Local signals" => Part::Signals,
        "// Sub module instances" => Part::Instances,
        "// Update code" | "// Update code (custom)" | "// Update code (wrapper)" => Part::Code,
        _ => return None,
    })
}

fn add(module: &mut Module, part: Part, line: &str) {
    match part {
        Part::Outside => {}
        Part::Ports => module.ports.extend(signal(line)),
        Part::Signals => module.signals.extend(signal(line)),
        Part::Constants => module.constants.extend(constant(line)),
        Part::Instances => instance(&mut module.instances, line.trim()),
        Part::Code => {
            if module.code.is_empty() {
                module.code.push(Vec::new());
            }
            // at most one level of indentation belongs to the module
            let text = line.strip_prefix("    ").unwrap_or(line);
            module.code[0].push(text.into());
        }
    }
}

/// `output reg signed [15:0] x;`, or the same with a comma or nothing at its end.
pub fn signal(line: &str) -> Option<Signal> {
    const KINDS: [&str; 5] = ["input", "output", "inout", "wire", "reg"];
    let words: Vec<&str> = line.trim().trim_end_matches([';', ',']).split_whitespace().collect();
    let kind: Vec<&str> = words.iter().copied().take_while(|word| KINDS.contains(word)).collect();
    let range =
        words.iter().find_map(|word| word.strip_prefix('[')?.strip_suffix(":0]")?.parse::<usize>().ok());
    match (kind.is_empty(), words.last()) {
        (false, Some(name)) => Some(Signal {
            kind: kind.join(" "),
            signed: words.contains(&"signed"),
            width: range.map_or(1, |last| last + 1),
            name: (*name).into(),
        }),
        _ => None,
    }
}

/// `localparam NAME = VALUE;`
fn constant(line: &str) -> Option<(String, String)> {
    let (left, value) = line.trim().strip_suffix(';')?.split_once(" = ")?;
    let name = left.split_whitespace().last()?;
    let signed = left.split_whitespace().any(|word| word == "signed");
    Some((if signed { format!("signed {name}") } else { name.into() }, value.into()))
}

/// A line of an instance: `MODULE NAME(`, then `.PORT(SIGNAL),` until `);`.
fn instance(all: &mut Vec<Instance>, line: &str) {
    if let Some((port, signal)) = line.strip_prefix('.').and_then(|rest| rest.split_once('(')) {
        if let Some(child) = all.last_mut() {
            child.connections.push((port.into(), signal.trim_end_matches([',', ')']).into()));
        }
    } else if let Some((module, name)) = line.strip_suffix('(').and_then(|rest| rest.split_once(' ')) {
        all.push(Instance { module: module.into(), name: name.trim().into(), connections: Vec::new() });
    }
}

impl Module {
    /// The signal or port of this name.
    pub fn signal(&self, name: &str) -> Option<&Signal> {
        self.ports.iter().chain(&self.signals).find(|signal| signal.name == name)
    }

    /// The same, to change it.
    pub fn signal_mut(&mut self, name: &str) -> Option<&mut Signal> {
        self.ports.iter_mut().chain(&mut self.signals).find(|signal| signal.name == name)
    }

    /// The module's text.
    pub fn print(&self) -> String {
        let mut out = format!("module {} (\n", self.name);
        let ports: Vec<String> = self.ports.iter().map(|port| format!("    {}", port.print())).collect();
        let _ = writeln!(out, "{}\n);", ports.join(",\n"));
        for (name, value) in &self.constants {
            let _ = writeln!(out, "    localparam {name} = {value};");
        }
        for signal in &self.signals {
            let _ = writeln!(out, "    {};", signal.print());
        }
        out.extend(self.instances.iter().map(Instance::print));
        let mut before = "";
        for item in &self.code {
            let kind = item_kind(item);
            if kind != before || kind == "block" {
                out.push('\n');
            }
            before = kind;
            out.extend(item.iter().map(|line| format!("    {line}\n")));
        }
        out + "endmodule\n"
    }
}

impl Signal {
    fn print(&self) -> String {
        let signed = if self.signed { " signed" } else { "" };
        let range = if self.width == 1 { String::new() } else { format!(" [{}:0]", self.width - 1) };
        format!("{}{signed}{range} {}", self.kind, self.name)
    }
}

impl Instance {
    fn print(&self) -> String {
        let connections = self.connections.iter().map(|(port, signal)| format!("        .{port}({signal})"));
        let connections = connections.collect::<Vec<_>>().join(",\n");
        format!("\n    {} {} (\n{connections}\n    );\n", self.module, self.name)
    }
}

/// Blocks stand apart; lines of assignments and lines of registers stand together.
fn item_kind(item: &[String]) -> &'static str {
    match item {
        [line] if line.starts_with("assign ") => "assignment",
        [_] => "register",
        _ => "block",
    }
}

/// Is it part of a Verilog name?
fn in_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_' || c == '$'
}

/// `text` with whole names replaced.
pub fn substitute(text: &str, new: &dyn Fn(&str) -> Option<String>) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(in_name) {
        let end = rest[start..].find(|c| !in_name(c)).map_or(rest.len(), |e| start + e);
        out.push_str(&rest[..start]);
        let name = &rest[start..end];
        out.push_str(&new(name).unwrap_or_else(|| name.into()));
        rest = &rest[end..];
    }
    out.push_str(rest);
    out
}

/// The names (and numbers) in `text`.
pub fn names(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c| !in_name(c)).filter(|name| !name.is_empty())
}

/// Is `text` one name?
pub fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') && text.chars().all(in_name)
}

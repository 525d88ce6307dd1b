//! Which mutants: drawn by yosys over the whole machine, and of every module at least a few.

use std::collections::BTreeSet;
use std::fmt;

use statestream_hdl::machine;
use statestream_image::config::Config;

use super::{MutantError, Subject, Yosys, SUBJECTS};
use crate::engine::EngineError;

/// How a bit is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Mode {
    /// Inverted.
    Inv,
    /// Always 0.
    Const0,
    /// Always 1.
    Const1,
    /// Inverted where another bit of the port is 0.
    Cnot0,
    /// Inverted where another bit of the port is 1.
    Cnot1,
}

impl Mode {
    const NAMES: [(&'static str, Mode); 5] = [
        ("inv", Mode::Inv),
        ("const0", Mode::Const0),
        ("const1", Mode::Const1),
        ("cnot0", Mode::Cnot0),
        ("cnot1", Mode::Cnot1),
    ];
}

/// A change of one bit at one port of one cell.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mutation {
    /// The module's name.
    pub module: String,
    /// The cell's.
    pub cell: String,
    /// The port of the cell.
    pub port: String,
    /// The bit of the port.
    pub bit: u32,
    /// What happens to it.
    pub mode: Mode,
    /// The other bit of `cnot0` and `cnot1`.
    pub control: Option<u32>,
    /// The line of the emitted Verilog that the cell comes from, 0 if it is not known.
    pub line: u32,
    /// What is in that line.
    pub source: String,
}

impl Mutation {
    /// Reads a line of yosys' list.
    pub fn parse(line: &str) -> Result<Mutation, MutantError> {
        Mutation::read(line).ok_or_else(|| MutantError::Line { line: line.into() })
    }

    fn read(line: &str) -> Option<Mutation> {
        let words: Vec<&str> = line.strip_prefix("mutate ")?.split_whitespace().collect();
        let after = |name: &str| {
            words.iter().position(|word| *word == name).and_then(|at| words.get(at + 1)).copied()
        };
        let (_, mode) = Mode::NAMES.into_iter().find(|(name, _)| Some(*name) == after("-mode"))?;
        let control = after("-ctrlbit").map(str::parse).transpose().ok()?;
        if control.is_some() != matches!(mode, Mode::Cnot0 | Mode::Cnot1) {
            return None;
        }
        let line = after("-src").and_then(|place| place.split_once(':')?.1.split('.').next()?.parse().ok());
        Some(Mutation {
            module: after("-module")?.into(),
            cell: after("-cell")?.into(),
            port: after("-port")?.into(),
            bit: after("-portbit")?.parse().ok()?,
            mode,
            control,
            line: line.unwrap_or(0),
            source: String::new(),
        })
    }

    /// The command that makes it.
    pub fn command(&self, options: &str) -> String {
        let Mutation { module, cell, port, bit, control, .. } = self;
        let control = control.map_or_else(String::new, |bit| format!(" -ctrlbit {bit}"));
        format!(
            "mutate{options} -mode {} -module {module} -cell {cell} -port {port} -portbit {bit}{control}",
            self.mode
        )
    }

    /// What it is, by the text of its line: yosys numbers its cells anew after every change of the machine, and a verdict should outlive those
    /// that do not concern it.
    pub fn name(&self) -> String {
        let Mutation { port, bit, mode, source, .. } = self;
        let control = self.control.map_or_else(String::new, |bit| format!(" by bit {bit}"));
        let kind = self.cell.split('$').nth(1).map_or(self.cell.clone(), |kind| format!("${kind}"));
        format!("{}: {mode}{control} of bit {bit} at {port} of {kind}, `{source}`", self.module())
    }

    /// The module without its prefix.
    pub fn module(&self) -> &str {
        self.module.strip_prefix("statestream_").unwrap_or(&self.module)
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let name = Mode::NAMES.iter().find(|(_, mode)| mode == self).map_or("", |(name, _)| name);
        f.write_str(name)
    }
}

impl fmt::Display for Mutation {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{} ({}, line {})", self.name(), self.cell, self.line)
    }
}

/// What every script begins with: the machine as cells, its memories whole, without the bits of 32-bit sums that nobody reads.
pub(super) const READ: &str =
    "read_verilog machine.v\nhierarchy -top statestream\nproc\nopt_expr\nopt_muxtree\nwreduce t:$dff %n\nopt_clean\n";

/// The emitted text.
pub(super) fn verilog(config: &Config) -> Result<String, MutantError> {
    Ok(machine::verilog(config).map_err(EngineError::from)?)
}

/// The modules of a text, in its order.
fn modules(text: &str) -> Vec<&str> {
    let names = text.lines().filter_map(|line| line.strip_prefix("module ")?.strip_suffix(" ("));
    names.collect()
}

impl Subject {
    /// Its modules that are mutated: all, or those that no subject before it has.
    pub fn modules(&self) -> Result<Vec<String>, MutantError> {
        let text = verilog(&self.config()?)?;
        let mut known = BTreeSet::new();
        if self.news_only {
            for before in SUBJECTS.iter().take_while(|subject| subject.name != self.name) {
                known.extend(modules(&verilog(&before.config()?)?).into_iter().map(String::from));
            }
        }
        let all = modules(&text).into_iter().map(String::from);
        Ok(all.filter(|name| !known.contains(name)).collect())
    }

    /// The list of a seed: equal in every run. Left out are changes of a memory's first words, which yosys cannot make conditional, of clocks, and
    /// of registers' outputs, whose power-up values it would forget; what reads a register is changed instead.
    pub fn mutations(&self, yosys: &Yosys, seed: u64) -> Result<Vec<Mutation>, MutantError> {
        let (text, modules) = (verilog(&self.config()?)?, self.modules()?);
        let file = |number: usize| format!("list{number}.txt");
        let mut script = format!("{READ}select -set pool t:$meminit* %n\n");
        for (number, module) in modules.iter().enumerate() {
            script +=
                &format!("mutate -list {} -seed {seed} -o {} @pool {module} %i\n", self.each, file(number));
        }
        let mut files: Vec<String> = (0..modules.len()).map(file).collect();
        if self.drawn > 0 {
            script += &format!("mutate -list {} -seed {seed} -o drawn.txt @pool\n", self.drawn);
            files.insert(0, "drawn.txt".into());
        }
        let lines: Vec<&str> = text.lines().collect();
        let lists = yosys.made("list", &[("machine.v", &text)], &script, &files)?;
        let mut all = Vec::new();
        for line in lists.iter().flat_map(|list| list.lines()) {
            let mut mutation = Mutation::parse(line)?;
            let number = (mutation.line as usize).wrapping_sub(1);
            mutation.source = lines.get(number).map_or(String::new(), |line| line.trim().into());
            if !LEFT_OUT.contains(&mutation.port.as_str()) && !all.contains(&mutation) {
                all.push(mutation);
            }
        }
        all.sort();
        Ok(all)
    }
}

/// Clocks, and registers' outputs.
const LEFT_OUT: [&str; 4] = ["CLK", "\\clock", "clock", "Q"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_the_list_is_read_and_written() {
        let line = "mutate -mode cnot1 -module statestream_rom -cell $procdff$11027 -port Q -portbit 28 -ctrlbit 18 -wire data -wirebit 28 -src a.v:3133.23-3133.27 -src a.v:3394.5-3394.47";
        let mutation = Mutation::parse(line).expect("a mutation");
        assert_eq!(
            (mutation.module(), mutation.bit, mutation.control, mutation.line),
            ("rom", 28, Some(18), 3133)
        );
        let again = mutation.command(" -ctrl mutsel 12 5");
        assert!(
            again.starts_with(
                "mutate -ctrl mutsel 12 5 -mode cnot1 -module statestream_rom -cell $procdff$11027"
            ),
            "{again}"
        );
        assert_eq!(
            Mutation::parse(&format!("{} -src a.v:3133.1", mutation.command(""))).expect("the same"),
            mutation
        );
        let named = Mutation { source: "data <= word;".into(), ..mutation };
        assert_eq!(named.name(), "rom: cnot1 by bit 18 of bit 28 at Q of $procdff, `data <= word;`");
    }

    #[test]
    fn what_is_no_mutation_is_refused() {
        for line in [
            "",
            "mutate",
            "mutate -mode inv -module a -cell b -port c",
            "mutate -mode cnot0 -module a -cell b -port c -portbit 1",
        ] {
            assert!(Mutation::parse(line).is_err(), "{line}");
        }
    }
}

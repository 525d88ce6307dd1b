//! Verilog to a mapped netlist. What comes out is simulated, and the same is placed (`docs/decisions/0016-netlist-first.md`).

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::Value;
use statestream_hdl::machine;
use statestream_hdl::pads::PadKind;
use statestream_image::config::{Config, FlashBus, Memory};
use statestream_sim::cache::{digest, LockedFolder};
use statestream_sim::netlist::{self, Cells};

use crate::error::{file_error, FpgaError};
use crate::tool::{checkout, Tools};

/// The module that becomes the netlist: the core with its trace port open, and `sck_en` in place of a clock pin.
pub const MACHINE: &str = "machine";
/// Its text.
pub const MACHINE_VERILOG: &str = include_str!("../boards/machine.v");

/// What a part is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Family {
    /// Lattice iCE40 UltraPlus.
    Ice40,
    /// Lattice ECP5.
    Ecp5,
}

impl Family {
    /// The pass that maps to this family's cells.
    pub fn mapping(self) -> &'static str {
        match self {
            Family::Ice40 => "synth_ice40 -dsp -spram",
            Family::Ecp5 => "synth_ecp5",
        }
    }

    /// Place and route.
    pub fn nextpnr(self) -> &'static str {
        match self {
            Family::Ice40 => "nextpnr-ice40",
            Family::Ecp5 => "nextpnr-ecp5",
        }
    }

    /// Placed design to bitstream.
    pub fn packer(self) -> &'static str {
        match self {
            Family::Ice40 => "icepack",
            Family::Ecp5 => "ecppack",
        }
    }

    /// Its name in figures and file names.
    pub fn name(self) -> &'static str {
        self.cells().name()
    }

    /// The library that simulates its cells.
    pub fn cells(self) -> Cells {
        match self {
            Family::Ice40 => Cells::Ice40,
            Family::Ecp5 => Cells::Ecp5,
        }
    }

    /// Has the family what the configuration's memories are made of?
    pub fn builds(self, config: &Config) -> bool {
        self == Family::Ice40 || config.memory != Memory::Spram
    }
}

/// A mapped netlist of module [`MACHINE`].
#[derive(Debug, Clone)]
pub struct Netlist {
    /// What it is made of.
    pub family: Family,
    /// The netlist as Verilog: cells of the family, nothing else, one module.
    pub verilog: PathBuf,
    /// The same as yosys' JSON.
    pub json: PathBuf,
    /// Cells by type.
    pub cells: BTreeMap<String, usize>,
}

impl Netlist {
    /// The very text that is placed, to be simulated.
    pub fn simulated(&self) -> Result<netlist::Netlist, FpgaError> {
        let text = std::fs::read_to_string(&self.verilog).map_err(file_error("read", &self.verilog))?;
        Ok(netlist::Netlist { cells: self.family.cells(), top: MACHINE.into(), text })
    }
}

/// Where netlists and placed designs are kept: the folder of `STATESTREAM_SYNTH`, else `target/synth` of the checkout.
pub fn cache_folder() -> Result<PathBuf, FpgaError> {
    match std::env::var_os("STATESTREAM_SYNTH") {
        Some(folder) => Ok(folder.into()),
        None => Ok(checkout()?.join("target/synth")),
    }
}

/// The netlist of a configuration, kept in `cache` by the content it comes from: Verilog, script and yosys' version.
pub fn netlist(family: Family, config: &Config, cache: &Path, tools: &Tools) -> Result<Netlist, FpgaError> {
    if config.flash != FlashBus::Quad {
        return Err(FpgaError::NoShell { config: config.name.clone() });
    }
    map(family, &config.name, &machine::verilog_with(config, PadKind::Bare)?, cache, tools)
}

/// The same of any text that has a module `statestream` with the core's ports.
pub fn map(
    family: Family,
    name: &str,
    core: &str,
    cache: &Path,
    tools: &Tools,
) -> Result<Netlist, FpgaError> {
    let script = netlist_script(family);
    let version = tools.version("yosys")?;
    let parts = [core, MACHINE_VERILOG, &script, &version].map(str::as_bytes);
    let folder = LockedFolder::lock(cache, &format!("{}-{name}-{}", family.name(), digest(parts)))?;
    // The statistics come last, so a netlist is there when they are.
    if !folder.file("stat.json").exists() {
        folder.write("core.v", core)?;
        folder.write("machine.v", MACHINE_VERILOG)?;
        tools.run("yosys", folder.path(), &["-q", "-p", &script], "yosys.log")?;
        folder.keep("stat.part", "stat.json")?;
    }
    let cells = cells(&folder.file("stat.json"))?;
    Ok(Netlist { family, verilog: folder.file("netlist.v"), json: folder.file("netlist.json"), cells })
}

/// Attributes are left out: they name lines of the source, and a netlist is read without it.
fn netlist_script(family: Family) -> String {
    format!(
        "read_verilog core.v machine.v; {} -top {MACHINE}; delete t:$scopeinfo; \
         write_verilog -noattr netlist.v; write_json netlist.json; tee -q -o stat.part stat -json",
        family.mapping()
    )
}

/// Cells by type, from the file of `stat -json`.
pub(crate) fn cells(path: &Path) -> Result<BTreeMap<String, usize>, FpgaError> {
    let text = std::fs::read_to_string(path).map_err(file_error("read", path))?;
    let fault = |reason: String| FpgaError::Output { path: path.into(), reason };
    let stat: Value = serde_json::from_str(&text).map_err(|error| fault(error.to_string()))?;
    let by_type = stat["design"]["num_cells_by_type"].as_object();
    let by_type = by_type.ok_or_else(|| fault("no design.num_cells_by_type".into()))?;
    let count = |(name, count): (&String, &Value)| Some((name.clone(), count.as_u64()? as usize));
    Ok(by_type.iter().filter_map(count).collect())
}

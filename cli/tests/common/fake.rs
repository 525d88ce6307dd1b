//! Scripts in place of yosys, nextpnr and icepack, which only pretend.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Command, Output};

use serde_json::Value;

use super::text;

/// yosys: an empty netlist, and the cells of `cells.json`.
const YOSYS: &str = r#"#!/bin/sh
here=$(dirname "$0")
[ "$1" = --version ] && echo "Yosys 1.2 (fake)" && exit 0
case "$*" in
*top.json*) cp "$here/netlist.json" top.json && cp "$here/cells.json" top-stat.part ;;
*) touch netlist.v netlist.json && cp "$here/cells.json" stat.part ;;
esac
"#;

/// nextpnr: a report with the clock of `mhz`, or what `refusal` says.
const NEXTPNR: &str = r#"#!/bin/sh
here=$(dirname "$0")
[ "$1" = --version ] && echo "(Version nextpnr-3.4)" && exit 0
[ -f "$here/refusal" ] && cat "$here/refusal" && exit 1
while [ $# -gt 0 ]; do
    case "$1" in
    --report) report=$2 ;;
    --asc | --textcfg) design=$2 ;;
    --seed) seed=$2 ;;
    --write) placed=$2 ;;
    esac
    shift
done
echo "$seed" >"$design"
cp "$here/netlist.json" "$placed"
sed "s/MHZ/$(cat "$here/mhz")/" "$here/report.json" >"$report"
"#;

/// icepack: 1,000 bytes.
const ICEPACK: &str = "#!/bin/sh\nhead -c 1000 /dev/zero | tr '\\0' Z >\"$2\"\n";

const REPORT: &str = r#"{"fmax": {"shell.clock": {"achieved": MHZ, "constraint": 24.0}},
 "utilization": {"ICESTORM_LC": {"used": 1200, "available": 5280}}, "critical_paths": [{"from": "posedge shell.clock", "to": "posedge shell.clock", "path": [
  {"type": "clk-to-q", "delay": 1.5, "from": {"cell": "shell.machine.core.host.b_SB_DFF_Q", "port": "Q"},
   "to": {"cell": "shell.machine.core.host.b_SB_DFF_Q", "port": "Q"}},
  {"type": "routing", "delay": 2.5, "from": {"cell": "shell.machine.core.host.b_SB_DFF_Q", "port": "Q"},
   "to": {"cell": "shell.machine.core.core.epilogue.control.a_SB_LUT4_O", "port": "I0"}}]}]}"#;

/// Both tools' design: a cell in each of two blocks, and one in the shell.
const DESIGN: &str = r#"{"modules": {"top": {"cells": {
 "shell.machine.core.core.epilogue.control.a_SB_LUT4_O": {"type": "SB_LUT4", "attributes": {"NEXTPNR_BEL": "X3/Y4/lc0"}},
 "shell.machine.core.host.b_SB_DFF_Q": {"type": "SB_DFF", "attributes": {"NEXTPNR_BEL": "X12/Y9/lc1"}},
 "led<script>": {"type": "SB_LUT4", "attributes": {"NEXTPNR_BEL": "X1/Y1/lc1"}}}}}}"#;

/// A folder with pretended tools, and a place for what they make.
pub struct Fake {
    /// Where they are.
    pub folder: tempfile::TempDir,
}

impl Fake {
    /// Tools that make this many look-up tables and reach this clock.
    pub fn new(luts: usize, mhz: &str) -> Fake {
        let fake = Fake { folder: tempfile::tempdir().unwrap() };
        for (name, script) in [("yosys", YOSYS), ("nextpnr-ice40", NEXTPNR), ("icepack", ICEPACK)] {
            fake.write(name, script);
            fs::set_permissions(fake.path(name), fs::Permissions::from_mode(0o755)).unwrap();
        }
        fake.write("report.json", REPORT);
        fake.write("netlist.json", DESIGN);
        fake.write("mhz", mhz);
        fake.cells(luts, 1);
        fake
    }

    /// What the pretended synthesis makes: as many multipliers and block RAMs as the board's table has.
    pub fn cells(&self, luts: usize, spram: usize) {
        let board = statestream_fpga::board::Board::named("icebreaker").unwrap();
        let mut cells: serde_json::Map<String, Value> =
            board.cells["up5k"].iter().map(|(cell, count)| (cell.clone(), (*count).into())).collect();
        cells.insert("SB_SPRAM256KA".into(), spram.into());
        cells.insert("SB_LUT4".into(), luts.into());
        let stat = serde_json::json!({ "design": { "num_cells_by_type": cells } });
        self.write("cells.json", &stat.to_string());
    }

    /// A file there.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes one.
    pub fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).unwrap();
    }

    /// Results are kept by what goes into the tools, and these look elsewhere: each call gets a folder of its own.
    pub fn run(&self, args: &[&str]) -> Output {
        let kept = tempfile::tempdir_in(self.folder.path()).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_statestream"));
        command.env("STATESTREAM_TOOLS", self.folder.path()).env("STATESTREAM_SYNTH", kept.path());
        command.args(args).arg("--json").output().unwrap()
    }

    /// `synth` with three seeds and a baseline of its own.
    pub fn synth(&self, more: &[&str]) -> (Value, i32, String) {
        let baseline = self.path("baseline.json").display().to_string();
        let fixed = ["synth", "--board", "icebreaker", "--seeds", "3", "--baseline", &baseline];
        outcome(self.run(&[&fixed, more].concat()))
    }
}

/// JSON, exit code and stderr of a command.
pub fn outcome(output: Output) -> (Value, i32, String) {
    let stderr = text(&output.stderr);
    let json = serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {stderr}"));
    (json, output.status.code().unwrap(), stderr)
}

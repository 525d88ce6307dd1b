//! Yosys, for tests: Verilog in, a netlist out, kept by content.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use sha2::{Digest, Sha256};
use statestream_sim::netlist::{Cells, Netlist};

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
const KEPT: &str = concat!(env!("CARGO_TARGET_TMPDIR"), "/netlists");

/// The mapping that the synthesis flow uses.
pub fn mapping(cells: Cells) -> &'static str {
    match cells {
        Cells::Ice40 => "synth_ice40 -dsp -spram",
        Cells::Ecp5 => "synth_ecp5",
    }
}

/// The netlist of module `top`.
pub fn synthesise(cells: Cells, top: &str, verilog: &str) -> Netlist {
    let script =
        format!("read_verilog rtl.v; {} -top {top}; write_verilog -noattr netlist.v", mapping(cells));
    let tools = fs::read_to_string(Path::new(ROOT).join("requirements-hw.txt")).expect("the tools' versions");
    let folder = Path::new(KEPT).join(digest(&[&script, verilog, &tools]));
    let text =
        fs::read_to_string(folder.join("netlist.v")).unwrap_or_else(|_| run(&folder, &script, verilog));
    Netlist { cells, top: top.into(), text }
}

/// Works in a folder of its own, which gets its name when the netlist is whole.
fn run(folder: &Path, script: &str, verilog: &str) -> String {
    fs::create_dir_all(KEPT).expect("a folder");
    let work = tempfile::tempdir_in(KEPT).expect("a folder").keep();
    fs::write(work.join("rtl.v"), verilog).expect("room for it");
    let yosys = PathBuf::from(ROOT).join("tools/yosys");
    let output = Command::new(yosys).args(["-q", "-p", script]).current_dir(&work).output();
    let output = output.expect("tools/yosys starts; run scripts/setup.sh");
    assert!(output.status.success(), "{script}: {}", String::from_utf8_lossy(&output.stderr));
    let text = fs::read_to_string(work.join("netlist.v")).expect("yosys wrote it");
    // Another test may have been faster: its netlist is the same.
    if fs::rename(&work, folder).is_err() {
        fs::remove_dir_all(&work).expect("our own folder");
    }
    text
}

fn digest(parts: &[&str]) -> String {
    let mut hash = Sha256::new();
    parts.iter().for_each(|part| {
        hash.update(part);
        hash.update([0]);
    });
    hash.finalize().iter().take(12).map(|byte| format!("{byte:02x}")).collect()
}

//! The netlist of the small configuration: what it is made of, and that it is made once.

use std::fs;

use statestream_fpga::synth::{netlist, Family};
use statestream_fpga::tool::Tools;
use statestream_image::config::Config;

#[test]
fn a_netlist_is_one_module_of_cells_and_is_kept() {
    let cache = tempfile::tempdir().unwrap();
    let (config, tools) = (Config::named("tiny").unwrap(), Tools::pinned().unwrap());
    let first = netlist(Family::Ice40, &config, cache.path(), &tools).unwrap();
    let text = fs::read_to_string(&first.verilog).unwrap();
    assert_eq!(text.lines().filter(|line| line.starts_with("module ")).count(), 1);
    assert!(text.contains("module machine(") && text.contains("output sck_en;"), "{}", &text[..500]);
    assert!(first.cells["SB_LUT4"] > 1000 && first.cells.keys().all(|cell| cell.starts_with("SB_")));
    let written = fs::metadata(&first.verilog).unwrap().modified().unwrap();
    let second = netlist(Family::Ice40, &config, cache.path(), &tools).unwrap();
    assert_eq!(second.cells, first.cells);
    assert_eq!(fs::metadata(&second.verilog).unwrap().modified().unwrap(), written);
}

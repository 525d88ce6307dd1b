//! The netlist of the small configuration: what it is made of; and that a netlist is made once.

use std::fs;

use statestream_fpga::board::Board;
use statestream_fpga::synth::{cache_folder, map, netlist, Family};
use statestream_fpga::tool::Tools;
use statestream_image::config::Config;

#[test]
fn a_netlist_is_one_module_of_cells() {
    let (board, tools) = (Board::named("icebreaker").unwrap(), Tools::pinned().unwrap());
    let config = board.configured(Config::named("tiny").unwrap()).unwrap();
    let netlist = netlist(Family::Ice40, &config, &cache_folder().unwrap(), &tools).unwrap();
    let text = fs::read_to_string(&netlist.verilog).unwrap();
    assert_eq!(text.lines().filter(|line| line.starts_with("module ")).count(), 1);
    assert!(text.contains("module machine(") && text.contains("output sck_en;"), "{}", &text[..500]);
    assert!(netlist.cells["SB_LUT4"] > 1000 && netlist.cells.keys().all(|cell| cell.starts_with("SB_")));
}

#[test]
fn the_same_text_is_mapped_once() {
    let (cache, tools) = (tempfile::tempdir().unwrap(), Tools::pinned().unwrap());
    let toy = || map(Family::Ecp5, "toy", include_str!("toy.v"), cache.path(), &tools).unwrap();
    let first = toy();
    let written = || fs::metadata(&first.verilog).unwrap().modified().unwrap();
    let before = written();
    assert_eq!(toy().cells, first.cells);
    assert_eq!(written(), before);
}

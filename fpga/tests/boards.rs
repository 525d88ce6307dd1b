//! Every board's shell, pins and tools around a toy core, and what is refused. The machines themselves: `STATESTREAM_FULL`.

use std::fs;
use std::path::Path;

use statestream_fpga::baseline::Figures;
use statestream_fpga::board::Board;
use statestream_fpga::place::{place, place_netlist, Failure, Job, Outcome, Placed};
use statestream_fpga::synth::{cache_folder, map, Family};
use statestream_fpga::tool::Tools;
use statestream_image::config::Config;

const TOY: &str = include_str!("toy.v");

/// The toy on a board, placed with seed 1, everything in this folder.
fn toy(board: &Board, cache: &Path) -> Outcome {
    let tools = Tools::pinned().unwrap();
    let machine = map(board.family, "toy", TOY, cache, &tools).unwrap();
    let job = Job { seeds: 1, cache, tools: &tools, progress: &|_| () };
    place_netlist(board, "toy", &machine, &job).unwrap()
}

fn placed(outcome: &Outcome) -> &Placed {
    outcome.result.as_ref().unwrap_or_else(|failure| panic!("{failure}"))
}

#[test]
fn every_shell_places_at_its_clock_and_packs() {
    let cache = tempfile::tempdir().unwrap();
    for name in Board::names() {
        let board = Board::named(name).unwrap();
        let outcome = toy(&board, cache.path());
        let placed = placed(&outcome);
        assert_eq!(placed.too_slow(), [], "{name}");
        let figures = Figures::of(&outcome);
        assert!(
            figures.luts > 10 && figures.ffs > 60 && figures.lcs >= figures.luts.min(figures.ffs),
            "{figures:?}"
        );
        assert_eq!((figures.dsp, figures.spram), (1, 0), "{name}");
        let bitstream = fs::read(&placed.bitstream).unwrap().len();
        assert!((10_000..board.image_offset as usize).contains(&bitstream), "{name}: {bitstream} bytes");
    }
}

#[test]
fn two_runs_give_the_same_bitstream() {
    for name in ["icebreaker", "colorlight-i5"] {
        let board = Board::named(name).unwrap();
        let bitstream = || {
            let cache = tempfile::tempdir().unwrap();
            fs::read(&placed(&toy(&board, cache.path())).bitstream).unwrap()
        };
        assert!(bitstream() == bitstream(), "{name}");
    }
}

#[test]
fn a_memory_that_became_logic_is_named() {
    let cache = tempfile::tempdir().unwrap();
    let mut board = Board::named("icebreaker").unwrap();
    board.cells.insert("toy".into(), [("SB_MAC16".into(), 1), ("SB_SPRAM256KA".into(), 1)].into());
    let failure = toy(&board, cache.path()).result.unwrap_err();
    assert!(
        matches!(&failure, Failure::Cells { cell, expected: 1, found: 0, .. } if cell == "SB_SPRAM256KA")
    );
    let sentence = failure.to_string();
    assert!(sentence.contains("`toy`: the netlist has 0 SB_SPRAM256KA"), "{sentence}");
}

#[test]
fn a_design_that_is_too_large_says_by_how_much() {
    let (cache, tools) = (tempfile::tempdir().unwrap(), Tools::pinned().unwrap());
    let products = (0..9).map(|at| format!("({{word[{at}:0], word[15:{}]}} * word[15:8])", at + 1));
    let nine = TOY.replace("word[7:0] * word[15:8]", &products.collect::<Vec<_>>().join(" ^ "));
    let machine = map(Family::Ice40, "nine", &nine, cache.path(), &tools).unwrap();
    let job = Job { seeds: 2, cache: cache.path(), tools: &tools, progress: &|_| () };
    let outcome = place_netlist(&Board::named("icebreaker").unwrap(), "nine", &machine, &job).unwrap();
    let sentence = outcome.result.unwrap_err().to_string();
    assert!(sentence.contains("9 ICESTORM_DSP of 8") && sentence.contains("1 too many"), "{sentence}");
}

#[test]
#[ignore = "half an hour: every board with its own machine"]
fn every_board_builds_its_machine() {
    let (tools, cache) = (Tools::pinned().unwrap(), cache_folder().unwrap());
    for name in Board::names() {
        let board = Board::named(name).unwrap();
        let config = board.configured(Config::named(&board.config).unwrap()).unwrap();
        let job = Job { seeds: 2, cache: &cache, tools: &tools, progress: &|_| () };
        let outcome = place(&board, &config, &job).unwrap();
        assert_eq!(placed(&outcome).too_slow(), [], "{name}");
    }
}

#[test]
#[ignore = "minutes: the reviewed configuration, twice from the start"]
fn two_runs_of_a_machine_give_the_same_bitstream() {
    let board = Board::named("colorlight-i5").unwrap();
    let config = board.configured(Config::named("tiny").unwrap()).unwrap();
    let bitstream = || {
        let (cache, tools) = (tempfile::tempdir().unwrap(), Tools::pinned().unwrap());
        let job = Job { seeds: 1, cache: cache.path(), tools: &tools, progress: &|_| () };
        fs::read(&placed(&place(&board, &config, &job).unwrap()).bitstream).unwrap()
    };
    assert!(bitstream() == bitstream());
}

#[test]
fn families_differ_in_what_they_build() {
    let [up5k, tiny] = ["up5k", "tiny"].map(|name| Config::named(name).unwrap());
    assert!(Family::Ice40.builds(&up5k) && Family::Ecp5.builds(&tiny) && !Family::Ecp5.builds(&up5k));
}

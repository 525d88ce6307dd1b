//! The whole machine, synthesised: the netlist in lockstep with golden.

use statestream_hdl::machine::{self, TOP};
use statestream_image::config::{Config, Memory};
use statestream_image::testing::{random_draft, random_image, shapes};
use statestream_sim::netlist::{Cells, Netlist};
use statestream_sim::rtl::RtlOptions;
use statestream_sim::stimulus::{Action, Bench};
use statestream_sim::verilator::Optimise;

use crate::yosys::synthesise;

fn config(name: &str) -> Config {
    Config::named(name).expect("in configs.toml")
}

/// The machine with its trace port and throttle.
fn traced(cells: Cells, config: &Config) -> Netlist {
    synthesise(cells, TOP, &machine::verilog(config).expect("it can be built"))
}

/// The small machine with its state in the family's own memory.
fn small(cells: Cells) -> Config {
    let memory = match cells {
        Cells::Ice40 => Memory::Spram,
        Cells::Ecp5 => Memory::Block,
    };
    Config { memory, ..config("tiny") }
}

/// Every kind of model, every traced word, token, logit and state word, half of them under stalls.
fn every_kind_of_model(cells: Cells) {
    let config = small(cells);
    let netlist = traced(cells, &config);
    let mut words = 0;
    for (seed, shape) in shapes().iter().enumerate() {
        let mut image = random_image(seed as u64, shape);
        random_draft(&mut image, seed as u64, 8);
        let options = RtlOptions {
            seed: seed as u32,
            stalls: (seed % 2 == 1).then_some(seed as u64),
            netlist: Some(netlist.clone()),
            optimise: Optimise::Quick,
            ..RtlOptions::default()
        };
        let replay = format!("the {} netlist of tiny with random_image({seed})", cells.name());
        let mut bench = Bench::rtl(&config, &image, &options, &replay).unwrap_or_else(|e| panic!("{e}"));
        let actions = [
            Action::Feed { tokens: vec![1, 2], logits: true },
            Action::Sample { temperature: 900, seed: 5 },
            Action::Generate(3),
            Action::Reload,
            Action::Feed { tokens: vec![3], logits: false },
        ];
        bench.run(&actions).unwrap_or_else(|e| panic!("{e}"));
        bench.state().unwrap_or_else(|e| panic!("{e}"));
        bench.saturations().unwrap_or_else(|e| panic!("{e}"));
        words += bench.lockstep.words();
        assert_eq!(bench.engine.flashes()[0].breaches(), []);
    }
    println!("{}: {words} words", cells.name());
    assert!(words > 10_000);
}

#[test]
fn the_ice40_netlist_writes_golden_words_for_every_kind_of_model() {
    every_kind_of_model(Cells::Ice40);
}

#[test]
fn the_ecp5_netlist_writes_golden_words_for_every_kind_of_model() {
    every_kind_of_model(Cells::Ecp5);
}

//! The netlist that is placed is an engine: its text, logits and state are golden's.
//!
//! `scripts/test.sh --full` runs the ECP5's netlist and shipped models as well.

use std::path::Path;

use statestream_fpga::synth::{cache_folder, netlist, Family};
use statestream_fpga::tool::Tools;
use statestream_image::build::{pack, PackOptions};
use statestream_image::checkpoint::Checkpoint;
use statestream_image::config::{Config, Memory};
use statestream_image::layout::Image;
use statestream_image::quantise::Width;
use statestream_image::testing::{random_draft, random_image, shapes};
use statestream_sim::netlist::Netlist;
use statestream_sim::rtl::{Rtl, RtlOptions};
use statestream_sim::stimulus::{Action, Bench};
use statestream_sim::verilator::Optimise;

fn mapped(family: Family, config: &Config) -> Netlist {
    let tools = Tools::pinned().unwrap();
    let made = netlist(family, config, &cache_folder().unwrap(), &tools).unwrap_or_else(|e| panic!("{e}"));
    made.simulated().unwrap()
}

fn bench(config: &Config, image: &Image, options: &RtlOptions) -> Bench<Rtl> {
    let bench = Bench::rtl(config, image, options, &format!("the netlist of {}", config.name));
    let bench = bench.unwrap_or_else(|e| panic!("{e}"));
    // Nobody listens but to what was asked.
    assert!(!bench.engine.is_traced());
    bench
}

fn run(bench: &mut Bench<Rtl>, actions: &[Action]) {
    bench.run(actions).unwrap_or_else(|e| panic!("{e}"));
    bench.state().unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(bench.engine.flashes()[0].breaches(), []);
}

/// Every kind of model, in passes of two tokens where there is room, with guesses.
fn every_kind_of_model(family: Family, memory: Memory) {
    let tiny = Config::named("tiny").unwrap();
    let config = Config { memory, tokens: 2, name: "tiny of 2".into(), ..tiny };
    let options = RtlOptions {
        netlist: Some(mapped(family, &config)),
        optimise: Optimise::Quick,
        ..RtlOptions::default()
    };
    for (seed, shape) in shapes().iter().enumerate() {
        let mut image = random_image(seed as u64, shape);
        random_draft(&mut image, seed as u64, 8);
        let actions = [
            Action::Feed { tokens: vec![1, 2, 3], logits: true },
            Action::Sample { temperature: 700, seed: 3 },
            Action::Generate(5),
            Action::Reload,
            Action::Feed { tokens: vec![4], logits: false },
            Action::Generate(2),
        ];
        run(&mut bench(&config, &image, &options), &actions);
    }
}

#[test]
fn the_ice40_netlist_without_a_trace_port_writes_golden_text_for_every_kind_of_model() {
    every_kind_of_model(Family::Ice40, Memory::Spram);
}

#[test]
#[ignore = "a minute: the netlists of both families are compared word for word in sim/tests/netlist"]
fn the_ecp5_netlist_without_a_trace_port_writes_golden_text_for_every_kind_of_model() {
    every_kind_of_model(Family::Ecp5, Memory::Block);
}

/// Eight characters of the shipped model, and the state behind them.
fn shipped(family: Family, config: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../models/shakespeare_m.safetensors");
    let options = PackOptions { weights: Width::W4, ..PackOptions::default() };
    let image = pack(&Checkpoint::read(&path).unwrap(), &options).unwrap().image;
    let config = Config::named(config).unwrap();
    let options = RtlOptions { netlist: Some(mapped(family, &config)), ..RtlOptions::default() };
    let actions = [Action::Feed { tokens: vec![13], logits: false }, Action::Generate(8)];
    let mut bench = bench(&config, &image, &options);
    run(&mut bench, &actions);
    bench.saturations().unwrap_or_else(|e| panic!("{e}"));
}

#[test]
#[ignore = "minutes: a shipped model on a netlist"]
fn the_up5k_netlist_writes_the_shipped_models_text() {
    shipped(Family::Ice40, "up5k");
}

#[test]
#[ignore = "minutes: a shipped model on a netlist"]
fn the_ecp5_25_netlist_writes_the_shipped_models_text() {
    shipped(Family::Ecp5, "ecp5-25");
}

//! Every configuration of configs.toml runs every kind of model, and takes the clocks that the cycle model says.

use statestream_image::config::Config;
use statestream_image::testing::{random_image, shapes};
use statestream_sim::cycles::{pass_cycles, PassShape};
use statestream_sim::rtl::RtlOptions;
use statestream_sim::stimulus::Bench;

#[test]
fn every_configuration_writes_golden_words_in_the_predicted_clocks() {
    for config in Config::all().unwrap() {
        for (seed, shape) in shapes().iter().enumerate() {
            let image = random_image(seed as u64, shape);
            let replay = format!("{} with random_image({seed})", config.name);
            let mut bench = Bench::rtl(&config, &image, &RtlOptions::default(), &replay).unwrap();
            bench.feed(&[0, 1], false).unwrap();
            bench.generate(1).unwrap();
            let clocks = bench.engine.counters().unwrap().last_cycles;
            assert_eq!(Some(u64::from(clocks)), pass_cycles(&image, &config, PassShape::ONE), "{replay}");
        }
    }
}

//! Every configuration of configs.toml runs every kind of model, in passes as full as it has room for, and every pass takes the clocks
//! that the cycle model says.

use statestream_hdl::flash::opcodes;
use statestream_image::config::Config;
use statestream_image::testing::{random_draft, random_image, random_ternary, shapes};
use statestream_sim::cycles::pass_cycles;
use statestream_sim::rtl::RtlOptions;
use statestream_sim::stimulus::Bench;

#[test]
fn every_configuration_writes_golden_words_in_the_predicted_clocks() {
    for config in Config::all().unwrap() {
        for (seed, shape) in shapes().iter().enumerate() {
            let random = if config.ternary { random_ternary } else { random_image };
            let mut image = random(seed as u64, shape);
            random_draft(&mut image, seed as u64, 8);
            let replay = format!("{} with random_image({seed})", config.name);
            let mut bench = Bench::rtl(&config, &image, &RtlOptions::default(), &replay).unwrap();
            let prompt: Vec<u16> = (0..=config.tokens as u16).map(|token| token % 11).collect();
            bench.feed(&prompt, false).unwrap();
            bench.generate(config.tokens as u16 + 1).unwrap();
            let counters = bench.engine.counters().unwrap();
            let passes = bench.engine.passes();
            assert!(passes.iter().any(|(shape, _)| shape.tokens == config.tokens), "{passes:?}");
            for (shape, clocks) in passes {
                assert_eq!(Some(*clocks), pass_cycles(&image, &config, *shape), "{shape:?}: {replay}");
            }
            let bits = config.flash.bits() as u32;
            assert_eq!(counters.bytes, counters.flash_busy * bits / 8, "{replay}");
            for flash in bench.engine.flashes() {
                assert_eq!(flash.breaches(), [], "{replay}");
                let mut sent = opcodes(config.flash);
                sent.sort_unstable();
                assert_eq!(flash.opcodes().keys().copied().collect::<Vec<u8>>(), sent, "{replay}");
            }
            // What the machine counts is what is seen at its pins.
            assert_eq!(u64::from(counters.last_cycles), passes[passes.len() - 1].1, "{replay}");
            assert_eq!(counters.passes as usize, passes.len(), "{replay}");
        }
    }
}

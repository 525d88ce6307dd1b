//! The cycle model is the simulator's equal: passes, loads and seeks of random shapes, to the clock.

use statestream_image::config::{Config, FlashBus};
use statestream_image::rng::Rng;
use statestream_image::testing::{random_draft, random_image, random_shape, random_ternary, small};
use statestream_sim::cycles::{load_cycles, pass_cycles, read_cycles};
use statestream_sim::engine::{Deaf, Engine};
use statestream_sim::rtl::{Rtl, RtlOptions};
use statestream_sim::stimulus::{long, variant, wired, Bench};

/// Random shapes, each on one of the machines in turn.
const SHAPES: u64 = 200;

/// Every bus and both pipelines, with one, two and four tokens in a pass; ternary rows with one, and with sixteen, whose epilogues take
/// longer than a row.
fn machines() -> [Config; 7] {
    let tiny = Config::named("tiny").expect("in configs.toml");
    let ternary = Config::named("tiny-ternary").expect("in configs.toml");
    [
        tiny.clone(),
        variant(&tiny, 4),
        long(&variant(&tiny, 2)),
        wired(&long(&tiny), FlashBus::Dual),
        wired(&long(&variant(&tiny, 4)), FlashBus::Dtr),
        ternary.clone(),
        long(&variant(&ternary, 16)),
    ]
}

/// Loads, feeds and writes; nothing makes the machine wait.
fn predicted(config: &Config, seed: u64) {
    let mut rng = Rng::new(seed);
    let random = if config.ternary { random_ternary } else { random_image };
    let mut image = random(rng.bits(), &random_shape(seed));
    random_draft(&mut image, seed, 4);
    image.states.push(image.states[0].iter().rev().copied().collect());
    image.seal();
    let replay = format!("{} with seed {seed}", config.name);
    let mut bench = Bench::rtl(config, &image, &RtlOptions::default(), &replay).unwrap();
    bench.engine.load_stored(1).unwrap();
    bench.engine.reset().unwrap();
    let token = |rng: &mut Rng| rng.below(image.header.vocab) as u16;
    let prompt: Vec<u16> = (0..1 + rng.below(2 * config.tokens)).map(|_| token(&mut rng)).collect();
    bench.feed(&prompt, false).unwrap();
    bench.generate(1 + rng.below(config.tokens) as u16).unwrap();
    let load = load_cycles(image.header.state_words, config);
    assert_eq!(bench.engine.loads(), [load, load], "{replay}");
    for (shape, clocks) in bench.engine.passes() {
        assert_eq!(pass_cycles(&image, config, *shape), Some(*clocks), "{shape:?}: {replay}");
    }
}

/// What a prompt takes from its first pass to the token after it: less than a request, one, and several with a rest.
#[test]
fn prompts_of_any_length_take_the_predicted_clocks() {
    for config in machines() {
        let image = if config.ternary { random_ternary } else { random_image }(3, &small());
        let mut rtl = Rtl::new(&config, &image.to_bytes(), &RtlOptions::default()).unwrap();
        for tokens in [1, 2, config.tokens, 7, 124, 125, 126, 260] {
            let (before, prompt) = (rtl.passes().len(), vec![1; tokens]);
            rtl.feed(&prompt, false, &mut Deaf).unwrap();
            let clocks: u64 = rtl.passes()[before..].iter().map(|(_, clocks)| clocks).sum();
            assert_eq!(read_cycles(&image, &config, tokens), Some(clocks), "{tokens} on {}", config.name);
        }
    }
}

#[test]
fn passes_and_loads_of_random_shapes_take_the_predicted_clocks() {
    let machines = machines();
    for seed in 0..SHAPES {
        predicted(&machines[seed as usize % machines.len()], seed);
    }
}

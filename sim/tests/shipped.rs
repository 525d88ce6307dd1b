//! The larger shipped model on the iCE40's machine, with room for any number of tokens in a pass: one text, one state, fewer passes.
//!
//! `scripts/test.sh --full` cuts its prompt in every way as well.

use std::sync::OnceLock;

use statestream_golden::{Model, Session};
use statestream_image::checkpoint::Checkpoint;
use statestream_image::config::Config;
use statestream_image::layout::Image;
use statestream_sim::cycles::pass_cycles;
use statestream_sim::rtl::{Rtl, RtlOptions};
use statestream_sim::stimulus::{Action, Bench};
use statestream_sim::stress::{three_quarters, with_draft};

const PROMPT: &str = "First Citizen:\nW";
/// Tokens written behind it.
const COUNT: u16 = 12;
const SEED: u32 = 11;
/// Tokens of the model's own that the draft table is made of.
const LEARNT: usize = 6000;
const SLOTS: usize = 1 << 14;

/// The model with a table of what it wrote itself, so that guesses are often right and often wrong.
fn image() -> &'static Image {
    static IMAGE: OnceLock<Image> = OnceLock::new();
    IMAGE.get_or_init(|| {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../models/shakespeare_m.safetensors");
        let checkpoint = Checkpoint::read(path.as_ref()).expect("the shipped model");
        with_draft(&checkpoint, LEARNT, SLOTS).expect("it packs")
    })
}

fn prompt(image: &Image) -> Vec<u16> {
    let token = |c: char| image.meta.vocab.iter().position(|name| *name == c.to_string());
    PROMPT.chars().map(|c| token(c).expect("in the vocabulary") as u16).collect()
}

/// The machine of `up5k-t4` for so many tokens, its line fast enough to read the state.
fn config(tokens: usize) -> Config {
    Config { name: format!("up5k of {tokens}"), tokens, ..fast_line("up5k-t4") }
}

/// A named machine, its line fast enough to read the state.
fn fast_line(name: &str) -> Config {
    Config { uart_divisor: 4, ..Config::named(name).expect("in configs.toml") }
}

fn bench(config: &Config) -> Bench<Rtl> {
    let replay = format!("the shipped model, {}", config.name);
    Bench::rtl(config, image(), &RtlOptions::default(), &replay).unwrap_or_else(|e| panic!("{e}"))
}

/// Clocks in which the flash delivered in the last pass, of all its clocks.
fn busy(rtl: &mut Rtl) -> f64 {
    let counters = rtl.counters().expect("there");
    f64::from(counters.last_flash_busy) / f64::from(counters.last_cycles)
}

/// Every pass took the predicted clocks.
fn in_time(rtl: &Rtl, config: &Config) {
    for (shape, clocks) in rtl.passes() {
        assert_eq!(Some(*clocks), pass_cycles(image(), config, *shape), "{shape:?} of {}", config.name);
    }
}

/// The text and its state, which golden writes one token per pass.
fn alone() -> (Vec<u16>, Vec<i16>) {
    let mut session = Session::new(&Model::new(image()).expect("sound"));
    session.set_sampling(three_quarters(image()), SEED);
    for token in prompt(image()) {
        session.feed(token, true, None).expect("in the vocabulary");
    }
    let text = session.generate(COUNT.into(), 1).expect("a next token").tokens;
    (text, session.state().words().to_vec())
}

/// The same on a machine, in fewer passes and the predicted clocks; up to `busy_up_to` tokens in a pass leave the flash no rest.
fn write(config: &Config, busy_up_to: usize) {
    let tokens = config.tokens;
    let mut bench = bench(config);
    let sampling = Action::Sample { temperature: three_quarters(image()), seed: SEED };
    bench.act(&sampling).unwrap_or_else(|e| panic!("{e}"));
    bench.feed(&prompt(image()), false).unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(bench.engine.passes().len(), 16 / tokens);
    let of_prompt = busy(&mut bench.engine);
    let golden = bench.lockstep.session().clone().generate(COUNT.into(), tokens).expect("a next token");
    let text = bench.generate(COUNT).unwrap_or_else(|e| panic!("{e}"));
    let written = bench.engine.passes().len() - 16 / tokens;
    assert_eq!(written, golden.passes);
    assert!(tokens == 1 || written < usize::from(COUNT) && golden.accepted < golden.drafted, "{golden:?}");
    in_time(&bench.engine, config);
    if tokens <= busy_up_to {
        let share = of_prompt.min(busy(&mut bench.engine));
        assert!(share >= 0.98, "{tokens} tokens keep the flash busy in {share} of the clocks");
    }
    let state = bench.state().unwrap_or_else(|e| panic!("{e}"));
    bench.saturations().unwrap_or_else(|e| panic!("{e}"));
    assert_eq!((text, state), alone());
}

/// A test for every machine, so that they share the cores.
macro_rules! machines {
    ($($(#[$with:meta])? $name:ident: $config:expr, $busy_up_to:expr;)*) => { $(
        #[test]
        $(#[$with])?
        fn $name() {
            write(&$config, $busy_up_to);
        }
    )* };
}

machines! {
    one_token_in_a_pass_writes_goldens_text: config(1), 4;
    #[ignore = "between one and four"]
    two_tokens_in_a_pass_write_goldens_text: config(2), 4;
    four_tokens_in_a_pass_write_goldens_text: config(4), 4;
    #[ignore = "between four and sixteen"]
    eight_tokens_in_a_pass_write_goldens_text: config(8), 4;
    sixteen_tokens_in_a_pass_write_goldens_text: config(16), 4;
    two_chips_write_goldens_text: fast_line("ecp5-25-dual"), 1;
    double_transfer_rate_writes_goldens_text: fast_line("ecp5-25-dtr"), 1;
}

#[test]
#[ignore = "minutes: the prompt in eight cuts"]
fn every_way_to_cut_the_shipped_models_prompt_is_the_same() {
    let tokens = &prompt(image())[..4];
    let mut bench = bench(&config(4));
    let mut ends = Vec::new();
    for cuts in 0..8 {
        bench.act(&Action::Reset).unwrap_or_else(|e| panic!("{e}"));
        let (mut from, mut next) = (0, 0);
        for at in (1..=4).filter(|at| *at == 4 || cuts >> (at - 1) & 1 == 1) {
            next = bench.feed(&tokens[from..at], false).unwrap_or_else(|e| panic!("{e}")).next;
            from = at;
        }
        ends.push((next, bench.state().unwrap_or_else(|e| panic!("{e}"))));
    }
    in_time(&bench.engine, &config(4));
    ends.dedup();
    assert_eq!((ends.len(), bench.engine.passes().len()), (1, 20));
}

//! The campaign's own machinery, cases that once failed, and random models of the sizes that users have.
//!
//! The campaign itself, with what it must reach, is `statestream verify --only lockstep`. `STATESTREAM_FULL=1` runs ten times as many of
//! those here.

#![allow(clippy::print_stdout, reason = "the table of what the stimulus reached is the result")]

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use proptest::test_runner::{RngAlgorithm, TestCaseError, TestRng, TestRunner};
use statestream_golden::Coverage;
use statestream_hdl::machine;
use statestream_image::config::{Config, FlashBus, Pipeline};
use statestream_image::layout::{Image, Kind};
use statestream_image::model::{Activation, Block, ModelConfig, Shape, Ssm};
use statestream_image::rng::Rng;
use statestream_image::testing::{random_image, random_ternary, small};
use statestream_sim::campaign::{goals, run, shrink, Case, Machine, Reached};
use statestream_sim::cycles::{pass_cycles, PassShape};
use statestream_sim::mutation::Edit;
use statestream_sim::rtl::{Rtl, RtlOptions};
use statestream_sim::stimulus::{missed, text, wired, Action, Bench, BenchError};
use statestream_sim::verilator::Optimise;

/// All that a machine may ever send to the flash, but for the one that reads.
const OPCODES: [u8; 4] = [0x66, 0x99, 0xab, 0xff];
/// States beyond this many words are not read back: the serial line is slow. Their words are in the trace.
const READ_BACK: usize = 600;
/// Too seldom to be waited for, so that they have tests of their own: below, and norm's clamps in `epilogues.rs`, since a vector that
/// is normalised by its own sum of squares stays inside a word.
const SELDOM: [&str; 4] =
    ["norm: clamp low", "norm: clamp high", "scan: dropped 1/2", "gumbel table: first entry"];

fn config(name: &str) -> Config {
    Config::named(name).expect("in configs.toml")
}

fn cases(quick: u32) -> u32 {
    let full = std::env::var_os("STATESTREAM_FULL").is_some_and(|value| value == "1");
    quick * if full { 10 } else { 1 }
}

/// Equal cases in every run, so that the coverage that is asserted is that of this very campaign.
fn runner(cases: u32) -> TestRunner {
    let config =
        ProptestConfig { cases, failure_persistence: None, max_shrink_iters: 40, ..Default::default() };
    TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha))
}

/// What to do with a model: a text, and once in three times another one from a state that was saved, stored or initial.
fn actions(rng: &mut Rng, image: &Image) -> Vec<Action> {
    let vocab = image.header.vocab;
    let prompt = 1 + rng.below(2);
    let mut actions = text(rng, vocab, prompt, 1);
    if rng.one_in(3) {
        let reload = if image.header.state_words > READ_BACK { Action::Reset } else { Action::Reload };
        actions.push([Action::Reset, Action::LoadStored(1), reload][rng.below(3)].clone());
        actions.extend(text(rng, vocab, 1, 1));
    }
    actions
}

/// One model on one machine, from its shape and a seed for everything else.
fn check(config: &Config, shape: &Shape, seed: u64) -> Result<Coverage, BenchError> {
    let mut rng = Rng::new(seed);
    // a machine of ternary rows is one of W4 and W8 too
    let image = match config.ternary && !rng.one_in(4) {
        true => random_ternary(rng.bits(), shape),
        false => random_image(rng.bits(), shape),
    };
    let stalls = rng.one_in(2).then(|| rng.bits());
    let options = RtlOptions { seed: rng.bits() as u32, stalls, ..RtlOptions::default() };
    let replay = format!("{} with seed {seed}: {shape:?}", config.name);
    let mut bench = Bench::rtl(config, &image, &options, &replay)?;
    for action in actions(&mut rng, &image) {
        let before = bench.engine.passes().len();
        bench.act(&action)?;
        // Logits wait for the serial line.
        let free = stalls.is_none() && !matches!(action, Action::Feed { logits: true, .. });
        in_time(&bench.engine.passes()[before..], config, &image, free);
    }
    if image.header.state_words <= READ_BACK {
        bench.state()?;
    }
    bench.saturations()?;
    at_the_pins(&bench.engine, config);
    Ok(bench.coverage().clone())
}

/// Every pass takes the clocks of the cycle model, or more if something made it wait.
fn in_time(passes: &[(PassShape, u64)], config: &Config, image: &Image, free: bool) {
    for (shape, clocks) in passes {
        let predicted = pass_cycles(image, config, *shape).expect("served");
        match free {
            true => assert_eq!(*clocks, predicted, "{shape:?}"),
            false => assert!(*clocks >= predicted, "{clocks} of {predicted} clocks: {shape:?}"),
        }
    }
}

/// What the machine did to its flash.
fn at_the_pins(rtl: &Rtl, config: &Config) {
    let read = if config.flash == FlashBus::Dtr { 0xed } else { 0xeb };
    for flash in rtl.flashes() {
        assert_eq!(flash.breaches(), []);
        let opcodes = flash.opcodes();
        let may = |opcode: &u8| *opcode == read || OPCODES.contains(opcode);
        assert!(opcodes.keys().all(may), "{opcodes:?}");
    }
}

fn campaign<S: Strategy>(
    quick: u32,
    strategy: &S,
    check: impl Fn(S::Value) -> Result<Coverage, BenchError>,
) -> Coverage {
    let coverage = RefCell::new(Coverage::default());
    let outcome = runner(cases(quick)).run(strategy, |case| {
        let reached = check(case).map_err(|error| TestCaseError::fail(error.to_string()))?;
        coverage.borrow_mut().merge(&reached);
        Ok(())
    });
    outcome.unwrap_or_else(|failure| panic!("{failure}"));
    coverage.into_inner()
}

fn all_but_seldom(coverage: &Coverage) {
    println!("{coverage}");
    let missed: Vec<_> =
        missed(coverage).into_iter().filter(|name| !SELDOM.contains(&name.as_str())).collect();
    assert_eq!(missed, [""; 0], "corners that the campaign did not reach");
}

/// Shapes as users have them, up to half of what `up5k` holds.
fn shapes() -> impl Strategy<Value = Shape> {
    let sizes = (16..=160usize, 16..=192usize, 1..=3usize, 1..=4usize, 1..=64usize, 2..=300usize);
    let flags = prop::array::uniform8(any::<bool>());
    (sizes, flags).prop_map(|((channels, d_inner, num_blocks, n, p, vocab_size), flags)| {
        let [gated, dws, conv, relu, norm, residual, complex, tied] = flags;
        let (block, ssm) = match (gated, dws) {
            (true, true) => (Block::Gated, Ssm::Dws),
            (true, false) => (Block::Gated, Ssm::S5),
            _ => (Block::Plain, Ssm::S5),
        };
        let config = ModelConfig {
            block,
            ssm,
            vocab_size,
            channels,
            d_inner: if gated { d_inner } else { 0 },
            num_blocks,
            num_states: if ssm == Ssm::Dws { n } else { p },
            conv_taps: if gated && conv { 4 } else { 0 },
            activation: if relu { Activation::Relu } else { Activation::Silu },
            norm_eps: 1e-5,
            norm: norm || gated,
            residual: residual || gated,
        };
        Shape { config, complex, tied, initial_state: false }
    })
}

#[test]
fn any_model_of_a_users_size_on_up5k_is_golden() {
    let up5k = config("up5k");
    let coverage = campaign(48, &(shapes(), any::<u64>()), |(shape, seed)| check(&up5k, &shape, seed));
    all_but_seldom(&coverage);
}

#[test]
fn any_model_of_a_users_size_with_ternary_rows_is_golden() {
    let machine = config("up5k-ternary");
    campaign(16, &(shapes(), any::<u64>()), |(shape, seed)| check(&machine, &shape, seed));
}

#[test]
fn any_model_of_a_users_size_at_eight_bits_per_clock_is_golden() {
    for flash in [FlashBus::Dual, FlashBus::Dtr] {
        let up5k = wired(&config("up5k"), flash);
        campaign(16, &(shapes(), any::<u64>()), |(shape, seed)| check(&up5k, &shape, seed));
    }
}

/// The seed whose first pass draws, for one of the first `rows` tokens, a word in the Gumbel table's first entry.
fn seed_of_the_least_noise(rows: usize) -> u32 {
    let step = |mut x: u32| {
        x ^= x << 13;
        x ^= x >> 17;
        x ^ x << 5
    };
    let words = |seed: u32| {
        let first = step(step(seed) ^ 0x9e37_79b9);
        std::iter::successors(Some(first), move |word| Some(step(*word))).take(rows)
    };
    // FORMAT.md, section 5: 15 leading zeros or more, and bits 30-27 zero once they are shifted out.
    let least = |word: u32| word >> 12 == 16 || word >> 16 == 0 && word << 15 >> 27 == 0;
    (1..).find(|seed| words(*seed).any(least)).expect("one in 2^19 words")
}

#[test]
fn corners_that_chance_seldom_finds_are_golden_too() {
    let mut image = random_image(7, &small());
    let channels = image.sections.iter_mut().filter(|section| section.kind == Kind::Channel);
    for section in channels {
        let at = section.kind_at() + 1;
        // Half of every odd v: exactly a half is dropped.
        section.rows.iter_mut().for_each(|row| row.params[at..at + 3].copy_from_slice(&[0, 0, 1 << 14]));
    }
    image.seal();
    let mut bench =
        Bench::rtl(&config("tiny"), &image, &RtlOptions::default(), "corners").expect("a machine");
    let seed = seed_of_the_least_noise(image.header.vocab);
    let actions = [Action::Sample { temperature: 999, seed }, Action::Feed { tokens: vec![1], logits: true }];
    bench.run(&actions).unwrap_or_else(|e| panic!("{e}"));
    let missed = missed(bench.coverage());
    assert!(SELDOM[2..].iter().all(|corner| !missed.contains(&corner.to_string())), "{missed:?}");
}

/// The cases of `sim/cases`, by file name.
fn kept() -> Vec<(String, Case)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("cases");
    let files = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    let case = |path: PathBuf| {
        let text = fs::read_to_string(&path).expect("readable");
        let case = Case::parse(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        (path.display().to_string(), case)
    };
    files.map(case).collect()
}

#[test]
fn every_case_that_once_failed_agrees() {
    let kept = kept();
    assert!(kept.len() >= 3, "{kept:?}");
    for (name, case) in kept {
        run(&case, &RtlOptions::default(), &name).unwrap_or_else(|error| panic!("{name}: {error}"));
    }
}

#[test]
fn a_case_is_its_file() {
    for seed in 0..200 {
        let case = Case::draw(seed);
        assert_eq!(Case::draw(seed), case);
        assert_eq!(Case::parse(&case.to_toml().expect("a text")).expect("the same text"), case);
    }
}

#[test]
fn a_file_that_is_no_case_says_what_is_wrong() {
    let text = Case::draw(1).to_toml().expect("a text");
    for (from, to, names) in [("seed = ", "sead = ", "sead"), ("do = \"feed\"", "do = \"eat\"", "eat")] {
        let error = Case::parse(&text.replacen(from, to, 1)).expect_err("no such thing").to_string();
        assert!(error.contains(names) && error.contains("; a case has the fields"), "{error}");
    }
    let unknown =
        Case { machine: Machine { config: "big".into(), ..Case::draw(1).machine }, ..Case::draw(1) };
    let error = unknown.config().expect_err("no such configuration").to_string();
    assert!(error.contains("`big`"), "{error}");
}

/// A machine that rounds down dies in the smallest of texts, whatever case found it.
#[test]
fn a_failing_case_is_made_small_and_still_fails() {
    let sound = machine::verilog(&config("tiny")).expect("buildable");
    let edit = Edit::new("round", "sum = (shifted$q + 1);", "sum = (shifted$q + 0);");
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("statestream.v"), edit.apply(&sound).expect("there once"))
        .expect("writable");
    let options = RtlOptions {
        verilog: Some(folder.path().into()),
        optimise: Optimise::Quick,
        ..RtlOptions::default()
    };
    let on_tiny = |case: &Case| {
        case.machine
            == Machine { config: "tiny".into(), tokens: 1, flash: FlashBus::Quad, pipeline: Pipeline::Short }
    };
    let fails = |case: &Case| on_tiny(case) && run(case, &options, "").is_err();
    let case = (0..).map(Case::draw).find(|case| fails(case)).expect("a case that notices");
    let smallest = shrink(&case, fails);
    assert!(fails(&smallest));
    assert_eq!(shrink(&case, fails), smallest, "equal cases shrink equally");
    assert_eq!((smallest.steps.len(), smallest.stalls), (1, None), "{smallest:?}");
    assert!(smallest.model.config.channels <= 2 && smallest.model.config.num_blocks == 1, "{smallest:?}");
    run(&smallest, &RtlOptions::default(), "").unwrap_or_else(|error| panic!("the sound machine: {error}"));
}

#[test]
fn goals_are_all_different_and_excuses_say_why() {
    let goals = goals();
    let names: BTreeSet<&str> = goals.iter().map(|goal| goal.bin.as_str()).collect();
    assert_eq!(names.len(), goals.len());
    assert!(goals.iter().all(|goal| goal.excuse.is_none_or(|why| !why.is_empty())));
    let asked = goals.iter().filter(|goal| goal.excuse.is_none()).count();
    assert_eq!(Reached::default().missed().len(), asked);
    assert_eq!(Reached::default().tally(), (0, asked));
}

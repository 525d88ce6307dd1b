//! Each epilogue alone, and what has none: a tape that fills the vector memory with copies of h, one section of the case, and the head.

#![allow(clippy::print_stdout, reason = "the table of what the stimulus reached is the result")]

use statestream_golden::Coverage;
use statestream_hdl::programs::{Case, CASES, LOGIT_CASE};
use statestream_image::bounds::prove;
use statestream_image::config::Config;
use statestream_image::layout::{flag, Image, Kind, Operand, Section};
use statestream_image::model::{Block, Ssm};
use statestream_image::rng::Rng;
use statestream_image::testing::{random_image, random_ternary, shapes, small};
use statestream_sim::engine::{Deaf, Engine, EngineError};
use statestream_sim::host::DeviceError;
use statestream_sim::rtl::{Rtl, RtlOptions};
use statestream_sim::stimulus::{long, missed, text, Bench, BenchError};

/// Random models per case, on the short and on the long pipeline in turn.
const MODELS: u64 = 10;
/// Too seldom to be waited for; `campaign.rs` goes there on purpose.
const SELDOM: [&str; 2] = ["scan: dropped 1/2", "gumbel table: first entry"];

fn tiny() -> Config {
    Config::named("tiny").expect("in configs.toml")
}

/// A section of this case from a random model that has one, with the model around it.
fn donor(case: Case, rng: &mut Rng) -> (Image, Section) {
    let kinds = shapes();
    loop {
        let mut shape = kinds[rng.below(kinds.len())].clone();
        let c = &mut shape.config;
        c.num_blocks = 1;
        (c.channels, c.vocab_size) = (1 + rng.below(32), 1 + rng.below(12));
        c.d_inner = if c.block == Block::Gated { 1 + rng.below(32) } else { 0 };
        c.num_states = 1 + rng.below(if c.ssm == Ssm::Dws { 4 } else { 32 });
        c.conv_taps = if c.block == Block::Gated { 4 * rng.below(2) } else { 0 };
        let image = random_image(rng.bits(), &shape);
        if let Some(section) = image.sections.iter().find_map(|section| adapted(section, case)) {
            return (image, section);
        }
    }
}

/// This section with the flags of the case, where that changes nothing but the flags.
fn adapted(section: &Section, case: Case) -> Option<Section> {
    let free = flag::FRESH | flag::COPY | flag::ACT;
    let same = section.kind == case.kind && (section.flags ^ case.flags) & !free == 0;
    same.then(|| Section { flags: case.flags, ..section.clone() })
}

/// `norm` sections that fill this many words of vector memory with h.
fn copies(d: usize, words: usize) -> impl Iterator<Item = Section> {
    (0..words).step_by(d).map(move |dest| norm(flag::COPY, d, dest.min(words - d)))
}

fn norm(flags: u16, len: usize, dest: usize) -> Section {
    Section {
        kind: Kind::Norm,
        flags,
        a: Operand { len, base: 0 },
        b: Operand::default(),
        dest,
        params: 0,
        state_words: 0,
        n: 0,
        shifts: [0; 3],
        operand: 0,
        layer: 0,
        at: 0,
        rows: Vec::new(),
    }
}

/// The case alone: what it reads is copied from h before; if it writes h, a normalisation reads the sum of squares after it.
/// No machine is without a state, so that a case without one comes behind a section that has one.
fn alone(case: Case, rng: &mut Rng) -> Image {
    let (mut image, section) = donor(case, rng);
    let (d, words) = (image.header.d, image.header.vector_words);
    let stateful = image.sections.iter().find(|other| other.state_words > 0 && section.state_words == 0);
    let mut tape: Vec<Section> = copies(d, words).chain(stateful.cloned()).chain(copies(d, words)).collect();
    let after = section.writes_h().then(|| norm(0, d, 0));
    tape.extend((section.kind != Kind::Logit).then_some(section).into_iter().chain(after));
    tape.extend(image.sections.iter().filter(|other| other.kind == Kind::Logit).cloned());
    image.sections = tape;
    image.measure();
    image.states = vec![(0..image.header.state_words).map(|_| rng.bits() as i16).collect()];
    image.seal();
    prove(&image).expect("within the format's bounds");
    image
}

fn run(case: Case, seed: u64) -> Coverage {
    let mut rng = Rng::new(seed);
    let image = alone(case, &mut rng);
    let options =
        RtlOptions { seed: seed as u32, stalls: rng.one_in(2).then_some(seed), ..RtlOptions::default() };
    let replay = format!("{case:?}, seed {seed}");
    let actions = text(&mut rng, image.header.vocab, 2, 2);
    let config = if seed.is_multiple_of(2) { tiny() } else { long(&tiny()) };
    let mut bench = Bench::rtl(&config, &image, &options, &replay).unwrap_or_else(|e| panic!("{e}"));
    bench.run(&actions).unwrap_or_else(|e| panic!("{e}"));
    bench.state().unwrap_or_else(|e| panic!("{e}"));
    bench.saturations().unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(bench.engine.flashes()[0].breaches(), [], "{replay}");
    bench.coverage().clone()
}

#[test]
fn every_program_alone_writes_golden_words() {
    let mut coverage = Coverage::default();
    for (number, case) in CASES.into_iter().chain([LOGIT_CASE]).enumerate() {
        (0..MODELS).for_each(|seed| coverage.merge(&run(case, 100 * number as u64 + seed)));
    }
    println!("{coverage}");
    let missed: Vec<_> =
        missed(&coverage).into_iter().filter(|name| !SELDOM.contains(&name.as_str())).collect();
    assert_eq!(missed, [""; 0], "corners that no program reached");
}

/// The machine's answer to one token of this image.
fn fed(config: &Config, image: &Image) -> Result<(), BenchError> {
    let mut bench = Bench::rtl(config, image, &RtlOptions::default(), "fed")?;
    bench.feed(&[0, 0], true)?;
    bench.saturations().map(drop)
}

/// This image's section `k` is refused where it lies.
fn refused(config: &Config, image: &Image, k: usize) {
    let address = config.flash_base + image.sections[k].at as u32;
    let error = fed(config, image).expect_err("a section that nothing serves");
    assert_eq!(error.device(), Some(DeviceError::Section(address)), "{error}");
}

#[test]
fn a_section_no_program_serves_is_named() {
    let mut image = random_image(1, &shapes().swap_remove(3));
    let k = image.sections.iter().position(|s| s.kind == Kind::Store && s.has(flag::CONV)).expect("a store");
    image.sections[k].flags &= !flag::ACT;
    image.seal();
    refused(&tiny(), &image, k);
}

/// Golden reads such an image, and so does a machine that has ternary rows.
#[test]
fn ternary_rows_are_refused_by_a_machine_without() {
    let image = random_ternary(2, &small());
    let k = image.sections.iter().position(|s| s.has(flag::TERNARY)).expect("ternary rows");
    refused(&tiny(), &image, k);
    refused(&long(&tiny()), &image, k);
    fed(&Config::named("tiny-ternary").expect("in configs.toml"), &image).unwrap_or_else(|e| panic!("{e}"));
}

#[test]
fn sixteen_states_a_channel_are_golden_and_seventeen_are_refused() {
    let large = Config::named("ecp5-25").expect("in configs.toml");
    let image = |n| {
        let mut shape = small();
        (shape.config.num_states, shape.config.num_blocks, shape.config.d_inner) = (n, 1, 4);
        random_image(n as u64, &shape)
    };
    fed(&large, &image(16)).unwrap_or_else(|e| panic!("{e}"));
    fed(&tiny(), &image(10)).unwrap_or_else(|e| panic!("{e}"));
    // Golden does not take such an image, so the machine is asked alone.
    for n in [17, 23] {
        let image = image(n);
        let mut rtl = Rtl::new(&large, &image.to_bytes(), &RtlOptions::default()).expect("a boot");
        let error = rtl.feed(&[0], false, &mut Deaf).expect_err("a count that the machine would cut");
        let address = large.flash_base + image.sections[1].at as u32;
        assert!(matches!(error, EngineError::Device(DeviceError::Section(at)) if at == address), "{error}");
    }
}

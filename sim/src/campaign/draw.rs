//! Cases from seeds.

use statestream_image::config::{FlashBus, Pipeline};
use statestream_image::model::{Block, Shape, Ssm};
use statestream_image::rng::Rng;
use statestream_image::testing::random_shape;

use super::case::{Case, Fault, Machine, Model, Step};

/// Tokens per pass that machines of 4 bits are built for.
const ROOMS: [usize; 5] = [1, 2, 4, 8, 16];
/// The commands of the protocol.
const COMMANDS: usize = 12;
/// Clocks of a byte on the line of `tiny`.
const BYTE: usize = 80;

impl Case {
    /// The case of this seed.
    pub fn draw(seed: u64) -> Case {
        let mut rng = Rng::new(seed);
        let machine = machine(&mut rng);
        Case::of(machine, rng)
    }

    /// A case of this machine, of this seed.
    pub fn draw_for(machine: Machine, seed: u64) -> Case {
        Case::of(machine, Rng::new(seed))
    }

    fn of(machine: Machine, mut rng: Rng) -> Case {
        let ternary = machine.config == "tiny-ternary" && !rng.one_in(4);
        let model = model(&mut rng, &machine, ternary);
        let steps = steps(&mut rng, &machine, &model);
        let stalls = rng.one_in(2).then(|| rng.bits() >> 1);
        // TOML has no integers beyond i64
        Case { seed: rng.bits() >> 1, power_up: rng.bits() as u32, stalls, machine, model, steps }
    }
}

/// Both pipelines, every bus, every room for tokens, with ternary rows and without.
fn machine(rng: &mut Rng) -> Machine {
    let (config, tokens, flash, pipeline) = match rng.below(9) {
        0..=1 => ("tiny", 1, FlashBus::Quad, Pipeline::Short),
        2..=3 => ("tiny", ROOMS[rng.below(5)], FlashBus::Quad, Pipeline::Short),
        4 => ("tiny", one_or_four(rng), FlashBus::Dual, Pipeline::Long),
        5 => ("tiny", one_or_four(rng), FlashBus::Dtr, Pipeline::Long),
        6..=7 => ("tiny-ternary", one_or_four(rng), FlashBus::Quad, Pipeline::Short),
        _ => ("tiny-ternary", one_or_four(rng), FlashBus::Quad, Pipeline::Long),
    };
    Machine { config: config.into(), tokens, flash, pipeline }
}

fn one_or_four(rng: &mut Rng) -> usize {
    if rng.one_in(2) {
        1
    } else {
        4
    }
}

fn model(rng: &mut Rng, machine: &Machine, ternary: bool) -> Model {
    let mut shape = random_shape(rng.bits());
    if ternary {
        ragged(rng, &mut shape);
    }
    if rng.one_in(12) {
        // Slots of two bytes.
        shape.config.vocab_size = 257 + rng.below(40);
    }
    let slots = 2 << rng.below(10);
    let Shape { config, complex, tied, initial_state } = shape;
    let draft_slots = if machine.tokens > 1 && !rng.one_in(4) { slots } else { 0 };
    let (draft_learnt, halves) = (!rng.one_in(3), rng.one_in(3));
    Model { complex, tied, initial_state, ternary, halves, draft_slots, draft_learnt, config }
}

/// Rows of up to 45 elements, so that every ragged group of ternary bytes occurs, whole groups before it or none.
fn ragged(rng: &mut Rng, shape: &mut Shape) {
    let config = &mut shape.config;
    if config.block != Block::Gated {
        return;
    }
    config.d_inner = 1 + rng.below(45);
    let states = config.d_inner * if config.ssm == Ssm::Dws { config.num_states } else { 0 };
    // what `tiny` holds of state and vectors
    config.num_blocks = if states > 40 { 1 } else { config.num_blocks };
}

/// A text, other requests, and texts again.
fn steps(rng: &mut Rng, machine: &Machine, model: &Model) -> Vec<Step> {
    let mut steps = if rng.one_in(4) { vec![other(rng, machine, model)] } else { Vec::new() };
    steps.extend(text(rng, machine, model));
    for _ in 0..rng.below(3) {
        steps.push(other(rng, machine, model));
        if rng.one_in(2) {
            steps.extend(text(rng, machine, model));
        }
    }
    // what a write left invalid is of no use to a text
    if steps.iter().any(|step| matches!(step, Step::Write { .. })) {
        steps.push(Step::Commit { own: true });
        steps.extend(text(rng, machine, model));
    }
    steps
}

/// Sampling, a prompt, some tokens.
fn text(rng: &mut Rng, machine: &Machine, model: &Model) -> Vec<Step> {
    let magnitude = 15 - rng.below(12);
    let temperature = if rng.one_in(3) { 0 } else { rng.between(1, (1 << magnitude) - 1) as i16 };
    let group = rng.one_in(4).then(|| Step::Group { tokens: rng.below(machine.tokens + 1) as u16 });
    let prompt = 1 + rng.below(if machine.tokens == 1 { 2 } else { 2 * machine.tokens + 2 });
    let count = rng.below(if machine.tokens == 1 { 3 } else { 3 * machine.tokens }) as u16;
    let seed = if rng.one_in(16) { 0 } else { rng.bits() as u32 };
    let sample = Step::Sample { temperature, seed };
    let feed = Step::Feed { tokens: tokens(rng, model, prompt), logits: rng.one_in(3) };
    group.into_iter().chain([sample, feed, Step::Generate { count }]).collect()
}

fn tokens(rng: &mut Rng, model: &Model, count: usize) -> Vec<u16> {
    (0..count).map(|_| rng.below(model.config.vocab_size) as u16).collect()
}

/// Any request, sensible or not.
fn other(rng: &mut Rng, machine: &Machine, model: &Model) -> Step {
    let words = model.state_words();
    let some = |rng: &mut Rng| rng.below(words + 3) as u32;
    match rng.below(21) {
        0 => Step::Info,
        1 => Step::Reset,
        2 => Step::Feed {
            tokens: vec![0, (model.config.vocab_size + rng.below(9)) as u16],
            logits: rng.one_in(2),
        },
        3 => Step::Generate { count: rng.below(3) as u16 },
        4..=5 => Step::Read { word: some(rng), count: rng.below(20) as u16 },
        6 => Step::Read { word: 0, count: words.min(300) as u16 },
        7..=8 => {
            let count = 1 + rng.below(8);
            Step::Write { word: some(rng), words: (0..count).map(|_| rng.bits() as i16).collect() }
        }
        9 => Step::Commit { own: !rng.one_in(3) },
        10 => Step::Load { index: rng.below(3) as u16 },
        11 => Step::Reload,
        12 => Step::Counters,
        13 => Step::Clear,
        14 => Step::Group { tokens: (machine.tokens + 1 + rng.below(3)) as u16 },
        15..=18 => damaged(rng),
        19 => Step::Noise {
            bytes: (0..1 + rng.below(6)).map(|_| rng.bits() as u8).filter(|b| *b != 0xa5).collect(),
        },
        _ => power_cut(rng, machine, model),
    }
}

fn damaged(rng: &mut Rng) -> Step {
    let command = 1 + rng.below(COMMANDS) as u8;
    match rng.below(4) {
        0 => Step::Damaged { command, fault: Fault::Crc },
        1 => Step::Damaged { command, fault: Fault::Long },
        2 => Step::Damaged { command, fault: Fault::Short },
        _ => Step::Damaged { command: [0, 13, 14, 0x1d, 0x83, 0xff][rng.below(6)], fault: Fault::Unknown },
    }
}

/// While the request is on its way, and in every part of the passes behind it.
fn power_cut(rng: &mut Rng, machine: &Machine, model: &Model) -> Step {
    let count = 1 + rng.below(2 * machine.tokens);
    let clocks = rng.below((8 + 2 * count) * BYTE + 20_000) as u64;
    Step::PowerCut { tokens: tokens(rng, model, count), clocks, power_up: rng.bits() as u32 }
}

//! The smallest case that still fails.

use super::case::{Case, Step};
use statestream_image::config::{FlashBus, Pipeline};

/// Cases that are tried at most.
const TRIES: usize = 400;

/// Makes the case smaller as long as `fails` says that it still fails: fewer steps, shorter texts, a smaller model, no throttle, a plainer
/// machine. Equal cases shrink equally. `fails` is true of the case itself.
pub fn shrink(case: &Case, fails: impl Fn(&Case) -> bool) -> Case {
    let (mut smallest, mut tries) = (case.clone(), 0);
    loop {
        let smaller = candidates(&smallest).into_iter().find(|candidate| {
            tries += 1;
            tries <= TRIES && fails(candidate)
        });
        match smaller {
            Some(candidate) => smallest = candidate,
            None => return smallest,
        }
    }
}

/// Cases that are smaller in one way, the boldest first.
fn candidates(case: &Case) -> Vec<Case> {
    let mut all = fewer_steps(case);
    all.extend(smaller_model(case));
    all.extend(plainer_machine(case));
    all.extend(shorter_steps(case));
    all.retain(|candidate| candidate != case);
    all
}

fn with(case: &Case, change: impl FnOnce(&mut Case)) -> Case {
    let mut changed = case.clone();
    change(&mut changed);
    changed
}

/// Without its second half, without its first, without any one step, the last first.
fn fewer_steps(case: &Case) -> Vec<Case> {
    let count = case.steps.len();
    let halves = [0..count / 2, count / 2..count];
    let mut all: Vec<Case> = match count {
        0..=2 => Vec::new(),
        _ => halves.map(|kept| with(case, |c| c.steps = case.steps[kept].to_vec())).into(),
    };
    all.extend((0..count).rev().map(|at| with(case, |c| drop(c.steps.remove(at)))));
    all
}

/// Each size halved or one less.
fn smaller_model(case: &Case) -> Vec<Case> {
    type Size = fn(&mut Case) -> &mut usize;
    let sizes: [Size; 6] = [
        |c| &mut c.model.config.num_blocks,
        |c| &mut c.model.config.channels,
        |c| &mut c.model.config.d_inner,
        |c| &mut c.model.config.num_states,
        |c| &mut c.model.config.vocab_size,
        |c| &mut c.model.draft_slots,
    ];
    let smaller = |size: &Size, to: fn(usize) -> usize| {
        with(case, |c| {
            let size = size(c);
            // a draft table has two slots or none, and its slots are a power of two
            *size = to(*size);
        })
    };
    let halves = sizes.iter().map(|size| smaller(size, |n| if n > 1 { n / 2 } else { n }));
    let less = sizes[..5].iter().map(|size| smaller(size, |n| if n > 1 { n - 1 } else { n }));
    let none = with(case, |c| c.model.draft_slots = 0);
    let plain = [
        with(case, |c| c.model.config.conv_taps = 0),
        with(case, |c| c.model.initial_state = false),
        with(case, |c| c.model.halves = false),
        with(case, |c| c.model.complex = false),
    ];
    [none].into_iter().chain(halves).chain(less).chain(plain).filter(is_sound).collect()
}

/// A table has two slots at least.
fn is_sound(case: &Case) -> bool {
    case.model.draft_slots != 1
}

fn plainer_machine(case: &Case) -> Vec<Case> {
    let narrow = |c: &mut Case| {
        c.machine.flash = FlashBus::Quad;
        c.machine.pipeline = Pipeline::Short;
    };
    vec![
        with(case, |c| c.stalls = None),
        with(case, |c| c.machine.tokens = 1),
        with(case, narrow),
        with(case, |c| c.power_up = 0),
    ]
}

fn shorter_steps(case: &Case) -> Vec<Case> {
    let shorter = |at: usize| {
        shorter(&case.steps[at])
            .into_iter()
            .map(move |step| with(case, |c| c.steps[at] = step))
            .collect::<Vec<_>>()
    };
    (0..case.steps.len()).flat_map(shorter).collect()
}

/// The same with less to do.
fn shorter(step: &Step) -> Vec<Step> {
    let halves = |tokens: &[u16]| -> Vec<Vec<u16>> {
        match tokens.len() {
            0 | 1 => Vec::new(),
            count => vec![tokens[..count / 2].to_vec(), tokens[count / 2..].to_vec(), tokens[1..].to_vec()],
        }
    };
    match step {
        Step::Feed { tokens, logits } => {
            let few = halves(tokens).into_iter().map(|tokens| Step::Feed { tokens, logits: *logits });
            let quiet = logits.then(|| Step::Feed { tokens: tokens.clone(), logits: false });
            let zeros = Step::Feed { tokens: vec![0; tokens.len()], logits: *logits };
            few.chain(quiet).chain([zeros]).collect()
        }
        Step::Generate { count } if *count > 1 => {
            vec![Step::Generate { count: count / 2 }, Step::Generate { count: count - 1 }]
        }
        Step::Sample { temperature, seed } if (*temperature, *seed) != (0, 1) => {
            vec![
                Step::Sample { temperature: 0, seed: 1 },
                Step::Sample { temperature: *temperature, seed: 1 },
            ]
        }
        Step::Write { word, words } if words.len() > 1 => {
            vec![Step::Write { word: *word, words: words[..1].to_vec() }]
        }
        Step::Read { word, count } if *count > 1 => vec![Step::Read { word: *word, count: 1 }],
        Step::Noise { bytes } if bytes.len() > 1 => vec![Step::Noise { bytes: bytes[..1].to_vec() }],
        Step::PowerCut { tokens, clocks, power_up } => {
            let few = halves(tokens).into_iter();
            few.map(|tokens| Step::PowerCut { tokens, clocks: *clocks, power_up: *power_up }).collect()
        }
        _ => Vec::new(),
    }
}

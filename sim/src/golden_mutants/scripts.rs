//! What is done with the machine, and with each copy of golden.

use statestream_image::config::Config;
use statestream_image::layout::Image;
use statestream_image::rng::Rng;
use statestream_image::testing::{random_draft, random_image, shapes};

use crate::stimulus::{variant, Action};

use super::GoldenMutantError;

/// A machine, its image and what is done with it.
#[derive(Debug, Clone)]
pub struct Script {
    /// What it is called.
    pub name: String,
    /// The machine.
    pub config: Config,
    /// What is in its flash.
    pub image: Image,
    /// What is done.
    pub actions: Vec<Action>,
}

/// Every kind of model on the smallest machine, and texts with guesses on one of four tokens per pass.
pub fn scripts(seed: u64) -> Result<Vec<Script>, GoldenMutantError> {
    let tiny = Config::named("tiny").map_err(|error| GoldenMutantError::Config(error.to_string()))?;
    let mut rng = Rng::new(seed);
    let mut scripts = Vec::new();
    for (at, shape) in shapes().iter().enumerate() {
        let image = random_image(rng.bits(), shape);
        let actions = text(&mut rng, image.header.vocab, 1);
        scripts.push(Script { name: format!("shape {at}"), config: tiny.clone(), image, actions });
    }
    scripts.push(guesses(&mut rng, variant(&tiny, 4)));
    Ok(scripts)
}

/// A model of few tokens: guesses are right, and wrong, soon. Every prompt is another context to guess from.
fn guesses(rng: &mut Rng, config: Config) -> Script {
    let mut shape = shapes()[0].clone();
    shape.config.vocab_size = 3;
    let mut image = random_image(rng.bits(), &shape);
    random_draft(&mut image, rng.bits(), 64);
    let mut actions = text(rng, image.header.vocab, 4);
    actions.push(noise(rng));
    for _ in 0..10 {
        actions.extend([prompt(rng, image.header.vocab, 3, false), Action::Generate(5)]);
    }
    Script { name: "guesses".into(), config, image, actions }
}

/// A prompt and a text with noise, the state there and back, and from a stored state the same without noise.
fn text(rng: &mut Rng, vocab: usize, group: u16) -> Vec<Action> {
    vec![
        Action::Group(group),
        noise(rng),
        prompt(rng, vocab, 6, true),
        Action::Generate(6 * group),
        Action::Reload,
        Action::LoadStored(1),
        Action::Sample { temperature: 0, seed: 1 },
        prompt(rng, vocab, 3, false),
        Action::Generate(4 * group),
    ]
}

fn noise(rng: &mut Rng) -> Action {
    Action::Sample { temperature: rng.between(1000, 12000) as i16, seed: rng.bits() as u32 }
}

fn prompt(rng: &mut Rng, vocab: usize, count: usize, logits: bool) -> Action {
    Action::Feed { tokens: (0..count).map(|_| rng.below(vocab) as u16).collect(), logits }
}

/// The line of a script that says so; `golden/examples/replay.rs` tells of them.
pub(super) fn line(action: &Action) -> String {
    match action {
        Action::Sample { temperature, seed } => format!("sample {temperature} {seed}\n"),
        Action::Feed { tokens, logits } => {
            let tokens: String = tokens.iter().map(|token| format!(" {token}")).collect();
            format!("feed {}{tokens}\n", u8::from(*logits))
        }
        Action::Generate(count) => format!("generate {count}\n"),
        Action::Group(tokens) => format!("group {tokens}\n"),
        Action::Reset => "reset\n".into(),
        Action::LoadStored(index) => format!("load {index}\n"),
        Action::Reload => "reload\n".into(),
    }
}

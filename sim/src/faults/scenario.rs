//! A machine, an image, and a text that golden has written already.

use statestream_golden::Model;
use statestream_image::config::{Config, FlashBus};
use statestream_image::layout::Image;
use statestream_image::model::Shape;
use statestream_image::rng::Rng;
use statestream_image::testing::{random_draft, random_image, random_ternary, shapes};

use super::{Injector, Marks, Trouble, Verdict};
use crate::chips::Chips;
use crate::engine::{Deaf, Engine, EngineError, GoldenEngine};
use crate::host::Info;
use crate::pins::Pins;
use crate::rtl::{chips, compiled, Rtl, RtlOptions};
use crate::stimulus::{text, variant, wired, Action, Answer};
use crate::verilator::Compiled;

/// A machine that can be made again and again, and what it must answer.
#[derive(Debug)]
pub struct Scenario {
    /// For messages.
    pub name: String,
    pub(super) config: Config,
    compiled: Compiled,
    chips: Chips,
    pub(super) script: Vec<Action>,
    /// The answer to each action, then the state.
    pub(super) golden: Vec<Vec<i16>>,
    pub(super) info: Info,
    pub(super) marks: Marks,
    /// From power-up to the last answer, if nothing is wrong.
    pub(super) half_clocks: u64,
    /// Clocks without a byte that are silence.
    pub(super) patience: u64,
    /// Where the image ends, and before that what the machine never reads.
    pub(super) image: [usize; 2],
}

/// No scenario.
#[derive(Debug, thiserror::Error)]
pub enum ScenarioError {
    /// No machine, or no golden text.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// No such configuration.
    #[error("{0}")]
    Config(String),
    /// Without a fault the machine is wrong already.
    #[error("{name} without a fault: {verdict:?}; run the tests of lockstep first")]
    Unsound {
        /// The scenario.
        name: String,
        /// What was found.
        verdict: Verdict,
    },
}

impl Scenario {
    /// This machine with this image, which does what `script` says. The options may name other Verilog.
    pub fn new(
        config: &Config,
        image: &Image,
        script: Vec<Action>,
        options: &RtlOptions,
    ) -> Result<Scenario, ScenarioError> {
        let bytes = image.to_bytes();
        let scenario = Scenario {
            name: config.name.clone(),
            config: config.clone(),
            compiled: compiled(config, options)?,
            chips: chips(config, &bytes, options)?,
            golden: golden(image, &script)?,
            script,
            info: Info::default(),
            marks: Marks::default(),
            half_clocks: 0,
            patience: 1_000_000,
            image: [image.header.states_at + 2 * image.state_bytes(), bytes.len()],
        };
        scenario.measured()
    }

    /// This machine with an image and a text drawn from the seed.
    pub fn random(config: &Config, seed: u64, options: &RtlOptions) -> Result<Scenario, ScenarioError> {
        let mut rng = Rng::new(seed);
        let shape = shape(&mut rng);
        let random = if config.ternary { random_ternary } else { random_image };
        let mut image = random(rng.bits(), &shape);
        if config.tokens > 1 {
            random_draft(&mut image, rng.bits(), 8);
        }
        let script = script(&mut rng, &image);
        Scenario::new(config, &image, script, options)
    }

    /// When its lines are in use.
    pub fn marks(&self) -> &Marks {
        &self.marks
    }

    /// What a run without a fault shows.
    fn measured(mut self) -> Result<Scenario, ScenarioError> {
        let mut rtl = self.machine(&Trouble::default(), 1)?;
        rtl.line.injector = Some(Injector::observer(self.config.flash).into());
        rtl.greet()?;
        self.info = *rtl.info();
        let boot = rtl.cycles();
        let verdict = self.script_on(&mut rtl, None)?;
        self.sound(verdict)?;
        self.half_clocks = 2 * rtl.cycles();
        self.marks = rtl.line.injector.as_mut().map(|injector| injector.marks()).unwrap_or_default();
        let pass = rtl.passes().iter().map(|(_, clocks)| *clocks).max().unwrap_or_default();
        self.patience = boot + 2 * pass;
        // Patience for this text is found to be enough.
        let verdict = self.whole(&mut self.machine(&Trouble::default(), 2)?, None)?;
        self.sound(verdict)?;
        Ok(self)
    }

    fn sound(&self, verdict: Verdict) -> Result<(), ScenarioError> {
        match verdict {
            Verdict::Recovered => Ok(()),
            verdict => Err(ScenarioError::Unsound { name: self.name.clone(), verdict }),
        }
    }

    /// A machine at power-up, this trouble at its pins.
    pub(super) fn machine(&self, trouble: &Trouble, seed: u32) -> Result<Rtl, EngineError> {
        let mut chips = self.chips.clone();
        if let Some(power) = trouble.power {
            chips = chips.found(power);
        }
        trouble.bits.iter().try_for_each(|(byte, bit)| chips.corrupt(*byte, *bit))?;
        let mut pins = Pins::new("rtl", self.compiled.load(seed)?, chips, self.config.uart_divisor)?;
        pins.patience = self.patience;
        pins.injector = Some(Injector::new(self.config.flash, trouble.faults.clone()).into());
        pins.reset = trouble.reset.map(|at| pins.another(!seed).map(|other| (at, other))).transpose()?;
        Ok(Rtl::strange(pins))
    }
}

/// Machines of every bus and of one and four tokens a pass, rows of every width, each with a small image and a text of its own.
pub fn scenarios(seed: u64) -> Result<Vec<Scenario>, ScenarioError> {
    let named = |name| Config::named(name).map_err(|error| ScenarioError::Config(error.to_string()));
    let (tiny, ternary) = (named("tiny")?, named("tiny-ternary")?);
    let configs = [
        tiny.clone(),
        variant(&tiny, 4),
        wired(&tiny, FlashBus::Dual),
        wired(&tiny, FlashBus::Dtr),
        variant(&ternary, 4),
    ];
    let options = RtlOptions::default();
    configs.iter().zip(seed..).map(|(config, seed)| Scenario::random(config, seed, &options)).collect()
}

/// A model whose passes are short. A record of the embedding has 16 bytes twice in three times: a wrong bit of an address then meets
/// the beginning of another record.
fn shape(rng: &mut Rng) -> Shape {
    let mut kinds = shapes();
    let mut shape = kinds.swap_remove(rng.below(kinds.len()));
    let c = &mut shape.config;
    (c.channels, c.vocab_size, c.num_blocks) = (6 + usize::from(rng.one_in(3)), 8, 1);
    (c.d_inner, c.num_states) = (c.d_inner.min(3), c.num_states.min(3));
    shape
}

/// Everything that reads the flash and the line, in a text of a few passes.
fn script(rng: &mut Rng, image: &Image) -> Vec<Action> {
    let vocab = image.header.vocab;
    let mut script = text(rng, vocab, 2, 3);
    script.push([Action::LoadStored(1), Action::Reload, Action::Reset][rng.below(3)].clone());
    script.push(Action::Feed { tokens: vec![rng.below(vocab) as u16], logits: true });
    script
}

/// What golden answers.
fn golden(image: &Image, script: &[Action]) -> Result<Vec<Vec<i16>>, EngineError> {
    let mut engine = GoldenEngine::new(&Model::new(image)?);
    let answers = script.iter().map(|action| answer(&mut engine, action)).collect::<Result<Vec<_>, _>>();
    let mut answers = answers?;
    answers.push(engine.state()?);
    Ok(answers)
}

/// Does it and returns all that the engine says to it.
pub(super) fn answer(engine: &mut impl Engine, action: &Action) -> Result<Vec<i16>, EngineError> {
    Ok(match action.done_by(engine, &mut Deaf)? {
        Answer::Done => Vec::new(),
        Answer::Fed(fed) => fed.logits.concat().into_iter().chain([fed.next as i16]).collect(),
        Answer::Text(tokens) => tokens.into_iter().map(|token| token as i16).collect(),
        Answer::State(words) => words,
    })
}

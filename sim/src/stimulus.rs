//! Stimulus: what to do with a machine, drawn from a seed, done to an engine and to the golden model alike.
//!
//! ```text
//! seed ─ actions ─ bench ─┬─ engine ── every reported word ─┐
//!                         └─ golden ────────────────────────┴─ equal: words, tokens, logits, state, saturations
//! ```

use statestream_golden::{Coverage, GoldenError, Model, Session, State};
use statestream_image::config::{Config, FlashBus, Pipeline};
use statestream_image::layout::Image;
use statestream_image::rng::Rng;

use crate::engine::{Engine, EngineError, Fed, Listener};
use crate::host::{Counters, DeviceError, Exchange, HostError, Request, Response};
use crate::lockstep::Lockstep;
use crate::mismatch::Mismatch;
use crate::rtl::{Rtl, RtlOptions};

/// One thing to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Sets temperature word and seed.
    Sample {
        /// 0 is greedy.
        temperature: i16,
        /// The noise's seed.
        seed: u32,
    },
    /// Feeds tokens, back to back.
    Feed {
        /// At least one.
        tokens: Vec<u16>,
        /// Ask for every token's logits.
        logits: bool,
    },
    /// Writes this many tokens.
    Generate(u16),
    /// At most so many tokens share a pass; 0: as many as the engine has room for.
    Group(u16),
    /// Back to the initial state.
    Reset,
    /// Continues from a state stored in the image.
    LoadStored(u16),
    /// Reads the state, forgets it by a reset, and continues from what was read.
    Reload,
}

/// What an engine says to an action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It is done.
    Done,
    /// What was fed.
    Fed(Fed),
    /// What was written.
    Text(Vec<u16>),
    /// The state that was read.
    State(Vec<i16>),
}

impl Action {
    /// Does it, whatever it is compared with.
    pub fn done_by(
        &self,
        engine: &mut dyn Engine,
        listener: &mut dyn Listener,
    ) -> Result<Answer, EngineError> {
        let done = match self {
            Action::Feed { tokens, logits } => {
                return engine.feed(tokens, *logits, listener).map(Answer::Fed)
            }
            Action::Generate(count) => return engine.generate(*count, listener).map(Answer::Text),
            Action::Reload => return reload(engine).map(Answer::State),
            Action::Sample { temperature, seed } => engine.sample(*temperature, *seed),
            Action::Group(tokens) => engine.group(*tokens),
            Action::Reset => engine.reset(),
            Action::LoadStored(index) => engine.load_stored(*index),
        };
        done.map(|()| Answer::Done)
    }
}

fn reload(engine: &mut dyn Engine) -> Result<Vec<i16>, EngineError> {
    let words = engine.state()?;
    engine.reset()?;
    engine.load(&words)?;
    Ok(words)
}

/// This configuration with room for so many tokens in a pass.
pub fn variant(config: &Config, tokens: usize) -> Config {
    Config { name: format!("{} of {tokens}", config.name), tokens, ..config.clone() }
}

/// This configuration with the long pipeline.
pub fn long(config: &Config) -> Config {
    Config { name: format!("{}, long", config.name), pipeline: Pipeline::Long, ..config.clone() }
}

/// The configuration with its flash wired otherwise, at an address whose half is odd.
pub fn wired(config: &Config, flash: FlashBus) -> Config {
    let name = format!("{} on {flash:?}", config.name);
    Config { name, flash, flash_base: 0x1_0002, ..config.clone() }
}

/// A text of `prompt` random tokens and `count` written ones: sampling, feed, generate; greedy once in three times.
pub fn text(rng: &mut Rng, vocab: usize, prompt: usize, count: u16) -> Vec<Action> {
    let magnitude = 15 - rng.below(12);
    let temperature = if rng.one_in(3) { 0 } else { rng.between(1, (1 << magnitude) - 1) as i16 };
    let tokens = (0..prompt).map(|_| rng.below(vocab) as u16).collect();
    vec![
        Action::Sample { temperature, seed: rng.bits() as u32 },
        Action::Feed { tokens, logits: rng.one_in(2) },
        Action::Generate(count),
    ]
}

/// What no model reaches: F stays inside a word, and two indices end where their tables do.
const UNREACHABLE: [&str; 4] =
    ["act: clamp low", "act: clamp high", "rsqrt table: past the end", "gumbel table: past the end"];

/// Corners of the arithmetic that models can reach and that this run did not.
pub fn missed(coverage: &Coverage) -> Vec<String> {
    let zero = coverage.rows().filter(|(_, count)| *count == 0);
    zero.map(|(name, _)| name).filter(|name| !UNREACHABLE.contains(&name.as_str())).collect()
}

/// What this model writes after a token, one token per pass.
pub fn own_text(image: &Image, first: u16, count: usize) -> Result<Vec<u16>, GoldenError> {
    let mut session = Session::new(&Model::new(image)?);
    session.feed(first, true, None)?;
    Ok(session.generate(count, 1)?.tokens)
}

/// One request and its final response as they are: what an [`Engine`] would not send, and what it would not show.
pub fn ask(rtl: &mut Rtl, request: Request) -> Result<Response, HostError> {
    ask_bytes(rtl, &request.encode()?, request)
}

/// The same with other bytes than the request's.
pub fn ask_bytes(rtl: &mut Rtl, bytes: &[u8], request: Request) -> Result<Response, HostError> {
    let patience = rtl.patience();
    rtl.raw(bytes, 0);
    Exchange::new(request).wait(patience, || Ok(rtl.raw(&[], 1).pop()), |_| ())
}

/// Why an engine is not the golden model.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BenchError {
    /// A word, a token or the count of saturations.
    #[error(transparent)]
    Mismatch(Box<Mismatch>),
    /// The engine gave up.
    #[error("{error}; replay: {replay}")]
    Engine {
        /// Why.
        error: Box<EngineError>,
        /// The command that shows it again.
        replay: String,
    },
    /// The talk with the machine broke down.
    #[error(transparent)]
    Host(#[from] HostError),
    /// The golden model refuses what the engine did.
    #[error(transparent)]
    Golden(#[from] GoldenError),
    /// Something other than a word is not what was foreseen.
    #[error("{what}: foreseen {foreseen}, {engine} {found}; replay: {replay}")]
    Unforeseen {
        /// What it is.
        what: &'static str,
        /// The engine's name.
        engine: &'static str,
        /// As it should be.
        foreseen: String,
        /// As it is.
        found: String,
        /// The command that shows it again.
        replay: String,
    },
    /// An answer that is not what the trace says.
    #[error("{what}: golden {golden:?}, {engine} {found:?}; replay: {replay}")]
    Answer {
        /// Which answer.
        what: &'static str,
        /// The engine's name.
        engine: &'static str,
        /// The golden model's words.
        golden: Vec<i16>,
        /// The engine's.
        found: Vec<i16>,
        /// The command that shows it again.
        replay: String,
    },
}

/// An engine with the golden model beside it; whatever is done is done to both.
#[derive(Debug)]
pub struct Bench<E> {
    /// The engine.
    pub engine: E,
    /// The golden model.
    pub lockstep: Lockstep,
    model: Model,
    replay: String,
}

impl Bench<Rtl> {
    /// The Verilated machine with this image in its flash.
    pub fn rtl(
        config: &Config,
        image: &Image,
        options: &RtlOptions,
        replay: &str,
    ) -> Result<Self, BenchError> {
        Bench::on(|| Rtl::new(config, &image.to_bytes(), options), image, replay)
    }

    /// A machine with this image in its flash, however it is made.
    pub(crate) fn on(
        make: impl FnOnce() -> Result<Rtl, EngineError>,
        image: &Image,
        replay: &str,
    ) -> Result<Self, BenchError> {
        let model = Model::new(image)?;
        let machine =
            make().map_err(|error| BenchError::Engine { error: error.into(), replay: replay.into() })?;
        let traced = machine.is_traced();
        let bench = Bench::new(machine, &model, image, replay);
        Ok(if traced { bench } else { Bench { lockstep: bench.lockstep.without_words(), ..bench } })
    }

    /// The machine is configured anew at this clock ([`Rtl::restart`]), in the middle of whatever it does; golden begins anew too.
    pub fn restart(&mut self, seed: u32) -> Result<(), BenchError> {
        self.lockstep.restart(&self.model);
        let done = self.engine.restart(seed);
        self.checked(done)
    }

    /// The machine's counters.
    pub fn counters(&mut self) -> Result<Counters, BenchError> {
        let counters = self.engine.counters();
        self.checked(counters)
    }
}

impl BenchError {
    /// The machine's own error, if that is what it is.
    pub fn device(&self) -> Option<DeviceError> {
        match self {
            BenchError::Engine { error, .. } => match **error {
                EngineError::Device(error) => Some(error),
                _ => None,
            },
            _ => None,
        }
    }
}

impl<E: Engine> Bench<E> {
    /// An engine that runs this image and is as fresh as the golden model will be.
    pub fn new(engine: E, model: &Model, image: &Image, replay: &str) -> Self {
        let lockstep = Lockstep::new(model, &image.sections, engine.name(), replay);
        Self { engine, lockstep, model: model.clone(), replay: replay.into() }
    }

    /// Does all of these.
    pub fn run(&mut self, actions: &[Action]) -> Result<(), BenchError> {
        actions.iter().try_for_each(|action| self.act(action))
    }

    /// Does one thing and compares everything that comes of it.
    pub fn act(&mut self, action: &Action) -> Result<(), BenchError> {
        match action {
            Action::Sample { temperature, seed } => {
                self.lockstep.session().set_sampling(*temperature, *seed);
                let done = self.engine.sample(*temperature, *seed);
                self.checked(done)
            }
            Action::Feed { tokens, logits } => self.feed(tokens, *logits).map(drop),
            Action::Generate(count) => self.generate(*count).map(drop),
            Action::Group(tokens) => {
                let done = self.engine.group(*tokens);
                self.checked(done)
            }
            Action::Reset => {
                self.lockstep.session().reset();
                let done = self.engine.reset();
                self.checked(done)
            }
            Action::LoadStored(index) => {
                self.lockstep.session().load_stored(usize::from(*index))?;
                let done = self.engine.load_stored(*index);
                self.checked(done)
            }
            Action::Reload => self.reload(),
        }
    }

    /// Feeds both; what the engine answers is what the golden model computes.
    pub fn feed(&mut self, tokens: &[u16], logits: bool) -> Result<Fed, BenchError> {
        let golden = self.foreseen(tokens, logits)?;
        let fed = self.engine.feed(tokens, logits, &mut self.lockstep);
        let fed = self.checked(fed)?;
        self.same("the next token", &[golden.next as i16], &[fed.next as i16])?;
        self.same("all logits", &golden.logits.concat(), &fed.logits.concat())?;
        Ok(fed)
    }

    /// Lets the engine write; its text is the golden model's.
    pub fn generate(&mut self, count: u16) -> Result<Vec<u16>, BenchError> {
        let mut session = self.lockstep.session().clone();
        let mut golden = Vec::new();
        for _ in 0..count {
            let token = session.next_token().unwrap_or_default();
            golden.push(token as i16);
            session.feed(token, true, None)?;
        }
        let text = self.engine.generate(count, &mut self.lockstep);
        let text = self.checked(text)?;
        self.same("the text", &golden, &text.iter().map(|token| *token as i16).collect::<Vec<_>>())?;
        Ok(text)
    }

    /// The engine's state, which is the golden model's.
    pub fn state(&mut self) -> Result<Vec<i16>, BenchError> {
        let words = self.engine.state();
        let words = self.checked(words)?;
        let golden = self.lockstep.session().state();
        self.same("the state", golden.words(), &words)?;
        Ok(words)
    }

    /// Continues from these words.
    pub fn load(&mut self, words: &[i16]) -> Result<(), BenchError> {
        let state = State::from_words(&self.model, words, 0)?;
        self.lockstep.session().load(&state)?;
        let done = self.engine.load(words);
        self.checked(done)
    }

    /// Compares the counts of saturations since the start.
    pub fn saturations(&mut self) -> Result<u64, BenchError> {
        let count = self.engine.saturations();
        let count = self.checked(count)?;
        // A difference is kept as the verdict.
        let _ = self.lockstep.saturations(count);
        self.lockstep.verdict().map_err(BenchError::Mismatch)?;
        Ok(count)
    }

    /// Which corners of the arithmetic the run reached.
    pub fn coverage(&self) -> &Coverage {
        self.lockstep.coverage()
    }

    /// Something is not as foreseen.
    pub fn unforeseen(&self, what: &'static str, foreseen: String, found: String) -> BenchError {
        BenchError::Unforeseen {
            what,
            engine: self.engine.name(),
            foreseen,
            found,
            replay: self.replay.clone(),
        }
    }

    fn reload(&mut self) -> Result<(), BenchError> {
        let words = self.state()?;
        self.act(&Action::Reset)?;
        self.load(&words)
    }

    /// What the golden model will answer.
    fn foreseen(&mut self, tokens: &[u16], logits: bool) -> Result<Fed, GoldenError> {
        let mut session = self.lockstep.session().clone();
        let mut fed = Fed::default();
        for (at, &token) in tokens.iter().enumerate() {
            let head = logits || at + 1 == tokens.len();
            fed.next = session.feed(token, head, None)?.unwrap_or_default();
            if logits {
                fed.logits.push(session.logits().to_vec());
            }
        }
        Ok(fed)
    }

    /// An engine that its listener stopped has a mismatch to show.
    fn checked<T>(&self, outcome: Result<T, EngineError>) -> Result<T, BenchError> {
        self.lockstep.verdict().map_err(BenchError::Mismatch)?;
        outcome.map_err(|error| BenchError::Engine { error: error.into(), replay: self.replay.clone() })
    }

    fn same(&self, what: &'static str, golden: &[i16], found: &[i16]) -> Result<(), BenchError> {
        if golden == found {
            return Ok(());
        }
        let (engine, replay) = (self.engine.name(), self.replay.clone());
        Err(BenchError::Answer { what, engine, golden: golden.into(), found: found.into(), replay })
    }
}

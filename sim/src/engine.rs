//! What golden, Verilated RTL, netlist and board have in common: they take tokens and report words.

use std::ops::ControlFlow;
use std::path::PathBuf;

use statestream_hdl::emit::EmitError;

use statestream_golden::session::{Heads, Passed, MOST_TOKENS};
use statestream_golden::{GoldenError, Model, Session, State, Trace};

use crate::flash::FlashError;
use crate::host::{DeviceError, HostError};
use crate::netlist::NetlistError;
use crate::verilator::VerilatorError;

/// One token of a pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Feed {
    /// The token.
    pub token: u16,
    /// True if its logits are computed.
    pub logits: bool,
    /// True if it is a guess.
    pub guess: bool,
}

/// How a pass ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ended {
    /// Tokens kept: all of them, or in a pass with guesses the first one and those guessed right behind it.
    pub kept: usize,
    /// The token chosen after the last one kept, if its logits were computed.
    pub next: Option<u16>,
}

/// A word an engine wrote, as its trace port tells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reported {
    /// Number of the section on the tape.
    pub section: u32,
    /// Row within the section.
    pub row: u32,
    /// Token within the pass.
    pub token: u16,
    /// The word.
    pub word: i16,
    /// The engine's clock, if it has one.
    pub cycle: Option<u64>,
}

/// Hears what an engine does, as it does it. `Break` asks the engine to stop; it then returns [`EngineError::Stopped`].
pub trait Listener {
    /// A pass over the tape begins.
    fn begin(&mut self, pass: &[Feed]) -> ControlFlow<()>;
    /// False if words need not be told: an engine may then save itself the trouble.
    fn hears_words(&self) -> bool {
        true
    }
    /// A word was written.
    fn word(&mut self, reported: Reported) -> ControlFlow<()>;
    /// The pass is over.
    fn end(&mut self, ended: Ended) -> ControlFlow<()>;
}

/// Hears nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Deaf;

impl Listener for Deaf {
    fn hears_words(&self) -> bool {
        false
    }

    fn begin(&mut self, _: &[Feed]) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }

    fn word(&mut self, _: Reported) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }

    fn end(&mut self, _: Ended) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }
}

/// What feeding tokens gave.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Fed {
    /// The token chosen after the last one fed.
    pub next: u16,
    /// Every token's logits, if they were asked for.
    pub logits: Vec<Vec<i16>>,
}

/// Why an engine did not do what it was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EngineError {
    /// The machine refuses or failed: the same answers from every engine.
    #[error(transparent)]
    Device(DeviceError),
    /// The talk with the machine broke down.
    #[error(transparent)]
    Host(HostError),
    /// The golden model refuses for a reason the machine has no code for.
    #[error(transparent)]
    Golden(#[from] GoldenError),
    /// The simulator's model.
    #[error(transparent)]
    Verilator(#[from] VerilatorError),
    /// The netlist cannot be simulated.
    #[error(transparent)]
    Netlist(#[from] NetlistError),
    /// No Verilog for this configuration.
    #[error(transparent)]
    Emit(#[from] EmitError),
    /// The flash cannot be made as asked.
    #[error(transparent)]
    Flash(#[from] FlashError),
    /// A port of this computer, or what is behind it.
    #[error("{port}: {reason}")]
    Port {
        /// The port.
        port: String,
        /// What is wrong, and what to do.
        reason: String,
    },
    /// A folder of Verilog cannot be used.
    #[error("{}: {reason}", folder.display())]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// Why not, and what to do.
        reason: String,
    },
    /// The listener asked to stop.
    #[error("stopped by its listener")]
    Stopped,
}

impl From<HostError> for EngineError {
    fn from(error: HostError) -> EngineError {
        match error {
            HostError::Device(error) => EngineError::Device(error),
            other => EngineError::Host(other),
        }
    }
}

/// A machine that runs a model. The calls are those of `docs/host.md`; so are the errors.
pub trait Engine {
    /// A short name for messages.
    fn name(&self) -> &'static str;
    /// Clears errors, loads stored state 0, forgets the next token.
    fn reset(&mut self) -> Result<(), EngineError>;
    /// At most so many tokens share a pass from now on; 0: as many as the engine has room for.
    fn group(&mut self, tokens: u16) -> Result<(), EngineError>;
    /// One pass per token, or fewer where tokens share passes; the last reaches the head, with `logits` each does.
    fn feed(&mut self, tokens: &[u16], logits: bool, listener: &mut dyn Listener)
        -> Result<Fed, EngineError>;
    /// `count` times: takes the next token and feeds it, with guesses of what follows where there is room. Returns the tokens.
    fn generate(&mut self, count: u16, listener: &mut dyn Listener) -> Result<Vec<u16>, EngineError>;
    /// Sets the temperature word (0 is greedy) and the noise's seed.
    fn sample(&mut self, temperature: i16, seed: u32) -> Result<(), EngineError>;
    /// The state's words in tape order.
    fn state(&mut self) -> Result<Vec<i16>, EngineError>;
    /// Continues from these words.
    fn load(&mut self, words: &[i16]) -> Result<(), EngineError>;
    /// Continues from a state stored in the image.
    fn load_stored(&mut self, index: u16) -> Result<(), EngineError>;
    /// Words clamped since the start or since [`Engine::clear`].
    fn saturations(&mut self) -> Result<u64, EngineError>;
    /// Sets the counters to zero.
    fn clear(&mut self) -> Result<(), EngineError>;
}

/// The golden model as an engine: no clock, and every word it reports is right by definition.
#[derive(Debug, Clone)]
pub struct GoldenEngine {
    session: Session,
    trace: Trace,
    cleared_at: u64,
    group: usize,
}

/// From this many tokens on, one event holds the logits of one token only: its length has 16 bits.
const MANY_LOGITS: usize = 2048;

impl GoldenEngine {
    /// A fresh session of this model; one token per pass.
    pub fn new(model: &Model) -> GoldenEngine {
        GoldenEngine { session: Session::new(model), trace: Trace::new(), cleared_at: 0, group: 1 }
    }

    fn pass(&mut self, pass: &[Feed], listener: &mut dyn Listener) -> Result<usize, EngineError> {
        proceed(listener.begin(pass))?;
        let (tokens, heads, guessed) = shape(pass);
        let told = listener.hears_words();
        let trace = told.then_some(&mut self.trace);
        let Passed { kept, next } =
            self.session.pass(&tokens, heads, guessed, trace).map_err(as_the_machine_says)?;
        for item in self.trace.items().iter().filter(|_| told) {
            let (section, row, token, word) = (item.section, item.row, item.token, item.word);
            proceed(listener.word(Reported { section, row, token, word, cycle: None }))?;
        }
        proceed(listener.end(Ended { kept, next }))?;
        Ok(kept)
    }

    fn next(&self) -> Result<u16, EngineError> {
        self.session.next_token().ok_or(EngineError::Device(DeviceError::Token))
    }

    /// The next token, and guesses of what follows where there is room for them.
    fn write(&mut self, most: usize, listener: &mut dyn Listener) -> Result<Vec<u16>, EngineError> {
        let first = self.next()?;
        let guesses = self.session.draft(first, most.min(self.group) - 1);
        let feed = |(guess, token)| Feed { token, logits: true, guess };
        let mut pass = vec![feed((false, first))];
        pass.extend(guesses.into_iter().map(|token| feed((true, token))));
        let kept = self.pass(&pass, listener)?;
        Ok(pass[..kept].iter().map(|feed| feed.token).collect())
    }
}

/// What the golden model needs to know of a pass: its tokens, which of them get logits, and whether all but the first are guesses.
pub fn shape(pass: &[Feed]) -> (Vec<u16>, Heads, bool) {
    let heads = match pass {
        [first, _, ..] if first.logits => Heads::All,
        [.., last] if last.logits => Heads::Last,
        _ => Heads::None,
    };
    (pass.iter().map(|feed| feed.token).collect(), heads, pass.iter().any(|feed| feed.guess))
}

impl Engine for GoldenEngine {
    fn name(&self) -> &'static str {
        "golden"
    }

    fn reset(&mut self) -> Result<(), EngineError> {
        self.session.reset();
        Ok(())
    }

    fn group(&mut self, tokens: u16) -> Result<(), EngineError> {
        let most = MOST_TOKENS;
        match usize::from(tokens) {
            0 => self.group = most,
            group if group <= most => self.group = group,
            _ => return Err(EngineError::Device(DeviceError::Range)),
        }
        Ok(())
    }

    fn feed(
        &mut self,
        tokens: &[u16],
        logits: bool,
        listener: &mut dyn Listener,
    ) -> Result<Fed, EngineError> {
        let many = logits && self.session.model().header().vocab >= MANY_LOGITS;
        let group = if many { 1 } else { self.group };
        let mut all = Vec::new();
        for (index, chunk) in tokens.chunks(group).enumerate() {
            let end = index * group + chunk.len() == tokens.len();
            let feed = |(at, &token): (usize, &u16)| Feed {
                token,
                logits: logits || end && at + 1 == chunk.len(),
                guess: false,
            };
            self.pass(&chunk.iter().enumerate().map(feed).collect::<Vec<_>>(), listener)?;
            if logits {
                all.extend((0..chunk.len()).map(|token| self.session.logits_of(token).to_vec()));
            }
        }
        Ok(Fed { next: self.next()?, logits: all })
    }

    fn generate(&mut self, count: u16, listener: &mut dyn Listener) -> Result<Vec<u16>, EngineError> {
        let mut text = Vec::new();
        while text.len() < usize::from(count) {
            text.extend(self.write(usize::from(count) - text.len(), listener)?);
        }
        Ok(text)
    }

    fn sample(&mut self, temperature: i16, seed: u32) -> Result<(), EngineError> {
        self.session.set_sampling(temperature, seed);
        Ok(())
    }

    fn state(&mut self) -> Result<Vec<i16>, EngineError> {
        Ok(self.session.state().words().to_vec())
    }

    fn load(&mut self, words: &[i16]) -> Result<(), EngineError> {
        let state = State::from_words(self.session.model(), words, 0).map_err(as_the_machine_says)?;
        self.session.load(&state).map_err(as_the_machine_says)
    }

    fn load_stored(&mut self, index: u16) -> Result<(), EngineError> {
        self.session.load_stored(usize::from(index)).map_err(as_the_machine_says)
    }

    fn saturations(&mut self) -> Result<u64, EngineError> {
        Ok(self.session.saturations() - self.cleared_at)
    }

    fn clear(&mut self) -> Result<(), EngineError> {
        self.cleared_at = self.session.saturations();
        Ok(())
    }
}

/// Turns a listener's wish to stop into the error that unwinds the engine.
pub fn proceed(flow: ControlFlow<()>) -> Result<(), EngineError> {
    match flow {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(()) => Err(EngineError::Stopped),
    }
}

fn as_the_machine_says(error: GoldenError) -> EngineError {
    match error {
        GoldenError::Token { .. } => EngineError::Device(DeviceError::Token),
        GoldenError::Stored { .. } | GoldenError::StateWords { .. } => {
            EngineError::Device(DeviceError::Range)
        }
        GoldenError::StateModel { .. } => EngineError::Device(DeviceError::Model),
        other => EngineError::Golden(other),
    }
}

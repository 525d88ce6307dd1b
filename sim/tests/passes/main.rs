//! Several tokens in one pass: words, text, state, passes and clocks are those of the golden model and the cycle model, whatever
//! shares a pass and whatever is guessed.

mod campaign;
mod drafts;
mod errors;
mod interrupts;
mod states;

use statestream_golden::session::Heads;
use statestream_golden::{GoldenError, Model, Session};
use statestream_image::config::Config;
use statestream_image::layout::Image;
use statestream_sim::cycles::{pass_cycles, PassShape};
use statestream_sim::engine::Fed;
use statestream_sim::host::Request;
use statestream_sim::rtl::{Rtl, RtlOptions};
use statestream_sim::stimulus::{variant, Action, Bench, BenchError};

/// Tokens per pass that machines are built for.
const ROOMS: [usize; 5] = [1, 2, 4, 8, 16];
/// From this many tokens on, an event holds the logits of one token only.
const MANY_LOGITS: usize = 2048;
/// States beyond this many words are not read back: the serial line is slow. Their words are in the trace.
const READ_BACK: usize = 600;

/// The tiny machine with room for so many tokens in a pass.
fn tiny(tokens: usize) -> Config {
    variant(&Config::named("tiny").expect("in configs.toml"), tokens)
}

fn good<T>(outcome: Result<T, BenchError>) -> T {
    outcome.unwrap_or_else(|error| panic!("{error}"))
}

/// What a pass is foreseen to be.
#[derive(Clone, Copy, Debug)]
struct Foreseen {
    shape: PassShape,
    /// Guesses that are kept.
    accepted: usize,
}

/// A machine whose passes are foreseen one by one: by golden what they hold, by the cycle model how long they take.
struct Timed {
    bench: Bench<Rtl>,
    config: Config,
    image: Image,
    /// Nothing pauses the machine.
    free: bool,
    group: usize,
    foreseen: Vec<Foreseen>,
}

impl Timed {
    fn new(config: &Config, image: &Image, options: &RtlOptions, replay: &str) -> Result<Timed, BenchError> {
        let bench = Bench::rtl(config, image, options, replay)?;
        let (config, image, free) = (config.clone(), image.clone(), options.stalls.is_none());
        Ok(Timed { bench, group: config.tokens, config, image, free, foreseen: Vec::new() })
    }

    /// A machine that nothing pauses.
    fn of(tokens: usize, image: &Image) -> Timed {
        let replay = format!("tiny with {tokens} tokens per pass");
        good(Timed::new(&tiny(tokens), image, &RtlOptions::default(), &replay))
    }

    /// The golden session beside the machine.
    fn golden(&mut self) -> &mut Session {
        self.bench.lockstep.session()
    }

    fn run(&mut self, actions: &[Action]) -> Result<(), BenchError> {
        actions.iter().try_for_each(|action| self.act(action))
    }

    /// Does one thing and compares everything that comes of it, passes included.
    fn act(&mut self, action: &Action) -> Result<(), BenchError> {
        self.watch(action, |bench| bench.act(action))
    }

    /// The same for what has an answer.
    fn watch<T>(
        &mut self,
        action: &Action,
        act: impl FnOnce(&mut Bench<Rtl>) -> Result<T, BenchError>,
    ) -> Result<T, BenchError> {
        let before = self.foreseen.len();
        let coming = self.foresee(action)?;
        self.foreseen.extend(coming);
        let answer = act(&mut self.bench)?;
        // Logits wait for the serial line.
        let free = self.free && !matches!(action, Action::Feed { logits: true, .. });
        self.check_passes(before, free);
        Ok(answer)
    }

    fn feed(&mut self, tokens: &[u16], logits: bool) -> Fed {
        let action = Action::Feed { tokens: tokens.to_vec(), logits };
        good(self.watch(&action, |bench| bench.feed(tokens, logits)))
    }

    fn generate(&mut self, count: u16) -> Vec<u16> {
        good(self.watch(&Action::Generate(count), |bench| bench.generate(count)))
    }

    fn state(&mut self) -> Vec<i16> {
        good(self.bench.state())
    }

    fn foresee(&mut self, action: &Action) -> Result<Vec<Foreseen>, GoldenError> {
        match action {
            Action::Group(tokens) => {
                self.group = if *tokens == 0 { self.config.tokens } else { usize::from(*tokens) };
                Ok(Vec::new())
            }
            Action::Feed { tokens, logits } => Ok(self.fed(tokens.len(), *logits)),
            Action::Generate(count) => written(self.golden().clone(), (*count).into(), self.group),
            _ => Ok(Vec::new()),
        }
    }

    /// Whole passes as far as they fill a request, and the rest.
    fn fed(&self, tokens: usize, logits: bool) -> Vec<Foreseen> {
        let alone = logits && self.image.header.vocab >= MANY_LOGITS;
        let group = if alone { 1 } else { self.group };
        let request = Request::MAX_TOKENS - Request::MAX_TOKENS % self.group;
        let requests = (0..tokens).step_by(request).map(|at| request.min(tokens - at));
        requests.flat_map(|tokens| fed_at_once(tokens, logits, group)).collect()
    }

    /// The passes from this number on are those foreseen, in the predicted clocks, or more if something made them wait.
    fn check_passes(&self, from: usize, free: bool) {
        let passes = &self.bench.engine.passes()[from..];
        let shapes: Vec<_> = passes.iter().map(|(shape, _)| *shape).collect();
        let foreseen: Vec<_> = self.foreseen[from..].iter().map(|pass| pass.shape).collect();
        assert_eq!(shapes, foreseen, "passes of {}", self.config.name);
        for (shape, clocks) in passes {
            let predicted = pass_cycles(&self.image, &self.config, *shape).expect("served");
            assert!(
                if free { *clocks == predicted } else { *clocks >= predicted },
                "{clocks}, not {predicted} clocks: {shape:?}"
            );
        }
    }

    /// State, saturations and counters at the end of all.
    fn finish(&mut self) -> Result<(), BenchError> {
        if self.image.header.state_words <= READ_BACK {
            self.bench.state()?;
        }
        self.bench.saturations()?;
        let sum = |count: fn(&Foreseen) -> usize| self.foreseen.iter().map(count).sum::<usize>() as u32;
        let (drafted, accepted) = (sum(|pass| pass.shape.guesses), sum(|pass| pass.accepted));
        let counters = self.bench.engine.counters().expect("there");
        let counted = (counters.passes, counters.drafted, counters.accepted);
        assert_eq!(counted, (self.foreseen.len() as u32, drafted, accepted), "passes, guesses, kept guesses");
        assert_eq!(self.bench.engine.flashes()[0].breaches(), []);
        Ok(())
    }
}

/// The passes of one request.
fn fed_at_once(tokens: usize, logits: bool, group: usize) -> impl Iterator<Item = Foreseen> {
    (0..tokens).step_by(group).map(move |at| {
        let (here, ends) = (group.min(tokens - at), at + group >= tokens);
        let heads = match logits {
            true if here > 1 => Heads::All,
            false if !ends => Heads::None,
            _ => Heads::Last,
        };
        Foreseen { shape: PassShape { tokens: here, guesses: 0, heads }, accepted: 0 }
    })
}

/// The passes in which golden writes so many tokens.
fn written(mut session: Session, count: usize, group: usize) -> Result<Vec<Foreseen>, GoldenError> {
    let (mut passes, mut left) = (Vec::new(), count);
    while left > 0 {
        let (tokens, passed) = session.generate_some(group.min(left), None)?;
        let heads = if tokens.len() > 1 { Heads::All } else { Heads::Last };
        let shape = PassShape { tokens: tokens.len(), guesses: tokens.len() - 1, heads };
        passes.push(Foreseen { shape, accepted: passed.kept - 1 });
        left -= passed.kept;
    }
    Ok(passes)
}

/// What this model writes after a token, one token per pass.
fn own_text(image: &Image, first: u16, count: usize) -> Vec<u16> {
    let mut session = Session::new(&Model::new(image).expect("sound"));
    session.feed(first, true, None).expect("in the vocabulary");
    session.generate(count, 1).expect("a next token").tokens
}

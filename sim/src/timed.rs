//! A machine whose passes are foreseen one by one: by the golden model what they hold, by the cycle model how long they take.

use statestream_golden::session::Heads;
use statestream_golden::{GoldenError, Session};
use statestream_image::config::Config;
use statestream_image::layout::Image;

use crate::cycles::{pass_cycles, PassShape};
use crate::flash::{Breach, Flash, Violation};
use crate::host::Request;
use crate::rtl::{Rtl, RtlOptions};
use crate::stimulus::{Action, Bench, BenchError};

/// From this many tokens on, an event holds the logits of one token only.
const MANY_LOGITS: usize = 2048;

/// What a pass is foreseen to be.
#[derive(Clone, Copy, Debug)]
pub struct Foreseen {
    /// What its clocks depend on.
    pub shape: PassShape,
    /// Guesses that are kept.
    pub accepted: usize,
}

/// The Verilated machine in lockstep, its passes foreseen.
pub struct Timed {
    /// Machine and golden model.
    pub bench: Bench<Rtl>,
    config: Config,
    image: Image,
    /// Nothing pauses the machine.
    free: bool,
    group: usize,
    foreseen: Vec<Foreseen>,
    /// Passes when the counters were last cleared.
    cleared: usize,
    /// How often power was lost.
    cuts: usize,
}

impl Timed {
    /// The machine of this configuration with this image in its flash.
    pub fn new(
        config: &Config,
        image: &Image,
        options: &RtlOptions,
        replay: &str,
    ) -> Result<Timed, BenchError> {
        let bench = Bench::rtl(config, image, options, replay)?;
        Ok(Timed::over(bench, config, image, options.stalls.is_none()))
    }

    /// A machine that is already there; `free` if nothing pauses it.
    pub(crate) fn over(bench: Bench<Rtl>, config: &Config, image: &Image, free: bool) -> Timed {
        let (config, image) = (config.clone(), image.clone());
        let (group, foreseen) = (config.tokens, Vec::new());
        Timed { bench, group, config, image, free, foreseen, cleared: 0, cuts: 0 }
    }

    /// The golden session beside the machine.
    pub fn golden(&mut self) -> &mut Session {
        self.bench.lockstep.session()
    }

    /// The machine.
    pub fn machine(&mut self) -> &mut Rtl {
        &mut self.bench.engine
    }

    /// All passes so far.
    pub fn passes(&self) -> &[Foreseen] {
        &self.foreseen
    }

    /// Does all of these.
    pub fn run(&mut self, actions: &[Action]) -> Result<(), BenchError> {
        actions.iter().try_for_each(|action| self.act(action))
    }

    /// Does one thing and compares everything that comes of it, passes included.
    pub fn act(&mut self, action: &Action) -> Result<(), BenchError> {
        self.watch(action, |bench| bench.act(action))
    }

    /// The same for what has an answer.
    pub fn watch<T>(
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
        self.check_passes(before, free)?;
        Ok(answer)
    }

    /// Something pauses the machine at random.
    pub fn is_throttled(&self) -> bool {
        !self.free
    }

    /// The counters were set to zero.
    pub fn cleared(&mut self) {
        self.cleared = self.foreseen.len();
    }

    /// The machine loses its power and starts again; the flash is found as it was left. What has no power-up value is drawn from `seed`.
    pub fn power_cut(&mut self, seed: u32) -> Result<(), BenchError> {
        self.bench.restart(seed)?;
        (self.group, self.foreseen, self.cleared) = (self.config.tokens, Vec::new(), 0);
        self.cuts += 1;
        Ok(())
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
    fn check_passes(&self, from: usize, free: bool) -> Result<(), BenchError> {
        let passes = self.bench.engine.passes().get(from..).unwrap_or_default();
        let shapes: Vec<_> = passes.iter().map(|(shape, _)| *shape).collect();
        let foreseen: Vec<_> = self.foreseen[from..].iter().map(|pass| pass.shape).collect();
        if shapes != foreseen {
            return Err(self.bench.unforeseen("passes", format!("{foreseen:?}"), format!("{shapes:?}")));
        }
        passes.iter().try_for_each(|(shape, clocks)| self.check_clocks(*shape, *clocks, free))
    }

    fn check_clocks(&self, shape: PassShape, clocks: u64, free: bool) -> Result<(), BenchError> {
        let predicted = pass_cycles(&self.image, &self.config, shape).unwrap_or_default();
        match clocks == predicted || !free && clocks > predicted {
            true => Ok(()),
            false => {
                Err(self.bench.unforeseen("clocks", format!("{predicted} for {shape:?}"), clocks.to_string()))
            }
        }
    }

    /// Passes, guesses and kept guesses since the counters were cleared are those foreseen.
    pub fn check_counters(&mut self) -> Result<(), BenchError> {
        let passes = &self.foreseen[self.cleared..];
        let sum = |count: fn(&Foreseen) -> usize| passes.iter().map(count).sum::<usize>() as u32;
        let foreseen = (passes.len() as u32, sum(|pass| pass.shape.guesses), sum(|pass| pass.accepted));
        let counters = self.bench.counters()?;
        let counted = (counters.passes, counters.drafted, counters.accepted);
        match counted == foreseen {
            true => Ok(()),
            false => Err(self.bench.unforeseen(
                "passes, guesses, kept guesses",
                format!("{foreseen:?}"),
                format!("{counted:?}"),
            )),
        }
    }

    /// No chip's rule was broken, but for the command that a loss of power cut off.
    pub fn check_flash(&self) -> Result<(), BenchError> {
        let of = |flash: &Flash| {
            let cut_off = |breach: &&Breach| matches!(breach.violation, Violation::Truncated(_));
            let breaches = flash.breaches().iter();
            match breaches.clone().filter(cut_off).count() <= self.cuts {
                true => breaches.filter(|breach| !cut_off(breach)).copied().collect::<Vec<_>>(),
                false => breaches.copied().collect(),
            }
        };
        let breaches: Vec<Breach> = self.bench.engine.flashes().iter().flat_map(of).collect();
        match breaches.first() {
            None => Ok(()),
            Some(first) => Err(self.bench.unforeseen(
                "breaches of the flash's rules",
                "none".into(),
                format!("{first:?}"),
            )),
        }
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

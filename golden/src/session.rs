//! A text in progress: passes over the tape, of one or several tokens (`FORMAT.md`, section 5).
//!
//! ```text
//! each token:  s = xs(s);  h = embedding[token]
//! then every section in turn, for all tokens before the next; up to the first `logit` if nobody asks for logits
//! ```

use crate::block::Memory;
use crate::choose::Sampling;
use crate::watch::{Silent, Watch};
use crate::{GoldenError, Model, State, Trace};
use statestream_image::layout::Kind;
use std::ops::Range;

/// Tokens that a pass takes at most.
pub const MOST_TOKENS: usize = 16;

/// Which tokens of a pass get logits, and with them a choice of the token after.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Heads {
    /// None: the pass stops at the first `logit` section.
    None,
    /// The last one.
    Last,
    /// All of them.
    All,
}

/// What a pass came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Passed {
    /// Tokens that count, from the first on: all of them, or in a drafted pass the first and the guesses that came true.
    pub kept: usize,
    /// The token chosen after the last one kept, if that one got logits.
    pub next: Option<u16>,
}

/// A running model: its state, its sampling position and all scratch memory. A pass allocates nothing, unless it is the longest so far.
#[derive(Clone, Debug)]
pub struct Session {
    model: Model,
    memory: Memory,
    sampling: Sampling,
    next: Option<u16>,
    saturations: u64,
    /// The last two tokens kept, the older first.
    history: [u16; 2],
    /// Tokens of the last pass that got logits.
    heads: Range<usize>,
    /// Tokens of the last pass that count.
    kept: usize,
    /// Tokens since the initial state.
    seen: u32,
}

impl Heads {
    /// The tokens with logits, of `count`.
    fn of(self, count: usize) -> Range<usize> {
        match self {
            Heads::None => count..count,
            Heads::Last => count - 1..count,
            Heads::All => 0..count,
        }
    }
}

impl Session {
    /// Starts from the initial state, greedy, with seed 1.
    pub fn new(model: &Model) -> Self {
        Self {
            model: model.clone(),
            memory: Memory::new(model.plan()),
            sampling: Sampling::new(0, 1),
            next: None,
            saturations: 0,
            history: [0; 2],
            heads: 0..0,
            kept: 0,
            seen: 0,
        }
    }

    /// The model that runs.
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// One pass of 1 to [`MOST_TOKENS`] tokens. Every word, the state and the choice are those of passes of one token each.
    ///
    /// In a drafted pass `tokens[1..]` are guesses, and all tokens need logits. A guess is kept if it is the token chosen after the one
    /// before it and all guesses before it are kept; state, noise position and history then are as if the rest had never been fed, and
    /// only [`Session::saturations`], the trace and [`Session::logits_of`] know of it.
    ///
    /// `trace` is emptied first and then holds this pass's words. What is refused (a token outside the vocabulary, too many or no tokens)
    /// changes nothing.
    pub fn pass(
        &mut self,
        tokens: &[u16],
        heads: Heads,
        drafted: bool,
        trace: Option<&mut Trace>,
    ) -> Result<Passed, GoldenError> {
        self.check(tokens, heads, drafted)?;
        let (before, noted) = (self.sampling, drafted && tokens.len() > 1);
        self.begin(tokens, noted);
        self.heads = heads.of(tokens.len());
        self.saturations += match trace {
            Some(trace) => {
                trace.begin();
                self.read(tokens.len(), noted, trace);
                trace.saturations()
            }
            None => {
                let mut silent = Silent::default();
                self.read(tokens.len(), noted, &mut silent);
                silent.clamps
            }
        };
        self.kept = if drafted { self.came_true(tokens) } else { tokens.len() };
        self.finish(tokens, before);
        Ok(Passed { kept: self.kept, next: self.next })
    }

    /// A pass of one token. With `want_logits` the whole tape is read and the next token is returned; without, the pass stops at the
    /// first `logit` section. For the trace and for what is refused see [`Session::pass`].
    pub fn feed(
        &mut self,
        token: u16,
        want_logits: bool,
        trace: Option<&mut Trace>,
    ) -> Result<Option<u16>, GoldenError> {
        let heads = if want_logits { Heads::Last } else { Heads::None };
        self.pass(&[token], heads, false, trace).map(|passed| passed.next)
    }

    /// Logits of the last token kept, (vocab,), with `header.logit_frac` fraction bits; empty if it got none.
    pub fn logits(&self) -> &[i16] {
        self.kept.checked_sub(1).map_or(&[], |t| self.logits_of(t))
    }

    /// The same of token `t` of the last pass, whether kept or not; empty if it got none.
    pub fn logits_of(&self, t: usize) -> &[i16] {
        match self.heads.contains(&t) {
            true => &self.memory.lanes[t].logits,
            false => &[],
        }
    }

    /// The token that the last pass chose, if it was asked for logits.
    pub fn next_token(&self) -> Option<u16> {
        self.next
    }

    /// Temperature word t (0: greedy) and seed. The next token's noise is the first after the seed.
    pub fn set_sampling(&mut self, t: i16, seed: u32) {
        self.sampling = Sampling::new(t, seed);
    }

    /// Words that a clamp changed since the session began, those of guesses that were not kept included.
    pub fn saturations(&self) -> u64 {
        self.saturations
    }

    /// The last two tokens kept, the older first; token 0 stands for those before the text, a reset or a loaded state.
    pub fn history(&self) -> [u16; 2] {
        self.history
    }

    /// The state after the last pass.
    pub fn state(&self) -> State {
        State::of(&self.model, &self.memory.state, self.seen)
    }

    /// Continues from a saved state; forgets the next token and the history, keeps sampling and counters. Refused for another model's
    /// state.
    pub fn load(&mut self, state: &State) -> Result<(), GoldenError> {
        state.check(&self.model)?;
        self.memory.state.copy_from_slice(state.words());
        self.forget(state.seen());
        Ok(())
    }

    /// Continues from the image's stored state `index`.
    pub fn load_stored(&mut self, index: usize) -> Result<(), GoldenError> {
        let state = State::stored(&self.model, index)?;
        self.load(&state)
    }

    /// Continues from the initial state, which is stored state 0.
    pub fn reset(&mut self) {
        self.memory.state.copy_from_slice(&self.model.plan().states[0]);
        self.forget(0);
    }

    fn forget(&mut self, seen: u32) {
        self.seen = seen;
        (self.next, self.history, self.heads, self.kept) = (None, [0; 2], 0..0, 0);
    }

    fn check(&self, tokens: &[u16], heads: Heads, drafted: bool) -> Result<(), GoldenError> {
        check_tokens(tokens.len())?;
        if drafted && heads != Heads::All {
            return Err(GoldenError::Unverified { heads });
        }
        let vocab = self.model.header().vocab;
        match tokens.iter().find(|token| usize::from(**token) >= vocab) {
            None => Ok(()),
            Some(token) => Err(GoldenError::Token { token: *token, vocab }),
        }
    }

    /// Every token's h, and its noise.
    fn begin(&mut self, tokens: &[u16], noted: bool) {
        let plan = self.model.plan();
        self.memory.reserve(plan, tokens.len(), noted);
        for (lane, token) in self.memory.lanes.iter_mut().zip(tokens) {
            self.sampling.advance();
            lane.begin(plan.embedding(*token), plan.header.eps_q, self.sampling.contest());
        }
    }

    /// The tape.
    fn read<W: Watch>(&mut self, count: usize, noted: bool, watch: &mut W) {
        let plan = self.model.plan();
        for section in &plan.sections {
            let tokens = if section.kind == Kind::Logit { self.heads.clone() } else { 0..count };
            if tokens.is_empty() {
                return;
            }
            self.memory.run(plan, section, tokens, noted, watch);
        }
    }

    /// How many tokens count: the first, and the guesses up to the first that is not the token chosen before it.
    fn came_true(&self, tokens: &[u16]) -> usize {
        let guesses = tokens[1..].iter().zip(&self.memory.lanes);
        1 + guesses.take_while(|(guess, lane)| lane.contest.winner() == Some(**guess)).count()
    }

    /// Takes back what is not kept.
    fn finish(&mut self, tokens: &[u16], before: Sampling) {
        let last = self.kept - 1;
        if self.kept < tokens.len() {
            self.memory.take_back(last);
            self.sampling = before;
            (0..self.kept).for_each(|_| self.sampling.advance());
        }
        self.seen = self.seen.saturating_add(self.kept as u32);
        tokens[..self.kept].iter().for_each(|token| self.history = [self.history[1], *token]);
        self.next = self.memory.lanes[last].contest.winner();
    }
}

/// Refuses a pass of no token or of too many.
pub(crate) fn check_tokens(found: usize) -> Result<(), GoldenError> {
    match (1..=MOST_TOKENS).contains(&found) {
        true => Ok(()),
        false => Err(GoldenError::Tokens { found, most: MOST_TOKENS }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use statestream_image::testing::{random_image, small};

    #[test]
    fn scratch_grows_with_the_longest_pass_and_notes_states_only_for_guesses() -> Result<(), GoldenError> {
        let mut session = Session::new(&Model::new(&random_image(1, &small()))?);
        let sizes = |session: &Session| session.memory.sizes();
        session.feed(1, true, None)?;
        session.pass(&[1], Heads::All, true, None)?;
        assert_eq!(sizes(&session), (1, 0));
        session.pass(&[1, 2, 3, 4, 5], Heads::All, false, None)?;
        assert_eq!(sizes(&session), (5, 0));
        session.pass(&[1, 2, 3], Heads::All, true, None)?;
        assert_eq!(sizes(&session), (5, 3));
        Ok(())
    }
}

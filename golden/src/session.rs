//! A text in progress: one pass over the tape per token (`FORMAT.md`, section 5).
//!
//! ```text
//! s = xs(s);  h = embedding[token];  every section in turn, up to the first `logit` if nobody asks for logits
//! ```

use crate::block::Memory;
use crate::choose::Sampling;
use crate::watch::{Silent, Watch};
use crate::{GoldenError, Model, State, Trace};
use statestream_image::layout::Kind;

/// A running model: its state, its sampling position and all scratch memory. A token allocates nothing.
#[derive(Clone, Debug)]
pub struct Session {
    model: Model,
    memory: Memory,
    sampling: Sampling,
    next: Option<u16>,
    saturations: u64,
}

impl Session {
    /// Starts from the initial state, greedy, with seed 1.
    pub fn new(model: &Model) -> Self {
        let memory = Memory::new(model.plan());
        Self { model: model.clone(), memory, sampling: Sampling::new(0, 1), next: None, saturations: 0 }
    }

    /// The model that runs.
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// One pass. With `want_logits` the whole tape is read and the next token is returned; without, the pass stops at the first
    /// `logit` section. `trace` is emptied first and then holds this pass's words. A refused token changes nothing.
    pub fn feed(
        &mut self,
        token: u16,
        want_logits: bool,
        trace: Option<&mut Trace>,
    ) -> Result<Option<u16>, GoldenError> {
        let plan = self.model.plan();
        let vocab = plan.header.vocab;
        let embedding = plan.embedding(token).ok_or(GoldenError::Token { token, vocab })?;
        self.memory.begin(embedding, plan.header.eps_q);
        self.sampling.advance();
        self.saturations += match trace {
            Some(trace) => {
                trace.begin();
                self.pass(want_logits, trace);
                trace.saturations()
            }
            None => {
                let mut silent = Silent::default();
                self.pass(want_logits, &mut silent);
                silent.clamps
            }
        };
        Ok(self.next)
    }

    /// Logits of the last pass, (vocab,), with `header.logit_frac` fraction bits; empty if that pass was not asked for them.
    pub fn logits(&self) -> &[i16] {
        if self.next.is_some() {
            &self.memory.logits
        } else {
            &[]
        }
    }

    /// The token that the last pass chose, if it was asked for logits.
    pub fn next_token(&self) -> Option<u16> {
        self.next
    }

    /// Temperature word t (0: greedy) and seed. The next pass's noise is the first after the seed.
    pub fn set_sampling(&mut self, t: i16, seed: u32) {
        self.sampling = Sampling::new(t, seed);
    }

    /// Words that a clamp changed since the session began.
    pub fn saturations(&self) -> u64 {
        self.saturations
    }

    /// The state after the last pass.
    pub fn state(&self) -> State {
        State::capture(&self.model, &self.memory.state)
    }

    /// Continues from a saved state; forgets the next token, keeps sampling and counters. Refused for another model's state.
    pub fn load(&mut self, state: &State) -> Result<(), GoldenError> {
        state.check(&self.model)?;
        self.memory.state.copy_from_slice(state.words());
        self.next = None;
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
        self.next = None;
    }

    fn pass<W: Watch>(&mut self, want_logits: bool, watch: &mut W) {
        let plan = self.model.plan();
        let mut contest = self.sampling.contest();
        let read = plan.sections.iter().take_while(|section| want_logits || section.kind != Kind::Logit);
        for section in read {
            self.memory.run(plan, section, &mut contest, watch);
        }
        self.next = contest.winner();
    }
}

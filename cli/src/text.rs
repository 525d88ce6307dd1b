//! A text being written by an engine, shown as it comes.

use std::ops::ControlFlow;

use statestream_image::vocab::{spelling, Vocab};
use statestream_sim::engine::{Ended, Engine, EngineError, Feed, Listener, Reported};
use statestream_sim::host::Counters;

use crate::report;

/// Hears the engine: notes the tokens it writes, shows them, and passes everything on.
pub struct Scribe<'a> {
    vocab: &'a [String],
    heir: &'a mut dyn Listener,
    /// Tokens of the prompt that are still to be consumed.
    prompt: usize,
    show: bool,
    /// Guesses of the pass under way.
    guesses: Vec<u16>,
    /// Passes begun.
    passes: u64,
    /// Those of them that wrote tokens.
    writing: u64,
    drafted: u64,
    accepted: u64,
    /// Tokens the machine wrote.
    tokens: Vec<u16>,
    /// The token it would write next.
    next: Option<u16>,
}

/// What was written, and in how many passes.
pub struct Written {
    /// The text, without the prompt.
    pub text: String,
    /// Its tokens.
    pub tokens: usize,
    /// The token after it, spelt.
    pub next: Option<String>,
    /// Passes, the prompt's included.
    pub passes: u64,
    /// Those of them that wrote tokens.
    pub writing: u64,
    /// Tokens per pass that wrote any.
    pub tokens_per_pass: Option<f64>,
    /// Tokens guessed.
    pub drafted: u64,
    /// Guesses that were right.
    pub accepted: u64,
}

impl Written {
    /// The passes as the machine counted them, where nobody could see them: each token was told as a pass of its own.
    pub fn counted(self, before: &Counters, after: &Counters) -> Written {
        let since = |of: fn(&Counters) -> u32| u64::from(of(after).wrapping_sub(of(before)));
        let passes = since(|counters| counters.passes);
        let writing = passes.saturating_sub(self.passes - self.writing);
        Written {
            passes,
            writing,
            tokens_per_pass: (writing > 0).then(|| self.tokens as f64 / writing as f64),
            drafted: since(|counters| counters.drafted),
            accepted: since(|counters| counters.accepted),
            ..self
        }
    }
}

impl<'a> Scribe<'a> {
    /// A scribe that passes what it hears on to `heir`, and prints the text if it is to `show` it.
    pub fn new(vocab: &'a [String], show: bool, heir: &'a mut dyn Listener) -> Scribe<'a> {
        Scribe {
            vocab,
            heir,
            prompt: 0,
            show,
            guesses: Vec::new(),
            passes: 0,
            writing: 0,
            drafted: 0,
            accepted: 0,
            tokens: Vec::new(),
            next: None,
        }
    }

    /// Shows the prompt, feeds it and has the engine write `count` tokens.
    pub fn write(
        &mut self,
        engine: &mut dyn Engine,
        prompt: &[u16],
        count: usize,
    ) -> Result<(), EngineError> {
        prompt.iter().for_each(|token| self.print(*token));
        self.answer(engine, prompt, count)
    }

    /// Feeds a prompt that its writer has seen, and has the engine write `count` tokens. Without a prompt it goes on.
    pub fn answer(
        &mut self,
        engine: &mut dyn Engine,
        prompt: &[u16],
        count: usize,
    ) -> Result<(), EngineError> {
        self.prompt = prompt.len();
        if !prompt.is_empty() {
            engine.feed(prompt, false, self)?;
        }
        let mut left = count;
        while left > 0 {
            let some = left.min(usize::from(u16::MAX));
            engine.generate(some as u16, self)?;
            left -= some;
        }
        Ok(())
    }

    /// What has been written so far.
    pub fn written(&self) -> Written {
        let Scribe { passes, writing, drafted, accepted, .. } = *self;
        let tokens = self.tokens.len();
        Written {
            text: Vocab::new(self.vocab).decode(&self.tokens),
            tokens,
            next: self.next.map(|token| self.spell(token).to_string()),
            passes,
            writing,
            tokens_per_pass: (writing > 0).then(|| tokens as f64 / writing as f64),
            drafted,
            accepted,
        }
    }

    /// The name of a token.
    fn spell(&self, token: u16) -> &'a str {
        self.vocab.get(usize::from(token)).map_or("", String::as_str)
    }

    fn hear(&mut self, token: u16) {
        match self.prompt {
            0 => {
                self.tokens.push(token);
                self.print(token);
            }
            left => self.prompt = left - 1,
        }
    }

    fn print(&self, token: u16) {
        if self.show {
            // The report at the end goes the same way, and its failure is told.
            let _ = report::print_bytes(&spelling(self.spell(token)));
        }
    }
}

impl Listener for Scribe<'_> {
    fn begin(&mut self, pass: &[Feed]) -> ControlFlow<()> {
        self.passes += 1;
        self.writing += u64::from(self.prompt == 0);
        let (guesses, certain): (Vec<Feed>, Vec<Feed>) = pass.iter().partition(|feed| feed.guess);
        certain.iter().for_each(|feed| self.hear(feed.token));
        self.guesses = guesses.iter().map(|feed| feed.token).collect();
        self.heir.begin(pass)
    }

    fn hears_words(&self) -> bool {
        self.heir.hears_words()
    }

    fn word(&mut self, reported: Reported) -> ControlFlow<()> {
        self.heir.word(reported)
    }

    fn end(&mut self, ended: Ended) -> ControlFlow<()> {
        self.next = ended.next;
        let guesses = std::mem::take(&mut self.guesses);
        let right = guesses.len().min(ended.kept.saturating_sub(1));
        self.drafted += guesses.len() as u64;
        self.accepted += right as u64;
        guesses[..right].iter().for_each(|token| self.hear(*token));
        self.heir.end(ended)
    }
}

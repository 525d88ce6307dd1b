//! A text being written by an engine, shown as it comes.

use std::ops::ControlFlow;

use statestream_sim::engine::{Engine, EngineError, Feed, Listener, Reported};

use crate::report;

/// Hears the engine: notes the tokens it writes, shows them, and passes everything on.
pub struct Scribe<'a> {
    vocab: &'a [String],
    heir: &'a mut dyn Listener,
    /// Passes that still consume the prompt.
    prompt: usize,
    show: bool,
    /// Passes begun.
    pub passes: u64,
    /// Tokens the machine wrote.
    pub tokens: Vec<u16>,
    /// The token it would write next.
    pub next: Option<u16>,
}

impl<'a> Scribe<'a> {
    /// A scribe that passes what it hears on to `heir`, and prints the text if it is to `show` it.
    pub fn new(vocab: &'a [String], show: bool, heir: &'a mut dyn Listener) -> Scribe<'a> {
        Scribe { vocab, heir, prompt: 0, show, passes: 0, tokens: Vec::new(), next: None }
    }

    /// Feeds the prompt and has the engine write `count` tokens.
    pub fn write(
        &mut self,
        engine: &mut dyn Engine,
        prompt: &[u16],
        count: usize,
    ) -> Result<(), EngineError> {
        self.prompt = prompt.len();
        prompt.iter().for_each(|token| self.print(*token));
        engine.feed(prompt, false, self)?;
        let mut left = count;
        while left > 0 {
            let some = left.min(usize::from(u16::MAX));
            engine.generate(some as u16, self)?;
            left -= some;
        }
        Ok(())
    }

    /// The text of the tokens that the machine wrote.
    pub fn text(&self) -> String {
        self.tokens.iter().map(|token| self.spell(*token)).collect()
    }

    /// The text of a token.
    pub fn spell(&self, token: u16) -> &'a str {
        self.vocab.get(usize::from(token)).map_or("", String::as_str)
    }

    fn hear(&mut self, token: u16) {
        self.passes += 1;
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
            let _ = report::print(self.spell(token));
        }
    }
}

impl Listener for Scribe<'_> {
    fn begin(&mut self, pass: &[Feed]) -> ControlFlow<()> {
        pass.iter().for_each(|feed| self.hear(feed.token));
        self.heir.begin(pass)
    }

    fn word(&mut self, reported: Reported) -> ControlFlow<()> {
        self.heir.word(reported)
    }

    fn end(&mut self, next: Option<u16>) -> ControlFlow<()> {
        self.next = next;
        self.heir.end(next)
    }
}

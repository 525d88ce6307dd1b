//! What a machine makes of a script, in the words of `golden/examples/replay.rs`.

use std::fmt::{self, Write as _};
use std::ops::ControlFlow;

use crate::engine::{Ended, Engine, EngineError, Feed, Listener, Reported};
use crate::rtl::{Rtl, RtlOptions};
use crate::stimulus::{Action, Answer};

use super::scripts::{line, Script};
use super::GoldenMutantError;

/// A script and what the Verilated machine made of it; nothing in it comes from golden.
#[derive(Debug, Clone)]
pub struct Record {
    /// The script's name.
    pub name: String,
    /// The image.
    pub(super) image: Vec<u8>,
    /// The script, a line for each action.
    pub(super) script: String,
    /// What was said, a line for each word, pass and answer.
    pub(super) said: String,
}

/// Where a golden model and a machine part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The script.
    pub script: String,
    /// Number of the line, from 1.
    pub line: usize,
    /// What the machine said.
    pub machine: String,
    /// What golden said.
    pub golden: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let Difference { script, line, machine, golden } = self;
        write!(
            f,
            "line {line} of {script} is `{}` of the machine and `{}` of golden",
            brief(machine),
            brief(golden)
        )
    }
}

/// A state may be long.
fn brief(line: &str) -> String {
    line.chars().take(60).collect()
}

impl Record {
    /// Does a script on the Verilated machine.
    pub fn of(script: &Script) -> Result<Record, GoldenMutantError> {
        let image = script.image.to_bytes();
        let mut machine = Rtl::new(&script.config, &image, &RtlOptions::default())?;
        let mut told = Told::default();
        script.actions.iter().try_for_each(|action| told.act(&mut machine, action))?;
        let (name, script) = (script.name.clone(), script.actions.iter().map(line).collect());
        Ok(Record { name, image, script, said: told.said })
    }

    /// Lines that were recorded.
    pub fn lines(&self) -> usize {
        self.said.lines().count()
    }

    /// The first line in which golden says something else.
    pub(super) fn parts_from(&self, golden: &str) -> Option<Difference> {
        let (mut machine, mut golden) = (self.said.lines(), golden.lines());
        let (script, mut line) = (self.name.clone(), 0);
        loop {
            line += 1;
            match (machine.next(), golden.next()) {
                (None, None) => return None,
                (due, said) if due == said => {}
                (due, said) => {
                    let [machine, golden] = [due, said].map(|line| line.unwrap_or("nothing").to_string());
                    return Some(Difference { script, line, machine, golden });
                }
            }
        }
    }
}

/// A machine's words, written down.
#[derive(Default)]
struct Told {
    said: String,
    pass: Vec<Reported>,
}

impl Told {
    fn act(&mut self, machine: &mut Rtl, action: &Action) -> Result<(), EngineError> {
        match action.done_by(machine, self)? {
            Answer::Fed(fed) => fed.logits.iter().for_each(|logits| self.say("logits", logits)),
            Answer::Text(text) => self.say("text", &text),
            // the state is told behind every action
            Answer::Done | Answer::State(_) => {}
        }
        self.say("state", &machine.state()?);
        self.say("saturations", &[machine.saturations()?]);
        Ok(())
    }

    fn say<T: ToString>(&mut self, what: &str, values: &[T]) {
        let values: Vec<String> = values.iter().map(T::to_string).collect();
        // writing to a string cannot fail
        let _ = writeln!(self.said, "{what} {}", values.join(" "));
    }
}

impl Listener for Told {
    fn begin(&mut self, pass: &[Feed]) -> ControlFlow<()> {
        self.say("pass", &pass.iter().map(|feed| feed.token).collect::<Vec<_>>());
        self.pass.clear();
        ControlFlow::Continue(())
    }

    fn word(&mut self, reported: Reported) -> ControlFlow<()> {
        self.pass.push(reported);
        ControlFlow::Continue(())
    }

    /// Token after token: tokens of one pass report interleaved.
    fn end(&mut self, Ended { kept, next }: Ended) -> ControlFlow<()> {
        let mut words = std::mem::take(&mut self.pass);
        words.sort_by_key(|word| word.token);
        for Reported { section, row, token, word, .. } in words {
            let _ = writeln!(self.said, "word {section} {row} {token} {word}");
        }
        let next = next.map_or("-".into(), |token| token.to_string());
        let _ = writeln!(self.said, "kept {kept} next {next}");
        ControlFlow::Continue(())
    }
}

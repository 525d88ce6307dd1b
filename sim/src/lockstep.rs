//! The golden model runs beside an engine and compares every word as it is reported; the first difference stops the run.
//!
//! Each token of a pass has a queue of the words that are due, so the tokens of one pass may report interleaved.

use std::ops::ControlFlow;

use statestream_golden::session::Passed;
use statestream_golden::{Coverage, Item, Model, Session, Trace};
use statestream_image::layout::Section;

use crate::engine::{shape, Ended, Feed, Listener, Reported};
use crate::mismatch::{Difference, Mismatch, Place, SectionShape};

/// The golden model, listening to another engine.
#[derive(Debug, Clone)]
pub struct Lockstep {
    session: Session,
    trace: Trace,
    shapes: Vec<SectionShape>,
    engine: &'static str,
    replay: String,
    due: Vec<Queue>,
    passed: Option<Passed>,
    any_guess: bool,
    /// Words are reported at all.
    traced: bool,
    tokens: u64,
    words: u64,
    cycle: Option<u64>,
    mismatch: Option<Box<Mismatch>>,
}

/// One token's words.
#[derive(Debug, Clone, Default)]
struct Queue {
    items: Vec<Item>,
    next: usize,
}

impl Lockstep {
    /// Listens to the engine of this name, which runs `model`; `sections` is its tape. `replay` is the command that messages
    /// quote.
    pub fn new(
        model: &Model,
        sections: &[Section],
        engine: &'static str,
        replay: impl Into<String>,
    ) -> Lockstep {
        Lockstep {
            session: Session::new(model),
            trace: Trace::new(),
            shapes: sections.iter().map(SectionShape::from).collect(),
            engine,
            replay: replay.into(),
            due: Vec::new(),
            passed: None,
            any_guess: false,
            traced: true,
            tokens: 0,
            words: 0,
            cycle: None,
            mismatch: None,
        }
    }

    /// The golden session: what is done to the engine's state or sampling must be done to it as well.
    pub fn session(&mut self) -> &mut Session {
        &mut self.session
    }

    /// The engine is at power-up again: so is the golden session of `model`. What was compared stays counted.
    pub fn restart(&mut self, model: &Model) {
        self.session = Session::new(model);
        self.due.clear();
        self.passed = None;
    }

    /// Any guess is as good as golden's own: for a flash whose draft table is damaged.
    pub fn accept_any_guess(&mut self) {
        self.any_guess = true;
    }

    /// The engine reports no words: passes are compared by the tokens they lead to. Words clamped for a wrong guess are then in the engine's
    /// count of saturations and not in golden's.
    pub fn without_words(mut self) -> Lockstep {
        self.traced = false;
        self
    }

    /// The first difference, if there was one.
    pub fn verdict(&self) -> Result<(), Box<Mismatch>> {
        self.mismatch.clone().map_or(Ok(()), Err)
    }

    /// Compares the counts of clamped words since the start.
    pub fn saturations(&mut self, engine: u64) -> ControlFlow<()> {
        match self.session.saturations() {
            golden if golden == engine => ControlFlow::Continue(()),
            golden => self.stop(Difference::Saturations { golden, engine }),
        }
    }

    /// Words that were compared.
    pub fn words(&self) -> u64 {
        self.words
    }

    /// Tokens kept of passes that were compared to their end.
    pub fn tokens(&self) -> u64 {
        self.tokens
    }

    /// Which corners of the arithmetic the run reached.
    pub fn coverage(&self) -> &Coverage {
        self.trace.coverage()
    }

    fn stop(&mut self, difference: Difference) -> ControlFlow<()> {
        let (engine, token, cycle) = (self.engine, self.tokens, self.cycle);
        let mismatch = Mismatch { engine, difference, token, cycle, replay: self.replay.clone() };
        // Only the first difference is news: the others follow from it.
        self.mismatch.get_or_insert(Box::new(mismatch));
        ControlFlow::Break(())
    }

    /// What golden guesses after the first token of a pass, where the engine guesses otherwise.
    fn wrong_guess(&self, pass: &[Feed]) -> Option<Difference> {
        let (first, rest) = pass.split_first()?;
        let engine: Vec<u16> = rest.iter().filter(|feed| feed.guess).map(|feed| feed.token).collect();
        let golden = self.session.draft(first.token, engine.len());
        (!self.any_guess && golden != engine).then_some(Difference::Guesses { golden, engine })
    }

    /// Runs the golden pass; its words are due, token by token.
    fn expect(&mut self, pass: &[Feed]) -> Result<(), Difference> {
        self.wrong_guess(pass).map_or(Ok(()), Err)?;
        let (tokens, heads, guessed) = shape(pass);
        let passed = self.session.pass(&tokens, heads, guessed, Some(&mut self.trace));
        self.passed = Some(passed.map_err(|error| Difference::Refused { reason: error.to_string() })?);
        self.due = vec![Queue::default(); pass.len()];
        for item in self.trace.items() {
            self.due[usize::from(item.token)].items.push(*item);
        }
        Ok(())
    }

    fn place(&self, queue: &Queue, item: &Item) -> Option<Place> {
        let (section, row) = (item.section as usize, item.row as usize);
        let shape = self.shapes.get(section)?;
        let before = queue.items[..queue.next].iter().rev();
        let index = before.take_while(|other| (other.section, other.row) == (item.section, item.row)).count();
        Some(Place { layer: shape.layer(), section, kind: shape.kind(), row, word: shape.word(index) })
    }

    /// What is wrong with a reported word.
    fn judge(&self, reported: Reported) -> Option<Difference> {
        let engine = (reported.section, reported.row, reported.word);
        let queue = self.due.get(usize::from(reported.token));
        let due = queue.and_then(|queue| Some((queue, queue.items.get(queue.next)?)));
        let Some((queue, item)) = due else { return Some(Difference::Extra { engine }) };
        if (item.section, item.row, item.word) == engine {
            return None;
        }
        let place = self.place(queue, item)?;
        Some(match (item.section, item.row) == (reported.section, reported.row) {
            true => Difference::Word { place, golden: item.word, engine: reported.word },
            false => Difference::Order { golden: place, engine },
        })
    }

    /// The first word that a finished pass did not report.
    fn missing(&self) -> Option<Difference> {
        let unfinished = self
            .traced
            .then_some(&self.due)?
            .iter()
            .find_map(|queue| Some((queue, queue.items.get(queue.next)?)));
        let (queue, item) = unfinished?;
        self.place(queue, item).map(|place| Difference::Missing { place })
    }
}

impl Listener for Lockstep {
    fn begin(&mut self, pass: &[Feed]) -> ControlFlow<()> {
        self.due.clear();
        match self.expect(pass) {
            Ok(()) => ControlFlow::Continue(()),
            Err(difference) => self.stop(difference),
        }
    }

    fn word(&mut self, reported: Reported) -> ControlFlow<()> {
        self.cycle = reported.cycle;
        if let Some(difference) = self.judge(reported) {
            return self.stop(difference);
        }
        self.words += 1;
        self.due[usize::from(reported.token)].next += 1;
        ControlFlow::Continue(())
    }

    fn end(&mut self, ended: Ended) -> ControlFlow<()> {
        if let Some(difference) = self.missing() {
            return self.stop(difference);
        }
        let Some(Passed { kept, next }) = self.passed.take() else { return ControlFlow::Continue(()) };
        if kept != ended.kept {
            return self.stop(Difference::Kept { golden: kept, engine: ended.kept });
        }
        // Without a trace only the last pass of a request tells its token.
        let told = self.traced || ended.next.is_some();
        if told && next != ended.next {
            return self.stop(Difference::Token { golden: next, engine: ended.next });
        }
        self.tokens += kept as u64;
        ControlFlow::Continue(())
    }
}

//! The words that a pass reports, in the order of `FORMAT.md`, section 4: tape order, within a row the order of the kinds'
//! table. The embedding is not reported.
//!
//! Tokens of one pass take turns section by section: all words of a section for token 0, then for token 1, ... Those of one token, picked
//! out, are in the order that they have alone.

use crate::coverage::Coverage;
use crate::watch::{Origin, Stage, Table, Watch};

/// A reported word and its place.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Item {
    /// Number of the section on the tape, from 0.
    pub section: u32,
    /// Row within the section; 0 for `norm`.
    pub row: u32,
    /// Token within the pass, from 0.
    pub token: u16,
    /// The word.
    pub word: i16,
}

/// The words of one pass, and what all traced passes reached.
///
/// [`Session::pass`](crate::Session::pass) empties the words and keeps their memory, so a warm trace allocates nothing.
#[derive(Clone, Debug, Default)]
pub struct Trace {
    items: Vec<Item>,
    coverage: Coverage,
    clamps: u64,
    at: Item,
}

impl Trace {
    /// An empty trace.
    pub fn new() -> Self {
        Self::default()
    }

    /// The last pass's words.
    pub fn items(&self) -> &[Item] {
        &self.items
    }

    /// What every pass since the creation of this trace reached.
    pub fn coverage(&self) -> &Coverage {
        &self.coverage
    }

    /// Clamped words of the last pass.
    pub fn saturations(&self) -> u64 {
        self.clamps
    }

    /// A new pass begins.
    pub(crate) fn begin(&mut self) {
        self.items.clear();
        self.clamps = 0;
        self.at = Item::default();
    }
}

impl Watch for Trace {
    #[inline]
    fn clamp(&mut self, stage: Stage, x: i32, word: i16) {
        if i32::from(word) != x {
            self.clamps += 1;
            self.coverage.clamp(stage, x > 0);
        }
    }

    #[inline]
    fn round(&mut self, stage: Stage, x: i32, s: u32) {
        self.coverage.round(stage, x, s);
    }

    #[inline]
    fn look_up(&mut self, table: Table, entry: usize) {
        self.coverage.look_up(table, entry);
    }

    fn origin(&mut self, origin: Origin) {
        self.coverage.enter(origin);
    }

    fn place(&mut self, section: usize, row: usize, token: usize) {
        self.at = Item { section: section as u32, row: row as u32, token: token as u16, word: 0 };
    }

    #[inline]
    fn word(&mut self, word: i16) {
        self.items.push(Item { word, ..self.at });
    }

    fn tie(&mut self) {
        self.coverage.tie();
    }
}

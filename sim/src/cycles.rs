//! The cycle model: clocks of a pass, from shapes and the bus alone. Equal to the Verilated machine's counter, clock for clock.
//!
//! Time is counted from the clock in which the host starts the pass. One nibble, or one byte, is taken per clock, except that
//!
//! * a seek costs the flash's latency, the first one the clocks of its address too (the others are known by then);
//! * a guess costs the hash of its context, a seek and a word;
//! * a row's first weight waits until the epilogue has taken the dot products of the row before from the lanes;
//! * a finished row whose epilogue is still busy with the row before blocks the stream until it is idle;
//! * a section's first weight waits until the epilogue has written everything of the section before.
//!
//! The epilogue takes as many clocks as a row's program says, once for every token that it serves.

use statestream_golden::session::Heads;
use statestream_hdl::address::ADDRESS_CLOCKS;
use statestream_hdl::flash::latency;
use statestream_hdl::hash::HASH_CLOCKS;
use statestream_hdl::machine::timing;
use statestream_hdl::microcode::{Load, Program};
use statestream_hdl::programs::{self, Case};
use statestream_image::config::Config;
use statestream_image::layout::{Image, Kind, Row, Section, SECTION_WORDS};

use crate::host::Request;

/// Clocks until the first token's embedding has an address, without guesses: three for the tokens, and the address.
const LOCATE: u64 = 3 + ADDRESS_CLOCKS;
/// Clocks of a guess beside hash and flash: judging, and reading a token of the context, three times.
const GUESS: u64 = 1 + 3 * 2;
/// Tokens of a context.
const CONTEXT: u64 = 3;
/// Clocks that finding out what is kept takes: one, and two for every token.
const KEEP: [u64; 2] = [1, 2];
/// Clocks of loading a stored state beside flash and stream: its address, and the verdict behind its last bit.
const LOAD: u64 = 1 + ADDRESS_CLOCKS;
/// Bytes of a CRC.
const CRC: u64 = 4;
/// Bytes of a word.
const WORD: u64 = 2;

/// What the clocks of a pass depend on beside image and configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PassShape {
    /// Its tokens.
    pub tokens: usize,
    /// How many of them were guessed.
    pub guesses: usize,
    /// Which of them get logits.
    pub heads: Heads,
}

impl PassShape {
    /// One token that gets logits.
    pub const SINGLE: PassShape = PassShape { tokens: 1, guesses: 0, heads: Heads::Last };
}

/// Clocks of a pass of this shape over this image; without a head it stops at the first logit section.
///
/// None if the tape has a section that no epilogue serves, or ternary rows that the configuration does not.
pub fn pass_cycles(image: &Image, config: &Config, shape: PassShape) -> Option<u64> {
    pass_times(image, config, shape).map(|times| times.clocks)
}

/// Where the clocks of a pass go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PassTimes {
    /// All of them.
    pub clocks: u64,
    /// Those in which the tape waits for an epilogue.
    pub epilogue: u64,
    /// Those in which it waits for a section's last word.
    pub barrier: u64,
}

/// The same as [`pass_cycles`], with what the tape waits for in between.
pub fn pass_times(image: &Image, config: &Config, shape: PassShape) -> Option<PassTimes> {
    if image.is_ternary() && !config.ternary {
        return None;
    }
    let mut clock = Clock::new(image, config, shape);
    for section in &image.sections {
        clock.section(section)?;
        if section.kind == Kind::Logit && shape.heads == Heads::None {
            return Some(clock.finish());
        }
        if section.kind == Kind::Norm {
            clock.job(section)?;
        }
        for (at, row) in section.rows.iter().enumerate() {
            clock.row(section, row, at == 0)?;
        }
    }
    clock.take(WORD * SECTION_WORDS as u64 + CRC);
    Some(clock.finish())
}

/// Clocks of the passes that read so many tokens, as many in each as there is room for, until the token after them is known. They
/// come in requests of as many tokens as one carries, and each request's last token gets logits.
pub fn read_cycles(image: &Image, config: &Config, tokens: usize) -> Option<u64> {
    let most = Request::MAX_TOKENS - Request::MAX_TOKENS % config.tokens;
    let (requests, rest) = (tokens / most, tokens % most);
    let whole = if requests == 0 { 0 } else { request_cycles(image, config, most)? };
    let last = if rest == 0 { 0 } else { request_cycles(image, config, rest)? };
    Some(requests as u64 * whole + last)
}

/// The same of one request, of at least one token.
fn request_cycles(image: &Image, config: &Config, tokens: usize) -> Option<u64> {
    let pass = |tokens, heads| pass_cycles(image, config, PassShape { tokens, guesses: 0, heads });
    let (full, rest) = ((tokens - 1) / config.tokens, (tokens - 1) % config.tokens + 1);
    let before = if full == 0 { 0 } else { full as u64 * pass(config.tokens, Heads::None)? };
    Some(before + pass(rest, Heads::Last)?)
}

/// Clocks of loading a stored state of so many words.
pub fn load_cycles(state_words: usize, config: &Config) -> u64 {
    let (seek, byte) = (latency(config.flash, timing(config)) as u64, 8 / config.flash.bits() as u64);
    LOAD + seek + byte * (WORD * state_words as u64 + CRC)
}

/// The stream and the epilogue at one moment.
struct Clock {
    programs: Vec<(Case, Program)>,
    d: u64,
    shape: PassShape,
    /// Clocks of a byte.
    byte: u64,
    /// Clocks of waiting for the epilogue, and for a section's last word.
    waits: [u64; 2],
    /// Clock in which the next nibble can be taken.
    next: u64,
    /// First clock in which the epilogue is idle.
    idle: u64,
    /// First clock in which the lanes take weights of the next row.
    lanes: u64,
}

impl Clock {
    /// The first nibble of the tape is about to be taken.
    fn new(image: &Image, config: &Config, shape: PassShape) -> Clock {
        let d = image.header.d as u64;
        let seek = latency(config.flash, timing(config)) as u64;
        let byte = 8 / config.flash.bits() as u64;
        let mut clock = Clock {
            programs: programs::all(config.pipeline),
            d,
            shape,
            byte,
            waits: [0; 2],
            next: LOCATE,
            idle: 0,
            lanes: 0,
        };
        clock.next += shape.guesses as u64 * (GUESS + CONTEXT * HASH_CLOCKS + seek + byte * WORD);
        for _ in 0..shape.tokens {
            clock.next += seek;
            clock.take(WORD * d + CRC);
        }
        clock.next += seek;
        clock
    }

    fn take(&mut self, bytes: u64) {
        self.next += self.byte * bytes;
    }

    fn section(&mut self, section: &Section) -> Option<()> {
        programs::find(&self.programs, section.kind, section.flags)?;
        self.take(WORD * SECTION_WORDS as u64 + CRC);
        Some(())
    }

    /// The record is over: its job starts in the clock after its last nibble, or when the epilogue is idle.
    fn job(&mut self, section: &Section) -> Option<()> {
        let program = programs::find(&self.programs, section.kind, section.flags)?;
        let load = self.load(section);
        let start = self.next.max(self.idle);
        self.waits[0] += start - self.next;
        self.idle = start + 1 + program.duration(load);
        self.lanes = start + 2 + program.heading(load.tokens);
        self.next = start;
        Some(())
    }

    fn load(&self, section: &Section) -> Load {
        let tokens = self.shape.tokens as u64;
        let only_last = section.kind == Kind::Logit && self.shape.heads == Heads::Last;
        let bodies = if only_last { 1 } else { tokens };
        Load { states: section.n as u64, elements: self.d, tokens, bodies }
    }

    fn row(&mut self, section: &Section, row: &Row, first: bool) -> Option<()> {
        self.take(WORD * row.params.len() as u64);
        self.wait(self.lanes, 0);
        if first {
            self.wait(self.idle, 1);
        }
        self.take(section.row_bytes(row) as u64 - WORD * row.params.len() as u64);
        self.job(section)
    }

    fn wait(&mut self, until: u64, what: usize) {
        self.waits[what] += until.saturating_sub(self.next);
        self.next = self.next.max(until);
    }

    fn finish(&self) -> PassTimes {
        let clocks = (self.next + 1).max(self.idle) + KEEP[0] + KEEP[1] * self.shape.tokens as u64;
        PassTimes { clocks, epilogue: self.waits[0], barrier: self.waits[1] }
    }
}

//! The cycle model: clocks of a pass, from shapes and the bus alone. Equal to the Verilated machine's counter, clock for clock.
//!
//! Time is counted from the clock in which the host starts the pass. One nibble is taken per clock, except that
//!
//! * a seek costs the address's 17 clocks (only the embedding's; the tape's is known by then) and the flash's latency;
//! * a finished row whose epilogue is still busy with the row before blocks the stream until it is idle;
//! * a section's first weight waits until the epilogue has written everything of the section before.

use statestream_hdl::flash::latency;
use statestream_hdl::machine::timing;
use statestream_hdl::microcode::Program;
use statestream_hdl::programs::{self, Case};
use statestream_image::config::Config;
use statestream_image::layout::{Image, Kind, Row, Section, SECTION_WORDS};

/// Clocks of the address computation that a request begins with.
const LOCATE: u64 = 17;
/// Nibbles of a CRC.
const CRC: u64 = 8;
/// Nibbles of a word.
const WORD: u64 = 4;

/// Clocks of one pass over this image; without `head` the pass stops at the first logit section.
///
/// None if the tape has a section that no epilogue serves.
pub fn pass_cycles(image: &Image, config: &Config, head: bool) -> Option<u64> {
    let mut clock = Clock::new(image, config);
    for section in &image.sections {
        clock.section(section)?;
        if section.kind == Kind::Logit && !head {
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

/// The stream and the epilogue at one moment.
struct Clock {
    programs: Vec<(Case, Program)>,
    d: u64,
    /// Clock in which the next nibble can be taken.
    next: u64,
    /// First clock in which the epilogue is idle.
    idle: u64,
}

impl Clock {
    /// The first nibble of the tape is about to be taken.
    fn new(image: &Image, config: &Config) -> Clock {
        let d = image.header.d as u64;
        let seek = latency(timing(config)) as u64;
        let mut clock = Clock { programs: programs::all(), d, next: LOCATE + seek, idle: 0 };
        clock.take(WORD * d + CRC);
        clock.next += seek;
        clock
    }

    fn take(&mut self, nibbles: u64) {
        self.next += nibbles;
    }

    fn section(&mut self, section: &Section) -> Option<()> {
        programs::find(&self.programs, section.kind, section.flags)?;
        self.take(WORD * SECTION_WORDS as u64 + CRC);
        Some(())
    }

    /// The record is over: its job starts in the clock after its last nibble, or when the epilogue is idle.
    fn job(&mut self, section: &Section) -> Option<()> {
        let program = programs::find(&self.programs, section.kind, section.flags)?;
        let start = self.next.max(self.idle);
        self.idle = start + 1 + program.duration(section.n as u64, self.d);
        self.next = start;
        Some(())
    }

    fn row(&mut self, section: &Section, row: &Row, first: bool) -> Option<()> {
        self.take(WORD * row.params.len() as u64);
        if first {
            self.next = self.next.max(self.idle);
        }
        self.take(2 * section.row_bytes(row) as u64 - WORD * row.params.len() as u64);
        self.job(section)
    }

    fn finish(&self) -> u64 {
        (self.next + 1).max(self.idle)
    }
}

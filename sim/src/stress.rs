//! A long text in lockstep, token after token without a pause: every word, every clock, the state at its end, and what the machine counted.

use statestream_golden::{GoldenError, Model, Session};
use statestream_image::build::{pack, PackError, PackOptions};
use statestream_image::checkpoint::Checkpoint;
use statestream_image::config::{Config, FlashBus};
use statestream_image::draft::DraftOptions;
use statestream_image::layout::Image;
use statestream_image::quantise::Width;

use crate::cycles::pass_cycles;
use crate::rtl::{Rtl, RtlOptions};
use crate::stimulus::{Action, Bench, BenchError};

/// Why there is no image to write with.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoryError {
    /// The model does not pack.
    #[error(transparent)]
    Pack(#[from] PackError),
    /// Golden refuses it.
    #[error(transparent)]
    Golden(#[from] GoldenError),
}

/// What is written, on which machine.
#[derive(Debug, Clone)]
pub struct Story {
    /// What it is called.
    pub name: String,
    /// The machine.
    pub config: Config,
    /// What is in its flash.
    pub image: Image,
    /// The tokens before.
    pub prompt: Vec<u16>,
    /// How many are written.
    pub count: u16,
    /// The temperature word.
    pub temperature: i16,
}

/// What came of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Told {
    /// Tokens consumed.
    pub tokens: u64,
    /// Passes that it took.
    pub passes: u64,
    /// Words compared.
    pub words: u64,
    /// Words of the state at the end, compared as well.
    pub state_words: usize,
    /// Words that were clamped, as often as in golden.
    pub saturations: u64,
    /// Guesses, and those that were right.
    pub guesses: [u64; 2],
    /// Clocks from power-up.
    pub clocks: u64,
    /// What is wrong that lockstep does not look at, one sentence each.
    pub faults: Vec<String>,
}

impl Story {
    /// Writes it. A difference from golden is an error.
    pub fn tell(&self) -> Result<Told, BenchError> {
        let mut bench = Bench::rtl(&self.config, &self.image, &RtlOptions::default(), &self.name)?;
        bench.act(&Action::Sample { temperature: self.temperature, seed: 1 })?;
        bench.feed(&self.prompt, false)?;
        bench.generate(self.count)?;
        let clocks = bench.engine.cycles();
        let saturations = bench.saturations()?;
        let state_words = bench.state()?.len();
        let mut told = Told { clocks, saturations, state_words, ..Told::default() };
        (told.tokens, told.words) = (bench.lockstep.tokens(), bench.lockstep.words());
        told.faults = self.faults(&mut bench.engine, &mut told)?;
        Ok(told)
    }

    fn faults(&self, rtl: &mut Rtl, told: &mut Told) -> Result<Vec<String>, BenchError> {
        let counters = rtl
            .counters()
            .map_err(|error| BenchError::Engine { error: error.into(), replay: self.name.clone() })?;
        let guessed: usize = rtl.passes().iter().map(|(shape, _)| shape.guesses).sum();
        let tokens: usize = self.prompt.len() + usize::from(self.count);
        told.passes = rtl.passes().len() as u64;
        told.guesses = [counters.drafted.into(), counters.accepted.into()];
        let equal = [
            ("tokens compared", told.tokens, tokens as u64),
            ("passes counted", counters.passes.into(), told.passes),
            ("guesses counted", counters.drafted.into(), guessed as u64),
            ("records with a wrong CRC", counters.crc_errors.into(), 0),
            ("saturations counted", counters.saturations.into(), told.saturations),
            ("breaches at the flash", rtl.flashes().iter().map(|flash| flash.breach_count()).sum(), 0),
            ("opcodes that are not known", self.unknown_opcodes(rtl), 0),
            ("passes in another time", self.untimely(rtl), 0),
        ];
        let wrong = equal.into_iter().filter(|(_, found, due)| found != due);
        Ok(wrong.map(|(what, found, due)| self.fault(what, found, due)).collect())
    }

    fn fault(&self, what: &str, found: u64, due: u64) -> String {
        format!("stress of {}: {what} are {found}, not {due}; run it again with --only stress", self.name)
    }

    fn unknown_opcodes(&self, rtl: &Rtl) -> u64 {
        let read = if self.config.flash == FlashBus::Dtr { 0xed } else { 0xeb };
        let known = [read, 0x66, 0x99, 0xab, 0xff];
        let all = rtl.flashes().iter().flat_map(|flash| flash.opcodes());
        all.filter(|(opcode, _)| !known.contains(opcode)).map(|(_, count)| count).sum()
    }

    /// Passes that did not take the clocks that the cycle model says.
    fn untimely(&self, rtl: &Rtl) -> u64 {
        let wrong =
            |(shape, clocks): &&(_, u64)| pass_cycles(&self.image, &self.config, *shape) != Some(*clocks);
        rtl.passes().iter().filter(wrong).count() as u64
    }
}

/// The checkpoint at four bits, with a table of what it writes itself: guesses are often right and often wrong.
pub fn with_draft(checkpoint: &Checkpoint, learnt: usize, slots: usize) -> Result<Image, StoryError> {
    let packed = |draft| {
        let options = PackOptions { weights: Width::W4, draft, ..PackOptions::default() };
        pack(checkpoint, &options).map(|packed| packed.image)
    };
    let plain = packed(None)?;
    let mut session = Session::new(&Model::new(&plain)?);
    session.set_sampling(three_quarters(&plain), 2);
    session.feed(0, true, None)?;
    let tokens = session.generate(learnt, 1)?.tokens;
    Ok(packed(Some(DraftOptions { tokens, slots }))?)
}

/// The temperature word of 0.75.
pub fn three_quarters(image: &Image) -> i16 {
    3 << (image.header.logit_frac + 1)
}

//! The quick vectors: a short, fixed script of everything that a host can do with a machine, and what the machine must do.
//!
//! Words, tokens, states and counts are golden's; clocks of passes and loads the cycle model's; codes and addresses those of `docs/host.md`; opcodes
//! the five that are allowed. The scenes are in an order in which a wrong machine fails soon.

mod boots;
mod damage;
mod edges;
mod line;
mod reach;
mod requests;
mod sizes;
mod texts;

use std::fmt::Debug;

use serde::{Deserialize, Serialize};
use statestream_golden::session::Heads;
use statestream_golden::{GoldenError, Model};
use statestream_image::config::{Config, FlashBus};
use statestream_image::layout::Image;
use statestream_image::model::Shape;
use statestream_image::records::{Record, Span};
use statestream_image::testing::{random_image, random_ternary};

use crate::chips::Chips;
use crate::cycles::{load_cycles, pass_cycles, PassShape};
use crate::engine::EngineError;
use crate::flash::{Part, Power};
use crate::host::{HostError, Request, Response};
use crate::rtl::{self, Limits, Rtl, RtlOptions};
use crate::stimulus::{ask, Action, Bench, BenchError};

/// Clocks in which a machine that is at no pass says something.
const PATIENCE: u64 = 20_000;

/// What a machine is made for.
#[derive(Debug, Clone, Copy)]
pub struct Setting<'a> {
    /// The bytes in its flash.
    pub image: &'a [u8],
    /// A byte of the image and a bit of it, wrong in the flash.
    pub corrupt: Option<(usize, u8)>,
    /// Seed of a random throttle.
    pub stalls: Option<u64>,
    /// How the flash is found.
    pub power: Power,
    /// Clocks without a byte that are silence: a machine that hangs is soon known to.
    pub patience: u64,
}

/// Where machines come from.
pub trait Bed {
    /// What they are.
    fn config(&self) -> &Config;
    /// A fresh one, at power-up.
    fn machine(&self, setting: Setting) -> Result<Rtl, EngineError>;
}

/// The machine of a configuration in such a setting.
pub fn machine(config: &Config, setting: &Setting, options: &RtlOptions) -> Result<Rtl, EngineError> {
    let chips = Chips::new(config, Part::W25Q128, setting.image, config.flash_base as usize)?;
    let mut chips = chips.found(setting.power);
    if let Some((byte, bit)) = setting.corrupt {
        chips.corrupt(byte, bit)?;
    }
    let limits =
        Limits { patience: setting.patience, deadline: u64::MAX, stalls: setting.stalls, tied: None };
    Rtl::over(rtl::model(config, options)?, chips, config.uart_divisor, &limits)
}

/// A part of the script.
pub struct Scene {
    /// Its name.
    pub name: &'static str,
    play: fn(&dyn Bed) -> Played,
}

/// All of them, in the order in which they are played.
pub const SCENES: [Scene; 44] = [
    Scene { name: "text", play: texts::text },
    Scene { name: "requests", play: requests::requests },
    Scene { name: "groups", play: texts::groups },
    Scene { name: "states", play: requests::states },
    Scene { name: "throttle", play: texts::throttle },
    Scene { name: "counters", play: requests::counters },
    Scene { name: "power", play: boots::power },
    Scene { name: "kind 0", play: |bed| texts::kind(bed, 0) },
    Scene { name: "kind 1", play: |bed| texts::kind(bed, 1) },
    Scene { name: "kind 2", play: |bed| texts::kind(bed, 2) },
    Scene { name: "kind 3", play: |bed| texts::kind(bed, 3) },
    Scene { name: "kind 4", play: |bed| texts::kind(bed, 4) },
    Scene { name: "kind 5", play: |bed| texts::kind(bed, 5) },
    Scene { name: "kind 6", play: |bed| texts::kind(bed, 6) },
    Scene { name: "kind 7", play: |bed| texts::kind(bed, 7) },
    Scene { name: "refused images", play: boots::refused },
    Scene { name: "limits", play: edges::limits },
    Scene { name: "headers", play: edges::headers },
    Scene { name: "faint", play: edges::faint },
    Scene { name: "unknown kinds", play: edges::kinds },
    Scene { name: "far guesses", play: edges::far },
    Scene { name: "damage", play: damage::records },
    Scene { name: "damaged guesses", play: damage::guesses },
    Scene { name: "drafts", play: texts::drafts },
    Scene { name: "line", play: line::noise },
    Scene { name: "interrupted", play: line::interrupted },
    Scene { name: "large", play: sizes::large },
    Scene { name: "many tokens", play: sizes::many },
    Scene { name: "silence", play: line::silence },
    Scene { name: "pauses", play: edges::pauses },
    Scene { name: "odd", play: reach::odd },
    Scene { name: "stored", play: reach::stored },
    Scene { name: "moved", play: reach::moved },
    Scene { name: "rows first", play: reach::rows_first },
    Scene { name: "unmet", play: reach::unmet },
    Scene { name: "counts", play: reach::counts },
    Scene { name: "epsilons", play: reach::epsilons },
    Scene { name: "residuals", play: reach::residuals },
    Scene { name: "close", play: reach::close },
    Scene { name: "neighbours", play: reach::neighbours },
    Scene { name: "sure guesses", play: reach::sure },
    Scene { name: "logits", play: reach::logits },
    Scene { name: "vast", play: reach::vast },
    Scene { name: "sections", play: reach::sections },
];

/// So many at the end take hundreds of thousands of clocks and more: only mutants that nothing else notices are worth them.
pub const LONG: usize = 9;

/// What a machine did otherwise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("scene `{scene}`: {what}; run statestream cosim with such a model")]
pub struct Flaw {
    /// The scene.
    pub scene: String,
    /// What happened in it.
    pub what: String,
}

/// A scene's outcome, with what went wrong in it.
type Played = Result<(), Wrong>;

/// What went wrong, in words.
struct Wrong(String);

/// All that says what the scenes do.
pub(crate) const SOURCES: [&str; 9] = [
    include_str!("mod.rs"),
    include_str!("boots.rs"),
    include_str!("damage.rs"),
    include_str!("edges.rs"),
    include_str!("line.rs"),
    include_str!("reach.rs"),
    include_str!("requests.rs"),
    include_str!("sizes.rs"),
    include_str!("texts.rs"),
];

/// Plays scenes in order, to the first in which the machine does otherwise.
pub fn play(scenes: &[Scene], bed: &dyn Bed) -> Result<(), Flaw> {
    scenes.iter().try_for_each(|scene| scene.play(bed))
}

impl Scene {
    /// Plays it.
    pub fn play(&self, bed: &dyn Bed) -> Result<(), Flaw> {
        (self.play)(bed).map_err(|Wrong(what)| Flaw { scene: self.name.into(), what })
    }
}

impl From<BenchError> for Wrong {
    fn from(error: BenchError) -> Wrong {
        Wrong(error.to_string())
    }
}

impl From<EngineError> for Wrong {
    fn from(error: EngineError) -> Wrong {
        Wrong(error.to_string())
    }
}

impl From<HostError> for Wrong {
    fn from(error: HostError) -> Wrong {
        Wrong(error.to_string())
    }
}

impl From<GoldenError> for Wrong {
    fn from(error: GoldenError) -> Wrong {
        Wrong(error.to_string())
    }
}

/// The machine's answer is the expected one.
fn same<T: PartialEq + Debug>(what: &str, expected: T, found: T) -> Played {
    match expected == found {
        true => Ok(()),
        false => Err(Wrong(format!("{what}: {expected:?} expected, {found:?} found"))),
    }
}

/// A request and its answer.
fn answers(rtl: &mut Rtl, request: Request, expected: &Result<Response, HostError>) -> Played {
    let what = format!("{request:?}");
    same(&what, expected, &ask(rtl, request))
}

/// Tokens, back to back, the last of which is to have logits.
fn prompt(tokens: &[u16]) -> Action {
    Action::Feed { tokens: tokens.into(), logits: false }
}

/// Where a record of an image is.
fn span(image: &Image, record: Record) -> Result<Span, Wrong> {
    let found = image.records().into_iter().find(|span| span.record == record);
    found.ok_or_else(|| Wrong(format!("no {record} in the image")))
}

/// Random integers of this shape, of the kind that the machine is made for.
fn image(config: &Config, seed: u64, shape: &Shape) -> Image {
    match config.ternary {
        true => random_ternary(seed, shape),
        false => random_image(seed, shape),
    }
}

impl<'a> Setting<'a> {
    /// This image, nothing special.
    fn of(image: &'a [u8]) -> Setting<'a> {
        Setting { image, corrupt: None, stalls: None, power: Power::Down, patience: PATIENCE }
    }
}

/// A machine with the golden model beside it, and what its passes must take.
struct Watched {
    bench: Bench<Rtl>,
    image: Image,
    config: Config,
}

impl Watched {
    fn new(bed: &dyn Bed, image: &Image) -> Result<Watched, Wrong> {
        Watched::with(bed, image, |setting| setting)
    }

    /// The same in a setting that `change` makes of the usual one.
    fn with(bed: &dyn Bed, image: &Image, change: impl Fn(Setting) -> Setting) -> Result<Watched, Wrong> {
        let bytes = image.to_bytes();
        let tokens = bed.config().tokens;
        let longest = PassShape { tokens, guesses: tokens - 1, heads: Heads::All };
        let longest = pass_cycles(image, bed.config(), longest).unwrap_or_default();
        let setting = Setting { patience: PATIENCE + 3 * longest, ..Setting::of(&bytes) };
        let setting = change(setting);
        let machine = bed.machine(setting)?;
        // whose header is damaged may say anything
        let info =
            if setting.corrupt.is_none() { requests::info(bed.config(), image) } else { *machine.info() };
        same("INFO", info, *machine.info())?;
        let bench = Bench::new(machine, &Model::new(image)?, image, "statestream verify --only mutants");
        Ok(Watched { bench, image: image.clone(), config: bed.config().clone() })
    }

    /// The passes from this number on are of so many tokens.
    fn shared(&self, from: usize, tokens: &[usize]) -> Played {
        let passes = &self.bench.engine.passes()[from..];
        same(
            "tokens of the passes",
            tokens,
            &passes.iter().map(|(shape, _)| shape.tokens).collect::<Vec<_>>(),
        )
    }

    /// Everything that is known at the end of a text: state, saturations, counts, clocks, and what the flash saw.
    fn finish(&mut self, free: bool) -> Played {
        self.bench.state()?;
        self.settle(free)
    }

    /// The same but for the state, which takes long on a slow line.
    fn settle(&mut self, free: bool) -> Played {
        self.bench.saturations()?;
        self.counted()?;
        self.in_time(free)?;
        at_the_pins(&self.bench.engine, &self.config)
    }

    /// What the machine counted since it woke is what its trace port told.
    fn counted(&mut self) -> Played {
        let counters = self.bench.engine.counters()?;
        let passes = self.bench.engine.passes();
        let guesses: usize = passes.iter().map(|(shape, _)| shape.guesses).sum();
        same("counted passes", passes.len() as u32, counters.passes)?;
        same("counted guesses", guesses as u32, counters.drafted)?;
        same("kept guesses", self.kept(), counters.accepted)?;
        let last = passes.last().map_or(0, |(_, clocks)| *clocks as u32);
        same("clocks of the last pass", last, counters.last_cycles)?;
        same("counted CRC errors", 0, counters.crc_errors)
    }

    /// Guesses that golden kept: all tokens kept but the first of each pass that guessed, the others being no guesses.
    fn kept(&self) -> u32 {
        let passes = self.bench.engine.passes();
        let sure: usize = passes.iter().map(|(shape, _)| shape.tokens - shape.guesses).sum();
        (self.bench.lockstep.tokens() - sure as u64) as u32
    }

    /// Every pass and load took the predicted clocks, or more if something made it wait.
    fn in_time(&self, free: bool) -> Played {
        let load = load_cycles(self.image.header.state_words, &self.config);
        for clocks in self.bench.engine.loads() {
            in_clocks("a load", load, *clocks, free)?;
        }
        for (shape, clocks) in self.bench.engine.passes() {
            let predicted = pass_cycles(&self.image, &self.config, *shape).unwrap_or_default();
            in_clocks(&format!("{shape:?}"), predicted, *clocks, free)?;
        }
        Ok(())
    }
}

fn in_clocks(what: &str, predicted: u64, clocks: u64, free: bool) -> Played {
    match free || clocks < predicted {
        true => same(what, predicted, clocks),
        false => Ok(()),
    }
}

/// All that a machine may send to its flash, and no breach of the chip's rules.
fn at_the_pins(rtl: &Rtl, config: &Config) -> Played {
    let read = if config.flash == FlashBus::Dtr { 0xed } else { 0xeb };
    for flash in rtl.flashes() {
        same("breaches", &[][..], flash.breaches())?;
        let opcodes: Vec<u8> = flash.opcodes().keys().copied().collect();
        let stray: Vec<&u8> =
            opcodes.iter().filter(|o| ![0x66, 0x99, 0xab, 0xff, read].contains(o)).collect();
        same("other opcodes", Vec::new(), stray)?;
    }
    Ok(())
}

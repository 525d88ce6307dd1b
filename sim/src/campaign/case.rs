//! A case of the campaign: everything that a run depends on, as a TOML file that a person can read and change.

use serde::{Deserialize, Serialize};
use statestream_golden::GoldenError;
use statestream_image::config::{Config, ConfigError, FlashBus, Pipeline};
use statestream_image::draft::build;
use statestream_image::layout::{flag, Image, Kind, Section};
use statestream_image::model::{ModelConfig, Shape};
use statestream_image::plan::plan;
use statestream_image::testing::{random_draft, random_image, random_ternary};

use crate::stimulus::own_text;

/// Length of a text that a draft table is made of.
const LEARNT: usize = 120;

/// One run: a machine, a model, and what is done with them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// Of all weights, parameters and states, and of the draft table.
    pub seed: u64,
    /// Of what has no power-up value.
    pub power_up: u32,
    /// Of the throttle; without one the machine runs at full speed.
    #[serde(default)]
    pub stalls: Option<u64>,
    /// The machine.
    pub machine: Machine,
    /// The model.
    pub model: Model,
    /// What is done, in order.
    pub steps: Vec<Step>,
}

/// A configuration, perhaps with another bus, pipeline or room for tokens.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Machine {
    /// Its name in `configs.toml`.
    pub config: String,
    /// Tokens that share a pass.
    pub tokens: usize,
    /// How the flash is wired.
    pub flash: FlashBus,
    /// How long the epilogue's pipeline is.
    pub pipeline: Pipeline,
}

/// A shape, and how its rows are stored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Model {
    /// E or C is complex.
    pub complex: bool,
    /// The embedding is the head.
    pub tied: bool,
    /// The initial state is not zero.
    pub initial_state: bool,
    /// Narrow rows are ternary, else W4.
    pub ternary: bool,
    /// Every second row has factors that leave exactly a half to be rounded, which chance seldom does.
    pub halves: bool,
    /// Slots of the draft table; 0: there is none.
    pub draft_slots: usize,
    /// The table is made of the model's own text, else of random tokens.
    pub draft_learnt: bool,
    /// Everything else.
    pub config: ModelConfig,
}

/// One thing to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case", deny_unknown_fields)]
pub enum Step {
    /// INFO.
    Info,
    /// RESET.
    Reset,
    /// FEED, tokens outside the vocabulary included.
    Feed {
        /// Back to back.
        tokens: Vec<u16>,
        /// Ask for every token's logits.
        logits: bool,
    },
    /// GENERATE.
    Generate {
        /// Tokens.
        count: u16,
    },
    /// SAMPLE.
    Sample {
        /// Temperature word; 0 is greedy.
        temperature: i16,
        /// The noise's seed.
        seed: u32,
    },
    /// STATE_READ.
    Read {
        /// The first word.
        word: u32,
        /// Words.
        count: u16,
    },
    /// STATE_WRITE.
    Write {
        /// The first word.
        word: u32,
        /// The words.
        words: Vec<i16>,
    },
    /// STATE_COMMIT, under the image's model id or another one.
    Commit {
        /// The image's.
        own: bool,
    },
    /// STATE_LOAD.
    Load {
        /// Which stored state.
        index: u16,
    },
    /// Reads the whole state, forgets it by a RESET, and continues from what was read.
    Reload,
    /// COUNTERS.
    Counters,
    /// CLEAR.
    Clear,
    /// GROUP.
    Group {
        /// Tokens that may share a pass.
        tokens: u16,
    },
    /// A request with a fault.
    Damaged {
        /// The command's number.
        command: u8,
        /// What is wrong with it.
        fault: Fault,
    },
    /// Bytes between two frames; none of them begins one.
    Noise {
        /// The bytes.
        bytes: Vec<u8>,
    },
    /// Power is lost in the middle of a FEED: the machine starts again, the flash is found as it was left.
    PowerCut {
        /// Tokens of the FEED.
        tokens: Vec<u16>,
        /// Clocks after the request's first bit.
        clocks: u64,
        /// Of what has no power-up value.
        power_up: u32,
    },
}

/// What can be wrong with a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// One bit of its CRC.
    Crc,
    /// A byte too many.
    Long,
    /// A byte too few.
    Short,
    /// No such command.
    Unknown,
}

/// A case that cannot be read or made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CaseError {
    /// The text.
    #[error("{reason}; a case has the fields of `campaign::Case`, see sim/cases")]
    Syntax {
        /// The parser's words.
        reason: String,
    },
    /// The machine.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The model.
    #[error(transparent)]
    Golden(#[from] GoldenError),
}

impl Machine {
    /// The machine of a configuration.
    pub fn like(config: &Config) -> Machine {
        let name = if config.ternary { "tiny-ternary" } else { "tiny" };
        let Config { tokens, flash, pipeline, .. } = *config;
        Machine { config: name.into(), tokens, flash, pipeline }
    }
}

impl Model {
    /// Words of its state.
    pub fn state_words(&self) -> usize {
        plan(&self.shape(), 1).iter().map(|planned| planned.rows * planned.section.state_words).sum()
    }

    fn shape(&self) -> Shape {
        let Model { complex, tied, initial_state, .. } = *self;
        Shape { config: self.config.clone(), complex, tied, initial_state }
    }
}

impl Case {
    /// Reads a file's text.
    pub fn parse(text: &str) -> Result<Case, CaseError> {
        toml::from_str(text)
            .map_err(|error| CaseError::Syntax { reason: error.to_string().trim().replace('\n', " ") })
    }

    /// The case as a file's text.
    pub fn to_toml(&self) -> Result<String, CaseError> {
        toml::to_string(self).map_err(|error| CaseError::Syntax { reason: error.to_string() })
    }

    /// The machine's configuration.
    pub fn config(&self) -> Result<Config, CaseError> {
        let Machine { config, tokens, flash, pipeline } = self.machine.clone();
        let base = Config::named(&config)?;
        // with two chips, an address whose half is odd
        let flash_base = if flash == FlashBus::Quad { base.flash_base } else { 0x1_0002 };
        let name = format!("{config}, {tokens} tokens, {}, {pipeline:?}", flash.name());
        Ok(Config { name, tokens, flash, pipeline, flash_base, ..base })
    }

    /// The model's image.
    pub fn image(&self) -> Result<Image, CaseError> {
        let shape = self.model.shape();
        let mut image = match self.model.ternary {
            true => random_ternary(self.seed, &shape),
            false => random_image(self.seed, &shape),
        };
        if self.model.halves {
            image.sections.iter_mut().for_each(leave_halves);
            image.seal();
        }
        match (self.model.draft_slots, self.model.draft_learnt) {
            (0, _) => {}
            (slots, false) => random_draft(&mut image, self.seed, slots),
            (slots, true) => {
                let text = own_text(&image, 0, LEARNT)?;
                image.draft = Some(build(&text, image.header.vocab, slots));
                image.seal();
            }
        }
        Ok(image)
    }
}

/// An odd word times this has a half of 2^14 for its rest.
const ODD_HALF: i16 = 3 << 13;

/// What an odd word is multiplied by, to leave half of what this shift drops; of a large shift a word that is even by as much.
fn half(shift: u32) -> i16 {
    1 << shift.saturating_sub(1).min(14)
}

fn leave_halves(section: &mut Section) {
    let (kind, at, pair) = (section.kind, section.kind_at(), section.has(flag::PAIR));
    let [conv_shift, shift, _] = section.shifts;
    let (to_h, conv) = (section.has(flag::TO_H), section.has(flag::CONV));
    for row in section.rows.iter_mut().skip(1).step_by(2) {
        let params = &mut row.params;
        if params.len() > 1 {
            params[1] = ODD_HALF;
        }
        if pair {
            params[4] = ODD_HALF;
        }
        if conv {
            // the newest sample alone
            params[at - 4..at].copy_from_slice(&[0, 0, 0, half(conv_shift)]);
        }
        match kind {
            Kind::Channel => {
                // D alone is read out, and b alone drives the first state
                params[at..].fill(0);
                params[at] = half(shift);
                params[at + 3] = 1 << 14;
            }
            Kind::Recur => params[at..at + 3].copy_from_slice(&[0, 0, 1 << 14]),
            Kind::Activate if to_h => params[at + 1] = ODD_HALF,
            _ => {}
        }
    }
}

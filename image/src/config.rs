//! The machines: named sizes from `configs.toml`, and whether an image fits one.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::layout::{flag, Header, Image};

const CONFIGS: &str = include_str!("../configs.toml");

/// What the memories are made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Memory {
    /// iCE40 UltraPlus single-port RAM for the state, block RAM elsewhere.
    Spram,
    /// Block RAM everywhere.
    Block,
    /// Behavioural arrays: the tool chooses.
    Plain,
}

/// How the flash is wired and read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FlashBus {
    /// One chip on four lines, a nibble per clock (opcode EB).
    #[default]
    Quad,
    /// One chip on four lines, a nibble on both edges of its clock (opcode ED).
    Dtr,
    /// Two chips in lockstep, eight lines, a nibble of each per clock (opcode EB).
    Dual,
}

impl FlashBus {
    /// As `configs.toml` spells it.
    pub const fn name(self) -> &'static str {
        match self {
            FlashBus::Quad => "quad",
            FlashBus::Dtr => "dtr",
            FlashBus::Dual => "dual",
        }
    }

    /// Flash bits per clock.
    pub const fn bits(self) -> usize {
        match self {
            FlashBus::Quad => 4,
            FlashBus::Dtr | FlashBus::Dual => 8,
        }
    }
}

/// How long the epilogue's pipeline is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Pipeline {
    /// A memory's word is multiplied in the clock after its address: least area.
    #[default]
    Short,
    /// A register behind the microprogram and one behind every memory: for families whose block RAM is slow beside their logic.
    Long,
}

/// One configuration of the machine. Depths are in 16-bit words and powers of two.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The entry's name in `configs.toml`.
    #[serde(default)]
    pub name: String,
    /// How the flash is wired and read.
    #[serde(default)]
    pub flash: FlashBus,
    /// How long the epilogue's pipeline is.
    #[serde(default)]
    pub pipeline: Pipeline,
    /// Rows may be ternary too; needs a bus of 4 bits.
    #[serde(default)]
    pub ternary: bool,
    /// Tokens that share one pass.
    #[serde(default = "tokens")]
    pub tokens: usize,
    /// Depth of the residual memory h.
    pub h_words: usize,
    /// Depth of the vector memory.
    pub vector_words: usize,
    /// Depth of the state memory.
    pub state_words: usize,
    /// Most parameter words in a row.
    pub param_words: usize,
    /// What the memories are made of.
    pub memory: Memory,
    /// Clock in Hz.
    pub clock_hz: u64,
    /// Clocks per UART bit.
    pub uart_divisor: u32,
    /// Byte address of the image in the flash.
    #[serde(default = "flash_base")]
    pub flash_base: u32,
}

/// Why a configuration cannot be had, or does not take an image.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ConfigError {
    /// No such entry.
    #[error("configuration `{name}` is not in configs.toml, which has {known}; choose one of these")]
    Unknown {
        /// What was asked for.
        name: String,
        /// All names.
        known: String,
    },
    /// `configs.toml` itself cannot be read.
    #[error("configs.toml: {reason}; every entry needs the fields of `Config`")]
    Syntax {
        /// The parser's words.
        reason: String,
    },
    /// A depth that the address arithmetic cannot serve.
    #[error("configs.toml: {name}.{quantity} = {value}, but depths are powers of two; choose {next}")]
    Depth {
        /// The entry.
        name: String,
        /// The field.
        quantity: &'static str,
        /// Its value.
        value: usize,
        /// The next power of two.
        next: usize,
    },
    /// A bus that brings ternary weights faster than the machine takes them.
    #[error("configs.toml: {name}.ternary = true, but {name}.flash = \"{flash}\" brings 8 bits per clock, and a machine takes ternary weights from 4; choose flash = \"quad\" or ternary = false")]
    TernaryBus {
        /// The entry.
        name: String,
        /// Its bus.
        flash: &'static str,
    },
    /// The image has ternary rows and the configuration none.
    #[error("the image has ternary rows (section {section}), configuration `{config}` reads W4 and W8 only; {fits}")]
    Ternary {
        /// The configuration.
        config: String,
        /// The first section that has.
        section: usize,
        /// What to do.
        fits: String,
    },
    /// The image needs more of a memory than the configuration has.
    #[error("the image needs {need} {quantity}, configuration `{config}` has {have}; an image must fit every memory: {fits}")]
    TooLarge {
        /// The configuration.
        config: String,
        /// What is short, with its unit.
        quantity: &'static str,
        /// What the image needs.
        need: usize,
        /// What the configuration has.
        have: usize,
        /// What to do.
        fits: String,
    },
}

impl Config {
    /// The entry `name` of `configs.toml`.
    pub fn named(name: &str) -> Result<Config, ConfigError> {
        let all = Config::all()?;
        let known = || all.iter().map(|c| format!("`{}`", c.name)).collect::<Vec<_>>().join(", ");
        let found = all.iter().find(|c| c.name == name).cloned();
        found.ok_or_else(|| ConfigError::Unknown { name: name.into(), known: known() })
    }

    /// Bits per second of the UART.
    pub fn baud(&self) -> u32 {
        (self.clock_hz / u64::from(self.uart_divisor)) as u32
    }

    /// All entries of `configs.toml`, by name.
    pub fn all() -> Result<Vec<Config>, ConfigError> {
        Config::from_toml(CONFIGS)
    }

    /// The entries of a text in the syntax of `configs.toml`, by name.
    pub fn from_toml(text: &str) -> Result<Vec<Config>, ConfigError> {
        let entries: BTreeMap<String, Config> =
            toml::from_str(text).map_err(|e| ConfigError::Syntax { reason: e.message().to_string() })?;
        entries.into_iter().map(|(name, config)| Config { name, ..config }.checked()).collect()
    }

    /// Does this configuration serve every width of the image's weights, and does every memory hold what the header asks for? The error
    /// names the first that does not.
    pub fn admits(&self, image: &Image) -> Result<(), ConfigError> {
        let config = self.name.clone();
        if let Some(section) = self.refuses(image) {
            return Err(ConfigError::Ternary { config, section, fits: fits(image) });
        }
        match self.needs(&image.header).into_iter().find(|(_, need, have)| need > have) {
            None => Ok(()),
            Some((quantity, need, have)) => {
                Err(ConfigError::TooLarge { config, quantity, need, have, fits: fits(image) })
            }
        }
    }

    /// The first section whose weights this configuration does not serve.
    fn refuses(&self, image: &Image) -> Option<usize> {
        image.sections.iter().position(|section| section.has(flag::TERNARY) && !self.ternary)
    }

    /// (quantity, what the header asks for, what this configuration has) of every memory.
    pub fn needs(&self, header: &Header) -> [(&'static str, usize, usize); 4] {
        [
            ("words of h", header.d, self.h_words),
            ("words of vector memory", header.vector_words, self.vector_words),
            ("words of state", header.state_words, self.state_words),
            ("parameter words in a row", header.max_params, self.param_words),
        ]
    }

    fn fits(&self, image: &Image) -> bool {
        let memories = self.needs(&image.header);
        self.refuses(image).is_none() && memories.iter().all(|(_, need, have)| need <= have)
    }

    fn checked(self) -> Result<Config, ConfigError> {
        if self.ternary && self.flash != FlashBus::Quad {
            return Err(ConfigError::TernaryBus { name: self.name, flash: self.flash.name() });
        }
        let depths = [
            ("h_words", self.h_words),
            ("vector_words", self.vector_words),
            ("state_words", self.state_words),
            ("param_words", self.param_words),
        ];
        match depths.into_iter().find(|(_, value)| !value.is_power_of_two()) {
            None => Ok(self),
            Some((quantity, value)) => {
                let next = value.next_power_of_two();
                Err(ConfigError::Depth { name: self.name, quantity, value, next })
            }
        }
    }
}

/// Which configurations there are for an image.
fn fits(image: &Image) -> String {
    let all = Config::all().unwrap_or_default();
    let names: Vec<_> = all.iter().filter(|c| c.fits(image)).map(|c| format!("`{}`", c.name)).collect();
    match names.is_empty() {
        true => "no configuration of configs.toml holds this one, pack a smaller model".to_string(),
        false => format!("this one fits {}", names.join(", ")),
    }
}

fn tokens() -> usize {
    1
}

fn flash_base() -> u32 {
    1 << 20
}

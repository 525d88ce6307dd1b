//! The first difference between the golden model and another engine, with everything needed to look at it.

use std::fmt;

use statestream_image::layout::{flag, Kind, Section};

/// Which section of the tape, as messages and word names need it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SectionShape {
    kind: Kind,
    flags: u16,
    states: usize,
    layer: usize,
}

impl From<&Section> for SectionShape {
    fn from(section: &Section) -> SectionShape {
        let Section { kind, flags, n, layer, .. } = *section;
        SectionShape { kind, flags, states: n, layer }
    }
}

impl SectionShape {
    /// The epilogue.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The 0-based layer.
    pub fn layer(&self) -> usize {
        self.layer
    }

    /// The name of the word that a row of this section reports at `index`, as `FORMAT.md` calls it.
    pub fn word(&self, index: usize) -> String {
        if self.kind == Kind::Norm {
            return self.norm_word(index);
        }
        self.row_words().get(index).cloned().unwrap_or_else(|| format!("number {index}"))
    }

    fn norm_word(&self, index: usize) -> String {
        match (self.has(flag::COPY), index) {
            (false, 0) => "r".into(),
            (copy, index) => format!("n_{}", index - usize::from(!copy)),
        }
    }

    fn row_words(&self) -> Vec<String> {
        let names: &[&str] = match self.kind {
            Kind::Channel => return self.channel_words(),
            Kind::Store => return self.store_words(),
            Kind::Recur => &["a0", "v", "sr'", "si'"],
            Kind::Activate if self.has(flag::GATE) => &["a0 of a", "a0 of b", "r", "y", "g", "z"],
            Kind::Activate => &["a0", "y", "v", "h"],
            Kind::Residual => &["a0", "h"],
            Kind::Logit => &["a0", "logit", "g", "score"],
            Kind::Norm | Kind::End => &[],
        };
        names.iter().copied().map(String::from).collect()
    }

    fn store_words(&self) -> Vec<String> {
        let optional = [(flag::CONV, "u"), (flag::ACT, "v")];
        let present = optional.into_iter().filter(|(bit, _)| self.has(*bit)).map(|(_, name)| name);
        ["a0", "x"].into_iter().chain(present).map(String::from).collect()
    }

    fn channel_words(&self) -> Vec<String> {
        let head = ["a0 of a", "a0 of b", "x", "r"].into_iter();
        let head = head.chain(self.has(flag::CONV).then_some("u")).chain(["g", "v"]).map(String::from);
        let states = (0..self.states).flat_map(|k| match self.states {
            1 => ["sr'".to_string(), "si'".to_string()],
            _ => [format!("sr'[{k}]"), format!("si'[{k}]")],
        });
        head.chain(states).chain(["y", "z"].map(String::from)).collect()
    }

    fn has(&self, bit: u16) -> bool {
        self.flags & bit != 0
    }
}

/// Where a word was reported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// 0-based layer; the final norm and the head carry the number of blocks.
    pub layer: usize,
    /// Number of the section on the tape.
    pub section: usize,
    /// Its epilogue.
    pub kind: Kind,
    /// Row within the section.
    pub row: usize,
    /// The word's name in `FORMAT.md`.
    pub word: String,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Place { layer, section, kind, row, word } = self;
        let kind = format!("{kind:?}").to_lowercase();
        write!(f, "layer {layer}, section {section} ({kind}), row {row}, word `{word}`")
    }
}

/// What differs.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Difference {
    /// The same word with another value.
    Word {
        /// Where.
        place: Place,
        /// The golden model's value.
        golden: i16,
        /// The engine's.
        engine: i16,
    },
    /// The engine reports another place than the one that is due.
    Order {
        /// The place that is due.
        golden: Place,
        /// Section, row and value the engine reports.
        engine: (u32, u32, i16),
    },
    /// The pass ended before this word was reported.
    Missing {
        /// The word that is due.
        place: Place,
    },
    /// A word after the last of the pass, or of a token that the pass has not.
    Extra {
        /// Section, row and value the engine reports.
        engine: (u32, u32, i16),
    },
    /// The pass chose another token.
    Token {
        /// The golden model's choice.
        golden: Option<u16>,
        /// The engine's.
        engine: Option<u16>,
    },
    /// The engine guesses otherwise than the golden model's draft table.
    Guesses {
        /// The golden model's guesses.
        golden: Vec<u16>,
        /// The engine's.
        engine: Vec<u16>,
    },
    /// Another number of tokens is kept of a pass.
    Kept {
        /// The golden model keeps so many.
        golden: usize,
        /// The engine so many.
        engine: usize,
    },
    /// The counts of clamped words differ.
    Saturations {
        /// The golden model's count.
        golden: u64,
        /// The engine's.
        engine: u64,
    },
    /// The golden model refuses what the engine does.
    Refused {
        /// Why.
        reason: String,
    },
}

/// A difference, when it happened, and how to see it again.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct Mismatch {
    /// The other engine's name.
    pub engine: &'static str,
    /// What differs.
    pub difference: Difference,
    /// Tokens fed before this one since the start.
    pub token: u64,
    /// The engine's clock, if it has one.
    pub cycle: Option<u64>,
    /// The command that shows it again.
    pub replay: String,
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let cycle = self.cycle.map_or_else(String::new, |cycle| format!(" (cycle {cycle})"));
        let when = format!("token {}{cycle}", self.token);
        self.difference.describe(f, self.engine, &when)?;
        write!(f, "; replay: {}", self.replay)
    }
}

impl Difference {
    fn describe(&self, f: &mut fmt::Formatter<'_>, engine: &str, when: &str) -> fmt::Result {
        match self {
            Difference::Word { place, golden, engine: value } => {
                write!(f, "{engine} differs at {place}, {when}: golden {golden:#06x}, {engine} {value:#06x}")
            }
            Difference::Order { golden, engine: (section, row, value) } => {
                write!(f, "{engine} reports section {section}, row {row} ({value:#06x}) at {when}: golden is at {golden}")
            }
            Difference::Missing { place } => write!(f, "{engine} ends the pass of {when} before {place}"),
            Difference::Extra { engine: (section, row, value) } => {
                write!(f, "{engine} reports section {section}, row {row} ({value:#06x}) at {when}: golden has no further word")
            }
            Difference::Token { golden, engine: value } => {
                write!(
                    f,
                    "{engine} differs after {when}: golden chooses {}, {engine} {}",
                    choice(*golden),
                    choice(*value)
                )
            }
            Difference::Guesses { golden, engine: value } => {
                write!(
                    f,
                    "{engine} differs before {when}: golden guesses tokens {golden:?}, {engine} {value:?}"
                )
            }
            Difference::Kept { golden, engine: value } => {
                write!(
                    f,
                    "{engine} differs after {when}: golden keeps {golden} of the pass, {engine} {value}"
                )
            }
            Difference::Saturations { golden, engine: value } => {
                write!(
                    f,
                    "{engine} differs after {when}: golden counts {golden} saturations, {engine} {value}"
                )
            }
            Difference::Refused { reason } => {
                write!(f, "{engine} runs {when}, which golden refuses: {reason}")
            }
        }
    }
}

fn choice(token: Option<u16>) -> String {
    token.map_or_else(|| "no token".into(), |token| format!("token {token}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape(kind: Kind, flags: u16, states: usize) -> SectionShape {
        SectionShape { kind, flags, states, layer: 3 }
    }

    fn words(shape: SectionShape, count: usize) -> String {
        (0..count).map(|index| shape.word(index)).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn words_have_the_names_and_the_order_of_the_format() {
        let channel = |flags, states| shape(Kind::Channel, flags, states);
        assert_eq!(words(channel(flag::CONV, 1), 11), "a0 of a a0 of b x r u g v sr' si' y z");
        assert_eq!(words(channel(0, 2), 12), "a0 of a a0 of b x r g v sr'[0] si'[0] sr'[1] si'[1] y z");
        assert_eq!(words(shape(Kind::Store, flag::ACT, 0), 3), "a0 x v");
        assert_eq!(words(shape(Kind::Norm, 0, 0), 3), "r n_0 n_1");
        assert_eq!(words(shape(Kind::Norm, flag::COPY, 0), 2), "n_0 n_1");
        assert_eq!(words(shape(Kind::Activate, flag::GATE, 0), 7), "a0 of a a0 of b r y g z number 6");
        assert_eq!(words(shape(Kind::Activate, flag::TO_H, 0), 4), "a0 y v h");
    }

    #[test]
    fn a_mismatch_says_where_both_values_and_how_to_see_it_again() {
        let place = Place { layer: 3, section: 11, kind: Kind::Channel, row: 17, word: "sr'".into() };
        let mismatch = Mismatch {
            engine: "rtl",
            difference: Difference::Word { place, golden: 0x12, engine: -1 },
            token: 42,
            cycle: Some(18211),
            replay: "statestream cosim x.img".into(),
        };
        assert_eq!(
            mismatch.to_string(),
            "rtl differs at layer 3, section 11 (channel), row 17, word `sr'`, token 42 (cycle 18211): \
             golden 0x0012, rtl 0xffff; replay: statestream cosim x.img"
        );
    }
}

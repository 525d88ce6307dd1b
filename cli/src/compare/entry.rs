//! One entry of the TOML under its name, for messages; and how it becomes an architecture.

use anyhow::{anyhow, bail, Result};
use toml::{Table, Value};

use super::constants::Named;
use super::shapes::{Arch, Family, Memory, SsmShape, TransformerShape, MOST_LAYERS, MOST_SIZE};

/// Most characters of a text.
const MOST_TEXT: usize = 2000;
/// Most characters of an architecture's name.
const MOST_NAME: usize = 40;
/// Most characters of a value in a message.
const MOST_SHOWN: usize = 60;

/// An entry with where it stands.
pub struct Entry<'a> {
    /// The file.
    pub file: &'a str,
    /// `constant`, `claim` or `arch`.
    pub kind: &'static str,
    /// Its name.
    pub key: &'a str,
    /// What it holds.
    pub value: &'a Value,
}

const SSM_KEYS: [&str; 18] = [
    "family",
    "block",
    "ssm",
    "vocab_size",
    "num_blocks",
    "channels",
    "d_inner",
    "num_states",
    "conv_taps",
    "complex_readout",
    "tied",
    "initial_state",
    "norm",
    "final_norm",
    "weights_in",
    "kind",
    "source",
    "assumed",
];
const TRANSFORMER_KEYS: [&str; 13] = [
    "family",
    "vocab_size",
    "num_layers",
    "hidden",
    "heads",
    "kv_heads",
    "head_dim",
    "intermediate",
    "tied",
    "weights_in",
    "kind",
    "source",
    "assumed",
];

impl Entry<'_> {
    /// File and name.
    pub fn at(&self) -> String {
        format!("{}: [{}.{}]", self.file, self.kind, self.key.escape_debug())
    }

    /// Its name.
    pub fn key(&self) -> String {
        self.key.into()
    }

    /// Has it this key?
    pub fn has(&self, key: &str) -> bool {
        self.value.get(key).is_some()
    }

    /// Refuses what is no table, and keys that nothing reads: a slip of the pen must not leave a default behind.
    pub fn only(&self, known: &[&str]) -> Result<()> {
        let Some(table) = self.value.as_table() else {
            bail!("{} is no table; write it as one, with {}", self.at(), known.join(", "))
        };
        let unknown = |table: &Table| table.keys().find(|key| !known.contains(&key.as_str())).cloned();
        match unknown(table) {
            None => Ok(()),
            Some(key) => bail!(
                "{} has {}, but its keys are {}; rename it",
                self.at(),
                key.escape_debug(),
                known.join(", ")
            ),
        }
    }

    /// A number between two others.
    pub fn number(&self, key: &str, least: f64, most: f64) -> Result<f64> {
        let value = self.value.get(key);
        let number = value.and_then(|value| value.as_float().or(value.as_integer().map(|n| n as f64)));
        match number.filter(|number| (least..=most).contains(number)) {
            Some(number) => Ok(number),
            None => Err(self.fault(key, &format!("must be a number from {least} to {most}"))),
        }
    }

    /// A size between two others.
    fn size(&self, key: &str, least: u64, most: u64) -> Result<u64> {
        let size = self.value.get(key).and_then(Value::as_integer).and_then(|size| u64::try_from(size).ok());
        match size.filter(|size| (least..=most).contains(size)) {
            Some(size) => Ok(size),
            None => Err(self.fault(key, &format!("must be a whole number from {least} to {most}"))),
        }
    }

    fn flag(&self, key: &str) -> Result<bool> {
        let flag = self.value.get(key).and_then(Value::as_bool);
        flag.ok_or_else(|| self.fault(key, "must be true or false"))
    }

    /// A text that says something.
    pub fn text(&self, key: &str) -> Result<String> {
        let text = self.value.get(key).and_then(Value::as_str);
        match text.filter(|text| is_line(text, MOST_TEXT)) {
            Some(text) => Ok(text.into()),
            None => Err(self.fault(key, &format!("must be a line of 1 to {MOST_TEXT} characters"))),
        }
    }

    /// Where the figure is from.
    pub fn source(&self) -> Result<String> {
        match self.has("source") {
            true => self.text("source"),
            false => Err(self.fault("source", "no figure goes without one")),
        }
    }

    /// What was taken for granted; may be absent.
    pub fn assumed(&self) -> Result<String> {
        match self.has("assumed") {
            true => self.text("assumed"),
            false => Ok(String::new()),
        }
    }

    /// A list of texts.
    pub fn texts(&self, key: &str) -> Result<Vec<String>> {
        let list = self.value.get(key).and_then(Value::as_array);
        let name = |text: &Value| text.as_str().filter(|text| is_line(text, MOST_NAME)).map(String::from);
        let texts = list.and_then(|list| list.iter().map(name).collect());
        texts.ok_or_else(|| self.fault(key, "must be a list of texts"))
    }

    /// One of some words.
    pub fn one_of(&self, key: &str, known: &[&str]) -> Result<String> {
        let text = self.value.get(key).and_then(Value::as_str).unwrap_or_default();
        match known.contains(&text) {
            true => Ok(text.into()),
            false => Err(self.fault(key, &format!("must be {}", known.join(" or ")))),
        }
    }

    /// The entry as an architecture.
    pub fn named(&self) -> Result<Named> {
        if !is_line(self.key, MOST_NAME) {
            bail!("{} must be a line of 1 to {MOST_NAME} characters, as the table has a column of it; rename it", self.at());
        }
        let family = match self.one_of("family", &["ssm", "transformer"])?.as_str() {
            "ssm" => Family::Ssm(self.ssm()?),
            _ => Family::Transformer(self.transformer()?),
        };
        self.one_of("kind", &["claim", "derived"])?;
        let weights_in = match self.one_of("weights_in", &["flash", "dram"])?.as_str() {
            "flash" => Memory::Flash,
            _ => Memory::Dram,
        };
        Ok(Named { arch: Arch { family, weights_in }, source: self.source()?, assumed: self.assumed()? })
    }

    fn ssm(&self) -> Result<SsmShape> {
        self.only(&SSM_KEYS)?;
        let gated = self.one_of("block", &["gated", "plain"])? == "gated";
        let dense = self.one_of("ssm", &["dws", "s5"])? == "s5";
        if !gated && !dense {
            bail!(
                "{} has block plain with ssm dws, in which no channel sees another; use s5 or gated",
                self.at()
            );
        }
        let (channels, most) = (self.size("channels", 1, MOST_SIZE)?, if dense { MOST_SIZE } else { 16 });
        let inner = if gated { self.size("d_inner", 1, MOST_SIZE)? } else { channels };
        let states = self.size("num_states", 1, most)?;
        Ok(SsmShape {
            gated,
            dense,
            vocab: self.size("vocab_size", 1, MOST_SIZE)?,
            layers: self.size("num_blocks", 1, MOST_LAYERS)?,
            channels,
            inner,
            states: if dense { states } else { inner * states },
            taps: self.size("conv_taps", 0, 64)?,
            complex: self.flag("complex_readout")?,
            tied: self.flag("tied")?,
            initial: self.flag("initial_state")?,
            norm: self.flag("norm")?,
            final_norm: self.flag("final_norm")?,
        })
    }

    fn transformer(&self) -> Result<TransformerShape> {
        self.only(&TRANSFORMER_KEYS)?;
        let size = |key| self.size(key, 1, MOST_SIZE);
        let (heads, kv_heads) = (size("heads")?, size("kv_heads")?);
        if heads % kv_heads != 0 {
            bail!(
                "{} has {heads} heads in groups of {kv_heads}, which do not divide them; correct kv_heads",
                self.at()
            );
        }
        let head_dim = self.size("head_dim", 1, MOST_SIZE / heads)?;
        Ok(TransformerShape {
            vocab: size("vocab_size")?,
            layers: self.size("num_layers", 1, MOST_LAYERS)?,
            hidden: size("hidden")?,
            heads,
            kv_heads,
            head_dim,
            intermediate: size("intermediate")?,
            tied: self.flag("tied")?,
        })
    }

    fn fault(&self, key: &str, rule: &str) -> anyhow::Error {
        let shown =
            self.value.get(key).map_or("nothing".into(), |value| value.to_string().replace('\n', " "));
        let shown: String = shown.chars().take(MOST_SHOWN).collect();
        anyhow!("{} {key} is {shown}, but {rule}; correct that entry", self.at())
    }
}

/// Is it something to read, on one line and no longer than that?
fn is_line(text: &str, most: usize) -> bool {
    !text.trim().is_empty() && text.chars().count() <= most && !text.chars().any(char::is_control)
}

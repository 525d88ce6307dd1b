//! Everything numeric that is not arithmetic: `compare.toml`, or a file of the user's.
//!
//! The file is not trusted: it is read only to a bound, and every number has one. A fault is one sentence that names the file, the entry,
//! the value, the rule and what to do.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use anyhow::{anyhow, bail, Result};
use toml::{Table, Value};

use super::entry::Entry;
use super::rows;
use super::shapes::Arch;

/// What is built in.
const BUILT_IN: &str = include_str!("../../compare.toml");
/// Its name in messages.
const BUILT_IN_NAME: &str = "cli/compare.toml";
/// Most bytes of a file.
const MOST_BYTES: u64 = 1 << 20;
/// Most tokens of context or query: far beyond any model's, and their triangle numbers are still exact.
pub const MOST_TOKENS: u64 = 1 << 24;
/// The tables that a file may have.
const TABLES: [&str; 4] = ["constant", "claim", "arch", "reference"];

/// Name, unit, and least and most value of every constant.
const CONSTANTS: [(&str, &str, f64, f64); 14] = [
    ("context", "tokens", 0.0, MOST_TOKENS as f64),
    ("query", "tokens", 1.0, MOST_TOKENS as f64),
    ("tokens_per_s", "tokens/s", 1e-3, 1e6),
    ("reading", "tokens", 1.0, MOST_TOKENS as f64),
    ("weight", "bit", 1.0, 64.0),
    ("state", "bit", 1.0, 64.0),
    ("cache", "bit", 1.0, 64.0),
    ("vector", "bit", 1.0, 64.0),
    ("mac", "pJ", 0.0, 1e6),
    ("mac_fpga", "pJ", 0.0, 1e6),
    ("flash", "pJ/bit", 0.0, 1e6),
    ("dram", "pJ/bit", 0.0, 1e6),
    ("dram_floor", "mW", 0.0, 1e6),
    ("flash_chip", "MB/s", 1e-3, 1e6),
];

/// All that a comparison rests on.
pub struct Constants {
    constants: BTreeMap<&'static str, Constant>,
    claims: BTreeMap<String, Claim>,
    archs: BTreeMap<String, Named>,
    references: Vec<(String, String)>,
}

/// A number with its source.
pub struct Constant {
    /// Lowest, typical and highest; all the same where there is one.
    pub spread: [f64; 3],
    /// Its unit.
    pub unit: &'static str,
    /// `claim` or `derived`.
    pub kind: String,
    /// Where it is from.
    pub source: String,
    /// What was taken for granted, or nothing.
    pub assumed: String,
}

/// What the talk says of a row.
pub struct Claim {
    /// In its own words.
    pub text: String,
    /// The architectures it is about.
    pub about: Vec<String>,
    /// What these words allow, if they are a figure.
    pub range: Option<Range>,
    /// Where it is from.
    pub source: String,
    /// How words became an interval, or nothing.
    pub assumed: String,
}

/// An interval in a unit.
pub struct Range {
    /// Least and most, in the claim's unit.
    pub ends: [f64; 2],
    /// How many base units that unit is, by the decimal prefix.
    pub scale: f64,
    /// The same by the binary prefix.
    pub binary: f64,
    /// That unit.
    pub unit: String,
}

impl Range {
    /// Least and most in the base unit.
    pub fn base(&self) -> [f64; 2] {
        self.ends.map(|end| end * self.scale)
    }

    /// The same if K, M and G are powers of 1024.
    pub fn as_binary(&self) -> [f64; 2] {
        self.ends.map(|end| end * self.binary)
    }
}

/// An architecture with its source.
pub struct Named {
    /// Its sizes.
    pub arch: Arch,
    /// Where they are from.
    pub source: String,
    /// What was taken for granted, or nothing.
    pub assumed: String,
}

impl Constants {
    /// From a file, or as built in.
    pub fn read(path: Option<&Path>) -> Result<Constants> {
        match path {
            None => Constants::parse(BUILT_IN_NAME, BUILT_IN),
            Some(path) => Constants::parse(&path.display().to_string(), &text(path)?),
        }
    }

    /// From a file's text; `name` is the file's.
    pub fn parse(name: &str, text: &str) -> Result<Constants> {
        let table: Table = text.parse().map_err(|error: toml::de::Error| {
            let words = error.message().replace('\n', " ");
            anyhow!("{name}: {words}; entries are [constant.NAME], [claim.ROW] and [arch.NAME], see docs/compare.md")
        })?;
        if let Some(other) = table.keys().find(|key| !TABLES.contains(&key.as_str())) {
            bail!("{name}: [{}] is none of {}; see docs/compare.md", other.escape_debug(), TABLES.join(", "));
        }
        let constants = known(name, &table)?;
        let claims = section(name, &table, "claim")?.map(|entry| Ok((entry.key(), claim(&entry)?)));
        let claims = claims.collect::<Result<_>>()?;
        let archs = section(name, &table, "arch")?.map(|entry| Ok((entry.key(), entry.named()?)));
        let archs = archs.collect::<Result<_>>()?;
        let references = section(name, &table, "reference")?.map(|entry| reference(&entry));
        let references = references.collect::<Result<_>>()?;
        Ok(Constants { constants, claims, archs, references })
    }

    /// A constant. Every one of [`CONSTANTS`] is there, so the fallback is none of a file's.
    pub fn get(&self, name: &str) -> [f64; 3] {
        self.constants.get(name).map_or([0.0; 3], |constant| constant.spread)
    }

    /// The typical value of a constant.
    pub fn typical(&self, name: &str) -> f64 {
        self.get(name)[1]
    }

    /// All constants by name.
    pub fn all(&self) -> impl Iterator<Item = (&'static str, &Constant)> {
        CONSTANTS.iter().filter_map(|(name, ..)| Some((*name, self.constants.get(name)?)))
    }

    /// What the talk says of a row.
    pub fn claim(&self, row: &str) -> Option<&Claim> {
        self.claims.get(row)
    }

    /// An architecture.
    pub fn arch(&self, name: &str) -> Option<&Named> {
        self.archs.get(name)
    }

    /// Names that sources use in brackets, and what they stand for.
    pub fn references(&self) -> &[(String, String)] {
        &self.references
    }

    /// The names of all architectures.
    pub fn names(&self) -> String {
        self.archs.keys().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
    }
}

/// The text of a file, if it is no longer than it may be; what is no regular file might never end.
fn text(path: &Path) -> Result<String> {
    let at = path.display();
    let unreadable = |error: std::io::Error| {
        anyhow!("{at}: {error}; --constants needs a readable file, copy {BUILT_IN_NAME} and change it")
    };
    if !path.metadata().map_err(unreadable)?.is_file() {
        bail!("{at} is no regular file, but the constants are one; give its path");
    }
    let mut bytes = Vec::new();
    File::open(path)
        .and_then(|file| file.take(MOST_BYTES + 1).read_to_end(&mut bytes))
        .map_err(unreadable)?;
    if bytes.len() as u64 > MOST_BYTES {
        bail!(
            "{at} is longer than {MOST_BYTES} bytes, the most that constants may take; give a shorter file"
        );
    }
    String::from_utf8(bytes).map_err(|error| {
        anyhow!(
            "{at}: byte {} is no UTF-8, a TOML file must be; convert it",
            error.utf8_error().valid_up_to()
        )
    })
}

/// The entries of one of the three tables; none where it is absent.
fn section<'a>(
    file: &'a str,
    table: &'a Table,
    kind: &'static str,
) -> Result<impl Iterator<Item = Entry<'a>>> {
    let entries = match table.get(kind) {
        None => None,
        Some(Value::Table(entries)) => Some(entries),
        Some(other) => bail!(
            "{file}: {kind} is {}, but must be a table of entries [{kind}.NAME]; correct it",
            other.type_str()
        ),
    };
    let entries = entries.into_iter().flatten();
    Ok(entries.map(move |(key, value)| Entry { file, kind, key, value }))
}

fn known(name: &str, table: &Table) -> Result<BTreeMap<&'static str, Constant>> {
    let mut all = BTreeMap::new();
    for entry in section(name, table, "constant")? {
        let Some(known) = CONSTANTS.iter().find(|(known, ..)| *known == entry.key) else {
            let names = CONSTANTS.map(|(known, ..)| known).join(", ");
            bail!("{} is no constant; they are {names}, rename it", entry.at())
        };
        all.insert(known.0, constant(&entry, known)?);
    }
    match CONSTANTS.iter().find(|(known, ..)| !all.contains_key(known)) {
        None => Ok(all),
        Some((missing, ..)) => {
            bail!("{name}: [constant.{missing}] is missing; copy it from {BUILT_IN_NAME}")
        }
    }
}

fn constant(entry: &Entry, (_, unit, least, most): &(&str, &'static str, f64, f64)) -> Result<Constant> {
    entry.only(&["value", "low", "typical", "high", "unit", "kind", "source", "assumed"])?;
    let number = |key| entry.number(key, *least, *most);
    let spread = match entry.has("value") {
        true => [number("value")?; 3],
        false => [number("low")?, number("typical")?, number("high")?],
    };
    if !spread.is_sorted() {
        bail!("{} has {spread:?}, but low <= typical <= high must hold; sort them", entry.at());
    }
    if *unit == "tokens" && spread.iter().any(|tokens| tokens.fract() != 0.0) {
        bail!("{} is {}, but tokens are counted in whole numbers; round it", entry.at(), spread[1]);
    }
    entry.one_of("unit", &[*unit])?;
    let kind = entry.one_of("kind", &["claim", "derived"])?;
    Ok(Constant { spread, unit, kind, source: entry.source()?, assumed: entry.assumed()? })
}

fn reference(entry: &Entry) -> Result<(String, String)> {
    entry.only(&["source"])?;
    Ok((format!("[{}]", entry.key.escape_debug()), entry.source()?))
}

fn claim(entry: &Entry) -> Result<Claim> {
    entry.only(&["text", "about", "low", "high", "unit", "kind", "source", "assumed"])?;
    let Some(unit) = rows::unit(entry.key) else {
        bail!("{}: the table has no such row; the rows are {}, rename it", entry.at(), rows::names())
    };
    entry.one_of("kind", &["claim"])?;
    let range = match entry.has("low") || entry.has("high") || entry.has("unit") {
        true => Some(range(entry, unit)?),
        false => None,
    };
    let (text, about) = (entry.text("text")?, entry.texts("about")?);
    Ok(Claim { text, about, range, source: entry.source()?, assumed: entry.assumed()? })
}

/// The interval of a claim about a figure in `base` units.
fn range(entry: &Entry, base: &str) -> Result<Range> {
    let ends = [entry.number("low", 0.0, 1e15)?, entry.number("high", 0.0, 1e15)?];
    if ends[0] > ends[1] {
        bail!(
            "{} has low {} and high {}, but low <= high must hold; swap them",
            entry.at(),
            ends[0],
            ends[1]
        );
    }
    let unit = entry.text("unit")?;
    let prefixes = [("", 0), ("K", 1), ("M", 2), ("G", 3), ("T", 4)]
        .map(|(name, power)| (name, 1e3f64.powi(power), 1024f64.powi(power)));
    let all = prefixes.into_iter().chain([("m", 1e-3, 1e-3)]);
    match all.into_iter().find(|(prefix, ..)| unit == format!("{prefix}{base}")) {
        Some((_, scale, binary)) => Ok(Range { ends, scale, binary, unit }),
        None => bail!("{} unit is {unit:?}, but the row is in {base}, with m, K, M, G, T or nothing before it; correct it", entry.at()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(from: &str, to: &str) -> String {
        assert!(BUILT_IN.contains(from), "{from}");
        let text = BUILT_IN.replacen(from, to, 1);
        Constants::parse("mine.toml", &text).err().map(|error| error.to_string()).unwrap_or_default()
    }

    #[test]
    fn what_is_built_in_is_complete() {
        let built_in = Constants::read(None).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(built_in.all().count(), CONSTANTS.len());
        assert_eq!(built_in.names(), "`llama-3.2-1b`, `tenns-1b`");
        assert!(built_in.claim("recurrent_state").is_some());
    }

    #[test]
    fn a_bad_entry_is_named_with_its_rule() {
        for (from, to, words) in [
            ("low = 0.1\n", "low = -0.1\n", "[constant.mac] low is -0.1, but must be a number from 0 to 1"),
            ("low = 0.1\n", "low = nan\n", "[constant.mac] low is nan"),
            ("low = 0.1\n", "low = 9\n", "low <= typical <= high"),
            ("value = 1024", "value = 10.5", "whole numbers"),
            ("value = 1024", "value = 99999999", "0 to 16777216"),
            ("[constant.dram]", "[constant.sram]", "[constant.sram] is no constant"),
            ("[claim.sram]", "[claim.dram]", "the table has no such row"),
            ("unit = \"KB\"", "unit = \"KW\"", "the row is in B"),
            ("low = 392.5", "low = 394.5", "low <= high must hold"),
            ("text = \"1B\"", "words = \"1B\"", "[claim.parameters] has words"),
            ("about = [\"tenns-1b\"]", "about = \"tenns-1b\"", "a list of texts"),
            ("family = \"ssm\"", "family = \"rnn\"", "[arch.tenns-1b] family is \"rnn\""),
            (
                "num_blocks = 24",
                "num_blocks = 0",
                "num_blocks is 0, but must be a whole number from 1 to 4096",
            ),
            ("num_blocks = 24", "num_blocks = 24.5", "whole number"),
            ("num_layers = 16", "layers = 16", "has layers"),
            ("kv_heads = 8", "kv_heads = 5", "32 heads in groups of 5"),
            ("[constant.query]", "[konstant.query]", "[konstant] is none of"),
            ("kind = \"claim\"", "kind = \"board\"", "kind is \"board\""),
            ("[constant.context]", "[constant.context", "mine.toml: "),
        ] {
            let fault = fault(from, to);
            assert!(fault.contains(words) && fault.contains("; "), "{from} -> {to}: {fault}");
        }
    }
}

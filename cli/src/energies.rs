//! Energy per event, each with its spread and its source: `energies.toml`, or a file of the user's.

use anyhow::{anyhow, bail, Result};
use serde_json::{json, Value};
use toml::Table;

/// What is built in.
const BUILT_IN: &str = include_str!("../energies.toml");

/// What every file must have, in the order of the report.
pub const EVENTS: [&str; 8] =
    ["clock", "toggle", "multiplication", "block_ram", "spram", "pin", "flash", "static"];

/// How much an event costs.
pub struct Energy {
    /// Lowest, typical and highest, in picojoules per event or, of something that lasts, in milliwatts.
    pub spread: [f64; 3],
    /// Milliwatts?
    pub lasts: bool,
    /// `claim` or `derived`.
    pub kind: String,
    /// Document, section and figures.
    pub source: String,
    /// What had to be assumed.
    pub assumed: String,
    /// Picojoules of the same event in an ASIC, with the source.
    pub asic: Option<(f64, String)>,
}

/// The energies of all events, in the order of [`EVENTS`], from a file's text or as built in; `name` is the file's.
pub fn read(name: &str, text: Option<&str>) -> Result<Vec<Energy>> {
    let text = text.unwrap_or(BUILT_IN);
    let table: Table = text.parse().map_err(|error: toml::de::Error| {
        anyhow!("{name}: {}; every entry is [event] with low, typical, high, unit, kind, source, assumed, see docs/energy.md", error.message())
    })?;
    if let Some(other) = table.keys().find(|key| !EVENTS.contains(&key.as_str())) {
        bail!("{name}: [{other}] is no event; the events are {}, rename it", EVENTS.join(", "));
    }
    EVENTS.iter().map(|event| entry(name, event, &table)).collect()
}

fn entry(name: &str, event: &str, table: &Table) -> Result<Energy> {
    let Some(entry) = table.get(event).and_then(|entry| entry.as_table()) else {
        bail!("{name}: [{event}] is missing; every event needs an entry, copy it from cli/energies.toml")
    };
    let entry = Entry { name, event, table: entry };
    let spread = [entry.number("low")?, entry.number("typical")?, entry.number("high")?];
    if !spread.is_sorted() {
        bail!("{name}: [{event}] has {spread:?}, but low <= typical <= high must hold; sort them");
    }
    let asic = match entry.table.contains_key("asic") {
        true => Some((entry.number("asic")?, entry.text("asic_source")?)),
        false => None,
    };
    let unit = entry.one_of("unit", if lasts(event) { &["mW"] } else { &["pJ"] })?;
    let kind = entry.one_of("kind", &["claim", "derived", "board"])?;
    let (source, assumed) = (entry.text("source")?, entry.text("assumed")?);
    Ok(Energy { spread, lasts: unit == "mW", kind, source, assumed, asic })
}

/// Is the event one that lasts as long as the pass?
fn lasts(event: &str) -> bool {
    matches!(event, "flash" | "static")
}

/// An entry under its name, for messages.
struct Entry<'a> {
    name: &'a str,
    event: &'a str,
    table: &'a Table,
}

impl Entry<'_> {
    fn number(&self, key: &str) -> Result<f64> {
        let value = self.table.get(key);
        let number = value.and_then(|value| value.as_float().or(value.as_integer().map(|n| n as f64)));
        match number.filter(|number| (0.0..=1e9).contains(number)) {
            Some(number) => Ok(number),
            None => Err(self.fault(key, "must be a number from 0 to 1e9")),
        }
    }

    fn text(&self, key: &str) -> Result<String> {
        match self.table.get(key).and_then(|value| value.as_str()).filter(|text| !text.trim().is_empty()) {
            Some(text) => Ok(text.into()),
            None => Err(self.fault(key, "must be a text: no figure without its source")),
        }
    }

    fn one_of(&self, key: &str, known: &[&str]) -> Result<String> {
        let text = self.text(key)?;
        match known.contains(&text.as_str()) {
            true => Ok(text),
            false => Err(self.fault(key, &format!("must be {}", known.join(" or ")))),
        }
    }

    fn fault(&self, key: &str, rule: &str) -> anyhow::Error {
        let shown = self.table.get(key).map_or("nothing".into(), |value| value.to_string());
        anyhow!("{}: [{}] {key} is {shown}, but {rule}; correct that entry", self.name, self.event)
    }
}

impl Energy {
    /// Lowest, typical and highest millijoules of `count` events, or of a pass of `seconds`.
    pub fn millijoules(&self, count: f64, seconds: f64) -> [f64; 3] {
        self.spread.map(|each| if self.lasts { each * count * seconds } else { each * count * 1e-9 })
    }

    /// `pJ` or `mW`.
    pub fn unit(&self) -> &'static str {
        if self.lasts {
            "mW"
        } else {
            "pJ"
        }
    }
}

/// A spread as an object.
pub fn spread_json([low, typical, high]: [f64; 3]) -> Value {
    json!({ "low": low, "typical": typical, "high": high })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(from: &str, to: &str) -> String {
        let text = BUILT_IN.replacen(from, to, 1);
        read("mine.toml", Some(&text)).err().map(|error| error.to_string()).unwrap_or_default()
    }

    #[test]
    fn what_is_built_in_is_complete() {
        assert_eq!(read("built in", None).map(|all| all.len()).ok(), Some(EVENTS.len()));
    }

    #[test]
    fn a_bad_entry_is_named() {
        assert!(fault("low = 44.0", "low = \"cheap\"").contains("[clock] low is \"cheap\""));
        assert!(fault("low = 0.16", "low = -1").contains("[toggle] low is -1"));
        assert!(fault("low = 0.16", "low = 0.9").contains("low <= typical <= high"));
        assert!(fault("[pin]", "[pins]").contains("[pins] is no event"));
        assert!(fault("unit = \"pJ\"", "unit = \"mW\"").contains("[clock] unit is \"mW\""));
        assert!(fault("kind = \"claim\"", "kind = \"sure\"").contains("[flash] kind is"));
        assert!(fault("source = \"[tv] core", "origin = \"[tv] core").contains("[clock] source is nothing"));
        assert!(fault("[clock]", "[clock").contains("mine.toml: "));
    }
}

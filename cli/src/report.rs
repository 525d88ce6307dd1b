//! What a command has to say: the same figures as JSON and as text, and whether a check failed.

use std::io::{self, ErrorKind, Write};

use anyhow::{anyhow, Result};
use serde_json::Value;

/// The outcome of a command that did its work.
pub struct Report {
    /// The object of `--json`.
    pub json: Value,
    /// The same for people, newline at the end.
    pub human: String,
    /// Why the check failed, one sentence; `None` when it passed or nothing was checked.
    pub failure: Option<String>,
}

impl Report {
    /// A report of a command that checks nothing.
    pub fn done(json: Value, human: String) -> Report {
        Report { json, human, failure: None }
    }
}

/// Two columns, the first as wide as its widest entry.
pub fn table(rows: &[(&str, String)]) -> String {
    let width = rows.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    rows.iter().map(|(name, value)| format!("{name:width$}  {value}\n")).collect()
}

/// An integer with thousands separated.
pub fn grouped(value: u64) -> String {
    let digits = value.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A word as a shell takes it.
pub fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./".contains(c);
    match !word.is_empty() && word.chars().all(plain) {
        true => word.into(),
        false => format!("'{}'", word.replace('\'', r"'\''")),
    }
}

/// Writes to stdout at once. A reader that has gone away (`| head`) is no error.
pub fn print(text: &str) -> Result<()> {
    print_bytes(text.as_bytes())
}

/// The same of what need not be whole characters.
pub fn print_bytes(bytes: &[u8]) -> Result<()> {
    let mut out = io::stdout().lock();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(anyhow!("cannot write to stdout: {error}; redirect it to a place that takes it"))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::{grouped, quoted, table};

    #[test]
    fn thousands_are_separated_from_the_right() {
        let all = [0, 999, 1000, 626_432, 1_000_000].map(grouped);
        assert_eq!(all, ["0", "999", "1,000", "626,432", "1,000,000"]);
    }

    #[test]
    fn the_second_column_starts_at_one_place() {
        assert_eq!(table(&[("a", "1".into()), ("long", "2".into())]), "a     1\nlong  2\n");
    }

    #[test]
    fn a_shell_gets_every_word_back_as_it_was() {
        assert_eq!(quoted("out/m.img"), "out/m.img");
        assert_eq!(quoted("it's"), r"'it'\''s'");
        assert_eq!(quoted(""), "''");
    }
}

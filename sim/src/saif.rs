//! Reads a SAIF file (switching activity, IEEE 1801): how often every net toggled, summed per hierarchical block.
//!
//! The file is untrusted: it is read as a stream, and depth, name lengths and the number of nets are bounded.

use std::collections::BTreeMap;
use std::io::BufRead;

/// Brackets inside brackets; a design's depth and the format's own levels.
const MOST_DEPTH: usize = 128;
/// Bytes of a name or a number.
const MOST_ATOM: usize = 4096;
/// Nets of all blocks together.
const MOST_NETS: usize = 4_000_000;

/// What is wrong with a SAIF file.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("line {line}: {reason}; write the file again with `statestream cosim ... --waves pass.saif`")]
pub struct SaifError {
    /// Where, from 1.
    pub line: u64,
    /// The value, and the rule that it breaks.
    pub reason: String,
}

/// Activity of a net, all its bits together.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Net {
    /// Changes of a bit; one that is high when the recording opens counts as one more.
    pub toggles: u64,
    /// Time in which a bit was one, in the file's time units, summed over the bits.
    pub high: u64,
}

/// Activity of the nets declared in one instance, not of those below it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Block {
    /// By name, without bit numbers.
    pub nets: BTreeMap<String, Net>,
}

impl Block {
    /// Changes of all bits of all nets but those that `skip` names.
    pub fn toggles(&self, skip: impl Fn(&str) -> bool) -> u64 {
        let nets = self.nets.iter().filter(|(name, _)| !skip(name));
        nets.fold(0, |sum: u64, (_, net)| sum.saturating_add(net.toggles))
    }
}

/// What a SAIF file says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Activity {
    /// Length of the recording, in the file's time units.
    pub duration: u64,
    /// Instances with nets of their own, by path: `top/core/memory`.
    pub blocks: BTreeMap<String, Block>,
}

impl Activity {
    /// Reads a file to its end.
    pub fn read(input: impl BufRead) -> Result<Activity, SaifError> {
        let mut reader = Reader::default();
        let mut atom = Atom::default();
        for byte in input.bytes() {
            let byte = byte.map_err(|error| reader.fault(format!("it cannot be read: {error}")))?;
            reader.byte(byte, &mut atom)?;
        }
        reader.end()
    }
}

/// A name under way.
#[derive(Default)]
struct Atom {
    text: Vec<u8>,
    quoted: bool,
    escaped: bool,
}

/// The stream so far.
#[derive(Default)]
struct Reader {
    lines: u64,
    /// First word of every open bracket.
    heads: Vec<Option<String>>,
    path: Vec<String>,
    nets: usize,
    root: bool,
    /// Until the line ends: the simulator says first that it wrote the file.
    comment: bool,
    activity: Activity,
}

impl Reader {
    fn fault(&self, reason: String) -> SaifError {
        SaifError { line: self.lines + 1, reason }
    }

    fn byte(&mut self, byte: u8, atom: &mut Atom) -> Result<(), SaifError> {
        if self.comment && byte != b'\n' {
            return Ok(());
        }
        if atom.quoted || atom.escaped || !matches!(byte, b'(' | b')' | b' ' | b'\t' | b'\r' | b'\n') {
            return self.spell(byte, atom);
        }
        self.word(atom)?;
        match byte {
            b'(' => self.open()?,
            b')' => self.close()?,
            _ => (),
        }
        if byte == b'\n' {
            self.lines += 1;
            self.comment = false;
        }
        Ok(())
    }

    fn spell(&mut self, byte: u8, atom: &mut Atom) -> Result<(), SaifError> {
        if atom.text.len() == MOST_ATOM {
            return Err(self.fault(format!("a name has more than {MOST_ATOM} bytes")));
        }
        self.lines += u64::from(byte == b'\n');
        match byte {
            b'"' if !atom.escaped => atom.quoted = !atom.quoted,
            b'\\' if !atom.escaped => atom.escaped = true,
            _ => {
                atom.escaped = false;
                atom.text.push(byte);
            }
        }
        Ok(())
    }

    fn open(&mut self) -> Result<(), SaifError> {
        if self.heads.len() == MOST_DEPTH {
            return Err(self.fault(format!("more than {MOST_DEPTH} brackets are open")));
        }
        self.heads.push(None);
        Ok(())
    }

    fn close(&mut self) -> Result<(), SaifError> {
        match self.heads.pop() {
            Some(Some(head)) if head == "INSTANCE" => drop(self.path.pop()),
            Some(_) => (),
            None => return Err(self.fault("a bracket is closed that none opened".into())),
        }
        Ok(())
    }

    fn word(&mut self, atom: &mut Atom) -> Result<(), SaifError> {
        if atom.text.is_empty() {
            return Ok(());
        }
        if self.heads.is_empty() && atom.text.starts_with(b"//") {
            (self.comment, atom.quoted, atom.escaped) = (true, false, false);
            atom.text.clear();
            return Ok(());
        }
        let text = String::from_utf8_lossy(&std::mem::take(&mut atom.text)).into_owned();
        match self.heads.last_mut() {
            Some(head @ None) => {
                self.root |= text == "SAIFILE";
                *head = Some(text);
                Ok(())
            }
            Some(Some(_)) if self.root => self.value(&text),
            _ => Err(self.fault(format!("`{text}` is outside (SAIFILE ...)"))),
        }
    }

    /// A word that is not the first of its bracket.
    fn value(&mut self, text: &str) -> Result<(), SaifError> {
        let head =
            |from_end: usize| self.heads.len().checked_sub(from_end).and_then(|at| self.heads[at].as_deref());
        match (head(3), head(2), head(1)) {
            (Some("NET"), Some(net), Some(kind @ ("TC" | "T1"))) => {
                let (net, toggles) = (base(net).to_string(), kind == "TC");
                self.count(net, toggles, text)
            }
            (_, _, Some("INSTANCE")) => {
                self.path.push(text.into());
                Ok(())
            }
            (_, _, Some("DURATION")) => {
                self.activity.duration = self.number(text)?;
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn count(&mut self, net: String, toggles: bool, text: &str) -> Result<(), SaifError> {
        let value = self.number(text)?;
        self.nets += 1;
        if self.nets > MOST_NETS {
            return Err(self.fault(format!("there are more than {MOST_NETS} counts")));
        }
        let block = self.activity.blocks.entry(self.path.join("/")).or_default();
        let counted = block.nets.entry(net).or_default();
        let sum = if toggles { &mut counted.toggles } else { &mut counted.high };
        match sum.checked_add(value) {
            Some(more) => *sum = more,
            None => return Err(self.fault(format!("{text} makes a sum of more than 64 bits"))),
        }
        Ok(())
    }

    fn number(&self, text: &str) -> Result<u64, SaifError> {
        text.parse().map_err(|_| self.fault(format!("`{text}` is no count from 0 to {}", u64::MAX)))
    }

    fn end(self) -> Result<Activity, SaifError> {
        match (self.root, self.heads.len()) {
            (false, _) => Err(self.fault("there is no (SAIFILE ...)".into())),
            (true, 0) => Ok(self.activity),
            (true, open) => Err(self.fault(format!("the file ends with {open} brackets open"))),
        }
    }
}

/// `count[3]` is a bit of `count`.
fn base(net: &str) -> &str {
    net.split_once('[').map_or(net, |(name, _)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMALL: &str =
        "// Made by (a) \"tool\n(SAIFILE (SAIFVERSION \"2.0\") (DURATION 20)\n(INSTANCE top (NET (clock (T0 10) (T1 10) (TC 19)))\n\
        (INSTANCE core (NET (n\\[0\\] (T1 5) (TC 3)) (n\\[1\\] (T1 6) (TC 4))))))\n";

    fn fault(text: &str) -> SaifError {
        Activity::read(text.as_bytes()).expect_err("it is damaged")
    }

    #[test]
    fn bits_are_summed_in_their_block() {
        let activity = Activity::read(SMALL.as_bytes()).expect("it is whole");
        assert_eq!((activity.duration, activity.blocks.len()), (20, 2));
        assert_eq!(activity.blocks["top/core"].nets["n"], Net { toggles: 7, high: 11 });
        assert_eq!(activity.blocks["top"].toggles(|name| name == "clock"), 0);
        assert_eq!(activity.blocks["top"].toggles(|_| false), 19);
    }

    #[test]
    fn damage_is_named_with_its_line() {
        assert_eq!(fault("").reason, "there is no (SAIFILE ...)");
        assert!(fault(&SMALL[..SMALL.len() - 5]).reason.contains("brackets open"));
        assert!(fault(&format!("{SMALL})")).reason.contains("none opened"));
        let negative = fault(&SMALL.replace("TC 19", "TC -19"));
        assert!(negative.line == 3 && negative.reason.contains("`-19`"), "{negative}");
        assert!(fault("hello (SAIFILE)").reason.contains("outside"));
    }

    #[test]
    fn huge_counts_and_shapes_are_refused() {
        let most = u64::MAX.to_string();
        assert!(fault(&SMALL.replace("TC 4", &format!("TC {most}"))).reason.contains("64 bits"));
        assert!(fault(&SMALL.replace("TC 4", &format!("TC {most}0"))).reason.contains("no count"));
        assert!(fault(&format!("(SAIFILE {}", "(a ".repeat(200))).reason.contains("brackets are open"));
        assert!(fault(&format!("(SAIFILE {}", "a".repeat(5000))).reason.contains("bytes"));
    }
}

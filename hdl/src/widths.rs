//! Explicit widths: rust-hdl prints a widening cast as a mask and a slice as an offset; here they become concatenations and
//! ranges, which mean the same and say how wide they are.
//!
//! ```text
//! ((nibble) & 8'hff)      {4'h0, nibble}
//! ((word) & 4'hf)         word[3:0]
//! x[(8)+:(4)]             x[11:8]
//! wide = $signed(x)       wide = {{8{x[7]}}, x}
//! 32'hff, $signed(5)      255, 5: plain integers, which Verilog sizes by context and takes as signed
//! ```

use crate::netlist::{is_name, Module};

/// Rewrites every line of every kernel.
pub fn modules(modules: &mut [Module]) {
    for module in modules.iter_mut().filter(|module| !module.custom) {
        let code = std::mem::take(&mut module.code);
        module.code =
            code.into_iter().map(|item| item.iter().map(|line| rewrite(module, line)).collect()).collect();
    }
}

fn rewrite(module: &Module, line: &str) -> String {
    integers(&sign_extension(module, &casts(module, &ranges(line))))
}

/// Something with a width: a name or a range of one.
struct Simple<'a> {
    text: &'a str,
    name: &'a str,
    low: usize,
    width: usize,
}

impl<'a> Simple<'a> {
    fn of(module: &Module, text: &'a str) -> Option<Simple<'a>> {
        let (name, range) = text.split_once('[').map_or((text, None), |(name, range)| (name, Some(range)));
        let declared = module.signal(name).filter(|_| is_name(name))?.width;
        let Some(range) = range else { return Some(Simple { text, name, low: 0, width: declared }) };
        let (high, low) = range.strip_suffix(']')?.split_once(':').unwrap_or((range.strip_suffix(']')?, ""));
        let high: usize = high.parse().ok()?;
        let low = if low.is_empty() { high } else { low.parse().ok()? };
        Some(Simple { text, name, low, width: (high + 1).checked_sub(low)? })
    }

    /// The lowest `width` bits, or zeros before it.
    fn cast(&self, width: usize) -> String {
        match width.cmp(&self.width) {
            std::cmp::Ordering::Equal => self.text.into(),
            std::cmp::Ordering::Less => format!("{}{}", self.name, range(self.low, width)),
            std::cmp::Ordering::Greater => format!("{{{}'h0, {}}}", width - self.width, self.text),
        }
    }

    /// Its sign before it.
    fn extend(&self, width: usize) -> String {
        let sign = if self.width == 1 {
            self.text.into()
        } else {
            format!("{}[{}]", self.name, self.low + self.width - 1)
        };
        format!("{{{{{}{{{sign}}}}}, {}}}", width - self.width, self.text)
    }
}

fn range(low: usize, width: usize) -> String {
    if width == 1 {
        format!("[{low}]")
    } else {
        format!("[{}:{low}]", low + width - 1)
    }
}

/// `x[(8)+:(4)]` becomes `x[11:8]`.
fn ranges(line: &str) -> String {
    let mut parts = line.split("[(");
    let mut out = parts.next().unwrap_or("").to_string();
    for part in parts {
        let numbers = part.split_once(")+:(").and_then(|(low, rest)| {
            let (width, rest) = rest.split_once(")]")?;
            Some((low.parse().ok()?, width.parse().ok()?, rest))
        });
        match numbers {
            Some((low, width, rest)) => out += &(range(low, width) + rest),
            None => out += &format!("[({part}"),
        }
    }
    out
}

/// `((x) & 8'hff)` becomes x with zeros before it, or its low bits.
fn casts(module: &Module, line: &str) -> String {
    let mut out = String::new();
    let mut rest = line;
    while let Some(at) = rest.find("((") {
        let (head, tail) = rest.split_at(at);
        out += head;
        match cast(module, tail) {
            Some((text, after)) => {
                out += &text;
                rest = after;
            }
            None => {
                out.push('(');
                rest = &tail[1..];
            }
        }
    }
    out + rest
}

/// The cast that `text` starts with, rewritten, and what follows it.
fn cast<'a>(module: &Module, text: &'a str) -> Option<(String, &'a str)> {
    let (inner, rest) = text.strip_prefix("((")?.split_once(") & ")?;
    let (width, rest) = rest.split_once("'h")?;
    let (mask, rest) = rest.split_once(')')?;
    let width: usize = width.parse().ok().filter(|width| (1..=128).contains(width))?;
    let is_mask = u128::from_str_radix(mask, 16).ok()? == u128::MAX >> (128 - width);
    is_mask.then_some(())?;
    Some((Simple::of(module, inner)?.cast(width), rest))
}

/// `wide = $signed(x);` shows the bits it repeats.
fn sign_extension(module: &Module, line: &str) -> String {
    let rewritten = line.split_once(" = $signed(").and_then(|(left, value)| {
        let name = left.trim().trim_start_matches("assign ");
        let simple = Simple::of(module, value.strip_suffix(");")?)?;
        let to = module.signal(name)?.width;
        (simple.width < to).then(|| format!("{left} = {};", simple.extend(to)))
    });
    rewritten.unwrap_or_else(|| line.into())
}

/// `$signed(5)` becomes `5`; a negative one keeps its parentheses.
fn integers(line: &str) -> String {
    let mut parts = line.split("$signed(");
    let mut out = parts.next().unwrap_or("").to_string();
    for part in parts {
        let number = part.split_once(')').filter(|(number, _)| {
            let digits = number.trim_start_matches('-');
            !digits.is_empty() && digits.chars().all(|c| c.is_ascii_digit())
        });
        match number {
            Some((number, rest)) if number.starts_with('-') => out += &format!("({number}){rest}"),
            Some((number, rest)) => out += &format!("{number}{rest}"),
            None => out += &format!("$signed({part}"),
        }
    }
    out
}

/// `32'hff` and `64'hff` become `255`, where the number fits Verilog's 32-bit integers.
pub fn decimal(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("'h") {
        let digits = rest[at + 2..].find(|c: char| !c.is_ascii_hexdigit()).unwrap_or(rest.len() - at - 2);
        let value = u64::from_str_radix(&rest[at + 2..at + 2 + digits], 16);
        let head = &rest[..at];
        match value {
            Ok(value) if value < 1 << 31 && (head.ends_with("32") || head.ends_with("64")) => {
                out.push_str(&head[..head.len() - 2]);
                out.push_str(&value.to_string());
            }
            // a 64-bit literal for a signal of at most 32 bits is one width warning too many
            Ok(value) if value < 1 << 32 && head.ends_with("64") => {
                out.push_str(&head[..head.len() - 2]);
                out.push_str(&format!("32'h{value:x}"));
            }
            _ => out.push_str(&rest[..at + 2 + digits]),
        }
        rest = &rest[at + 2 + digits..];
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::{decimal, rewrite};
    use crate::netlist::{signal, Module};

    fn module() -> Module {
        let signals = ["reg [3:0] nibble;", "reg [7:0] byte_in;", "reg one;", "reg [15:0] wide;"];
        Module { signals: signals.into_iter().filter_map(signal).collect(), ..Module::default() }
    }

    #[test]
    fn casts_and_slices_say_their_widths() {
        for (before, after) in [
            ("wide = ((byte_in) & 16'hffff) << 8;", "wide = {8'h0, byte_in} << 8;"),
            ("wide = (((wide[(8)+:(4)]) & 16'hffff) + nibble);", "wide = ({12'h0, wide[11:8]} + nibble);"),
            ("nibble = ((byte_in) & 4'hf);", "nibble = byte_in[3:0];"),
            ("nibble = ((wide[(4)+:(8)]) & 4'hf);", "nibble = wide[7:4];"),
            ("one = byte_in[(3)+:(1)];", "one = byte_in[3];"),
            ("nibble = ((nibble) & 4'hf);", "nibble = nibble;"),
            // not a cast: no mask of ones, or not a signal
            ("one = ((byte_in) & 8'h0f) == nibble;", "one = ((byte_in) & 8'h0f) == nibble;"),
            ("wide = ((nibble + one) & 16'hffff);", "wide = ((nibble + one) & 16'hffff);"),
        ] {
            assert_eq!(rewrite(&module(), before), after);
        }
    }

    #[test]
    fn signed_values_show_their_sign_bits_and_integers_stand_alone() {
        for (before, after) in [
            ("wide = $signed(byte_in);", "wide = {{8{byte_in[7]}}, byte_in};"),
            ("wide = $signed(byte_in[(1)+:(3)]);", "wide = {{13{byte_in[3]}}, byte_in[3:1]};"),
            ("nibble = $signed(nibble);", "nibble = $signed(nibble);"),
            ("wide = (nibble + $signed(1)) - $signed(-5);", "wide = (nibble + 1) - (-5);"),
        ] {
            assert_eq!(rewrite(&module(), before), after);
        }
    }

    #[test]
    fn integers_become_decimal_and_sized_literals_stay() {
        assert_eq!(
            decimal("a = 32'hff; b = 64'h0; c = 16'h00ff; d = 32'h9e3779b9;"),
            "a = 255; b = 0; c = 16'h00ff; d = 32'h9e3779b9;"
        );
    }
}

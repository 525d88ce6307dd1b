//! Verilog text from rust-hdl blocks: errors instead of panics, and text that every tool takes without a warning.
//!
//! rust-hdl prints one `always @(*)` per block and 32-bit hexadecimal literals. Here the literals become decimal, which is
//! what Verilog sizes by context, and every `always @(*)` is cut into one for each group of signals that are assigned
//! together: a block no longer looks like a loop to a tool because one child's output feeds another child's input. Modules
//! with the same text are printed once.

use crate::{share, split};
use rust_hdl::prelude::*;
use std::panic::{catch_unwind, AssertUnwindSafe};

/// Why no Verilog came out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EmitError {
    /// rust-hdl refused the block.
    #[error("rust-hdl refused module {top}: {reason}; this is a fault of the generator, please report it with the configuration")]
    Refused {
        /// The top module.
        top: String,
        /// What it said.
        reason: String,
    },
    /// The configuration asks for what this generator does not build.
    #[error(
        "configuration {config}: {what} is {value}, and the generator builds {rule}; choose another --config"
    )]
    Unbuildable {
        /// Name of the configuration.
        config: String,
        /// Which quantity.
        what: &'static str,
        /// Its value.
        value: String,
        /// What can be built.
        rule: String,
    },
}

/// The Verilog of a block and everything below it, with `top` as the name of the top module.
pub fn verilog<B: Block>(block: &mut B, top: &str) -> Result<String, EmitError> {
    let text = catch_unwind(AssertUnwindSafe(|| {
        block.connect_all();
        generate_verilog(&*block)
    }));
    let text = text.map_err(|panic| EmitError::Refused { top: top.into(), reason: reason(&panic) })?;
    Ok(share::modules(&rename(&split::modules(&decimal(&text)), top)))
}

fn reason(panic: &Box<dyn std::any::Any + Send>) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no reason given").into()
}

/// `32'hff` and `64'hff` become `255`, where the number fits Verilog's 32-bit integers.
fn decimal(text: &str) -> String {
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

/// rust-hdl calls every top module `top`.
fn rename(text: &str, top: &str) -> String {
    text.replace("module top(", &format!("module {top}(")).replace("top$", &format!("{top}$"))
}

/// A port of a module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PortText {
    /// Its name.
    pub name: String,
    /// Its width in bits.
    pub width: u32,
    /// Is it an input?
    pub input: bool,
}

/// The ports of module `top`, as its text declares them.
pub fn ports(text: &str, top: &str) -> Vec<PortText> {
    let start = format!("module {top}(");
    let body = text
        .lines()
        .skip_while(|l| !l.starts_with(&start))
        .take_while(|l| !l.trim().starts_with("endmodule"));
    body.filter_map(port).collect()
}

fn port(line: &str) -> Option<PortText> {
    let line = line.trim().strip_suffix(';')?;
    let input = line.starts_with("input ");
    let rest = line.strip_prefix("input ").or_else(|| line.strip_prefix("output "))?;
    let width = match rest.split_once('[') {
        Some((_, range)) => range.split(':').next()?.trim().parse::<u32>().ok()? + 1,
        None => 1,
    };
    Some(PortText { name: rest.split_whitespace().last()?.into(), width, input })
}

#[cfg(test)]
mod tests {
    use super::decimal;

    #[test]
    fn integers_become_decimal_and_sized_literals_stay() {
        assert_eq!(
            decimal("a = 32'hff; b = 64'h0; c = 16'h00ff; d = 32'h9e3779b9;"),
            "a = 255; b = 0; c = 16'h00ff; d = 32'h9e3779b9;"
        );
    }
}

//! Verilog text from rust-hdl blocks: errors instead of panics, and text that every tool takes without a warning.
//!
//! rust-hdl's own text is right but wide of what a person would write: one `always @(*)` per block, a module for every
//! register, casts printed as masks, 32-bit hexadecimal literals. The passes of `split`, `widths`, `wires` and `share` turn
//! it into Verilog that is pleasant to review. None of them is trusted: what they print is what is co-simulated.

use crate::netlist::{self, Module};
use crate::{share, split, widths, wires};
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
    let texts: Vec<String> = modules(block, top)?.iter().map(Module::print).collect();
    Ok(texts.join("\n"))
}

/// The modules of a block and everything below it, the top module first.
pub fn modules<B: Block>(block: &mut B, top: &str) -> Result<Vec<Module>, EmitError> {
    let text = catch_unwind(AssertUnwindSafe(|| {
        block.connect_all();
        generate_verilog(&*block)
    }));
    let text = text.map_err(|panic| EmitError::Refused { top: top.into(), reason: reason(&panic) })?;
    let mut modules = netlist::parse(&widths::decimal(&text));
    split::modules(&mut modules);
    widths::modules(&mut modules);
    wires::inline_registers(&mut modules);
    wires::forward(&mut modules);
    wires::drop_unused(&mut modules);
    share::modules(&mut modules, top);
    Ok(modules)
}

fn reason(panic: &Box<dyn std::any::Any + Send>) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no reason given").into()
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
    let start = format!("module {top} (");
    let header = text.lines().skip_while(|line| *line != start).skip(1).take_while(|line| *line != ");");
    header.filter_map(netlist::signal).map(port).collect()
}

fn port(signal: netlist::Signal) -> PortText {
    PortText { width: signal.width as u32, input: signal.kind.starts_with("input"), name: signal.name }
}

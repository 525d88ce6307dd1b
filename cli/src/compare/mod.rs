//! Two architectures side by side, row by row, against what a talk says of them.
//!
//! ```text
//! compare.toml -> constants (entry) -+
//! checkpoint ----> shapes -----------+-> rows (ssm, transformer: formulas of expr; verdict) -> text and JSON in cmd_compare, page
//! ```
//!
//! No figure is measured here: all are arithmetic on shapes and sourced constants, so every row is `derived`.

pub mod constants;
mod entry;
pub mod expr;
pub mod formulas;
pub mod page;
pub mod rows;
pub mod shapes;
mod ssm;
mod transformer;
mod verdict;

use constants::Constants;
use shapes::Arch;

/// The tag of every figure that is computed here.
pub const TAG: &str = "derived";

/// One of the two that are compared.
pub struct Side {
    /// What its column is called: an entry of the TOML, or a file's name.
    pub name: String,
    /// Is it an entry of the TOML? Only such a one can be what the talk means.
    pub is_entry: bool,
    /// Its shape.
    pub arch: Arch,
    /// Where the shape is from.
    pub source: String,
    /// What was taken for granted about it, or nothing.
    pub assumed: String,
}

/// What is compared, and the work that both are given.
pub struct Case<'a> {
    /// Energies, widths, rates and claims.
    pub constants: &'a Constants,
    /// The model, and what it is held against.
    pub sides: [Side; 2],
    /// Tokens of context.
    pub context: u64,
    /// Tokens of query behind it.
    pub query: u64,
}

impl Case<'_> {
    /// Context and query together.
    pub fn tokens(&self) -> u64 {
        self.context + self.query
    }

    /// Is it the work that the talk's figures are for?
    pub fn is_the_talks(&self) -> bool {
        let of = |name| self.constants.typical(name);
        self.context as f64 == of("context") && self.query as f64 == of("query")
    }

    /// Tokens per second.
    pub fn rate(&self) -> f64 {
        self.constants.typical("tokens_per_s")
    }
}

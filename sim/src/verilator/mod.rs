//! A typed binding to Verilator: Verilog text in, a model with typed ports out, `set`, `eval`, `get`.
//!
//! ```text
//! Build { sources, ports } -> key = SHA-256(all of it) -> cache/<top>-<key>/model.so -> Model
//! ```
//!
//! * [`Build`] describes a model and compiles it once per content, safely from many threads and processes.
//! * [`Model`] is one instance with its own state. A port access is a load or a store through a pointer that
//!   was checked when the handle was made, so a simulated cycle costs what it costs in a C++ loop.
//! * [`lint`] is a separate call: building a model never fails on a warning, lint never passes over one.
//! * [`Coverage`] holds the line and toggle points a model counted.

mod build;
mod coverage;
mod error;
mod model;
mod port;
mod runtime;
mod shim;
mod tool;

pub use build::{Build, Compiled, Source};
pub use coverage::{counted, Collector, Counted, Coverage, Kind, Point, Tally};
pub use error::VerilatorError;
pub use model::{In, Model, Out, Status, WideIn, WideOut};
pub use port::{Direction, Port, Word};
pub(crate) use tool::{checkout, printed, start};
pub use tool::{lint, Verilator};

/// The format of the waves a model can write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Trace {
    /// No waves: the fastest model.
    #[default]
    None,
    /// Value change dump: text, read by every viewer.
    Vcd,
    /// Fast signal trace: binary, about a tenth of the size.
    Fst,
    /// Switching activity: no waves, but how often every net toggled between opening and closing (IEEE 1801).
    Saif,
}

/// How hard the C++ compiler works on the model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Optimise {
    /// `-O3`: for thousands of runs. A machine took 8 % less processor time than with `-O1` (`perf record` of ten passes of a shipped
    /// model), and 5.7 instead of 3.6 s to compile.
    Fast,
    /// `-O1`: enough for most; a netlist's code of single bits runs no faster with more (216,000 against 222,000 clocks per second).
    #[default]
    Light,
    /// `-O0`: for a model that runs a handful of cycles.
    Quick,
}

impl Optimise {
    fn flag(self) -> &'static str {
        match self {
            Optimise::Fast => "-O3",
            Optimise::Light => "-O1",
            Optimise::Quick => "-O0",
        }
    }
}

//! What is shipped: from a configuration to a netlist, a placed design, a bitstream, and the one file a board's flash takes.
//!
//! * [`tool`]: the tools of `scripts/setup.sh`, or native ones; [`cache`]: results kept by the content they come from.
//! * [`synth`]: Verilog to a mapped netlist.
pub mod cache;
pub mod error;
pub mod synth;
pub mod tool;

pub use error::FpgaError;

//! The synthesised netlist is the machine, and the models it is simulated with are the cells.
//!
//! Yosys runs once per content; its netlists are kept under `target`. `STATESTREAM_FULL=1` takes all random memories.

#![allow(clippy::print_stdout, reason = "docs/netlist.md quotes what they print")]

mod blocks;
mod cells;
mod machine;
mod memories;
mod multipliers;
mod yosys;

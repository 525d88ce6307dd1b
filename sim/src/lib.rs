//! Where they meet: the golden model and the emitted Verilog, and models of the world at the pins.
//!
//! * [`verilator`] compiles Verilog text and runs it with typed ports;
//! * [`flash`] is the memory chip at the design's pins.

pub mod flash;
pub mod verilator;

//! Where they meet: the golden model and the emitted Verilog, and models of the world at the pins.
//!
//! * [`verilator`] compiles Verilog text and runs it with typed ports.

pub mod verilator;

//! Where they meet: the golden model and the emitted Verilog, and models of the world at the pins.
//!
//! * [`verilator`] compiles Verilog text and runs it with typed ports;
//! * [`flash`] is the memory chip at the design's pins;
//! * [`uart`] is the other end of its serial line, [`host`] the protocol spoken over it.

pub mod flash;
pub mod host;
pub mod uart;
pub mod verilator;

//! What is built: the machine in rust-hdl, and the Verilog it becomes.
pub mod memory;
pub mod multiplier;
pub mod num;
pub mod register;

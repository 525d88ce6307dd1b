//! The host's side of the protocol, from the simulator's sources without the simulator.

#[path = "../../sim/src/host/mod.rs"]
pub mod host;

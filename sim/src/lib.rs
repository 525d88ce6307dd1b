//! Where they meet: the golden model and the emitted Verilog, and models of the world at the pins.
//!
//! ```text
//! golden ─┐                     ┌─ flash (quad SPI)
//!         ├─ engine ─ lockstep  ├─ uart ─ host (requests, answers)
//! rtl ────┘     └─ mismatch     └─ verilator (the emitted Verilog, running)
//! ```
//!
//! * [`engine`]: what golden, RTL, netlist and board have in common; [`lockstep`] compares them word by word and
//!   [`mismatch`] says where they part;
//! * [`stimulus`] draws what to do from a seed and does it to both; [`timed`] foresees every pass and its clocks, [`stress`] does it for long;
//! * [`campaign`] draws whole cases, counts what they reach and makes a failing one small;
//! * [`code`] is which lines ran and which wires toggled;
//! * [`proofs`] runs formal proofs on the emitted Verilog, [`mutation`] plants bugs in it;
//! * [`faults`] spoils what is at the pins and judges what comes of it;
//! * [`recording`] is all that went through the pins; [`second`] does it again in another simulator;
//! * [`vectors`] is a script of everything that a host can do, [`mutants`] are machines with one wrong cell that it must tell from sound ones;
//! * [`golden_mutants`] are golden models with one wrong constant, which a machine's record must tell from the sound one;
//! * [`cache`] keeps what is made once;
//! * [`retrieve`] finds the stored state to start from; [`cycles`] says how long passes and loads take;
//! * [`saif`] reads how often the nets of a pass toggled;
//! * [`verilator`] compiles Verilog text and runs it with typed ports;
//! * [`flash`] is a memory chip, [`chips`] what a configuration has of them at the design's pins;
//! * [`netlist`] puts the synthesised netlist in the emitted Verilog's place;
//! * [`remote`] is a machine behind a serial line, the simulated one or a board's ([`serial`]);
//! * [`uart`] is the other end of its serial line, [`host`] the protocol spoken over it.
//!
//! `unsafe` is allowed in one file, `verilator/model.rs`, and denied in all others.

mod activity;
pub mod cache;
pub mod campaign;
pub mod chips;
pub mod code;
pub mod cycles;
pub mod engine;
pub mod faults;
pub mod flash;
pub mod golden_mutants;
pub mod host;
pub mod lockstep;
pub mod mismatch;
pub mod mutants;
pub mod mutation;
pub mod netlist;
mod pins;
pub mod proofs;
pub mod recording;
pub mod remote;
pub mod retrieve;
pub mod rtl;
pub mod saif;
pub mod second;
pub mod serial;
pub mod stimulus;
pub mod stress;
pub mod timed;
pub mod uart;
pub mod vectors;
pub mod verilator;

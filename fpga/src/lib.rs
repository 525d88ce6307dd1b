//! What is shipped: from a configuration to a netlist, a placed design, a bitstream, and the one file a board's flash takes.
//!
//! * [`tool`]: the tools of `scripts/setup.sh`, or native ones.
//! * [`synth`]: Verilog to a mapped netlist; [`place`]: netlist and shell to what is placed, seed by seed, and to a bitstream;
//!   [`report`]: what nextpnr says of it.
//! * [`board`]: the boards, each a folder of `fpga/boards`; [`baseline`]: their figures, and what counts as a regression.
//! * [`flash_file`]: bitstream and image in one file; [`program`]: the command that writes it.
pub mod baseline;
pub mod board;
pub mod error;
pub mod flash_file;
pub mod place;
pub mod program;
pub mod report;
pub mod synth;
pub mod tool;

pub use error::FpgaError;

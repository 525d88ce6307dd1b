//! How long the epilogue's pipeline is, in clocks.

use statestream_image::config::Pipeline;

/// The datapath's clocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Latency {
    /// From the clock of an instruction's address in the microprogram's ROM to its issue, less one.
    pub issue: u64,
    /// From an instruction's issue to the clock in which its operands are multiplied.
    pub select: u64,
}

impl Latency {
    /// Of this pipeline.
    pub const fn of(pipeline: Pipeline) -> Latency {
        match pipeline {
            Pipeline::Short => Latency { issue: 0, select: 1 },
            Pipeline::Long => Latency { issue: 1, select: 3 },
        }
    }
    /// From an instruction's issue to the clock in which its result stands in `res`.
    pub const fn result(self) -> u64 {
        self.select + 4
    }
    /// From the issue of a body's last instruction until everything it writes can be read.
    pub const fn drain(self) -> u64 {
        self.result() + 1
    }
}

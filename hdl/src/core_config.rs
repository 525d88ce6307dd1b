//! What a core is built from.

use crate::flash::FlashTiming;
use crate::header::Limits;
use crate::memory::RamStyle;
use statestream_image::config::{FlashBus, Pipeline};

/// What a core is built from besides its address widths.
#[derive(Clone, Copy, Debug)]
pub struct CoreConfig {
    /// What its memories hold.
    pub limits: Limits,
    /// Tokens per pass.
    pub tokens: usize,
    /// Address of the image in the flash.
    pub flash_base: u32,
    /// How the flash is wired and read.
    pub bus: FlashBus,
    /// Waits of the flash.
    pub timing: FlashTiming,
    /// Rows may be ternary.
    pub ternary: bool,
    /// How long the epilogue's pipeline is.
    pub pipeline: Pipeline,
    /// How the state memory is built.
    pub state_style: RamStyle,
    /// How the other memories are built.
    pub style: RamStyle,
}

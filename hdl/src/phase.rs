//! The sequencer's states: what the next nibble of the flash means, or what is waited for.

use rust_hdl::prelude::*;
use statestream_image::layout::TABLE_WORDS;

/// Kernels take literals only: this is the sequencer's 384, and one.
const _: () = assert!(TABLE_WORDS == 385);

/// What the sequencer reads or does now.
#[derive(Copy, Clone, Debug, PartialEq, LogicState)]
pub enum Phase {
    /// The flash wakes up.
    Boot,
    /// The image's address is being computed.
    Find,
    /// Header words.
    Header,
    /// Table words.
    Tables,
    /// No request.
    Idle,
    /// The pass's tokens are being completed by guesses.
    Draft,
    /// A slot of the draft table.
    Guess,
    /// The record's address is being computed.
    Locate,
    /// Words of a stored state.
    State,
    /// Words of an embedding record.
    Embed,
    /// Words of a section record.
    Section,
    /// Parameter words of a row.
    Params,
    /// Weights of row a.
    RowA,
    /// The odd nibble after row a.
    PadA,
    /// Weights of row b.
    RowB,
    /// The odd nibble after row b.
    PadB,
    /// The four bytes of a CRC.
    Crc,
    /// The epilogue finishes.
    Finish,
    /// Which tokens are kept is being found out.
    Keep,
}

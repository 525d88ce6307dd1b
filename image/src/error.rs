//! Why bytes are not an image: one variant per cause.

use thiserror::Error;

use crate::layout::Kind;
use crate::records::Record;

/// What is wrong with an image's bytes. Offsets are bytes from the image's base.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum FormatError {
    /// The bytes end inside a record.
    #[error("{record} at byte {at} needs {need} bytes, but the image ends after {have}; copy the whole file again")]
    Truncated {
        /// The record.
        record: Record,
        /// Its offset.
        at: usize,
        /// Bytes it needs from there.
        need: usize,
        /// Bytes there are from there.
        have: usize,
    },
    /// Bytes follow the metadata.
    #[error(
        "the header says {stated} bytes, the file has {found}; cut the file there or pack the model again"
    )]
    Trailing {
        /// What the header says.
        stated: usize,
        /// What there is.
        found: usize,
    },
    /// Not an image at all.
    #[error(
        "bytes 0 to 3 are {found:#010x}, an image starts with 0x53535452 (`SSTR`); pack a checkpoint first"
    )]
    Magic {
        /// What is there.
        found: u32,
    },
    /// Another version of the format.
    #[error(
        "image version {found}, this program reads version {known}; pack the checkpoint with this program"
    )]
    Version {
        /// The image's.
        found: u16,
        /// Ours.
        known: u16,
    },
    /// A record's bytes are not those that were written.
    #[error("{record} at byte {at}: CRC {stored:#010x} is stored, the bytes give {computed:#010x}; copy the file again")]
    Crc {
        /// The record.
        record: Record,
        /// Its offset.
        at: usize,
        /// The CRC in the file.
        stored: u32,
        /// The CRC of the bytes.
        computed: u32,
    },
    /// A header or section field that no image can have.
    #[error("{record}: {field} is {value}, the rule is {rule}; pack the checkpoint again")]
    Field {
        /// The record.
        record: Record,
        /// The field.
        field: &'static str,
        /// Its value.
        value: u64,
        /// What it must be.
        rule: String,
    },
    /// A guess that no token has.
    #[error("draft: slot {slot} is token {token}, a guess is below {vocab}, the vocabulary; pack the checkpoint again")]
    Slot {
        /// The slot.
        slot: usize,
        /// Its token.
        token: u16,
        /// Tokens there are.
        vocab: usize,
    },
    /// A region that does not lie where the one before it ends.
    #[error("the header puts {region} at byte {found}, the region before it ends so that it starts at {expected}; pack the checkpoint again")]
    Region {
        /// embedding, tape or states.
        region: &'static str,
        /// What the header says.
        found: usize,
        /// Where it must be.
        expected: usize,
    },
    /// A byte between regions that is not zero.
    #[error("padding byte {at} is {value:#04x}, padding is zero; copy the file again")]
    Padding {
        /// Its offset.
        at: usize,
        /// Its value.
        value: u8,
    },
    /// A section kind that does not exist.
    #[error(
        "{record} at byte {at}: kind {value} is unknown, kinds are 0 to 7; this image needs a newer program"
    )]
    Kind {
        /// The section.
        record: Record,
        /// Its offset.
        at: usize,
        /// Word 0.
        value: u16,
    },
    /// Flags that this kind does not have.
    #[error("{record} ({kind:?}): flags {flags:#05x}, this kind {rule}; this image needs a newer program")]
    Flags {
        /// The section.
        record: Record,
        /// Its kind.
        kind: Kind,
        /// Word 1.
        flags: u16,
        /// What the kind takes.
        rule: &'static str,
    },
    /// An address outside the memory it means.
    #[error("{record}: {what} reaches word {end}, the header says {limit}; pack the checkpoint again")]
    Address {
        /// The section.
        record: Record,
        /// Row a, row b, operand or destination.
        what: &'static str,
        /// One past the last word.
        end: usize,
        /// The memory's words.
        limit: usize,
    },
    /// A row whose `q` has bits that mean nothing.
    #[error("{record} at byte {at}: q is {q:#06x}, only bit 15 and bits 4 to 0 may be set; this image needs a newer program")]
    Requantiser {
        /// The row.
        record: Record,
        /// Its offset.
        at: usize,
        /// The word.
        q: u16,
    },
    /// A mantissa outside [0, 32767].
    #[error("{record} at byte {at}: m is {m}, a mantissa is 0 to 32767; pack the checkpoint again")]
    Mantissa {
        /// The row.
        record: Record,
        /// Its offset.
        at: usize,
        /// The word.
        m: i16,
    },
    /// The one weight of each width that has no negative.
    #[error(
        "{record} at byte {at}: weight {index} is {value}, weights are symmetric; pack the checkpoint again"
    )]
    Weight {
        /// The row.
        record: Record,
        /// Its offset.
        at: usize,
        /// Which weight of the row.
        index: usize,
        /// -8 or -128.
        value: i8,
    },
    /// The unused nibble after an odd row is not zero.
    #[error("{record} at byte {at}: the nibble after an odd row is {value:#x}, it must be zero; pack the checkpoint again")]
    Nibble {
        /// The row.
        record: Record,
        /// Its offset.
        at: usize,
        /// Its value.
        value: u8,
    },
    /// A byte that no five ternary weights are packed to.
    #[error("{record} at byte {at}: byte {index} of its ternary weights is {value:#04x}, which no five weights give; pack the checkpoint again")]
    Trits {
        /// The row.
        record: Record,
        /// Its offset.
        at: usize,
        /// Which byte of row a's weights, or of row b's.
        index: usize,
        /// Its value.
        value: u8,
    },
    /// A ternary weight behind a row's last.
    #[error("{record} at byte {at}: ternary weight {index} is not 0, the row has {len}; pack the checkpoint again")]
    SpareTrit {
        /// The row.
        record: Record,
        /// Its offset.
        at: usize,
        /// Which weight of the row.
        index: usize,
        /// Weights that it has.
        len: usize,
    },
    /// The header's model id is not that of the contents.
    #[error("the header says model {stated:#010x}, the contents are model {computed:#010x}; pack the checkpoint again")]
    ModelId {
        /// What the header says.
        stated: u32,
        /// CRC-32 of tables, embedding and tape.
        computed: u32,
    },
    /// The metadata is not the JSON this program writes.
    #[error("metadata at byte {at}: {reason}; pack the checkpoint again")]
    Metadata {
        /// Its offset.
        at: usize,
        /// The parser's words.
        reason: String,
    },
}

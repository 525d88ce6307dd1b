use crate::session::Heads;
use statestream_image::error::FormatError;
use statestream_image::layout::Kind;
use std::fmt;

/// Where a section stands, as messages name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Number of the section on the tape, from 0.
    pub section: usize,
    /// Epilogue.
    pub kind: Kind,
    /// 0-based layer.
    pub layer: usize,
    /// Byte offset of the section record in the image.
    pub at: usize,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "section {} ({:?}, layer {}, byte {:#x})", self.section, self.kind, self.layer, self.at)
    }
}

/// Everything that this crate can refuse, one variant per cause.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GoldenError {
    /// The image contradicts `FORMAT.md` or itself.
    #[error(transparent)]
    Image(#[from] FormatError),
    /// A token that has no embedding record.
    #[error("token {token} is outside the vocabulary of {vocab}")]
    Token {
        /// The token fed.
        token: u16,
        /// Tokens of the model.
        vocab: usize,
    },
    /// A pass of no token or of too many.
    #[error("a pass of {found} tokens was asked for, but it takes 1 to {most}")]
    Tokens {
        /// Tokens given.
        found: usize,
        /// Tokens that a pass takes at most.
        most: usize,
    },
    /// A drafted pass that could not tell whether its guesses are right.
    #[error("a drafted pass was asked for the logits of {heads:?}, but it compares every guess with the choice before it: ask for All")]
    Unverified {
        /// Tokens that were to get logits.
        heads: Heads,
    },
    /// A text was to be continued that has no next token.
    #[error("no next token is known, but generating begins with it: feed a token and ask for its logits")]
    NoNext,
    /// A region of the image has another size than its header says.
    #[error("{what}: {found} words, but the header asks for {wanted}")]
    Region {
        /// The region.
        what: &'static str,
        /// Words present.
        found: usize,
        /// Words by the header.
        wanted: usize,
    },
    /// A header value outside its range.
    #[error("header: {field} is {value}, but it must be {rule}")]
    Header {
        /// Field of the header record.
        field: &'static str,
        /// Its value.
        value: u64,
        /// The range in words.
        rule: &'static str,
    },
    /// A row record of another size than its section says.
    #[error("{place}, row {row}: {what} is {found}, but the section asks for {wanted}")]
    Shape {
        /// The section.
        place: Place,
        /// Row of the section.
        row: usize,
        /// The field.
        what: &'static str,
        /// Its value.
        found: usize,
        /// The value that fits.
        wanted: usize,
    },
    /// Rows would overwrite what other rows of the same section still read.
    #[error("{place}: writes words {from}..{to}, which overlap its operand at {base}")]
    Overlap {
        /// The section.
        place: Place,
        /// First word written.
        from: usize,
        /// First word after those written.
        to: usize,
        /// First word of the operand.
        base: usize,
    },
    /// The sum of squares could leave its register.
    #[error("{place}: sum of squares could reach {bound:#x}, but q is 44 bits")]
    Squares {
        /// The section that ends the sum.
        place: Place,
        /// Largest possible q.
        bound: u64,
    },
    /// There is no such stored state.
    #[error("stored state {index} was asked for, but the image holds {count}")]
    Stored {
        /// Number asked for.
        index: usize,
        /// Stored states of the image.
        count: usize,
    },
    /// A state of another size.
    #[error("state has {found} words, but the model's has {wanted}")]
    StateWords {
        /// Words given.
        found: usize,
        /// Words of the model's state.
        wanted: usize,
    },
    /// A state of another model.
    #[error("state belongs to model {found:08x}, but this is model {wanted:08x}")]
    StateModel {
        /// The state's model id.
        found: u32,
        /// This model's id.
        wanted: u32,
    },
    /// A saved state that is cut short or has bytes left over.
    #[error("saved state has {found} bytes, but needs {wanted}")]
    BlobLength {
        /// Bytes given.
        found: usize,
        /// Bytes that the blob's own header asks for (or the header's size).
        wanted: usize,
    },
    /// Bytes that are no saved state.
    #[error("saved state starts with {found:08x}, not with `SSST` (53535354)")]
    BlobMagic {
        /// The first four bytes.
        found: u32,
    },
    /// A saved state of another format.
    #[error("saved state has version {found}, but only version {wanted} is read")]
    BlobVersion {
        /// Version of the blob.
        found: u16,
        /// Version that this crate writes and reads.
        wanted: u16,
    },
    /// A saved state whose words have another size.
    #[error("saved state has words of {found} bits, but this model's have {wanted}")]
    BlobBits {
        /// Bits that the blob states.
        found: u16,
        /// Bits of a state word.
        wanted: u16,
    },
    /// A saved state that counts another conv history than the model has.
    #[error("saved state has {found} words of conv history, but the model has {wanted}")]
    BlobHistory {
        /// Words that the blob states.
        found: u32,
        /// Words of the model's history.
        wanted: u32,
    },
    /// A damaged saved state.
    #[error("saved state has CRC {found:08x}, but its bytes give {computed:08x}")]
    BlobCrc {
        /// CRC-32 at the blob's end.
        found: u32,
        /// CRC-32 of the bytes before it.
        computed: u32,
    },
    /// A text too short for a single stream.
    #[error("text has {found} tokens, but a stream of {stream} needs one more than its length")]
    Text {
        /// Tokens given.
        found: usize,
        /// Predictions per stream.
        stream: usize,
    },
}

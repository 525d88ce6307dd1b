//! The image as values: what `FORMAT.md` lays out in bytes, field for field. Reading and writing are in `read.rs` and `write.rs`.

use serde::{Deserialize, Serialize};

/// Fraction bits of x, r, u, v and g: every activation that meets the `act` table is Q4.11.
pub const ACT_FRAC: u32 = 11;
/// Fraction bits of the poles (ar, ai), of b and of the recurrence's products: Q1.15.
pub const POLE_FRAC: u32 = 15;
/// Fraction bits of a row's mantissa m: Q1.14, so m / 2^14 is in [1, 2).
pub const MANTISSA_FRAC: u32 = 14;
/// Fraction bits of every table look-up's interpolation.
pub const LERP_FRAC: u32 = 12;
/// Fraction bits that a normalisation drops before the exponent k is put back: n = R(h r, 21 - k).
pub const NORM_FRAC: u32 = 21;
/// Bits of the sum of squares q.
pub const SQUARES_BITS: u32 = 44;
/// Words of the tables record.
pub const TABLE_WORDS: usize = 385;
/// Word offset of the rsqrt table inside the tables record.
pub const RSQRT_AT: usize = 64;
/// Word offset of the Gumbel table inside the tables record.
pub const GUMBEL_AT: usize = 128;
/// Words of the header record, CRC included.
pub const HEADER_WORDS: usize = 32;
/// Words of a section record before its CRC.
pub const SECTION_WORDS: usize = 16;
/// Most slots of a draft table: its hash has 16 bits.
pub const MOST_SLOTS: usize = 1 << 16;
/// `SSTR`.
pub const MAGIC: u32 = 0x5353_5452;
/// The format version that this crate reads and writes.
pub const VERSION: u16 = 2;

/// A whole image.
#[derive(Clone, Debug, PartialEq)]
pub struct Image {
    /// Sizes and offsets.
    pub header: Header,
    /// All look-up tables, `TABLE_WORDS` words.
    pub tables: Vec<i16>,
    /// The table that guesses the next token, if the image has one.
    pub draft: Option<Draft>,
    /// h of every token, (vocab, d) row major.
    pub embedding: Vec<i16>,
    /// The tape, without its final `end` section.
    pub sections: Vec<Section>,
    /// Stored states, each `header.state_words` words; number 0 is the initial state.
    pub states: Vec<Vec<i16>>,
    /// What only software reads.
    pub meta: Meta,
}

/// The header record. Offsets are bytes from the image's base.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Header {
    /// Slots of the draft table less one; 0 without a table.
    pub draft_mask: u16,
    /// The draft table's multiplier, odd; 0 without a table.
    pub draft_multiplier: u16,
    /// CRC-32 of tables, embedding and tape: names the model that a stored state belongs to.
    pub model_id: u32,
    /// Channels of the residual h.
    pub d: usize,
    /// Tokens.
    pub vocab: usize,
    /// Words of vector memory that the tape addresses.
    pub vector_words: usize,
    /// Most parameter words in any row.
    pub max_params: usize,
    /// Words of the state: conv histories and recurrences of all layers.
    pub state_words: usize,
    /// Offset of the embedding region.
    pub embedding_at: usize,
    /// Offset of the tape.
    pub tape_at: usize,
    /// Offset of the stored states.
    pub states_at: usize,
    /// Stored states.
    pub states: usize,
    /// Start value of the sum of squares.
    pub eps_q: u64,
    /// Fraction bits of h.
    pub h_frac: u32,
    /// Fraction bits of a logit.
    pub logit_frac: u32,
    /// Length of the image in bytes.
    pub bytes: usize,
}

/// Three tokens hashed to a guess of the fourth (`FORMAT.md`, section 5).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// M of the hash, odd.
    pub multiplier: u16,
    /// The guessed token of every slot; their number is a power of two, 2 to [`MOST_SLOTS`].
    pub slots: Vec<u16>,
}

/// Which epilogue a section's rows have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
#[repr(u16)]
pub enum Kind {
    /// The tape's end.
    End = 0,
    /// RMSNorm of h into the vector memory; no rows.
    Norm = 1,
    /// Requantise, optionally conv and F, to the vector memory.
    Store = 2,
    /// The whole gated channel: conv, F, recurrence, read-out, gate.
    Channel = 3,
    /// s5: complex recurrence driven by one row of B.
    Recur = 4,
    /// s5: read-out with D u, then gate or F.
    Activate = 5,
    /// Add to h.
    Residual = 6,
    /// One logit.
    Logit = 7,
}

/// Section flags, one bit each; see `FORMAT.md` section 4.
pub mod flag {
    /// Two weight rows per record.
    pub const PAIR: u16 = 1 << 0;
    /// Four-tap causal convolution.
    pub const CONV: u16 = 1 << 1;
    /// F after the convolution.
    pub const ACT: u16 = 1 << 2;
    /// Times F(row b).
    pub const GATE: u16 = 1 << 3;
    /// The result goes to h.
    pub const TO_H: u16 = 1 << 4;
    /// The result is added to h.
    pub const ADD_H: u16 = 1 << 5;
    /// Both parts of the state go to the vector memory.
    pub const COMPLEX: u16 = 1 << 6;
    /// The sum of squares is computed from h first.
    pub const FRESH: u16 = 1 << 7;
    /// No normalisation: n = h.
    pub const COPY: u16 = 1 << 8;
    /// Rows that are not W8 are ternary: none is W4, and their operands begin at multiples of 4.
    pub const TERNARY: u16 = 1 << 9;
}

/// A row's operand in the vector memory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Operand {
    /// Elements.
    pub len: usize,
    /// First word.
    pub base: usize,
}

/// A section record and the rows that follow it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Section {
    /// Epilogue.
    pub kind: Kind,
    /// Bits of [`flag`].
    pub flags: u16,
    /// Operand of row a.
    pub a: Operand,
    /// Operand of row b (PAIR).
    pub b: Operand,
    /// Vector base, h index or first token of row 0.
    pub dest: usize,
    /// Parameter words per row.
    pub params: usize,
    /// State words per row.
    pub state_words: usize,
    /// Complex states per row.
    pub n: usize,
    /// Shifts sc, sy, sz.
    pub shifts: [u32; 3],
    /// Vector base of u.
    pub operand: usize,
    /// 0-based layer, for messages; the final norm and the head carry `num_blocks`.
    pub layer: usize,
    /// Byte offset of the section record in the image (filled in by reader and writer).
    pub at: usize,
    /// The rows.
    #[serde(skip)]
    pub rows: Vec<Row>,
}

/// A row record.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Row {
    /// Parameter words, in the order of `FORMAT.md`.
    pub params: Vec<i16>,
    /// Weights of row a, sign extended.
    pub a: Vec<i8>,
    /// Weights of row b, empty without PAIR.
    pub b: Vec<i8>,
    /// Byte offset of the record in the image (filled in by reader and writer).
    pub at: usize,
}

/// Bit of `q` that says the row's weights are 8 bits wide, not what the section's narrow rows are: see [`flag::TERNARY`].
pub const Q_W8: u16 = 1 << 15;
/// Bits of `q` that hold the shift.
pub const Q_SHIFT: u16 = 31;

/// What only software reads: names, vocabulary, how the image was made.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Meta {
    /// The checkpoint's configuration.
    pub config: serde_json::Value,
    /// Text of every token.
    pub vocab: Vec<String>,
    /// `w8`, `w4` or `ternary`.
    pub weights: String,
    /// Float parameters of the checkpoint.
    pub params: usize,
    /// Where the checkpoint says it comes from.
    pub provenance: String,
    /// The texts behind stored states 1, 2, ...: what a model that starts from one of them has read. Empty, or as many.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub chunks: Vec<Chunk>,
}

/// A piece of a document, read once, whose final state is stored.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chunk {
    /// The document's name.
    pub source: String,
    /// The piece's first character in the document, from 0.
    pub at: usize,
    /// Its tokens.
    pub tokens: u32,
    /// Its text, as it was read.
    pub text: String,
}

impl Section {
    /// Is this flag set?
    pub fn has(&self, bit: u16) -> bool {
        self.flags & bit != 0
    }
}

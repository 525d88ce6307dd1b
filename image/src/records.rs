//! Where every record of an image lies: computed from the shapes alone, in file order.

use std::fmt;

use crc32fast::Hasher;
use serde::Serialize;

use crate::layout::{flag, Draft, Image, Kind, Row, Section, HEADER_WORDS, Q_W8, SECTION_WORDS, TABLE_WORDS};
use crate::quantise::Width;

/// Bytes of a record's CRC.
pub const CRC_BYTES: usize = 4;
/// Bytes of the header record.
pub const HEADER_BYTES: usize = 2 * HEADER_WORDS;
/// Bytes of the tables record.
pub const TABLES_BYTES: usize = 2 * TABLE_WORDS + CRC_BYTES;
/// Bytes of a section record.
pub const SECTION_BYTES: usize = 2 * SECTION_WORDS + CRC_BYTES;
/// Regions start at multiples of this many bytes.
pub const ALIGN: usize = 16;

/// Where the draft record lies, if there is one: right behind the tables.
pub const DRAFT_AT: usize = (HEADER_BYTES + TABLES_BYTES).next_multiple_of(ALIGN);

/// Names one record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Record {
    /// The header.
    Header,
    /// The look-up tables.
    Tables,
    /// The guesses of the next token.
    Draft,
    /// h of this token.
    Embedding(usize),
    /// This section's record, sections counted from 0 along the tape.
    Section(usize),
    /// Row `.1` of section `.0`.
    Row(usize, usize),
    /// The tape's end.
    End,
    /// This stored state.
    State(usize),
    /// The JSON at the end of the file.
    Metadata,
}

/// A record and its bytes, CRC included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Span {
    /// Which record.
    pub record: Record,
    /// Offset of its first byte from the image's base.
    pub at: usize,
    /// Its bytes.
    pub bytes: usize,
}

impl fmt::Display for Record {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Record::Header => write!(f, "header"),
            Record::Tables => write!(f, "tables"),
            Record::Draft => write!(f, "draft"),
            Record::Embedding(i) => write!(f, "embedding {i}"),
            Record::Section(k) => write!(f, "section {k}"),
            Record::Row(k, i) => write!(f, "row {i} of section {k}"),
            Record::End => write!(f, "end of the tape"),
            Record::State(i) => write!(f, "state {i}"),
            Record::Metadata => write!(f, "metadata"),
        }
    }
}

/// The next multiple of [`ALIGN`].
pub fn align(at: usize) -> usize {
    at.next_multiple_of(ALIGN)
}

/// Bytes of a draft table's slot: one if every token fits a byte.
pub fn slot_bytes(vocab: usize) -> usize {
    1 + usize::from(vocab > 256)
}

/// The check behind a record of these bytes at this offset of the image: their CRC-32, exclusive or the offset. A record that was read
/// from another place is as wrong as one that is damaged.
pub(crate) fn check(body: &[u8], at: usize) -> u32 {
    crc32fast::hash(body) ^ at as u32
}

/// The model id: CRC-32 of the bodies that it names, in their order. A state belongs to the tables, the embeddings and the tape. The draft
/// table is none of it: it changes how fast a text is written and never which. Nor are the checks, which tell of places.
pub(crate) struct ModelId(Hasher);

impl ModelId {
    /// Of nothing yet.
    pub(crate) fn new() -> ModelId {
        ModelId(Hasher::new())
    }

    /// Adds a record's body, if it has a part in the id.
    pub(crate) fn add(&mut self, record: Record, body: &[u8]) {
        if matches!(
            record,
            Record::Tables | Record::Embedding(_) | Record::Section(_) | Record::Row(..) | Record::End
        ) {
            self.0.update(body);
        }
    }

    /// The id of what was added.
    pub(crate) fn value(&self) -> u32 {
        self.0.clone().finalize()
    }
}

impl Section {
    /// Parameter words that `FORMAT.md` section 4 gives a row of this kind, these flags and this N.
    pub fn expected_params(&self) -> usize {
        if matches!(self.kind, Kind::End | Kind::Norm) {
            return 0;
        }
        let pair = if self.has(flag::PAIR) { 3 } else { 0 };
        3 + pair + if self.has(flag::CONV) { 4 } else { 0 } + self.kind_params()
    }

    /// State words of a row: three of history with CONV, then sr and si of each state.
    pub fn expected_state_words(&self) -> usize {
        let history = if self.has(flag::CONV) { 3 } else { 0 };
        history + 2 * if matches!(self.kind, Kind::Channel | Kind::Recur) { self.n } else { 0 }
    }

    /// Index of the first parameter after the requantisers and the taps: `D`, or `ar` of `recur`.
    pub fn kind_at(&self) -> usize {
        self.expected_params() - self.kind_params()
    }

    /// Words of vector memory or h, or tokens, that the section writes from `dest` on.
    pub fn written(&self) -> usize {
        match self.kind {
            Kind::End => 0,
            Kind::Norm => self.a.len,
            Kind::Recur if self.has(flag::COMPLEX) => 2 * self.rows.len(),
            _ => self.rows.len(),
        }
    }

    /// Does the section write h (and q) rather than the vector memory?
    pub fn writes_h(&self) -> bool {
        self.kind == Kind::Residual || self.has(flag::TO_H)
    }

    /// Words of vector memory that the section reads or writes: one past the last address.
    pub fn vector_words(&self) -> usize {
        let pair = if self.has(flag::PAIR) { self.b.base + self.b.len } else { 0 };
        let operand = if self.kind == Kind::Activate { self.operand + self.rows.len() } else { 0 };
        let reads = if self.kind == Kind::Norm { 0 } else { self.a.base + self.a.len };
        let writes = if self.writes_h() || self.kind == Kind::Logit { 0 } else { self.dest + self.written() };
        reads.max(pair).max(operand).max(writes)
    }

    /// Width of the weights of one of this section's rows whose parameter is `q`.
    pub fn width(&self, q: i16) -> Width {
        match (q as u16 & Q_W8 != 0, self.has(flag::TERNARY)) {
            (true, _) => Width::W8,
            (false, true) => Width::Ternary,
            (false, false) => Width::W4,
        }
    }

    /// Bytes of a row's weights a, and of its weights b.
    pub fn weight_bytes(&self, params: &[i16]) -> [usize; 2] {
        let bytes = |i: usize, len| self.width(params.get(i).copied().unwrap_or(0)).bytes(len);
        [bytes(0, self.a.len), if self.has(flag::PAIR) { bytes(3, self.b.len) } else { 0 }]
    }

    /// Bytes of one of this section's row records.
    pub fn row_bytes(&self, row: &Row) -> usize {
        let [a, b] = self.weight_bytes(&row.params);
        2 * row.params.len() + a + b + CRC_BYTES
    }

    fn kind_params(&self) -> usize {
        match self.kind {
            Kind::Channel => 1 + 5 * self.n,
            Kind::Recur => 3,
            Kind::Activate if self.has(flag::TO_H) => 2,
            Kind::Activate => 1,
            _ => 0,
        }
    }
}

impl Image {
    /// Has it a section with ternary rows, which not every machine serves?
    pub fn is_ternary(&self) -> bool {
        self.sections.iter().any(|section| section.has(flag::TERNARY))
    }

    /// Every record in file order. Uses the header's offsets: parse or [`Image::seal`] first.
    pub fn records(&self) -> Vec<Span> {
        let mut walk = Walk { at: 0, spans: Vec::new() };
        walk.push(Record::Header, HEADER_BYTES);
        walk.push(Record::Tables, TABLES_BYTES);
        if let Some(draft) = &self.draft {
            walk.at = DRAFT_AT;
            walk.push(Record::Draft, draft.bytes(self.header.vocab) + CRC_BYTES);
        }
        walk.at = self.header.embedding_at;
        (0..self.header.vocab).for_each(|i| walk.push(Record::Embedding(i), self.embedding_bytes()));
        walk.at = self.header.tape_at;
        self.sections.iter().enumerate().for_each(|(k, section)| walk.section(k, section));
        walk.push(Record::End, SECTION_BYTES);
        walk.at = self.header.states_at;
        (0..self.states.len()).for_each(|i| walk.push(Record::State(i), self.state_bytes()));
        walk.at = align(walk.at);
        walk.push(Record::Metadata, self.header.bytes.saturating_sub(walk.at));
        walk.spans
    }

    /// The record that a byte of the file belongs to, or none for padding.
    pub fn record_at(&self, byte: usize) -> Option<Span> {
        self.records().into_iter().find(|span| (span.at..span.at + span.bytes).contains(&byte))
    }

    /// Bytes of an embedding record.
    pub fn embedding_bytes(&self) -> usize {
        2 * self.header.d + CRC_BYTES
    }

    /// Bytes of a stored state's record.
    pub fn state_bytes(&self) -> usize {
        2 * self.header.state_words + CRC_BYTES
    }

    /// Bytes of the tape, its `end` record included.
    pub fn tape_bytes(&self) -> usize {
        let rows = |s: &Section| s.rows.iter().map(|row| s.row_bytes(row)).sum::<usize>();
        self.sections.iter().map(|s| SECTION_BYTES + rows(s)).sum::<usize>() + SECTION_BYTES
    }
}

impl Draft {
    /// Bytes of the slots of a model with `vocab` tokens.
    pub fn bytes(&self, vocab: usize) -> usize {
        self.slots.len() * slot_bytes(vocab)
    }
}

struct Walk {
    at: usize,
    spans: Vec<Span>,
}

impl Walk {
    fn push(&mut self, record: Record, bytes: usize) {
        self.spans.push(Span { record, at: self.at, bytes });
        self.at += bytes;
    }

    fn section(&mut self, k: usize, section: &Section) {
        self.push(Record::Section(k), SECTION_BYTES);
        for (i, row) in section.rows.iter().enumerate() {
            self.push(Record::Row(k, i), section.row_bytes(row));
        }
    }
}

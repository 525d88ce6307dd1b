//! Bytes to image: checks first, then values. Untrusted bytes can neither panic nor make it allocate more than their own length
//! times a small constant: every length is compared with the bytes at hand before anything is reserved.

use crate::error::FormatError;
use crate::layout::{flag, Draft, Header, Image, Kind, Meta, Operand, Row, Section};
use crate::layout::{HEADER_WORDS, MAGIC, Q_W8, SECTION_WORDS, TABLE_WORDS, VERSION};
use crate::quantise::Width;
use crate::records::{align, check, slot_bytes, ModelId, Record, CRC_BYTES, HEADER_BYTES};
use crate::trits::{self, Fault};

impl Image {
    /// Reads and checks a whole image: every CRC, every length, every address, every flag.
    pub fn parse(bytes: &[u8]) -> Result<Image, FormatError> {
        let header = Image::parse_header(bytes)?;
        let mut cursor = Cursor::new(bytes, HEADER_BYTES);
        let tables = words(cursor.record(Record::Tables, 2 * TABLE_WORDS)?);
        let draft = cursor.draft(&header)?;
        cursor.region("the embedding", header.embedding_at)?;
        let embedding = cursor.embedding(&header)?;
        cursor.region("the tape", header.tape_at)?;
        let sections = cursor.tape()?;
        cursor.region("the states", header.states_at)?;
        let states = cursor.states(&header)?;
        cursor.pad()?;
        let meta = cursor.metadata()?;
        let image = Image { header, tables, draft, embedding, sections, states, meta };
        image.check_ids(bytes.len(), cursor.at, cursor.model.value())?;
        image.check()?;
        Ok(image)
    }

    /// Reads and checks the header record alone.
    pub fn parse_header(bytes: &[u8]) -> Result<Header, FormatError> {
        let mut cursor = Cursor::new(bytes, 0);
        let body = words(cursor.peek(Record::Header, HEADER_BYTES)?);
        let w = Fields(&body);
        if w.long(0) != MAGIC as usize {
            return Err(FormatError::Magic { found: w.long(0) as u32 });
        }
        if w.word(2) != usize::from(VERSION) {
            return Err(FormatError::Version { found: w.word(2) as u16, known: VERSION });
        }
        cursor.record(Record::Header, HEADER_BYTES - CRC_BYTES)?;
        let header = header(&w);
        check_header(&w, &header)?;
        if header.bytes > bytes.len() {
            return Err(truncated(Record::Header, 0, header.bytes, bytes.len()));
        }
        Ok(header)
    }

    fn check_ids(&self, found: usize, end: usize, computed: u32) -> Result<(), FormatError> {
        if end != found || self.header.bytes != found {
            return Err(FormatError::Trailing { stated: self.header.bytes, found });
        }
        match self.header.model_id == computed {
            true => Ok(()),
            false => Err(FormatError::ModelId { stated: self.header.model_id, computed }),
        }
    }
}

fn header(w: &Fields) -> Header {
    Header {
        draft_mask: w.word(3) as u16,
        draft_multiplier: w.word(27) as u16,
        model_id: w.long(4) as u32,
        d: w.word(6),
        vocab: w.word(7) + 1,
        vector_words: w.word(8),
        max_params: w.word(9),
        state_words: w.long(10),
        embedding_at: w.long(12),
        tape_at: w.long(14),
        states_at: w.long(16),
        states: w.word(20),
        eps_q: (w.word(22) as u64) << 32 | w.long(23) as u64,
        h_frac: w.word(25) as u32,
        logit_frac: w.word(26) as u32,
        bytes: w.long(28),
    }
}

fn check_header(w: &Fields, h: &Header) -> Result<(), FormatError> {
    let rules = [
        ("d", h.d, h.d > 0, "at least one channel".to_string()),
        (
            "draft mask",
            usize::from(h.draft_mask),
            (usize::from(h.draft_mask) + 1).is_power_of_two(),
            "2^n - 1, its slots less one".into(),
        ),
        (
            "draft multiplier",
            usize::from(h.draft_multiplier),
            draft_multiplier_fits(h),
            "odd with a draft table, 0 without".into(),
        ),
        ("states", h.states, h.states > 0, "at least the initial state".into()),
        ("state words", h.state_words, h.state_words > 0, "at least 1".into()),
        ("h_frac", h.h_frac as usize, h.h_frac < 32, "at most 31".into()),
        ("logit_frac", h.logit_frac as usize, h.logit_frac < 32, "at most 31".into()),
        (
            "bytes per state",
            w.long(18),
            w.long(18) == 2 * h.state_words + 4,
            "twice the state words plus 4".into(),
        ),
        ("bytes per embedding", w.word(21), w.word(21) == 2 * h.d + 4, "twice d plus 4".into()),
        ("eps_q", h.eps_q as usize, h.eps_q > 0, "at least 1".into()),
    ];
    match rules.into_iter().find(|(_, _, holds, _)| !holds) {
        None => Ok(()),
        Some((field, value, _, rule)) => {
            Err(FormatError::Field { record: Record::Header, field, value: value as u64, rule })
        }
    }
}

fn draft_multiplier_fits(h: &Header) -> bool {
    match h.draft_mask {
        0 => h.draft_multiplier == 0,
        _ => h.draft_multiplier % 2 == 1,
    }
}

fn truncated(record: Record, at: usize, need: usize, have: usize) -> FormatError {
    FormatError::Truncated { record, at, need, have }
}

/// Big-endian words of some bytes; an odd last byte belongs to no word.
fn words(bytes: &[u8]) -> Vec<i16> {
    bytes.chunks_exact(2).map(|b| i16::from_be_bytes([b[0], b[1]])).collect()
}

/// Unsigned fields of a record of known length.
struct Fields<'a>(&'a [i16]);

impl Fields<'_> {
    fn word(&self, i: usize) -> usize {
        debug_assert!(self.0.len() == HEADER_WORDS || self.0.len() == SECTION_WORDS);
        self.0[i] as u16 as usize
    }

    fn long(&self, i: usize) -> usize {
        self.word(i) << 16 | self.word(i + 1)
    }
}

struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
    /// Of the records read so far.
    model: ModelId,
}

impl<'a> Cursor<'a> {
    fn new(bytes: &'a [u8], at: usize) -> Cursor<'a> {
        Cursor { bytes, at, model: ModelId::new() }
    }

    /// The next `need` bytes, without moving.
    fn peek(&self, record: Record, need: usize) -> Result<&'a [u8], FormatError> {
        let rest = &self.bytes[self.at..];
        rest.get(..need).ok_or_else(|| truncated(record, self.at, need, rest.len()))
    }

    /// The body of the next record, once its check is right.
    fn record(&mut self, record: Record, body: usize) -> Result<&'a [u8], FormatError> {
        let (body, crc) = self.peek(record, body.saturating_add(CRC_BYTES))?.split_at(body);
        let stored = crc.iter().fold(0, |sum, b| sum << 8 | u32::from(*b));
        let computed = check(body, self.at);
        if stored != computed {
            return Err(FormatError::Crc { record, at: self.at, stored, computed });
        }
        self.model.add(record, body);
        self.at += body.len() + CRC_BYTES;
        Ok(body)
    }

    /// Moves over padding to the next region.
    fn pad(&mut self) -> Result<(), FormatError> {
        let end = align(self.at).min(self.bytes.len());
        match (self.at..end).find(|at| self.bytes[*at] != 0) {
            Some(at) => Err(FormatError::Padding { at, value: self.bytes[at] }),
            None => {
                self.at = end;
                Ok(())
            }
        }
    }

    fn region(&mut self, region: &'static str, found: usize) -> Result<(), FormatError> {
        self.pad()?;
        match self.at == found {
            true => Ok(()),
            false => Err(FormatError::Region { region, found, expected: self.at }),
        }
    }

    fn draft(&mut self, h: &Header) -> Result<Option<Draft>, FormatError> {
        if h.draft_mask == 0 {
            return Ok(None);
        }
        self.pad()?;
        let wide = slot_bytes(h.vocab);
        let body = self.record(Record::Draft, wide * (usize::from(h.draft_mask) + 1))?;
        let slot = |bytes: &[u8]| bytes.iter().fold(0, |token, byte| token << 8 | u16::from(*byte));
        let draft = Draft { multiplier: h.draft_multiplier, slots: body.chunks(wide).map(slot).collect() };
        draft.check_slots(h.vocab).map(|()| Some(draft))
    }

    fn embedding(&mut self, h: &Header) -> Result<Vec<i16>, FormatError> {
        let mut all = Vec::new();
        for i in 0..h.vocab {
            all.extend(words(self.record(Record::Embedding(i), 2 * h.d)?));
        }
        Ok(all)
    }

    fn states(&mut self, h: &Header) -> Result<Vec<Vec<i16>>, FormatError> {
        (0..h.states).map(|i| Ok(words(self.record(Record::State(i), 2 * h.state_words)?))).collect()
    }

    fn tape(&mut self) -> Result<Vec<Section>, FormatError> {
        let mut sections = Vec::new();
        while let Some(section) = self.section(sections.len())? {
            sections.push(section);
        }
        Ok(sections)
    }

    /// The next section with its rows, or none at the tape's end.
    fn section(&mut self, k: usize) -> Result<Option<Section>, FormatError> {
        let (at, record) = (self.at, Record::Section(k));
        let body = words(self.record(record, 2 * SECTION_WORDS)?);
        let w = Fields(&body);
        let kind = kind(w.word(0)).ok_or(FormatError::Kind { record, at, value: w.word(0) as u16 })?;
        if kind == Kind::End {
            return end(&body).map(|()| None);
        }
        let mut section = section(kind, at, &w);
        section.check_fields(k, w.word(2))?;
        for i in 0..w.word(2) {
            section.rows.push(self.row(&section, Record::Row(k, i))?);
        }
        Ok(Some(section))
    }

    fn row(&mut self, section: &Section, record: Record) -> Result<Row, FormatError> {
        let at = self.at;
        let words_ahead = words(self.peek(record, 2 * section.params)?);
        let pair = section.has(flag::PAIR);
        let [a, b] = section.weight_bytes(&words_ahead);
        let body = self.record(record, 2 * section.params + a + b)?;
        let (params, weights) = body.split_at(2 * section.params);
        let params = words(params);
        check_requantiser(&params, record, at)?;
        let (a, b) = weights.split_at(a);
        let width = |i: usize| section.width(params[i]);
        let a = unpack(a, width(0), section.a.len, record, at)?;
        let b = if pair { unpack(b, width(3), section.b.len, record, at)? } else { Vec::new() };
        if pair {
            check_requantiser(&params[3..], record, at)?;
        }
        Ok(Row { params, a, b, at })
    }

    fn metadata(&mut self) -> Result<Meta, FormatError> {
        let at = self.at;
        let length = self.peek(Record::Metadata, 4)?.iter().fold(0, |sum, b| sum << 8 | usize::from(*b));
        let body = self.record(Record::Metadata, length.saturating_add(4))?;
        serde_json::from_slice(&body[4..]).map_err(|e| FormatError::Metadata { at, reason: e.to_string() })
    }
}

fn kind(word: usize) -> Option<Kind> {
    let kinds = [
        Kind::End,
        Kind::Norm,
        Kind::Store,
        Kind::Channel,
        Kind::Recur,
        Kind::Activate,
        Kind::Residual,
        Kind::Logit,
    ];
    kinds.get(word).copied()
}

fn end(body: &[i16]) -> Result<(), FormatError> {
    match body.iter().find(|w| **w != 0) {
        None => Ok(()),
        Some(w) => Err(FormatError::Field {
            record: Record::End,
            field: "a word",
            value: *w as u16 as u64,
            rule: "0, all words of the end record are".into(),
        }),
    }
}

fn section(kind: Kind, at: usize, w: &Fields) -> Section {
    Section {
        kind,
        flags: w.word(1) as u16,
        a: Operand { len: w.word(3), base: w.word(4) },
        b: Operand { len: w.word(5), base: w.word(6) },
        dest: w.word(7),
        params: w.word(8),
        state_words: w.word(9),
        n: w.word(10),
        shifts: [11, 12, 13].map(|i| w.word(i) as u32),
        operand: w.word(14),
        layer: w.word(15),
        at,
        rows: Vec::new(),
    }
}

/// `q m b` of one row: no unknown bits, no negative mantissa.
fn check_requantiser(params: &[i16], record: Record, at: usize) -> Result<(), FormatError> {
    let q = params[0] as u16;
    if q & !(Q_W8 | crate::layout::Q_SHIFT) != 0 {
        return Err(FormatError::Requantiser { record, at, q });
    }
    match params[1] {
        m if m < 0 => Err(FormatError::Mantissa { record, at, m }),
        _ => Ok(()),
    }
}

fn unpack(bytes: &[u8], width: Width, len: usize, record: Record, at: usize) -> Result<Vec<i8>, FormatError> {
    let (mut weights, banned): (Vec<i8>, i8) = match width {
        Width::W8 => (bytes.iter().map(|b| *b as i8).collect(), -128),
        Width::W4 => (bytes.iter().flat_map(|b| [*b as i8 >> 4, (*b << 4) as i8 >> 4]).collect(), -8),
        Width::Ternary => return unpack_trits(bytes, len, record, at),
    };
    if let Some(spare) = weights.get(len).filter(|spare| **spare != 0) {
        return Err(FormatError::Nibble { record, at, value: *spare as u8 & 15 });
    }
    weights.truncate(len);
    match weights.iter().position(|w| *w == banned) {
        Some(index) => Err(FormatError::Weight { record, at, index, value: banned }),
        None => Ok(weights),
    }
}

fn unpack_trits(bytes: &[u8], len: usize, record: Record, at: usize) -> Result<Vec<i8>, FormatError> {
    trits::unpack(bytes, len).map_err(|fault| match fault {
        Fault::Code(index) => FormatError::Trits { record, at, index, value: bytes[index] },
        Fault::Spare(index) => FormatError::SpareTrit { record, at, index, len },
    })
}

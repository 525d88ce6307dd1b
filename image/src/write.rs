//! Image to bytes, exactly as `FORMAT.md` lays them out.

use crate::layout::{Draft, Header, Image, Meta, Row, Section, MAGIC, SECTION_WORDS, VERSION};
use crate::quantise::Width;
use crate::records::{align, check, slot_bytes, ModelId, Record, HEADER_BYTES};
use crate::trits;

impl Image {
    /// The image's bytes; `self` stays as it is, the bytes carry the offsets and model id that [`Image::seal`] would fill in.
    pub fn to_bytes(&self) -> Vec<u8> {
        self.clone().seal()
    }

    /// The image's bytes; fills in the header's offsets, counts and model id and every record's `at`. Sizes that describe the
    /// contents (`d`, `vocab`, `vector_words`, `max_params`, `state_words`) are written as they are: see [`Image::measure`].
    pub fn seal(&mut self) -> Vec<u8> {
        let mut out = Out::from(vec![0; HEADER_BYTES]);
        out.record(Record::Tables, |out| out.words(&self.tables));
        let mark = self.draft.as_ref().map_or((0, 0), Draft::mark);
        (self.header.draft_mask, self.header.draft_multiplier) = mark;
        if let Some(draft) = &self.draft {
            out.region();
            out.record(Record::Draft, |out| out.slots(draft, self.header.vocab));
        }
        self.header.embedding_at = out.region();
        let rows = self.embedding.chunks(self.header.d.max(1)).enumerate();
        rows.for_each(|(i, h)| out.record(Record::Embedding(i), |out| out.words(h)));
        self.header.tape_at = out.region();
        self.sections.iter_mut().enumerate().for_each(|(k, section)| out.section(k, section));
        out.record(Record::End, |out| out.words(&[0; SECTION_WORDS]));
        self.header.states_at = out.region();
        self.header.states = self.states.len();
        let states = self.states.iter().enumerate();
        states.for_each(|(i, state)| out.record(Record::State(i), |out| out.words(state)));
        out.region();
        out.metadata(&self.meta);
        self.header.bytes = out.bytes.len();
        self.header.model_id = out.model.value();
        out.bytes[..HEADER_BYTES].copy_from_slice(&header(&self.header));
        out.bytes
    }

    /// Sets the header's sizes from what the image holds: `vocab`, `vector_words`, `max_params` and `state_words`. `d` is given.
    pub fn measure(&mut self) {
        let header = &mut self.header;
        header.vocab = self.embedding.len() / header.d.max(1);
        header.vector_words = self.sections.iter().map(Section::vector_words).max().unwrap_or(0);
        header.max_params = self.sections.iter().map(|s| s.params).max().unwrap_or(0);
        header.state_words = self.sections.iter().map(|s| s.rows.len() * s.state_words).sum();
    }
}

impl Draft {
    /// Mask and multiplier, as the header states them. Of a number of slots that no mask can state, the nearest:
    /// [`Image::check`] refuses it.
    pub(crate) fn mark(&self) -> (u16, u16) {
        (u16::try_from(self.slots.len().saturating_sub(1)).unwrap_or(u16::MAX), self.multiplier)
    }
}

/// The JSON of the metadata record.
pub(crate) fn metadata_json(meta: &Meta) -> Vec<u8> {
    // A value whose maps have string keys always serialises.
    serde_json::to_vec(meta).unwrap_or_default()
}

fn header(h: &Header) -> Vec<u8> {
    let mut out = Out::from(Vec::with_capacity(HEADER_BYTES));
    out.record(Record::Header, |out| {
        out.long(MAGIC as usize);
        [VERSION, h.draft_mask].into_iter().for_each(|w| out.word(w));
        out.long(h.model_id as usize);
        [h.d, h.vocab.wrapping_sub(1), h.vector_words, h.max_params]
            .into_iter()
            .for_each(|w| out.word(w as u16));
        [h.state_words, h.embedding_at, h.tape_at, h.states_at].into_iter().for_each(|w| out.long(w));
        out.long(2 * h.state_words + 4);
        [h.states, 2 * h.d + 4].into_iter().for_each(|w| out.word(w as u16));
        [32, 16, 0].into_iter().for_each(|s| out.word((h.eps_q >> s) as u16));
        [h.h_frac, h.logit_frac].into_iter().for_each(|w| out.word(w as u16));
        out.word(h.draft_multiplier);
        out.long(h.bytes);
    });
    out.bytes
}

/// Bytes under construction, big-endian.
struct Out {
    bytes: Vec<u8>,
    /// Of the records written so far.
    model: ModelId,
}

impl Out {
    fn from(bytes: Vec<u8>) -> Out {
        Out { bytes, model: ModelId::new() }
    }

    fn word(&mut self, word: u16) {
        self.bytes.extend(word.to_be_bytes());
    }

    fn words(&mut self, words: &[i16]) {
        words.iter().for_each(|w| self.word(*w as u16));
    }

    fn long(&mut self, long: usize) {
        self.bytes.extend((long as u32).to_be_bytes());
    }

    /// Appends what `fill` writes, then its check.
    fn record(&mut self, record: Record, fill: impl FnOnce(&mut Out)) {
        let start = self.bytes.len();
        fill(self);
        let body = &self.bytes[start..];
        self.model.add(record, body);
        let check = check(body, start);
        self.bytes.extend(check.to_be_bytes());
    }

    /// Pads to the next region and returns its offset.
    fn region(&mut self) -> usize {
        self.bytes.resize(align(self.bytes.len()), 0);
        self.bytes.len()
    }

    fn slots(&mut self, draft: &Draft, vocab: usize) {
        let narrow = 2 - slot_bytes(vocab);
        draft.slots.iter().for_each(|token| self.bytes.extend(&token.to_be_bytes()[narrow..]));
    }

    fn section(&mut self, k: usize, section: &mut Section) {
        section.at = self.bytes.len();
        let words = section_words(section);
        self.record(Record::Section(k), |out| words.into_iter().for_each(|w| out.word(w as u16)));
        let mut rows = std::mem::take(&mut section.rows);
        for (i, row) in rows.iter_mut().enumerate() {
            row.at = self.bytes.len();
            self.record(Record::Row(k, i), |out| out.row(section, row));
        }
        section.rows = rows;
    }

    fn row(&mut self, section: &Section, row: &Row) {
        let width = |i: usize| section.width(row.params.get(i).copied().unwrap_or(0));
        self.words(&row.params);
        self.weights(width(0), &row.a);
        self.weights(width(3), &row.b);
    }

    fn weights(&mut self, width: Width, weights: &[i8]) {
        match width {
            Width::W4 => {
                self.bytes.extend(weights.chunks(2).map(|pair| nibble(pair, 0) << 4 | nibble(pair, 1)))
            }
            Width::W8 => self.bytes.extend(weights.iter().map(|w| *w as u8)),
            Width::Ternary => self.bytes.extend(trits::pack(weights)),
        }
    }

    fn metadata(&mut self, meta: &Meta) {
        let json = metadata_json(meta);
        self.record(Record::Metadata, |out| {
            out.long(json.len());
            out.bytes.extend(&json);
        });
    }
}

fn nibble(pair: &[i8], i: usize) -> u8 {
    pair.get(i).map_or(0, |w| *w as u8 & 15)
}

fn section_words(s: &Section) -> [usize; SECTION_WORDS] {
    let [sc, sy, sz] = s.shifts.map(|shift| shift as usize);
    [
        s.kind as usize,
        s.flags as usize,
        s.rows.len(),
        s.a.len,
        s.a.base,
        s.b.len,
        s.b.base,
        s.dest,
        s.params,
        s.state_words,
        s.n,
        sc,
        sy,
        sz,
        s.operand,
        s.layer,
    ]
}

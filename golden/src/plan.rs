//! An image compiled for running: weights widened to i16, row major; parameters decoded into one typed array per stage.
//! Whatever an index could reach is checked here once, so that a pass needs no checks of its own.

use crate::conv::TAPS;
use crate::error::Place;
use crate::fixed::{Mantissa, Pole};
use crate::linear::Requant;
use crate::scan::{Filter, Readout};
use crate::watch::Format;
use crate::GoldenError;
use statestream_image::layout::{
    flag, Draft, Header, Image, Kind, Operand, Row, Section as Source, GUMBEL_AT, Q_SHIFT, Q_W8, RSQRT_AT,
    SQUARES_BITS, TABLE_WORDS,
};
use std::ops::Range;

/// The compiled image.
#[derive(Debug)]
pub(crate) struct Plan {
    pub header: Header,
    /// A, 34 entries.
    pub act: Vec<i16>,
    /// Q, 33 entries.
    pub rsqrt: Vec<i16>,
    /// G, 257 entries.
    pub gumbel: Vec<i16>,
    /// The table that guesses, if there is one: checked to have a power of two of slots, all of them tokens.
    pub draft: Option<Draft>,
    /// (vocab, d).
    pub embedding: Vec<i16>,
    pub sections: Vec<Section>,
    /// Stored states of `header.state_words` words.
    pub states: Vec<Vec<i16>>,
    /// Tokens that a model in each of them has read.
    pub seen: Vec<u32>,
    /// Words of the state that are conv history; the others are recurrence.
    pub history_words: usize,
}

/// One section; every array has one entry per row unless it says otherwise.
#[derive(Debug)]
pub(crate) struct Section {
    pub index: usize,
    pub kind: Kind,
    pub flags: u16,
    pub rows: usize,
    pub a: Matrix,
    pub b: Matrix,
    pub dest: usize,
    pub operand: usize,
    pub shifts: Shifts,
    /// This section's words of the state, `state_words` per row.
    pub state: Range<usize>,
    pub state_words: usize,
    /// N, complex states per row.
    pub n: usize,
    pub taps: Vec<[i16; TAPS]>,
    /// D.
    pub direct: Vec<i16>,
    /// k.
    pub to_h: Vec<Mantissa>,
    /// N per row.
    pub filters: Vec<Filter>,
    /// N per row.
    pub readouts: Vec<Readout>,
}

/// Rows of weights with their operand.
#[derive(Debug, Default)]
pub(crate) struct Matrix {
    /// The operand's words of the vector memory.
    pub columns: Range<usize>,
    /// (rows, columns).
    pub weights: Vec<i16>,
    /// One per row.
    pub requant: Vec<Requant>,
    /// One per row.
    pub formats: Vec<Format>,
}

/// Shifts that a whole section shares, at most 31.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shifts {
    /// sc.
    pub conv: u32,
    /// sy.
    pub readout: u32,
    /// sz.
    pub gate: u32,
}

impl Plan {
    pub fn new(image: &Image) -> Result<Self, GoldenError> {
        image.check()?;
        check_header(&image.header)?;
        check_regions(image)?;
        let table = |from: usize, len: usize| image.tables[from..from + len].to_vec();
        Ok(Self {
            header: image.header.clone(),
            act: table(0, 34),
            rsqrt: table(RSQRT_AT, 33),
            gumbel: table(GUMBEL_AT, 257),
            draft: image.draft.clone(),
            embedding: image.embedding.clone(),
            sections: sections(image)?,
            states: image.states.clone(),
            seen: [0].into_iter().chain(image.meta.chunks.iter().map(|chunk| chunk.tokens)).collect(),
            history_words: history_words(image),
        })
    }

    /// h of a token of the vocabulary.
    pub fn embedding(&self, token: u16) -> &[i16] {
        let d = self.header.d;
        &self.embedding[usize::from(token) * d..][..d]
    }

    /// Most rows of any section: the scratch that accumulators need.
    pub fn most_rows(&self) -> usize {
        self.sections.iter().map(|section| section.rows).max().unwrap_or(0)
    }
}

impl Section {
    /// Is this flag set?
    pub fn has(&self, bit: u16) -> bool {
        self.flags & bit != 0
    }
}

/// Three words for every row with a convolution.
fn history_words(image: &Image) -> usize {
    let convolved = image.sections.iter().filter(|section| section.has(flag::CONV));
    convolved.map(|section| 3 * section.rows.len()).sum()
}

/// What the bytes of a header cannot say wrongly, but a hand-made image can.
fn check_header(header: &Header) -> Result<(), GoldenError> {
    let rule = |field, value, holds: bool, rule| {
        holds.then_some(()).ok_or(GoldenError::Header { field, value, rule })
    };
    rule("d", header.d as u64, header.d > 0, "at least 1")?;
    rule("vocab", header.vocab as u64, (1..=1 << 16).contains(&header.vocab), "1 to 65536")?;
    rule("eps_q", header.eps_q, header.eps_q > 0, "at least 1")
}

fn check_regions(image: &Image) -> Result<(), GoldenError> {
    let header = &image.header;
    let fits = |what, found, wanted| {
        (found == wanted).then_some(()).ok_or(GoldenError::Region { what, found, wanted })
    };
    fits("tables", image.tables.len(), TABLE_WORDS)?;
    fits("embedding", image.embedding.len(), header.vocab * header.d)?;
    if image.states.is_empty() {
        return Err(GoldenError::Stored { index: 0, count: 0 });
    }
    image.states.iter().try_for_each(|state| fits("stored state", state.len(), header.state_words))
}

fn sections(image: &Image) -> Result<Vec<Section>, GoldenError> {
    let (mut state_at, mut squares) = (0, image.header.eps_q);
    let mut sections = Vec::with_capacity(image.sections.len());
    for (index, source) in image.sections.iter().enumerate() {
        let place = Place { section: index, kind: source.kind, layer: source.layer, at: source.at };
        check_overlap(source, place)?;
        squares = bound_squares(&image.header, source, squares, place)?;
        let section = Section::new(source, index, state_at, place)?;
        state_at = section.state.end;
        sections.push(section);
    }
    Ok(sections)
}

/// Largest q after this section, which must stay below 2^44.
fn bound_squares(header: &Header, source: &Source, before: u64, place: Place) -> Result<u64, GoldenError> {
    let writes = |words: usize| (words as u64).saturating_mul(1 << 30);
    let fresh = source.kind == Kind::Norm && source.has(flag::FRESH);
    let bound = match source.writes_h() {
        true => before.saturating_add(writes(source.rows.len())),
        false if fresh => header.eps_q.saturating_add(writes(header.d)),
        false => before,
    };
    if bound >> SQUARES_BITS != 0 {
        return Err(GoldenError::Squares { place, bound });
    }
    Ok(if source.kind == Kind::Norm { header.eps_q } else { bound })
}

/// All dot products of a section are taken before its epilogues, and the hardware streams rows while earlier epilogues run: both
/// are right only if no row's result is another row's operand. u may be overwritten in place, by the row that reads it.
fn check_overlap(source: &Source, place: Place) -> Result<(), GoldenError> {
    if source.writes_h() || matches!(source.kind, Kind::Norm | Kind::Logit) {
        return Ok(());
    }
    let (from, to) = (source.dest, source.dest + source.written());
    let mut operands = vec![source.a];
    if source.has(flag::PAIR) {
        operands.push(source.b);
    }
    if source.kind == Kind::Activate && source.operand != source.dest {
        operands.push(Operand { len: source.rows.len(), base: source.operand });
    }
    match operands.iter().find(|x| from < x.base + x.len && x.base < to) {
        Some(x) => Err(GoldenError::Overlap { place, from, to, base: x.base }),
        None => Ok(()),
    }
}

fn same(
    place: Place,
    row: usize,
    what: &'static str,
    found: usize,
    wanted: usize,
) -> Result<(), GoldenError> {
    (found == wanted).then_some(()).ok_or(GoldenError::Shape { place, row, what, found, wanted })
}

impl Matrix {
    fn new(operand: Operand) -> Self {
        Self { columns: operand.base..operand.base + operand.len, ..Self::default() }
    }

    /// A row, and how it is stored if not in 8 bits.
    fn push(&mut self, weights: &[i8], narrow: Format, params: &mut impl Iterator<Item = i16>) {
        let mut next = || params.next().unwrap_or_default();
        let q = next() as u16;
        let shift = u32::from(q & Q_SHIFT);
        self.formats.push(if q & Q_W8 != 0 { Format::W8 } else { narrow });
        self.requant.push(Requant { shift, m: Mantissa::from_bits(next()), b: next() });
        self.weights.extend(weights.iter().map(|&w| i16::from(w)));
    }
}

impl Section {
    fn new(source: &Source, index: usize, state_at: usize, place: Place) -> Result<Self, GoldenError> {
        let mut section = Self::without_rows(source, index, state_at);
        for (number, row) in source.rows.iter().enumerate() {
            let pair = if source.has(flag::PAIR) { source.b.len } else { 0 };
            same(place, number, "parameter words", row.params.len(), source.params)?;
            same(place, number, "weights of row a", row.a.len(), source.a.len)?;
            same(place, number, "weights of row b", row.b.len(), pair)?;
            section.push(row);
        }
        Ok(section)
    }

    fn without_rows(source: &Source, index: usize, state_at: usize) -> Self {
        let [conv, readout, gate] = source.shifts;
        Self {
            index,
            kind: source.kind,
            flags: source.flags,
            rows: source.rows.len(),
            a: Matrix::new(source.a),
            b: Matrix::new(source.b),
            dest: source.dest,
            operand: source.operand,
            shifts: Shifts { conv, readout, gate },
            state: state_at..state_at + source.rows.len() * source.state_words,
            state_words: source.state_words,
            n: source.n,
            taps: Vec::new(),
            direct: Vec::new(),
            to_h: Vec::new(),
            filters: Vec::new(),
            readouts: Vec::new(),
        }
    }

    /// Decodes a row, its parameters in their order on the tape; the caller has checked their number.
    fn push(&mut self, row: &Row) {
        let mut params = row.params.iter().copied();
        let narrow = if self.has(flag::TERNARY) { Format::Ternary } else { Format::W4 };
        self.a.push(&row.a, narrow, &mut params);
        if self.has(flag::PAIR) {
            self.b.push(&row.b, narrow, &mut params);
        }
        let mut next = || params.next().unwrap_or_default();
        if self.has(flag::CONV) {
            self.taps.push(std::array::from_fn(|_| next()));
        }
        if matches!(self.kind, Kind::Channel | Kind::Activate) {
            self.direct.push(next());
        }
        if self.has(flag::TO_H) {
            self.to_h.push(Mantissa::from_bits(next()));
        }
        for _ in 0..self.n {
            let [ar, ai, b] = std::array::from_fn(|_| Pole::from_bits(next()));
            self.filters.push(Filter { ar, ai, b });
            if self.kind == Kind::Channel {
                self.readouts.push(Readout { cr: next(), ci: next() });
            }
        }
    }
}

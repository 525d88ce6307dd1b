//! An image compiled for running: weights widened to i16, row major; parameters decoded into one typed array per stage.
//! Whatever an index could reach is checked here once, so that a pass needs no checks of its own.

use crate::conv::{HISTORY, TAPS};
use crate::error::Place;
use crate::fixed::{Mantissa, Pole};
use crate::linear::Requant;
use crate::scan::{Filter, Readout};
use crate::GoldenError;
use statestream_image::layout::{
    flag, Header, Image, Kind, Operand, Row, Section as Source, GUMBEL_AT, Q_SHIFT, RSQRT_AT, SQUARES_BITS,
    TABLE_WORDS,
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
    /// (vocab, d).
    pub embedding: Vec<i16>,
    pub sections: Vec<Section>,
    /// Stored states of `header.state_words` words.
    pub states: Vec<Vec<i16>>,
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

/// What kind and flags say about a row record.
struct Shape {
    pair: bool,
    conv: bool,
    direct: bool,
    to_h: bool,
    filters: usize,
    readouts: bool,
}

impl Plan {
    pub fn new(image: &Image) -> Result<Self, GoldenError> {
        check_header(&image.header)?;
        check_regions(image)?;
        let table = |from: usize, len: usize| image.tables[from..from + len].to_vec();
        Ok(Self {
            header: image.header.clone(),
            act: table(0, 34),
            rsqrt: table(RSQRT_AT, 33),
            gumbel: table(GUMBEL_AT, 257),
            embedding: image.embedding.clone(),
            sections: sections(image)?,
            states: image.states.clone(),
        })
    }

    /// h of a token.
    pub fn embedding(&self, token: u16) -> Option<&[i16]> {
        let d = self.header.d;
        let at = usize::from(token) * d;
        self.embedding.get(at..at + d)
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

    /// Complex states per row.
    pub fn states_per_row(&self) -> usize {
        self.filters.len() / self.rows.max(1)
    }
}

impl Shape {
    fn of(source: &Source) -> Self {
        let (channel, activate) = (source.kind == Kind::Channel, source.kind == Kind::Activate);
        let recur = usize::from(source.kind == Kind::Recur);
        Self {
            pair: source.has(flag::PAIR),
            conv: source.has(flag::CONV),
            direct: channel || activate,
            to_h: activate && source.has(flag::TO_H),
            filters: if channel { source.n } else { recur },
            readouts: channel,
        }
    }

    fn params(&self) -> usize {
        let states = self.filters * (3 + 2 * usize::from(self.readouts));
        3 + 3 * usize::from(self.pair)
            + TAPS * usize::from(self.conv)
            + usize::from(self.direct)
            + usize::from(self.to_h)
            + states
    }

    fn state_words(&self) -> usize {
        HISTORY * usize::from(self.conv) + 2 * self.filters
    }
}

fn check_header(header: &Header) -> Result<(), GoldenError> {
    let rule = |field, value, holds: bool, rule| {
        holds.then_some(()).ok_or(GoldenError::Header { field, value, rule })
    };
    rule("d", header.d as u64, header.d > 0, "at least 1")?;
    rule("vocab", header.vocab as u64, (1..=1 << 16).contains(&header.vocab), "1 to 65536")?;
    rule("eps_q", header.eps_q, (1..1 << SQUARES_BITS).contains(&header.eps_q), "at least 1 and below 2^44")
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
    let mut state_at = 0;
    let mut squares = image.header.eps_q;
    let mut sections = Vec::with_capacity(image.sections.len());
    for (index, source) in image.sections.iter().enumerate() {
        let place = Place { section: index, kind: source.kind, layer: source.layer, at: source.at };
        check_section(&image.header, source, place)?;
        squares = bound_squares(&image.header, source, squares, place)?;
        let section = compile(source, index, state_at, place)?;
        state_at = section.state.end;
        sections.push(section);
    }
    let wanted = image.header.state_words;
    (state_at == wanted).then_some(sections).ok_or(GoldenError::Region {
        what: "state of all rows",
        found: state_at,
        wanted,
    })
}

/// Largest q after this section, which must stay below 2^44.
fn bound_squares(header: &Header, source: &Source, before: u64, place: Place) -> Result<u64, GoldenError> {
    let writes = |words: usize| (words as u64).saturating_mul(1 << 30);
    let fresh = source.kind == Kind::Norm && source.has(flag::FRESH);
    let bound = match writes_h(source) {
        true => before.saturating_add(writes(source.rows.len())),
        false if fresh => header.eps_q.saturating_add(writes(header.d)),
        false => before,
    };
    if bound >> SQUARES_BITS != 0 {
        return Err(GoldenError::Squares { place, bound });
    }
    Ok(if source.kind == Kind::Norm { header.eps_q } else { bound })
}

fn writes_h(source: &Source) -> bool {
    source.kind == Kind::Residual || (source.kind == Kind::Activate && source.has(flag::TO_H))
}

fn check_section(header: &Header, source: &Source, place: Place) -> Result<(), GoldenError> {
    check_flags(source, place)?;
    let shape = Shape::of(source);
    if source.kind != Kind::Norm {
        same(place, 0, "parameter words per row", source.params, shape.params())?;
        same(place, 0, "state words per row", source.state_words, shape.state_words())?;
    }
    if let Some(&shift) = source.shifts.iter().find(|&&shift| shift > 31) {
        return Err(GoldenError::Shift { place, shift });
    }
    check_ranges(header, source, place)
}

fn check_flags(source: &Source, place: Place) -> Result<(), GoldenError> {
    use flag::*;
    let (pair, conv) = (source.has(PAIR), source.has(CONV));
    let (gate, to_h) = (source.has(GATE), source.has(TO_H));
    let (holds, rule) = match source.kind {
        Kind::End => (false, "`end` is no section of an image value"),
        Kind::Channel => (pair, "`channel` needs PAIR"),
        Kind::Activate => {
            (pair == gate && gate != to_h && !conv, "`activate` is GATE with PAIR, or TO_H, without CONV")
        }
        Kind::Store => (!pair, "`store` has no PAIR"),
        _ => (!pair && !conv, "only `channel`, `store` and `activate` have PAIR or CONV"),
    };
    holds.then_some(()).ok_or(GoldenError::Flags { place, flags: source.flags, rule })
}

fn check_ranges(header: &Header, source: &Source, place: Place) -> Result<(), GoldenError> {
    let within = |what, base: usize, len: usize, limit| {
        let end = base.saturating_add(len);
        (end <= limit).then_some(()).ok_or(GoldenError::Range { place, what, end, limit })
    };
    let rows = source.rows.len();
    if source.kind == Kind::Norm {
        within("row a", 0, source.a.len, header.d)?;
        return within("dest", source.dest, source.a.len, header.vector_words);
    }
    within("row a", source.a.base, source.a.len, header.vector_words)?;
    within("row b", source.b.base, source.b.len, header.vector_words)?;
    if source.kind == Kind::Activate {
        within("u", source.operand, rows, header.vector_words)?;
    }
    match source.kind {
        Kind::Logit => within("dest", source.dest, rows, header.vocab),
        _ if writes_h(source) => within("dest", source.dest, rows, header.d),
        _ => within("dest", source.dest, written(source), header.vector_words)
            .and_then(|()| check_overlap(source, place)),
    }
}

/// Words that the section writes to the vector memory, from `dest`.
fn written(source: &Source) -> usize {
    let complex = source.kind == Kind::Recur && source.has(flag::COMPLEX);
    source.rows.len() << u32::from(complex)
}

/// All dot products of a section are taken before its epilogues, and the hardware streams rows while earlier epilogues run: both
/// are right only if no row's result is another row's operand. u may be overwritten in place, by the row that reads it.
fn check_overlap(source: &Source, place: Place) -> Result<(), GoldenError> {
    let (from, to) = (source.dest, source.dest + written(source));
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

fn compile(source: &Source, index: usize, state_at: usize, place: Place) -> Result<Section, GoldenError> {
    let shape = Shape::of(source);
    let [conv, readout, gate] = source.shifts;
    let state_words = shape.state_words();
    let mut section = Section {
        index,
        kind: source.kind,
        flags: source.flags,
        rows: source.rows.len(),
        a: Matrix::new(source.a),
        b: Matrix::new(source.b),
        dest: source.dest,
        operand: source.operand,
        shifts: Shifts { conv, readout, gate },
        state: state_at..state_at + source.rows.len() * state_words,
        state_words,
        taps: Vec::new(),
        direct: Vec::new(),
        to_h: Vec::new(),
        filters: Vec::new(),
        readouts: Vec::new(),
    };
    for (number, row) in source.rows.iter().enumerate() {
        same(place, number, "parameter words", row.params.len(), shape.params())?;
        same(place, number, "weights of row a", row.a.len(), source.a.len)?;
        same(place, number, "weights of row b", row.b.len(), if shape.pair { source.b.len } else { 0 })?;
        section.push(&shape, row);
    }
    Ok(section)
}

impl Matrix {
    fn new(operand: Operand) -> Self {
        Self { columns: operand.base..operand.base + operand.len, ..Self::default() }
    }

    fn push(&mut self, weights: &[i8], params: &mut impl Iterator<Item = i16>) {
        let mut next = || params.next().unwrap_or_default();
        let shift = u32::from(next() as u16 & Q_SHIFT);
        self.requant.push(Requant { shift, m: Mantissa::from_bits(next()), b: next() });
        self.weights.extend(weights.iter().map(|&w| i16::from(w)));
    }
}

impl Section {
    /// Decodes a row's parameters in their order on the tape; the caller has checked their number.
    fn push(&mut self, shape: &Shape, row: &Row) {
        let mut params = row.params.iter().copied();
        self.a.push(&row.a, &mut params);
        if shape.pair {
            self.b.push(&row.b, &mut params);
        }
        let mut next = || params.next().unwrap_or_default();
        if shape.conv {
            self.taps.push(std::array::from_fn(|_| next()));
        }
        if shape.direct {
            self.direct.push(next());
        }
        if shape.to_h {
            self.to_h.push(Mantissa::from_bits(next()));
        }
        for _ in 0..shape.filters {
            let [ar, ai, b] = std::array::from_fn(|_| Pole::from_bits(next()));
            self.filters.push(Filter { ar, ai, b });
            if shape.readouts {
                self.readouts.push(Readout { cr: next(), ci: next() });
            }
        }
    }
}

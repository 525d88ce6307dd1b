//! Do the parts of an image fit together? What every record says about itself, against its kind and against the header.

use crate::draft::is_size;
use crate::error::FormatError;
use crate::layout::{flag, Draft, Image, Kind, Section, MOST_SLOTS, SQUARES_BITS, TABLE_WORDS};
use crate::records::Record;
use crate::trits::QUAD;

/// (kind, flags that must be set, flags that may be, the rule in words); whatever has rows takes TERNARY too.
type Rule = (Kind, u16, u16, &'static str);

const RULES: [Rule; 8] = [
    (Kind::Norm, 0, flag::FRESH | flag::COPY, "takes FRESH and COPY"),
    (Kind::Store, 0, flag::CONV | flag::ACT, "takes CONV and ACT"),
    (Kind::Channel, flag::PAIR, flag::CONV, "needs PAIR and takes CONV"),
    (Kind::Recur, 0, flag::COMPLEX, "takes COMPLEX"),
    (Kind::Activate, flag::PAIR | flag::GATE, 0, "needs PAIR and GATE, or TO_H and takes ADD_H"),
    (Kind::Activate, flag::TO_H, flag::ADD_H, "needs PAIR and GATE, or TO_H and takes ADD_H"),
    (Kind::Residual, 0, 0, "takes none"),
    (Kind::Logit, 0, 0, "takes none"),
];

/// Complex states of a channel row: a hardware counter of four bits.
const MAX_STATES: usize = 16;

impl Section {
    /// What a section record says about itself: flags, parameter and state words, N, shifts and rows against its kind.
    pub(crate) fn check_fields(&self, k: usize, rows: usize) -> Result<(), FormatError> {
        self.check_flags(k)?;
        let states = match self.kind {
            Kind::Channel => (1..=MAX_STATES).contains(&self.n),
            Kind::Recur => self.n == 1,
            _ => self.n == 0,
        };
        let shift = self.shifts.into_iter().max().unwrap_or(0);
        let (params, state) = (self.expected_params(), self.expected_state_words());
        let no_row = self.kind == Kind::Norm && rows > 0;
        let rules = [
            ("N", self.n, states, "1 to 16 in channel, 1 in recur, else 0".to_string()),
            (
                "parameter words",
                self.params,
                self.params == params,
                format!("{params}, as kind and flags say"),
            ),
            (
                "state words",
                self.state_words,
                self.state_words == state,
                format!("{state}, as kind and flags say"),
            ),
            ("largest shift", shift as usize, shift < 32, "at most 31".into()),
            ("rows", rows, !no_row, "0, a norm section has no rows".into()),
        ];
        first_broken(Record::Section(k), rules)
    }

    fn check_flags(&self, k: usize) -> Result<(), FormatError> {
        let fits = |rule: &&Rule| {
            let ternary = if self.kind == Kind::Norm { 0 } else { flag::TERNARY };
            rule.0 == self.kind
                && self.flags & rule.1 == rule.1
                && self.flags & !(rule.1 | rule.2 | ternary) == 0
        };
        if RULES.iter().any(|rule| fits(&rule)) {
            return Ok(());
        }
        let rule = RULES.iter().find(|rule| rule.0 == self.kind).map_or("is no section", |rule| rule.3);
        Err(FormatError::Flags { record: Record::Section(k), kind: self.kind, flags: self.flags, rule })
    }

    /// Do the rows have the lengths that the section states? Always so after reading.
    fn check_rows(&self, k: usize) -> Result<(), FormatError> {
        let b = if self.has(flag::PAIR) { self.b.len } else { 0 };
        for (i, row) in self.rows.iter().enumerate() {
            let lengths = [
                ("parameter words", row.params.len(), self.params),
                ("weights of row a", row.a.len(), self.a.len),
                ("weights of row b", row.b.len(), b),
            ];
            let rules = lengths.map(|(what, found, stated)| {
                (what, found, found == stated, format!("{stated}, as the section states"))
            });
            first_broken(Record::Row(k, i), rules)?;
        }
        Ok(())
    }

    fn check_addresses(&self, k: usize, vector: usize, d: usize, vocab: usize) -> Result<(), FormatError> {
        let dest = match self.kind {
            Kind::Logit => vocab,
            _ if self.writes_h() => d,
            _ => vector,
        };
        let norm = self.kind == Kind::Norm;
        let operand = if self.kind == Kind::Activate { self.operand + self.rows.len() } else { 0 };
        let ends = [
            ("row a", if norm { 0 } else { self.a.base + self.a.len }, vector),
            ("row b", if self.has(flag::PAIR) { self.b.base + self.b.len } else { 0 }, vector),
            ("the operand", operand, vector),
            ("the destination", self.dest + self.written(), dest),
            ("the norm", if norm { self.a.len } else { 0 }, d),
        ];
        if let Some((what, end, limit)) = ends.into_iter().find(|(_, end, limit)| end > limit) {
            return Err(FormatError::Address { record: Record::Section(k), what, end, limit });
        }
        self.check_elements(k, d)
    }

    /// The machine counts elements down to the last: it knows no row without one, and no norm of a part of h. Ternary weights meet four
    /// vector words at once, from a multiple of 4 on.
    fn check_elements(&self, k: usize, d: usize) -> Result<(), FormatError> {
        let (norm, pair) = (self.kind == Kind::Norm, self.has(flag::PAIR));
        let aligned = |base: usize| !self.has(flag::TERNARY) || base.is_multiple_of(QUAD);
        let quads = format!("a multiple of {QUAD}, as the section is TERNARY");
        let rules = [
            (
                "elements of row a",
                self.a.len,
                !norm || self.a.len == d,
                format!("{d}, a norm takes all of h"),
            ),
            ("elements of row a", self.a.len, self.a.len > 0, "at least 1".into()),
            ("elements of row b", self.b.len, !pair || self.b.len > 0, "at least 1".into()),
            ("vector base of row a", self.a.base, aligned(self.a.base), quads.clone()),
            ("vector base of row b", self.b.base, !pair || aligned(self.b.base), quads),
        ];
        first_broken(Record::Section(k), rules)
    }
}

impl Image {
    /// Do header, sections and metadata agree? [`Image::parse`] has asked already; of a hand-made image ask this and
    /// [`Image::check_lengths`].
    pub fn check(&self) -> Result<(), FormatError> {
        let h = &self.header;
        self.check_draft()?;
        for (k, section) in self.sections.iter().enumerate() {
            section.check_fields(k, section.rows.len())?;
            section.check_addresses(k, h.vector_words, h.d, h.vocab)?;
        }
        let state: usize = self.sections.iter().map(|s| s.rows.len() * s.state_words).sum();
        let params = self.sections.iter().map(|s| s.params).max().unwrap_or(0);
        let logits: usize =
            self.sections.iter().filter(|s| s.kind == Kind::Logit).map(|s| s.rows.len()).sum();
        let squares = u128::from(h.eps_q) + ((h.d as u128) << 30);
        let rules = [
            ("state words", h.state_words, h.state_words == state, format!("{state}, the sum over all rows")),
            (
                "parameter words",
                h.max_params,
                h.max_params == params,
                format!("{params}, the most of any section"),
            ),
            ("vocab", h.vocab, h.vocab == logits, format!("{logits}, one logit row for each token")),
            ("vocab", h.vocab, h.vocab == self.meta.vocab.len(), self.vocab_rule()),
            ("eps_q", h.eps_q as usize, squares < 1 << SQUARES_BITS, "eps_q + d 2^30 < 2^44".into()),
        ];
        first_broken(Record::Header, rules)
    }

    /// Have tables, embedding, rows and states the lengths that header and sections state, and can the fields state them? Always so
    /// after reading.
    pub fn check_lengths(&self) -> Result<(), FormatError> {
        let h = &self.header;
        let state = self.states.iter().map(Vec::len).find(|words| *words != h.state_words);
        let (tables, embedding, states) = (self.tables.len(), self.embedding.len(), self.states.len());
        let chunks = self.meta.chunks.len();
        let rules = [
            ("table words", tables, tables == TABLE_WORDS, format!("{TABLE_WORDS}")),
            (
                "embedding words",
                embedding,
                embedding == h.vocab * h.d,
                format!("{}, vocab times d", h.vocab * h.d),
            ),
            ("stored states", states, (1..=65535).contains(&states), "1 to 65535".into()),
            (
                "chunks",
                chunks,
                chunks == 0 || chunks + 1 == states,
                "none, or one for each stored state but the first".into(),
            ),
            ("words of a stored state", state.unwrap_or(0), state.is_none(), format!("{}", h.state_words)),
        ];
        first_broken(Record::Header, rules)?;
        self.sections.iter().enumerate().try_for_each(|(k, section)| section.check_rows(k))
    }

    /// Does the header state the table that is there?
    fn check_draft(&self) -> Result<(), FormatError> {
        let (h, none) = (&self.header, (0, 0));
        let (mask, multiplier) = self.draft.as_ref().map_or(none, Draft::mark);
        let rules = [
            (
                "draft mask",
                h.draft_mask,
                mask,
                format!("{mask}, the table's slots less one, 0 without a table"),
            ),
            (
                "draft multiplier",
                h.draft_multiplier,
                multiplier,
                format!("{multiplier}, the table's, 0 without a table"),
            ),
        ];
        let stated =
            rules.map(|(field, stated, own, rule)| (field, usize::from(stated), stated == own, rule));
        first_broken(Record::Header, stated)?;
        self.draft.as_ref().map_or(Ok(()), |draft| draft.check(h.vocab))
    }

    fn vocab_rule(&self) -> String {
        format!("{}, the tokens that the metadata names", self.meta.vocab.len())
    }
}

impl Draft {
    fn check(&self, vocab: usize) -> Result<(), FormatError> {
        let (slots, multiplier) = (self.slots.len(), usize::from(self.multiplier));
        let rules = [
            ("slots", slots, is_size(slots), format!("a power of two, 2 to {MOST_SLOTS}")),
            ("multiplier", multiplier, multiplier % 2 == 1, "odd".into()),
        ];
        first_broken(Record::Draft, rules)?;
        self.check_slots(vocab)
    }

    /// Is every guess a token?
    pub(crate) fn check_slots(&self, vocab: usize) -> Result<(), FormatError> {
        match self.slots.iter().position(|token| usize::from(*token) >= vocab) {
            None => Ok(()),
            Some(slot) => Err(FormatError::Slot { slot, token: self.slots[slot], vocab }),
        }
    }
}

fn first_broken<const N: usize>(
    record: Record,
    rules: [(&'static str, usize, bool, String); N],
) -> Result<(), FormatError> {
    match rules.into_iter().find(|(_, _, holds, _)| !holds) {
        None => Ok(()),
        Some((field, value, _, rule)) => Err(FormatError::Field { record, field, value: value as u64, rule }),
    }
}

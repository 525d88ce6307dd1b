//! The proofs of `FORMAT.md` section 6: no sum of any row can leave 32 bits, whatever the text. Or the row that breaks it.

use std::ops::Range;

use serde::Serialize;
use thiserror::Error;

use crate::layout::{flag, Image, Kind, Row, Section, MANTISSA_FRAC, POLE_FRAC};
use crate::tables;

/// |acc| must stay below this: 2^31 - 2^30, which leaves room for rounding by any shift up to 31.
pub const ACCUMULATOR_LIMIT: u64 = 1 << 30;
/// Largest sum of magnitudes of the int16 factors in one epilogue sum.
pub const FACTOR_LIMIT: i64 = 65535;
/// Largest magnitude of a word.
const WORD: i64 = 32768;

/// A row whose arithmetic could overflow. `layer` is 0-based and `num_blocks` for the head.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum BoundError {
    /// A dot product.
    #[error("layer {layer}, {matrix}, row {row}: the accumulator can reach {bound}, it must stay below {limit} ({rule}); give this matrix 4-bit weights or fewer inputs")]
    Accumulator {
        /// Which layer.
        layer: usize,
        /// Which matrix.
        matrix: &'static str,
        /// Which of its rows.
        row: usize,
        /// The proven bound.
        bound: u64,
        /// What it must stay below.
        limit: u64,
        /// Sum of magnitudes or Cauchy-Schwarz.
        rule: &'static str,
    },
    /// A pole on or outside the unit circle.
    #[error("layer {layer}, channel {row}, state {state}: pole ({ar}, {ai}) has ar^2 + ai^2 = {squared}, it must be below 2^30; round the pole toward zero")]
    Pole {
        /// Which layer.
        layer: usize,
        /// Which row.
        row: usize,
        /// Which state of the row.
        state: usize,
        /// Real part, Q1.15.
        ar: i16,
        /// Imaginary part, Q1.15.
        ai: i16,
        /// ar^2 + ai^2.
        squared: i64,
    },
    /// The factors of one epilogue sum.
    #[error("layer {layer}, row {row}: {what} sums to {sum}, the limit is {limit} with a shift of {shift}; choose a smaller format")]
    Factors {
        /// Which layer.
        layer: usize,
        /// Which row.
        row: usize,
        /// Which sum.
        what: &'static str,
        /// Sum of magnitudes.
        sum: i64,
        /// What it may be.
        limit: i64,
        /// The sum's rounding shift.
        shift: u32,
    },
}

/// What has been proved.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Proof {
    /// Largest bound of any accumulator.
    pub accumulator: u64,
    /// Largest sum of factors in any epilogue.
    pub factors: i64,
    /// Rows looked at.
    pub rows: usize,
}

/// Proves every bound of an image that has been read or has passed [`Image::check`] and [`Image::check_lengths`], or names the first row
/// that breaks one.
pub fn prove(image: &Image) -> Result<Proof, BoundError> {
    let mut proof = Proof::default();
    // Words that hold a normalised vector, whose 2-norm is at most 2^15.
    let mut normalised: Range<usize> = 0..0;
    let honest = tables::normalises(&image.tables, image.header.d);
    for section in &image.sections {
        for (i, row) in section.rows.iter().enumerate() {
            proof.row(section, i, row, &normalised)?;
        }
        let written = section.dest..section.dest + section.written();
        let overlaps = written.start < normalised.end && normalised.start < written.end;
        match section.kind {
            Kind::Norm if honest && !section.has(flag::COPY) => normalised = written,
            Kind::Logit => {}
            _ if overlaps && !section.writes_h() => normalised = 0..0,
            _ => {}
        }
    }
    Ok(proof)
}

/// Largest sum of factor magnitudes whose products with any word, plus the rounding of this shift, fit 32 bits; at most
/// [`FACTOR_LIMIT`].
pub fn factor_limit(shift: u32) -> i64 {
    let rounding = if shift == 0 { 0 } else { 1i64 << (shift - 1) };
    FACTOR_LIMIT.min((i64::from(i32::MAX) - rounding) / WORD)
}

impl Proof {
    fn row(&mut self, s: &Section, i: usize, row: &Row, normalised: &Range<usize>) -> Result<(), BoundError> {
        let inside = |base: usize, len: usize| base >= normalised.start && base + len <= normalised.end;
        let (first, second) = matrices(s);
        self.accumulator(s, i, first, &row.a, inside(s.a.base, s.a.len))?;
        self.accumulator(s, i, second, &row.b, inside(s.b.base, s.b.len))?;
        self.rows += 1;
        let p = &row.params;
        let at = s.kind_at();
        if s.has(flag::CONV) {
            self.factors(s, i, "|w0| + |w1| + |w2| + |w3|", magnitudes(&p[at - 4..at]), s.shifts[0])?;
        }
        match s.kind {
            Kind::Channel => self.channel(s, i, &p[at..]),
            Kind::Recur => self.pole(s, i, 0, &p[at..]),
            Kind::Activate => self.activate(s, i, p),
            _ => Ok(()),
        }
    }

    fn accumulator(
        &mut self,
        s: &Section,
        row: usize,
        matrix: &'static str,
        weights: &[i8],
        normalised: bool,
    ) -> Result<(), BoundError> {
        let (bound, rule) = bound(weights, normalised);
        self.accumulator = self.accumulator.max(bound);
        match bound < ACCUMULATOR_LIMIT {
            true => Ok(()),
            false => {
                let (layer, limit) = (s.layer, ACCUMULATOR_LIMIT);
                Err(BoundError::Accumulator { layer, matrix, row, bound, limit, rule })
            }
        }
    }

    fn channel(&mut self, s: &Section, i: usize, params: &[i16]) -> Result<(), BoundError> {
        let mut sum = magnitudes(&params[..1]);
        for (n, state) in params[1..].chunks_exact(5).enumerate() {
            self.pole(s, i, n, state)?;
            sum += magnitudes(&state[3..]);
        }
        self.factors(s, i, "|D| + sum of |cr| + |ci|", sum, s.shifts[1])?;
        self.gate(s, i)
    }

    fn activate(&mut self, s: &Section, i: usize, params: &[i16]) -> Result<(), BoundError> {
        let word = |at: usize| i64::from(params[at]).abs();
        let sum = (word(2) + 1) / 2 + word(s.kind_at()) + word(1);
        self.factors(s, i, "|ba|/2 + |D| + m", sum, MANTISSA_FRAC)?;
        if s.has(flag::GATE) {
            return self.gate(s, i);
        }
        let add = if s.has(flag::ADD_H) { 1 << MANTISSA_FRAC } else { 0 };
        self.factors(s, i, "k + 2^14", word(s.kind_at() + 1) + add, MANTISSA_FRAC)
    }

    fn gate(&mut self, s: &Section, i: usize) -> Result<(), BoundError> {
        self.factors(s, i, "the gate's factor", WORD, s.shifts[2])
    }

    fn pole(&mut self, s: &Section, row: usize, state: usize, p: &[i16]) -> Result<(), BoundError> {
        let (ar, ai) = (p[0], p[1]);
        let squared = i64::from(ar).pow(2) + i64::from(ai).pow(2);
        if squared >= 1 << (2 * POLE_FRAC) {
            return Err(BoundError::Pole { layer: s.layer, row, state, ar, ai, squared });
        }
        self.factors(s, row, "|ar| + |ai| + |b|", magnitudes(&p[..3]), POLE_FRAC)
    }

    fn factors(
        &mut self,
        s: &Section,
        row: usize,
        what: &'static str,
        sum: i64,
        shift: u32,
    ) -> Result<(), BoundError> {
        self.factors = self.factors.max(sum);
        let limit = factor_limit(shift);
        match sum <= limit {
            true => Ok(()),
            false => Err(BoundError::Factors { layer: s.layer, row, what, sum, limit, shift }),
        }
    }
}

/// What the accumulator of these weights can reach, and by which rule.
fn bound(weights: &[i8], normalised: bool) -> (u64, &'static str) {
    let sum: u64 = weights.iter().map(|w| u64::from(w.unsigned_abs())).sum();
    let squares: u64 = weights.iter().map(|w| u64::from(w.unsigned_abs()).pow(2)).sum();
    let root = (squares as f64).sqrt().ceil() as u64;
    match normalised {
        true => (root.min(sum) << 15, "2-norm of the weights times 2^15"),
        false => (sum << 15, "sum of |w| times 2^15"),
    }
}

/// The tensors behind rows a and b.
fn matrices(s: &Section) -> (&'static str, &'static str) {
    match s.kind {
        Kind::Store | Kind::Channel => ("in_proj (x half)", "in_proj (res half)"),
        Kind::Recur => ("B", ""),
        Kind::Activate => ("C", "in_proj (res half)"),
        Kind::Residual => ("out_proj", ""),
        Kind::Logit => ("head", ""),
        Kind::End | Kind::Norm => ("no matrix", ""),
    }
}

fn magnitudes(words: &[i16]) -> i64 {
    words.iter().map(|w| i64::from(*w).abs()).sum()
}

//! Who watches a pass. The stages are generic over [`Watch`], so a run that nobody traces pays for counting clamps and for
//! nothing else: [`Silent`]'s other methods are empty and vanish.

use statestream_image::layout::{flag, Kind};

/// Where in the arithmetic a word is rounded or clamped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Stage {
    /// n = sat(R(h r, 21 - k)).
    Norm,
    /// a0 = sat(R(acc, s)).
    Product,
    /// sat(R(b 2^14 + a0 m, 14)).
    Linear,
    /// sat(R(sum of four taps, sc)).
    Conv,
    /// F(u), the tables included.
    Act,
    /// sr' and si'.
    Scan,
    /// y.
    Readout,
    /// z = sat(R(y g, sz)).
    Gate,
    /// h, written by `residual` and by `activate` with TO_H.
    Residual,
    /// score.
    Choose,
}

/// A look-up table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Table {
    /// `A[j]`, j = 0..=32; 32 is past the end, where F(u) = max(u, 0).
    Act,
    /// `Q[j]`, j = 8..=31.
    Rsqrt,
    /// `G[i]`, i = 0..=255.
    Gumbel,
}

/// How the weights of a row are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Format {
    /// 8 bits.
    W8,
    /// 4 bits.
    W4,
    /// Five to a byte.
    Ternary,
}

/// Where words come from: the epilogue, and the weights of the row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Origin {
    /// The section's kind.
    pub kind: Kind,
    /// The flags that choose its epilogue, without [`flag::TERNARY`].
    pub flags: u16,
    /// None for `norm`, which has no weights.
    pub format: Option<Format>,
}

impl Origin {
    /// Rows of this format in a section of this kind with these flags.
    pub fn new(kind: Kind, flags: u16, format: Option<Format>) -> Self {
        Self { kind, flags: flags & !flag::TERNARY, format }
    }
}

/// What the stages tell their observer.
pub trait Watch {
    /// The sum `x` became `word`: by a clamp, if they differ. Told of every word, so that counting needs no branch.
    fn clamp(&mut self, stage: Stage, x: i32, word: i16);
    /// The sum x is about to be rounded by s bits.
    #[inline(always)]
    fn round(&mut self, _stage: Stage, _x: i32, _s: u32) {}
    /// A table is read between `entry` and `entry + 1`.
    #[inline(always)]
    fn look_up(&mut self, _table: Table, _entry: usize) {}
    /// The following words come from here.
    #[inline(always)]
    fn origin(&mut self, _origin: Origin) {}
    /// The following words belong to this row of this section, and to this token of the pass.
    #[inline(always)]
    fn place(&mut self, _section: usize, _row: usize, _token: usize) {}
    /// A reported word.
    #[inline(always)]
    fn word(&mut self, _word: i16) {}
    /// The best score was met again by a later token.
    #[inline(always)]
    fn tie(&mut self) {}
}

/// Counts clamped words and watches nothing else.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Silent {
    /// Words that a clamp changed.
    pub clamps: u64,
}

impl Watch for Silent {
    #[inline(always)]
    fn clamp(&mut self, _stage: Stage, x: i32, word: i16) {
        self.clamps += u64::from(i32::from(word) != x);
    }
}

//! The two kinds of model, as sizes: of a checkpoint, or of an entry of the TOML.

use statestream_image::model::{Block, Shape, Ssm};

/// Most of any size of a shape.
pub const MOST_SIZE: u64 = 1 << 20;
/// Most layers.
pub const MOST_LAYERS: u64 = 1 << 12;

/// A model's shape, and where its weights lie.
#[derive(Clone, Debug, PartialEq)]
pub struct Arch {
    /// Its sizes.
    pub family: Family,
    /// Where a pass reads its weights.
    pub weights_in: Memory,
}

/// What the model does with its past.
#[derive(Clone, Debug, PartialEq)]
pub enum Family {
    /// Keeps a state.
    Ssm(SsmShape),
    /// Keeps keys and values of every token.
    Transformer(TransformerShape),
}

/// A memory outside the chip.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Memory {
    /// Read only, no power when it is not read.
    Flash,
    /// Read and written, with a floor of power.
    Dram,
}

/// Sizes of a model of diagonal state-space layers.
#[derive(Clone, Debug, PartialEq)]
pub struct SsmShape {
    /// Is it a gated block with in_proj and out_proj, or the plain equations?
    pub gated: bool,
    /// Dense B and C, or one state's worth per channel?
    pub dense: bool,
    /// Tokens of the vocabulary.
    pub vocab: u64,
    /// Layers.
    pub layers: u64,
    /// Channels of the residual.
    pub channels: u64,
    /// Channels inside a block.
    pub inner: u64,
    /// Complex states of a layer.
    pub states: u64,
    /// Taps of the convolution, or 0.
    pub taps: u64,
    /// Is the read-out complex?
    pub complex: bool,
    /// Is the embedding the head?
    pub tied: bool,
    /// Is there a learnt initial state?
    pub initial: bool,
    /// Has every block a norm with a gain?
    pub norm: bool,
    /// Has the last norm a gain?
    pub final_norm: bool,
}

/// Sizes of a transformer with grouped heads and a gated MLP.
#[derive(Clone, Debug, PartialEq)]
pub struct TransformerShape {
    /// Tokens of the vocabulary.
    pub vocab: u64,
    /// Layers.
    pub layers: u64,
    /// Width of the residual.
    pub hidden: u64,
    /// Query heads.
    pub heads: u64,
    /// Heads of keys and values.
    pub kv_heads: u64,
    /// Width of a head.
    pub head_dim: u64,
    /// Width of the MLP.
    pub intermediate: u64,
    /// Is the embedding the head?
    pub tied: bool,
}

impl SsmShape {
    /// Of a checkpoint; `final_norm`: it has `norm.weight`.
    pub fn of(shape: &Shape, final_norm: bool) -> SsmShape {
        let config = &shape.config;
        let gated = config.block == Block::Gated;
        SsmShape {
            gated,
            dense: config.ssm == Ssm::S5,
            vocab: config.vocab_size as u64,
            layers: config.num_blocks as u64,
            channels: config.channels as u64,
            inner: config.inner() as u64,
            states: config.states() as u64,
            taps: config.conv_taps as u64,
            complex: shape.complex,
            tied: shape.tied,
            initial: shape.initial_state,
            norm: gated || config.norm,
            final_norm,
        }
    }
}

impl Family {
    /// The word in the TOML.
    pub fn name(&self) -> &'static str {
        match self {
            Family::Ssm(_) => "ssm",
            Family::Transformer(_) => "transformer",
        }
    }
}

impl Memory {
    /// The word in the TOML.
    pub fn name(self) -> &'static str {
        match self {
            Memory::Flash => "flash",
            Memory::Dram => "dram",
        }
    }
}

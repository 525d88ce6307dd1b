//! The shape of a model: what a checkpoint's `config` says, and what only its tensors say.

use serde::{Deserialize, Serialize};

/// How a layer is put together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Block {
    /// in_proj, conv, F, SSM, gate, out_proj, residual (TENNs).
    Gated,
    /// h' = F(Re(C x') + D u), the talk's equations.
    Plain,
}

/// How the state is driven and read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Ssm {
    /// N complex states per inner channel, unit drive.
    Dws,
    /// P complex states, dense B and C.
    S5,
}

/// F.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Activation {
    /// t sigmoid(t).
    Silu,
    /// max(t, 0).
    Relu,
}

/// The checkpoint's `config`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ModelConfig {
    /// Block kind.
    pub block: Block,
    /// SSM kind.
    pub ssm: Ssm,
    /// Tokens.
    pub vocab_size: usize,
    /// d, channels of h.
    pub channels: usize,
    /// Channels inside a gated block.
    #[serde(default)]
    pub d_inner: usize,
    /// Layers.
    pub num_blocks: usize,
    /// N for `dws`, P for `s5`.
    pub num_states: usize,
    /// 0 or 4.
    #[serde(default)]
    pub conv_taps: usize,
    /// F.
    pub activation: Activation,
    /// Epsilon of every RMSNorm.
    pub norm_eps: f64,
    /// `plain` only: u = RMSNorm(h) rather than h.
    #[serde(default = "yes")]
    pub norm: bool,
    /// `plain` only: add h to the result.
    #[serde(default = "yes")]
    pub residual: bool,
}

/// A model's shape: its `config` and what only the tensors' shapes say.
#[derive(Clone, Debug, PartialEq)]
pub struct Shape {
    /// The `config`.
    pub config: ModelConfig,
    /// E or C has a last axis of 2.
    pub complex: bool,
    /// No `head.weight`: the embedding is the head.
    pub tied: bool,
    /// `state_lora` is there.
    pub initial_state: bool,
}

impl ModelConfig {
    /// Channels of the SSM's input u: `d_inner`, or `channels` for `plain`.
    pub fn inner(&self) -> usize {
        match self.block {
            Block::Gated => self.d_inner,
            Block::Plain => self.channels,
        }
    }

    /// Complex states of a layer.
    pub fn states(&self) -> usize {
        match self.ssm {
            Ssm::Dws => self.inner() * self.num_states,
            Ssm::S5 => self.num_states,
        }
    }
}

fn yes() -> bool {
    true
}

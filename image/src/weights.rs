//! A checkpoint with everything folded that folds without loss: the norm's gain into the matrix behind it, dt into the drive, A and dt
//! into the poles. What the float model runs and what the quantiser rounds.

use crate::checkpoint::Checkpoint;
use crate::model::{Block, Shape, Ssm};

/// A dense matrix, row major.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Matrix {
    /// Inputs.
    pub cols: usize,
    /// Weights, rows of `cols`.
    pub data: Vec<f64>,
    /// One for each row, or empty.
    pub bias: Vec<f64>,
}

/// One layer. `inner` is `d_inner`, or d for `plain`; S is its number of complex states.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Layer {
    /// n = RMSNorm(h) without gain, else n = h.
    pub norm: bool,
    /// in_proj, (2 inner, d): the x half, then the res half. Empty in `plain`.
    pub input: Matrix,
    /// Conv taps of each inner channel, newest sample last. Empty without conv.
    pub taps: Vec<[f64; 4]>,
    /// Complex poles, S.
    pub poles: Vec<[f64; 2]>,
    /// What a unit of drive adds to sr, S. `s5`: all ones, B carries it.
    pub gain: Vec<f64>,
    /// `s5`: (P, inner), dt folded. Empty for `dws`.
    pub drive: Matrix,
    /// Read-out weights re, im: `dws` (inner, N), `s5` (inner, P).
    pub read: Vec<[f64; 2]>,
    /// D, inner.
    pub skip: Vec<f64>,
    /// out_proj, (d, inner). Empty in `plain`.
    pub output: Matrix,
    /// Initial state, S.
    pub initial: Vec<[f64; 2]>,
}

/// A whole model.
#[derive(Clone, Debug, PartialEq)]
pub struct Weights {
    /// Sizes and kinds.
    pub shape: Shape,
    /// h of every token, (vocab, d).
    pub embedding: Matrix,
    /// The layers in order.
    pub layers: Vec<Layer>,
    /// (vocab, d), the final norm's gain folded in.
    pub head: Matrix,
}

impl Matrix {
    /// Row i.
    pub fn row(&self, i: usize) -> &[f64] {
        &self.data[i * self.cols..(i + 1) * self.cols]
    }

    /// Number of rows; 0 for a matrix that is not there.
    pub fn rows(&self) -> usize {
        self.data.len() / self.cols.max(1)
    }

    fn new(data: &[f64], cols: usize, bias: &[f64]) -> Matrix {
        Matrix { cols, data: data.to_vec(), bias: bias.to_vec() }
    }

    /// Every column times its factor; no factors, no change.
    fn scale_columns(mut self, factors: Option<&[f64]>) -> Matrix {
        if let Some(factors) = factors {
            for row in self.data.chunks_mut(self.cols.max(1)) {
                row.iter_mut().zip(factors).for_each(|(w, f)| *w *= f);
            }
        }
        self
    }
}

impl Weights {
    /// Folds a checkpoint, whose tensors its reader has checked.
    pub fn new(checkpoint: &Checkpoint) -> Weights {
        let d = checkpoint.shape.config.channels;
        let embedding = Matrix::new(of(checkpoint, "embedding.weight"), d, &[]);
        let head = checkpoint.get("head.weight").map_or(embedding.clone(), |w| Matrix::new(w, d, &[]));
        Weights {
            shape: checkpoint.shape.clone(),
            embedding,
            layers: (0..checkpoint.shape.config.num_blocks).map(|i| layer(checkpoint, i)).collect(),
            head: head.scale_columns(checkpoint.get("norm.weight")),
        }
    }
}

/// A tensor's values; nothing for a tensor that this shape lacks.
fn of<'a>(checkpoint: &'a Checkpoint, name: &str) -> &'a [f64] {
    checkpoint.get(name).unwrap_or(&[])
}

fn layer(checkpoint: &Checkpoint, i: usize) -> Layer {
    let c = &checkpoint.shape.config;
    let name = |tensor: &str| format!("backbone.{i}.{tensor}");
    let get = |tensor: &str| of(checkpoint, &name(tensor));
    let gain = checkpoint.get(&name("pre_norm.weight"));
    let plain = c.block == Block::Plain;
    let dt: Vec<f64> = get("ssm_layer.log_dt").iter().map(|log| log.exp()).collect();
    let parts = if checkpoint.shape.complex { 2 } else { 1 };
    let tensor = if c.ssm == Ssm::Dws { "ssm_layer.E" } else { "ssm_layer.C" };
    let drive = Matrix::new(get("ssm_layer.B"), c.inner(), &[]);
    let skip = Matrix::new(get("D"), c.inner(), &[]);
    let plain_gain = if plain { gain } else { None };
    Layer {
        norm: !plain || c.norm,
        input: Matrix::new(get("in_proj.weight"), c.channels, get("in_proj.bias")).scale_columns(gain),
        taps: taps(get("pre_conv.weight"), c.inner()),
        poles: get("ssm_layer.A").chunks(2).zip(&dt).map(|(a, dt)| pole(a, *dt)).collect(),
        gain: if c.ssm == Ssm::Dws { dt.clone() } else { vec![1.0; dt.len()] },
        drive: scale_rows(drive, &dt).scale_columns(plain_gain),
        read: get(tensor).chunks(parts).map(|w| [w[0], w.get(1).copied().unwrap_or(0.0)]).collect(),
        skip: skip.scale_columns(plain_gain).data,
        output: Matrix::new(get("out_proj.weight"), c.inner(), get("out_proj.bias")),
        initial: initial(get("ssm_layer.state_lora"), dt.len()),
    }
}

fn scale_rows(mut matrix: Matrix, factors: &[f64]) -> Matrix {
    for (row, factor) in matrix.data.chunks_mut(matrix.cols.max(1)).zip(factors) {
        row.iter_mut().for_each(|w| *w *= factor);
    }
    matrix
}

/// (4, inner) to one array for each channel.
fn taps(weights: &[f64], inner: usize) -> Vec<[f64; 4]> {
    match weights.len() {
        0 => Vec::new(),
        _ => (0..inner).map(|c| [0, 1, 2, 3].map(|tap| weights[tap * inner + c])).collect(),
    }
}

/// exp(dt (-softplus(A0) + i A1)).
fn pole(a: &[f64], dt: f64) -> [f64; 2] {
    let softplus = a[0].max(0.0) + (-a[0].abs()).exp().ln_1p();
    let magnitude = (-softplus * dt).exp();
    [magnitude * (a[1] * dt).cos(), magnitude * (a[1] * dt).sin()]
}

fn initial(lora: &[f64], states: usize) -> Vec<[f64; 2]> {
    match lora.len() {
        0 => vec![[0.0; 2]; states],
        _ => lora.chunks(2).map(|s| [s[0], s[1]]).collect(),
    }
}

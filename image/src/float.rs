//! The model in float64, one token after another: x' = a x + b u, y = Re(C x') + D u. What the integers are measured against, and what
//! calibration watches.
//!
//! Tokens go through a layer in chunks so that a weight is fetched once per chunk; every sum is formed in the same order whatever the
//! chunk, so results do not depend on it.

use rayon::prelude::*;

use crate::model::{Activation, Block, Ssm};
use crate::rng::Rng;
use crate::weights::{Layer, Matrix, Weights};

/// Tokens that share one fetch of a weight.
const CHUNK: usize = 32;

/// A value that calibration may want to see. Counts are per token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Probe {
    /// The residual before this layer (the last one: before the final norm), d.
    H,
    /// The normalised residual, d.
    N,
    /// The activation before F: x, u and res of a gated block, the read-out of a plain one, inner.
    U,
    /// The SSM's input, inner.
    V,
    /// The drive B u of `s5`, P.
    Drive,
    /// States after the update, re and im in turn, 2 S.
    State,
    /// The read-out, inner.
    Y,
    /// What out_proj reads, inner.
    Z,
    /// The logits, vocab.
    Logit,
}

/// Sees every value on its way.
pub trait Observer {
    /// One token's `values` of `what` in `layer` (`num_blocks` for what follows the last).
    fn see(&mut self, layer: usize, what: Probe, values: &[f64]);
}

/// Nobody looks.
impl Observer for () {
    fn see(&mut self, _: usize, _: Probe, _: &[f64]) {}
}

/// What a model remembers between tokens: conv histories and recurrences.
#[derive(Clone, Debug, PartialEq)]
pub struct State(Vec<LayerState>);

#[derive(Clone, Debug, PartialEq)]
struct LayerState {
    /// The three samples before this one of each channel, oldest first.
    history: Vec<[f64; 3]>,
    /// re and im in turn.
    states: Vec<f64>,
}

impl Weights {
    /// The state before the first token: learnt recurrences, empty histories.
    pub fn initial_state(&self) -> State {
        let layer =
            |l: &Layer| LayerState { history: vec![[0.0; 3]; l.taps.len()], states: l.initial.concat() };
        State(self.layers.iter().map(layer).collect())
    }

    /// Feeds tokens, which must be below the vocabulary's size, and returns the logits after each.
    pub fn run(&self, state: &mut State, tokens: &[u16], seen: &mut impl Observer) -> Vec<Vec<f64>> {
        tokens.chunks(CHUNK).flat_map(|chunk| self.chunk(state, chunk, seen)).collect()
    }

    fn chunk(&self, state: &mut State, tokens: &[u16], seen: &mut impl Observer) -> Vec<Vec<f64>> {
        let mut h: Vec<_> = tokens.iter().map(|t| self.embedding.row(usize::from(*t)).to_vec()).collect();
        for (i, (layer, state)) in self.layers.iter().zip(&mut state.0).enumerate() {
            see(seen, i, Probe::H, &h);
            h = Step { weights: self, layer, i, seen }.block(h, state);
        }
        let last = self.layers.len();
        see(seen, last, Probe::H, &h);
        let n: Vec<_> = h.iter().map(|h| self.normalise(h)).collect();
        see(seen, last, Probe::N, &n);
        let logits = product(&self.head, &n);
        see(seen, last, Probe::Logit, &logits);
        logits
    }

    /// Mean nats per prediction over `streams`, each from the initial state: every token but a stream's first is predicted.
    pub fn loss(&self, streams: &[&[u16]]) -> f64 {
        let sums: Vec<(f64, usize)> = streams.par_iter().map(|stream| self.stream_loss(stream)).collect();
        let (nats, count) = sums.iter().fold((0.0, 0), |sum, s| (sum.0 + s.0, sum.1 + s.1));
        nats / count.max(1) as f64
    }

    fn stream_loss(&self, stream: &[u16]) -> (f64, usize) {
        let Some((_, targets)) = stream.split_first() else { return (0.0, 0) };
        let mut state = self.initial_state();
        let logits = self.run(&mut state, &stream[..targets.len()], &mut ());
        let nats = logits.iter().zip(targets).map(|(logits, target)| nats(logits, usize::from(*target)));
        (nats.sum(), targets.len())
    }

    /// `count` tokens that the model itself writes at temperature 1, from the initial state and a random first token.
    pub fn sample(&self, seed: u64, count: usize) -> Vec<u16> {
        let mut rng = Rng::new(seed);
        let mut state = self.initial_state();
        let mut text = vec![rng.below(self.shape.config.vocab_size) as u16];
        while text.len() < count {
            let logits = self.run(&mut state, &text[text.len() - 1..], &mut ());
            text.push(draw(&logits[0], rng.unit()) as u16);
        }
        text
    }

    fn normalise(&self, h: &[f64]) -> Vec<f64> {
        let mean = h.iter().map(|x| x * x).sum::<f64>() / h.len() as f64;
        let scale = 1.0 / (mean + self.shape.config.norm_eps).sqrt();
        h.iter().map(|x| x * scale).collect()
    }
}

/// -log of the probability that softmax gives to `target`.
pub fn nats(logits: &[f64], target: usize) -> f64 {
    let top = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let sum: f64 = logits.iter().map(|l| (l - top).exp()).sum();
    top + sum.ln() - logits[target]
}

/// The token at this quantile of softmax.
fn draw(logits: &[f64], quantile: f64) -> usize {
    let top = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let weights: Vec<f64> = logits.iter().map(|l| (l - top).exp()).collect();
    let mut left = quantile * weights.iter().sum::<f64>();
    let passed = weights.iter().take_while(|w| {
        left -= **w;
        left >= 0.0
    });
    passed.count().min(logits.len() - 1)
}

fn see(seen: &mut impl Observer, layer: usize, what: Probe, tokens: &[Vec<f64>]) {
    tokens.iter().for_each(|values| seen.see(layer, what, values));
}

/// One layer at work on a chunk of tokens.
struct Step<'a, O> {
    weights: &'a Weights,
    layer: &'a Layer,
    i: usize,
    seen: &'a mut O,
}

impl<O: Observer> Step<'_, O> {
    fn block(&mut self, h: Vec<Vec<f64>>, state: &mut LayerState) -> Vec<Vec<f64>> {
        let norm = |h: &Vec<f64>| if self.layer.norm { self.weights.normalise(h) } else { h.clone() };
        let n: Vec<_> = h.iter().map(norm).collect();
        self.see(Probe::N, &n);
        match self.weights.shape.config.block {
            Block::Gated => self.gated(h, n, state),
            Block::Plain => self.plain(h, n, state),
        }
    }

    fn gated(&mut self, mut h: Vec<Vec<f64>>, n: Vec<Vec<f64>>, state: &mut LayerState) -> Vec<Vec<f64>> {
        let inner = self.layer.skip.len();
        let (mut v, mut gate) = (Vec::new(), Vec::new());
        for mut x in product(&self.layer.input, &n) {
            self.seen.see(self.i, Probe::U, &x);
            gate.push(self.activate(x.split_off(inner)));
            if !self.layer.taps.is_empty() {
                conv(&self.layer.taps, &mut state.history, &mut x);
                self.seen.see(self.i, Probe::U, &x);
            }
            v.push(self.activate(x));
        }
        let mut y = self.scan(&v, state);
        for (y, gate) in y.iter_mut().zip(&gate) {
            y.iter_mut().zip(gate).for_each(|(y, g)| *y *= g);
        }
        self.see(Probe::Z, &y);
        for (h, out) in h.iter_mut().zip(product(&self.layer.output, &y)) {
            h.iter_mut().zip(out).for_each(|(h, out)| *h += out);
        }
        h
    }

    fn plain(&mut self, h: Vec<Vec<f64>>, n: Vec<Vec<f64>>, state: &mut LayerState) -> Vec<Vec<f64>> {
        let y = self.scan(&n, state);
        self.see(Probe::U, &y);
        let add = self.weights.shape.config.residual;
        let finish = |(y, h): (Vec<f64>, Vec<f64>)| -> Vec<f64> {
            let v = self.activate(y).into_iter();
            v.zip(h).map(|(v, h)| if add { v + h } else { v }).collect()
        };
        y.into_iter().zip(h).map(finish).collect()
    }

    /// The SSM over a chunk: read-outs y of each token's input v.
    fn scan(&mut self, v: &[Vec<f64>], state: &mut LayerState) -> Vec<Vec<f64>> {
        self.see(Probe::V, v);
        let dws = self.weights.shape.config.ssm == Ssm::Dws;
        let drive = if dws { Vec::new() } else { product(&self.layer.drive, v) };
        self.see(Probe::Drive, &drive);
        let mut all = Vec::with_capacity(v.len());
        for (t, v) in v.iter().enumerate() {
            let per = self.layer.poles.len() / v.len().max(1);
            match dws {
                true => update(self.layer, &mut state.states, |s| v[s / per]),
                false => update(self.layer, &mut state.states, |s| drive[t][s]),
            }
            self.seen.see(self.i, Probe::State, &state.states);
            all.push(self.read_out(&state.states, v, dws));
        }
        self.see(Probe::Y, &all);
        all
    }

    fn read_out(&self, states: &[f64], v: &[f64], dws: bool) -> Vec<f64> {
        let per = self.layer.read.len() / v.len().max(1);
        let own = |c: usize| if dws { &states[2 * c * per..2 * (c + 1) * per] } else { states };
        let rows = self.layer.read.chunks(per).zip(v).zip(&self.layer.skip);
        rows.enumerate().map(|(c, ((row, v), skip))| skip * v + real(row, own(c))).collect()
    }

    fn activate(&self, mut values: Vec<f64>) -> Vec<f64> {
        match self.weights.shape.config.activation {
            Activation::Silu => values.iter_mut().for_each(|t| *t /= 1.0 + (-*t).exp()),
            Activation::Relu => values.iter_mut().for_each(|t| *t = t.max(0.0)),
        }
        values
    }

    fn see(&mut self, what: Probe, tokens: &[Vec<f64>]) {
        see(self.seen, self.i, what, tokens);
    }
}

/// x' = a x + b u of every state.
fn update(layer: &Layer, states: &mut [f64], drive: impl Fn(usize) -> f64) {
    let poles = layer.poles.iter().zip(&layer.gain).enumerate();
    for (state, (s, (pole, gain))) in states.chunks_exact_mut(2).zip(poles) {
        let (re, im) = (state[0], state[1]);
        state[0] = pole[0] * re - pole[1] * im + gain * drive(s);
        state[1] = pole[0] * im + pole[1] * re;
    }
}

/// Re(row . states).
fn real(row: &[[f64; 2]], states: &[f64]) -> f64 {
    row.iter().zip(states.chunks_exact(2)).map(|(c, s)| c[0] * s[0] - c[1] * s[1]).sum()
}

/// Four taps over the history and x, in place; the history moves up by one.
fn conv(taps: &[[f64; 4]], history: &mut [[f64; 3]], x: &mut [f64]) {
    for ((w, past), x) in taps.iter().zip(history).zip(x) {
        let u = w[0] * past[0] + w[1] * past[1] + w[2] * past[2] + w[3] * *x;
        *past = [past[1], past[2], *x];
        *x = u;
    }
}

/// Matrix times each of the vectors, plus the bias.
fn product(matrix: &Matrix, vectors: &[Vec<f64>]) -> Vec<Vec<f64>> {
    let mut out = vec![Vec::with_capacity(matrix.rows()); vectors.len()];
    for i in 0..matrix.rows() {
        let (row, bias) = (matrix.row(i), matrix.bias.get(i).copied().unwrap_or(0.0));
        out.iter_mut().zip(vectors).for_each(|(out, vector)| out.push(bias + dot(row, vector)));
    }
    out
}

/// Eight partial sums, so that the compiler can use vector registers.
fn dot(a: &[f64], b: &[f64]) -> f64 {
    let mut sums = [0.0; 8];
    let (a8, b8) = (a.chunks_exact(8), b.chunks_exact(8));
    let rest: f64 = a8.remainder().iter().zip(b8.remainder()).map(|(a, b)| a * b).sum();
    for (a, b) in a8.zip(b8) {
        (0..8).for_each(|i| sums[i] += a[i] * b[i]);
    }
    rest + sums.iter().sum::<f64>()
}

//! Ranges and input correlations of a model on calibration text: what the formats are chosen from.

use rayon::prelude::*;

use crate::float::{Observer, Probe};
use crate::gptq::Hessian;
use crate::weights::Weights;

/// Streams of calibration text.
pub const STREAMS: usize = 12;
/// Tokens of a stream.
pub const STREAM_TOKENS: usize = 512;
/// Seed of the text that a model writes for its own calibration.
const SEED: u64 = 1;

/// Which correlations GPTQ will need.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Of n, before in_proj or B.
    pub n: bool,
    /// Of the SSM's input, before B.
    pub v: bool,
    /// Of the states, before C.
    pub state: bool,
    /// Of z, before out_proj.
    pub z: bool,
    /// Of the last n, before the head.
    pub head: bool,
}

/// Largest magnitudes of one layer, in real units.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LayerRange {
    /// Of each state, either part.
    pub states: Vec<f64>,
    /// Of each row of B's output.
    pub drive: Vec<f64>,
    /// Of any read-out.
    pub y: f64,
    /// Of any gated product.
    pub z: f64,
    /// Correlations of n.
    pub n_hessian: Hessian,
    /// Correlations of the SSM's input.
    pub v_hessian: Hessian,
    /// Correlations of the states, re and im in turn.
    pub state_hessian: Hessian,
    /// Correlations of z.
    pub z_hessian: Hessian,
}

/// Everything that calibration saw.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Calibration {
    wanted: Wanted,
    /// Largest |h|, embedding included.
    pub h: f64,
    /// Largest |logit|.
    pub logit: f64,
    /// One for each layer, and one for the head.
    pub layers: Vec<LayerRange>,
}

/// Evenly spaced streams of a text, or the whole text as one stream when it is short.
pub fn streams(text: &[u16]) -> Vec<Vec<u16>> {
    if text.len() <= STREAMS * STREAM_TOKENS {
        return vec![text.to_vec()];
    }
    let last = text.len() - STREAM_TOKENS;
    let start = |i: usize| i * last / (STREAMS - 1);
    (0..STREAMS).map(|i| text[start(i)..start(i) + STREAM_TOKENS].to_vec()).collect()
}

/// Streams that the model itself writes at temperature 1: calibration without any data.
pub fn own_streams(weights: &Weights) -> Vec<Vec<u16>> {
    (0..STREAMS as u64).into_par_iter().map(|i| weights.sample(SEED + i, STREAM_TOKENS)).collect()
}

impl Calibration {
    /// Runs the float model over `streams`; `done` is called once after each.
    pub fn run(
        weights: &Weights,
        streams: &[Vec<u16>],
        wanted: Wanted,
        done: &(dyn Fn() + Sync),
    ) -> Calibration {
        let one = |stream: &Vec<u16>| {
            let mut seen = Calibration::start(weights, wanted);
            weights.run(&mut weights.initial_state(), stream, &mut seen);
            done();
            seen
        };
        // A few streams at a time, because the correlations of each take memory; folded in stream order, so that the sums do not
        // depend on which thread was first.
        let together = rayon::current_num_threads().max(1);
        streams.chunks(together).fold(Calibration::start(weights, wanted), |sum, chunk| {
            let all: Vec<Calibration> = chunk.par_iter().map(one).collect();
            all.iter().fold(sum, Calibration::merged)
        })
    }

    fn start(weights: &Weights, wanted: Wanted) -> Calibration {
        let initial = |states: &[[f64; 2]]| states.iter().map(|s| s[0].abs().max(s[1].abs())).collect();
        let layer =
            |l: &crate::weights::Layer| LayerRange { states: initial(&l.initial), ..Default::default() };
        let mut layers: Vec<LayerRange> = weights.layers.iter().map(layer).collect();
        layers.push(LayerRange::default());
        Calibration { wanted, h: top(0.0, &weights.embedding.data), logit: 0.0, layers }
    }

    fn merged(mut self, other: &Calibration) -> Calibration {
        self.h = self.h.max(other.h);
        self.logit = self.logit.max(other.logit);
        self.layers.iter_mut().zip(&other.layers).for_each(|(a, b)| a.merge(b));
        self
    }
}

impl LayerRange {
    fn merge(&mut self, other: &LayerRange) {
        tops(&mut self.states, other.states.iter().copied());
        tops(&mut self.drive, other.drive.iter().copied());
        self.y = self.y.max(other.y);
        self.z = self.z.max(other.z);
        self.n_hessian.merge(&other.n_hessian);
        self.v_hessian.merge(&other.v_hessian);
        self.state_hessian.merge(&other.state_hessian);
        self.z_hessian.merge(&other.z_hessian);
    }
}

impl Observer for Calibration {
    fn see(&mut self, layer: usize, what: Probe, values: &[f64]) {
        let range = &mut self.layers[layer];
        let head = range.states.is_empty();
        let wanted = self.wanted;
        match what {
            Probe::H => self.h = top(self.h, values),
            Probe::Logit => self.logit = top(self.logit, values),
            Probe::Y => range.y = top(range.y, values),
            Probe::Z => {
                range.z = top(range.z, values);
                collect(wanted.z, &mut range.z_hessian, values);
            }
            Probe::Drive => tops(&mut range.drive, values.iter().copied()),
            Probe::N => collect(if head { wanted.head } else { wanted.n }, &mut range.n_hessian, values),
            Probe::V => collect(wanted.v, &mut range.v_hessian, values),
            Probe::State => {
                tops(&mut range.states, values.chunks(2).map(|s| top(0.0, s)));
                collect(wanted.state, &mut range.state_hessian, values);
            }
            Probe::U => {}
        }
    }
}

fn collect(wanted: bool, hessian: &mut Hessian, values: &[f64]) {
    if wanted {
        hessian.add(values);
    }
}

/// The larger of `old` and every magnitude; NaN counts as infinite, so that it cannot hide.
fn top(old: f64, values: &[f64]) -> f64 {
    values.iter().fold(old, |top, v| if v.is_nan() { f64::INFINITY } else { top.max(v.abs()) })
}

fn tops(old: &mut Vec<f64>, values: impl Iterator<Item = f64>) {
    for (i, value) in values.enumerate() {
        match old.get_mut(i) {
            Some(old) => *old = top(*old, &[value]),
            None => old.push(top(0.0, &[value])),
        }
    }
}

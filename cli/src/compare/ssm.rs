//! Formulas of a model of diagonal state-space layers.
//!
//! Per layer and token: the matrices, the convolution, per state x' = a x + b u and its share of y = Re(C x') + D u, and the
//! gate. Norms, SiLU and the choice of a token are left out: well under a percent.

use super::expr::{amount, count, nothing, plain, sum, Expr};
use super::shapes::SsmShape;

impl SsmShape {
    fn layers(&self) -> Expr {
        count(self.layers, "layers")
    }

    fn parts(&self) -> u64 {
        if self.complex {
            2
        } else {
            1
        }
    }

    /// Weights of a layer's matrices: in_proj and out_proj of a gated block, B and C where they are dense.
    fn matrices(&self) -> Vec<Expr> {
        let product = |a: u64, b: u64| plain(a as f64) * plain(b as f64);
        let mut all = Vec::new();
        if self.gated {
            all.push(product(self.channels, 2 * self.inner));
            all.push(product(self.inner, self.channels));
        }
        if self.dense {
            all.push(product(self.inner, self.states));
            all.push(product(self.states, self.inner) * count(self.parts(), "parts"));
        }
        all
    }

    /// Parameters of a layer that are in no matrix: gain, biases, taps, D, A, log_dt, E, initial state.
    fn vectors(&self) -> Vec<Expr> {
        let mut pole = vec![count(2, "A"), count(1, "log_dt")];
        if !self.dense {
            pole.push(count(self.parts(), "E"));
        }
        if self.initial {
            pole.push(count(2, "initial"));
        }
        let mut all = vec![count(self.states, "states") * sum(pole), count(self.inner, "D")];
        if self.norm {
            all.push(count(self.channels, "gains"));
        }
        if self.gated {
            all.push(count(2 * self.inner + self.channels, "biases"));
        }
        if self.taps > 0 {
            all.push(count(self.taps, "taps") * plain(self.inner as f64));
        }
        all
    }

    fn table(&self) -> Expr {
        count(self.vocab, "tokens") * plain(self.channels as f64)
    }

    /// Parameters.
    pub fn parameters(&self) -> Expr {
        let layer = sum(self.matrices().into_iter().chain(self.vectors()));
        let tables = if self.tied { self.table() } else { count(2, "tables") * self.table() };
        let all = self.layers() * layer + tables;
        if self.final_norm {
            all + plain(self.channels as f64)
        } else {
            all
        }
    }

    /// Weights that a pass streams: all matrices, and the head.
    pub fn streamed(&self) -> Expr {
        self.layers() * sum(self.matrices()) + self.table()
    }

    /// Bytes of the recurrent state, `bits` for each part of a complex number.
    pub fn recurrent_state(&self, bits: f64) -> Expr {
        self.layers() * count(self.states, "states") * count(2, "parts") * bytes(bits)
    }

    /// Bytes of the samples that the convolution still needs: one less than it has taps.
    pub fn conv_history(&self, bits: f64) -> Expr {
        match self.taps {
            0 => nothing("no convolution"),
            taps => self.layers() * count(self.inner, "channels") * count(taps - 1, "samples") * bytes(bits),
        }
    }

    /// Bytes that a token writes: every part of the state, and the newest sample.
    pub fn written(&self, bits: f64) -> Expr {
        let newest = self.layers() * count(self.inner, "channels") * bytes(bits);
        match self.taps {
            0 => self.recurrent_state(bits),
            _ => self.recurrent_state(bits) + newest,
        }
    }

    /// Products per token of a layer outside its matrices.
    fn elementwise(&self) -> Vec<Expr> {
        let mut state = vec![count(4, "a x")];
        // b is real; where B and C are matrices their products are counted there.
        if !self.dense {
            state.extend([count(1, "b u"), count(self.parts(), "C x")]);
        }
        let mut all = vec![count(self.states, "states") * sum(state), count(self.inner, "D u")];
        if self.taps > 0 {
            all.push(count(self.taps, "taps") * plain(self.inner as f64));
        }
        if self.gated {
            all.push(count(self.inner, "gates"));
        }
        all
    }

    /// MACs of a token, at any place of the text.
    pub fn macs_per_token(&self) -> Expr {
        self.layers() * sum(self.matrices().into_iter().chain(self.elementwise())) + self.table()
    }

    /// Bytes of the vectors that a pass works on: h and its norm, and what a block holds at once.
    pub fn vectors_at_work(&self, bits: f64) -> Expr {
        let inside = if self.gated { 3 } else { 1 };
        let words =
            plain(2.0) * plain(self.channels as f64) + plain(inside as f64) * plain(self.inner as f64);
        words * bytes(bits)
    }

    /// Weights of one dense, real read-out more in every layer.
    pub fn dense_readout(&self) -> Expr {
        self.layers() * plain(self.inner as f64) * plain(self.states as f64)
    }
}

/// Bytes of a word.
pub fn bytes(bits: f64) -> Expr {
    amount(bits / 8.0, "B")
}

//! Formulas of a transformer with grouped heads and a gated MLP.
//!
//! Per layer and token: q, k, v and the output's projection, three matrices of the MLP, and, of attention, a product per cached
//! word for the scores and one for the sum of values. Norms, rotary positions and softmax are left out: well under a percent.

use super::expr::{count, plain, sum, Expr};
use super::shapes::TransformerShape;
use super::ssm::bytes;

impl TransformerShape {
    fn layers(&self) -> Expr {
        count(self.layers, "layers")
    }

    /// Width of all heads' queries.
    fn queries(&self) -> u64 {
        self.heads * self.head_dim
    }

    /// Width of all heads' keys, and of their values.
    fn keys(&self) -> u64 {
        self.kv_heads * self.head_dim
    }

    /// Weights of a layer.
    fn matrices(&self) -> Expr {
        let product = |times: f64, b: u64| plain(times) * plain(self.hidden as f64) * plain(b as f64);
        sum([product(2.0, self.queries()), product(2.0, self.keys()), product(3.0, self.intermediate)])
    }

    fn table(&self) -> Expr {
        count(self.vocab, "tokens") * plain(self.hidden as f64)
    }

    /// Parameters.
    pub fn parameters(&self) -> Expr {
        let layer = self.matrices() + count(2, "gains") * plain(self.hidden as f64);
        let tables = if self.tied { self.table() } else { count(2, "tables") * self.table() };
        self.layers() * layer + tables + plain(self.hidden as f64)
    }

    /// Weights that a pass streams: all matrices, and the head.
    pub fn streamed(&self) -> Expr {
        self.layers() * self.matrices() + self.table()
    }

    /// Bytes of keys and values that one token leaves behind.
    pub fn cache_per_token(&self, bits: f64) -> Expr {
        let heads = count(self.kv_heads, "KV heads") * plain(self.head_dim as f64);
        count(2, "(K and V)") * self.layers() * heads * bytes(bits)
    }

    /// Bytes of the cache after `tokens`.
    pub fn cache(&self, tokens: u64, bits: f64) -> Expr {
        self.cache_per_token(bits) * count(tokens, "tokens")
    }

    /// Bytes of it read over `tokens`: each token reads what all before it and itself have left.
    pub fn cache_read(&self, tokens: u64, bits: f64) -> Expr {
        self.cache_per_token(bits) * triangle(tokens)
    }

    /// MACs of attention for one cached token: a score and a share of the sum, per query head.
    fn attention(&self) -> Expr {
        plain(2.0) * self.layers() * plain(self.queries() as f64)
    }

    /// MACs of a token that sees `tokens`, itself among them.
    pub fn macs_at(&self, tokens: u64) -> Expr {
        self.streamed() + self.attention() * count(tokens, "tokens")
    }

    /// MACs of `last` tokens behind `first`.
    pub fn macs(&self, first: u64, last: u64) -> Expr {
        let seen = match first {
            0 => triangle(last),
            _ => triangle(first + last) - triangle(first),
        };
        self.streamed() * count(last, "tokens") + self.attention() * seen
    }

    /// MACs of attention alone, from the first token to the last.
    pub fn attention_macs(&self, tokens: u64) -> Expr {
        self.attention() * triangle(tokens)
    }

    /// Bytes of the vectors that a pass works on: h and its norm, q, k, v, and two halves of the MLP.
    pub fn vectors_at_work(&self, bits: f64) -> Expr {
        let words = [
            plain(2.0) * plain(self.hidden as f64),
            plain(self.queries() as f64),
            plain(2.0) * plain(self.keys() as f64),
            plain(2.0) * plain(self.intermediate as f64),
        ];
        sum(words) * bytes(bits)
    }

    /// The same model if every query head had keys and values of its own.
    pub fn ungrouped(&self) -> TransformerShape {
        TransformerShape { kv_heads: self.heads, ..self.clone() }
    }
}

/// 1 + 2 + .. + n.
fn triangle(n: u64) -> Expr {
    plain(n as f64) * plain((n + 1) as f64) / plain(2.0)
}

//! The figures of the table, for either kind of model: each a formula of the case's shapes, constants and tokens.

use super::expr::{amount, count, figure, nothing, sum, Expr};
use super::shapes::{Arch, Family, Memory};
use super::ssm::bytes;
use super::Case;

/// Which of a spread's three constants is meant.
pub type Which = usize;
/// The typical one.
pub const TYPICAL: Which = 1;

/// A figure of one side, and why it takes nothing else.
pub type Formula = fn(&Arch, &Case, Which) -> Option<Expr>;

/// Parameters, tables of tokens included.
pub fn parameters(arch: &Arch, _: &Case, _: Which) -> Option<Expr> {
    Some(match &arch.family {
        Family::Ssm(ssm) => ssm.parameters(),
        Family::Transformer(transformer) => transformer.parameters(),
    })
}

/// Bytes of weights that a pass reads: every matrix and the head, once.
pub fn weight_bytes(arch: &Arch, case: &Case, _: Which) -> Option<Expr> {
    Some(streamed(arch) * bytes(case.constants.typical("weight")))
}

fn streamed(arch: &Arch) -> Expr {
    match &arch.family {
        Family::Ssm(ssm) => ssm.streamed(),
        Family::Transformer(transformer) => transformer.streamed(),
    }
}

/// Bytes of the recurrence's state.
pub fn recurrent_state(arch: &Arch, case: &Case, _: Which) -> Option<Expr> {
    Some(match &arch.family {
        Family::Ssm(ssm) => ssm.recurrent_state(state_bits(case)),
        Family::Transformer(_) => nothing("no recurrence"),
    })
}

/// Bytes of the convolution's history.
pub fn conv_history(arch: &Arch, case: &Case, _: Which) -> Option<Expr> {
    Some(match &arch.family {
        Family::Ssm(ssm) => ssm.conv_history(state_bits(case)),
        Family::Transformer(_) => nothing("no convolution"),
    })
}

/// Bytes of all that a recurrent model remembers.
pub fn state(arch: &Arch, case: &Case, _: Which) -> Option<Expr> {
    Some(match &arch.family {
        Family::Ssm(ssm) if ssm.taps > 0 => {
            let parts = [ssm.recurrent_state(state_bits(case)), ssm.conv_history(state_bits(case))];
            sum(parts.map(|part| amount(part.value, "B")))
        }
        Family::Ssm(ssm) => ssm.recurrent_state(state_bits(case)),
        Family::Transformer(_) => nothing("no recurrence"),
    })
}

/// Bytes of the cache after context and query.
pub fn kv_cache(arch: &Arch, case: &Case, _: Which) -> Option<Expr> {
    Some(match &arch.family {
        Family::Ssm(_) => nothing("no cache"),
        Family::Transformer(transformer) => transformer.cache(case.tokens(), cache_bits(case)),
    })
}

/// Bytes that must be stored and loaded to go on after the context without running it again.
pub fn seed(arch: &Arch, case: &Case, which: Which) -> Option<Expr> {
    match &arch.family {
        Family::Ssm(_) => state(arch, case, which),
        Family::Transformer(transformer) => Some(transformer.cache(case.context, cache_bits(case))),
    }
}

/// MACs of the query's last token.
pub fn macs_per_token(arch: &Arch, case: &Case, _: Which) -> Option<Expr> {
    Some(match &arch.family {
        Family::Ssm(ssm) => ssm.macs_per_token(),
        Family::Transformer(transformer) => transformer.macs_at(case.tokens()),
    })
}

/// The same per second.
pub fn mac_rate(arch: &Arch, case: &Case, which: Which) -> Option<Expr> {
    let macs = macs_per_token(arch, case, which)?;
    Some(amount(macs.value, "MAC") * rate(case))
}

/// MACs of context and query, every token through all of the model, head included.
pub fn macs(arch: &Arch, case: &Case, _: Which) -> Option<Expr> {
    Some(match &arch.family {
        Family::Ssm(ssm) => per_token(ssm.macs_per_token(), case.tokens()),
        Family::Transformer(transformer) => transformer.macs(0, case.tokens()),
    })
}

fn per_token(macs: Expr, tokens: u64) -> Expr {
    amount(macs.value, "MAC") * count(tokens, "tokens")
}

/// MACs of attention over context and query.
pub fn attention(arch: &Arch, case: &Case, _: Which) -> Option<Expr> {
    Some(match &arch.family {
        Family::Ssm(_) => nothing("no attention"),
        Family::Transformer(transformer) => transformer.attention_macs(case.tokens()),
    })
}

/// Context and query in FLOPs: a MAC is a product and a sum.
pub fn flops(arch: &Arch, case: &Case, which: Which) -> Option<Expr> {
    let macs = macs(arch, case, which)?;
    Some(count(2, "FLOP") * amount(macs.value, "MAC"))
}

/// MACs of the query alone, behind a context whose state, or cache, was loaded.
pub fn macs_seeded(arch: &Arch, case: &Case, _: Which) -> Option<Expr> {
    Some(match &arch.family {
        Family::Ssm(ssm) => per_token(ssm.macs_per_token(), case.query),
        Family::Transformer(transformer) => transformer.macs(case.context, case.query),
    })
}

/// Bytes of state or cache written over context and query.
pub fn cache_written(arch: &Arch, case: &Case, _: Which) -> Option<Expr> {
    Some(match &arch.family {
        Family::Ssm(ssm) => ssm.written(state_bits(case)) * count(case.tokens(), "tokens"),
        Family::Transformer(transformer) => transformer.cache(case.tokens(), cache_bits(case)),
    })
}

/// Bytes of state or cache read over context and query.
pub fn cache_read(arch: &Arch, case: &Case, which: Which) -> Option<Expr> {
    match &arch.family {
        Family::Ssm(_) => Some(amount(state(arch, case, which)?.value, "B") * count(case.tokens(), "tokens")),
        Family::Transformer(transformer) => Some(transformer.cache_read(case.tokens(), cache_bits(case))),
    }
}

/// Bytes per second of weights.
pub fn bandwidth_weights(arch: &Arch, case: &Case, which: Which) -> Option<Expr> {
    Some(amount(weight_bytes(arch, case, which)?.value, "B") * rate(case))
}

/// The same with the cache, read whole and written by a token at the end of the query; a state stays on the chip.
pub fn bandwidth(arch: &Arch, case: &Case, which: Which) -> Option<Expr> {
    let weights = amount(weight_bytes(arch, case, which)?.value, "B");
    Some(match cache_per_pass(arch, case) {
        None => weights * rate(case),
        Some(cache) => (weights + cache) * rate(case),
    })
}

/// Bytes of cache that the query's last token reads and writes.
fn cache_per_pass(arch: &Arch, case: &Case) -> Option<Expr> {
    let Family::Transformer(transformer) = &arch.family else { return None };
    let read = transformer.cache(case.tokens(), cache_bits(case)).value;
    let written = transformer.cache_per_token(cache_bits(case)).value;
    Some(amount(read, "B read") + amount(written, "B written"))
}

/// Bytes on the chip: what is remembered, and the vectors that a pass works on.
pub fn sram(arch: &Arch, case: &Case, which: Which) -> Option<Expr> {
    let bits = case.constants.typical("vector");
    let (kept, vectors) = match &arch.family {
        Family::Ssm(ssm) => (state(arch, case, which)?, ssm.vectors_at_work(bits)),
        Family::Transformer(transformer) => (kv_cache(arch, case, which)?, transformer.vectors_at_work(bits)),
    };
    Some(amount(kept.value, "B kept") + vectors)
}

/// Watts at the rate: products, weights from their memory, and what a cache in DRAM takes.
pub fn power(arch: &Arch, case: &Case, which: Which) -> Option<Expr> {
    let mut all = mac_power(arch, case, which)? + weight_power(arch, case, which)?;
    if let Some(cache) = cache_per_pass(arch, case) {
        all = all + bits_per_s(cache.value * case.rate()) * energy(case, "dram", "pJ/bit", which);
    }
    match has_dram(arch) {
        true => Some(all + amount_of(case, "dram_floor", "mW", 1e-3, which)),
        false => Some(all),
    }
}

/// Watts of the products.
pub fn mac_power(arch: &Arch, case: &Case, which: Which) -> Option<Expr> {
    Some(figure(mac_rate(arch, case, which)?.value, "MAC/s") * energy(case, "mac", "pJ", which))
}

fn weight_power(arch: &Arch, case: &Case, which: Which) -> Option<Expr> {
    let rate = bits_per_s(bandwidth_weights(arch, case, which)?.value);
    Some(rate * energy(case, arch.weights_in.name(), "pJ/bit", which))
}

/// A cache is in DRAM, wherever the weights are.
fn has_dram(arch: &Arch) -> bool {
    arch.weights_in == Memory::Dram || matches!(arch.family, Family::Transformer(_))
}

/// Joules of a token.
pub fn energy_per_token(arch: &Arch, case: &Case, which: Which) -> Option<Expr> {
    Some(figure(power(arch, case, which)?.value, "W") / rate(case))
}

/// Picojoules that a bit from outside may cost if the talk's power is to hold; nothing where it names none.
pub fn bit_budget(arch: &Arch, case: &Case, which: Which) -> Option<Expr> {
    let goal = case.constants.claim("power")?.range.as_ref()?.base()[1];
    let mut left = figure(goal, "W") - figure(mac_power(arch, case, which)?.value, "W");
    if has_dram(arch) {
        left = left - amount_of(case, "dram_floor", "mW", 1e-3, which);
    }
    let mut per_bit = left / bits_per_s(bandwidth(arch, case, which)?.value);
    per_bit.value *= 1e12;
    Some(per_bit)
}

/// Seconds until the first token of the answer, if context and query go through the model one token per pass.
pub fn first_token_whole(_: &Arch, case: &Case, _: Which) -> Option<Expr> {
    Some((count(case.context, "passes") + count(case.query, "passes")) / rate(case))
}

/// The same if the context's state, or cache, was loaded.
pub fn first_token_seeded(_: &Arch, case: &Case, _: Which) -> Option<Expr> {
    Some(count(case.query, "passes") / rate(case))
}

/// Tokens of the query that must share a pass for the talk's time to the first token; nothing where it names none.
pub fn tokens_per_pass(_: &Arch, case: &Case, _: Which) -> Option<Expr> {
    let goal = case.constants.claim("first_token_seeded")?.range.as_ref()?.base()[1];
    let passes = (goal * case.rate()).floor();
    // Less than a pass in that time: no sharing helps.
    let shared = (passes >= 1.0).then(|| count(case.query, "tokens") / amount(passes, "passes"))?;
    Some(shared.rounded_up())
}

fn rate(case: &Case) -> Expr {
    amount(case.rate(), "/s")
}

fn bits_per_s(bytes: f64) -> Expr {
    figure(8.0 * bytes, "bit/s")
}

/// A constant in picojoules, as joules.
fn energy(case: &Case, name: &str, unit: &str, which: Which) -> Expr {
    amount_of(case, name, unit, 1e-12, which)
}

/// A constant in its unit, its value in the base unit.
fn amount_of(case: &Case, name: &str, unit: &str, scale: f64, which: Which) -> Expr {
    let value = case.constants.get(name)[which];
    let mut all = amount(value, unit);
    all.value *= scale;
    all
}

fn state_bits(case: &Case) -> f64 {
    case.constants.typical("state")
}

fn cache_bits(case: &Case) -> f64 {
    case.constants.typical("cache")
}

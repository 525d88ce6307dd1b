//! Random models for the tests of every crate: shapes to draw from ([`shapes`], [`random_shape`]), images straight from integers
//! ([`random_image`], [`random_draft`]) and float models ([`random_checkpoint`]).

use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};

use crate::bounds::factor_limit;
use crate::checkpoint::{expected, Checkpoint, Expected, Tensor};
use crate::layout::{flag, Draft, Header, Image, Kind, Meta, Row, Section, Q_W8};
use crate::model::{Activation, Block, ModelConfig, Shape, Ssm};
use crate::plan::{plan, Planned, Role};
use crate::records::{check, ModelId, Record, Span, CRC_BYTES, HEADER_BYTES};
use crate::rng::Rng;
use crate::tables;
use crate::trits::QUAD;

/// A gated `dws` shape of two blocks: the default model, small.
pub fn small() -> Shape {
    let config = ModelConfig {
        block: Block::Gated,
        ssm: Ssm::Dws,
        vocab_size: 11,
        channels: 8,
        d_inner: 16,
        num_blocks: 2,
        num_states: 1,
        conv_taps: 4,
        activation: Activation::Silu,
        norm_eps: 1e-5,
        norm: true,
        residual: true,
    };
    Shape { config, complex: true, tied: false, initial_state: false }
}

/// One small shape of every kind: block, SSM, N, read-out, taps, activation, norm, residual, tied head, initial state.
pub fn shapes() -> Vec<Shape> {
    let with = |change: &dyn Fn(&mut Shape)| {
        let mut shape = small();
        change(&mut shape);
        shape
    };
    let plain = |s: &mut Shape| {
        (s.config.block, s.config.ssm, s.config.d_inner) = (Block::Plain, Ssm::S5, 0);
        (s.config.conv_taps, s.config.num_states) = (0, 6);
    };
    vec![
        small(),
        with(&|s| (s.config.conv_taps, s.tied) = (0, true)),
        with(&|s| (s.config.num_states, s.complex, s.initial_state) = (3, false, true)),
        with(&|s| (s.config.ssm, s.config.num_states) = (Ssm::S5, 5)),
        with(&|s| {
            (s.config.ssm, s.config.num_states, s.complex) = (Ssm::S5, 7, false);
            (s.config.conv_taps, s.config.activation) = (0, Activation::Relu);
        }),
        with(&plain),
        with(&|s| {
            plain(s);
            (s.complex, s.config.norm, s.config.residual, s.initial_state) = (false, false, false, true);
        }),
        with(&|s| {
            plain(s);
            (s.config.activation, s.config.norm, s.tied) = (Activation::Relu, false, true);
        }),
    ]
}

/// A random shape that fits the configuration `tiny`: any kind, odd sizes included.
pub fn random_shape(seed: u64) -> Shape {
    let mut rng = Rng::new(seed);
    let kinds = shapes();
    let mut shape = kinds[rng.below(kinds.len())].clone();
    let c = &mut shape.config;
    c.channels = 1 + rng.below(32);
    c.d_inner = 1 + rng.below(32);
    c.vocab_size = 1 + rng.below(40);
    c.num_blocks = 1 + rng.below(2);
    c.num_states = 1 + rng.below(if c.ssm == Ssm::Dws { 2 } else { 16 });
    c.activation = if rng.one_in(3) { Activation::Relu } else { Activation::Silu };
    c.conv_taps = if c.block == Block::Gated && rng.one_in(2) { 4 } else { 0 };
    shape.complex = rng.one_in(2);
    shape
}

/// An image of this shape from random integers inside every bound of `FORMAT.md` section 6: W4 and W8 mixed per row, extreme weights,
/// full-scale parameters, shifts that saturate, every state non-zero. Two stored states. Sealed: its bytes parse.
pub fn random_image(seed: u64, shape: &Shape) -> Image {
    image_of(seed, shape, plan(shape, 1))
}

/// The same with ternary rows beside W8 in most sections; in the others W4 and W8.
pub fn random_ternary(seed: u64, shape: &Shape) -> Image {
    let mut rng = Rng::new(!seed);
    let mut planned = plan(shape, QUAD);
    let with_rows = planned.iter_mut().filter(|planned| planned.role != Role::Norm);
    with_rows.for_each(|planned| planned.section.flags |= if rng.one_in(4) { 0 } else { flag::TERNARY });
    image_of(seed, shape, planned)
}

fn image_of(seed: u64, shape: &Shape, planned: Vec<Planned>) -> Image {
    let mut dice = Dice(Rng::new(seed));
    let c = &shape.config;
    let sections: Vec<Section> = planned.into_iter().map(|planned| dice.section(planned)).collect();
    let header = Header { d: c.channels, eps_q: dice.eps_q(), h_frac: 7, logit_frac: 8, ..Header::default() };
    let mut image = Image {
        header,
        tables: tables::build(c.activation, c.channels),
        draft: None,
        embedding: (0..c.vocab_size * c.channels).map(|_| dice.word()).collect(),
        sections,
        states: Vec::new(),
        meta: dice.meta(c),
    };
    image.measure();
    image.states = (0..2).map(|_| (0..image.header.state_words).map(|_| dice.word()).collect()).collect();
    image.seal();
    image
}

/// Gives an image a draft table of `slots` random tokens under a random odd multiplier, in place of any it has, and seals it. Most of its
/// guesses are wrong.
pub fn random_draft(image: &mut Image, seed: u64, slots: usize) {
    let mut rng = Rng::new(seed);
    let multiplier = rng.below(1 << 16) as u16 | 1;
    let token = |_| rng.below(image.header.vocab) as u16;
    image.draft = Some(Draft { multiplier, slots: (0..slots).map(token).collect() });
    image.seal();
}

/// Makes every CRC and the model id of changed bytes right again, records where `image` has them: damage that no CRC sees.
pub fn reseal(image: &Image, bytes: &mut [u8]) {
    let spans = image.records();
    spans.iter().for_each(|span| seal(bytes, *span));
    let mut model = ModelId::new();
    spans.iter().for_each(|s| model.add(s.record, &bytes[s.at..s.at + s.bytes - CRC_BYTES]));
    bytes[8..12].copy_from_slice(&model.value().to_be_bytes());
    seal(bytes, spans[0]);
}

/// The image's bytes with other header words, number and value, and the header's check right.
pub fn with_header_words(image: &Image, words: &[(usize, u16)]) -> Vec<u8> {
    with_words(image, Span { record: Record::Header, at: 0, bytes: HEADER_BYTES }, words)
}

/// The same of any record.
pub fn with_words(image: &Image, span: Span, words: &[(usize, u16)]) -> Vec<u8> {
    let mut bytes = image.to_bytes();
    for (word, value) in words {
        let at = span.at + 2 * word;
        bytes[at..at + 2].copy_from_slice(&value.to_be_bytes());
    }
    seal(&mut bytes, span);
    bytes
}

/// Makes the check of one record as its bytes ask for.
pub fn seal(bytes: &mut [u8], span: Span) {
    let crc = span.at + span.bytes - CRC_BYTES;
    let value = check(&bytes[span.at..crc], span.at);
    bytes[crc..crc + CRC_BYTES].copy_from_slice(&value.to_be_bytes());
}

/// A float model of this shape in memory: weights of 1/sqrt(inputs), norm gains near 1, poles from the TENNs start (softplus 0.5, w = pi (c mod 16),
/// dt from 2e-3 to 0.4), D near 1 (0.4 in plain blocks), last conv tap near 0.7. [`Checkpoint::to_safetensors`] makes a file of it.
pub fn random_checkpoint(seed: u64, shape: &Shape) -> Checkpoint {
    let mut rng = Rng::new(seed);
    let tensor = |want: Expected, rng: &mut Rng| Tensor {
        data: (0..want.shape.iter().product()).map(|i| element(&want, i, shape, rng)).collect(),
        shape: want.shape,
    };
    let wanted = expected(shape).into_iter().filter(|want| !want.optional);
    let tensors = wanted.map(|want| (want.name.clone(), tensor(want, &mut rng))).collect();
    let vocab = names(shape.config.vocab_size);
    Checkpoint { shape: shape.clone(), vocab, provenance: "random floats".into(), tensors }
}

/// One value of a random tensor, as a float that survives F32.
fn element(want: &Expected, i: usize, shape: &Shape, rng: &mut Rng) -> f64 {
    let name = want.name.rsplit_once("ssm_layer.").map_or(want.name.as_str(), |(_, name)| name);
    let name = name.rsplit_once('.').map_or(name, |(front, _)| front).rsplit('.').next().unwrap_or(name);
    let inputs = want.shape.get(1).copied().unwrap_or(1).max(1) as f64;
    let last = i / want.shape.get(1).copied().unwrap_or(1).max(1) == 3;
    let value = match name {
        // A plain block has no gate to shrink what D lets through, and D shares Q1.14 with the ratio of two formats.
        _ if want.name.ends_with(".D") => {
            (if shape.config.block == Block::Plain { 0.4 } else { 1.0 }) + 0.1 * rng.normal()
        }
        _ if want.name.ends_with("bias") => 0.1 * rng.normal(),
        "pre_norm" => 1.0 + 0.1 * rng.normal(),
        "pre_conv" => (if last { 0.7 } else { 0.0 }) + 0.2 * rng.normal(),
        "A" if i.is_multiple_of(2) => (0.5f64.exp() - 1.0).ln(),
        "A" => std::f64::consts::PI * (i / 2 % 16) as f64,
        "log_dt" => (2e-3f64.ln()) + rng.unit() * (0.4f64 / 2e-3).ln(),
        "state_lora" => 0.5 * rng.normal(),
        "embedding" => rng.normal(),
        _ => rng.normal() / inputs.sqrt(),
    };
    f64::from(value as f32)
}

/// Names of `count` tokens: one character each.
fn names(count: usize) -> Vec<String> {
    // Private planes follow the letters, so that any vocabulary has distinct characters and no surrogates.
    let letter = |i: usize| char::from_u32(if i < 0x5e { 0x21 + i } else { 0xf0000 + i } as u32);
    (0..count).map(|i| letter(i).unwrap_or('?').to_string()).collect()
}

/// Largest |b| of a random `activate` row.
const ACTIVATE_BIAS: i64 = 8192;

/// Draws integers as an adversary would: often extreme, sometimes zero, otherwise of any magnitude.
struct Dice(Rng);

impl Dice {
    /// Any word: extremes, zero, or a random number of significant bits.
    fn word(&mut self) -> i16 {
        self.within(32768)
    }

    /// A word of magnitude at most `limit`; -32768 counts as 32768.
    fn within(&mut self, limit: i64) -> i16 {
        let limit = limit.clamp(0, 32768);
        let size = match self.0.below(12) {
            0 => limit,
            1 => 0,
            _ => (limit >> self.0.below(15)) * self.0.between(512, 1024) / 1024,
        };
        let signed = if self.0.one_in(2) { -size } else { size };
        signed.clamp(-32768, 32767) as i16
    }

    /// Epsilons from nothing to more than any sum of squares of a small h.
    fn eps_q(&mut self) -> u64 {
        1 << self.0.between(0, 30)
    }

    fn meta(&mut self, c: &ModelConfig) -> Meta {
        Meta {
            config: serde_json::to_value(c).unwrap_or_default(),
            vocab: names(c.vocab_size),
            weights: "random".into(),
            params: 0,
            provenance: "random integers".into(),
            chunks: Vec::new(),
        }
    }

    fn section(&mut self, planned: Planned) -> Section {
        let mut section = planned.section;
        let shift = |rng: &mut Rng, low, high| rng.between(low, high) as u32;
        section.shifts = [shift(&mut self.0, 12, 16), shift(&mut self.0, 13, 16), shift(&mut self.0, 11, 18)];
        if section.kind != Kind::Channel && !section.has(flag::GATE) {
            section.shifts[2] = 0;
        }
        if section.kind != Kind::Channel {
            section.shifts[1] = 0;
        }
        if !section.has(flag::CONV) {
            section.shifts[0] = 0;
        }
        section.rows = (0..planned.rows).map(|_| self.row(&section)).collect();
        section
    }

    fn row(&mut self, section: &Section) -> Row {
        let ternary = section.has(flag::TERNARY);
        let (qa, a) = self.weights(section.a.len, ternary);
        let (qb, b) = match section.has(flag::PAIR) {
            true => self.weights(section.b.len, ternary),
            false => (0, Vec::new()),
        };
        let mut params = self.requantiser(qa, section.kind);
        if section.has(flag::PAIR) {
            params.extend(self.requantiser(qb, section.kind));
        }
        if section.has(flag::CONV) {
            params.extend(self.sharing(4, factor_limit(section.shifts[0])));
        }
        self.kind_params(section, &mut params);
        Row { params, a, b, at: 0 }
    }

    /// `q` and weights of one row: W8 or the section's narrow width, sum of magnitudes below 2^15 so that any operand is safe.
    fn weights(&mut self, len: usize, ternary: bool) -> (i16, Vec<i8>) {
        let wide = self.0.one_in(2);
        let narrow = if ternary { 1 } else { 7 };
        let most = (32767 / len.max(1)).min(if wide { 127 } else { narrow }) as i64;
        let weights: Vec<i8> = match self.0.below(8) {
            0 => vec![most as i8; len],
            1 => (0..len).map(|i| if i % 2 == 0 { most as i8 } else { -most as i8 }).collect(),
            _ => (0..len).map(|_| self.0.between(-most, most) as i8).collect(),
        };
        let sum: i64 = weights.iter().map(|w| i64::from(*w).abs()).sum();
        let bits = i64::from(64 - sum.leading_zeros());
        let shift = self.0.between((bits - 4).max(0), (bits + 1).min(31)) as u16;
        ((shift | if wide { Q_W8 } else { 0 }) as i16, weights)
    }

    /// `q m b`: the mantissa mostly in [2^14, 2^15), sometimes at either end of its range.
    fn requantiser(&mut self, q: i16, kind: Kind) -> Vec<i16> {
        let m = match self.0.below(8) {
            0 => 32767,
            1 => self.0.between(0, 16383) as i16,
            2 => 16384,
            _ => self.0.between(16384, 32767) as i16,
        };
        // `activate` shares its sum between b, D and m; elsewhere any b fits.
        vec![q, m, self.within(if kind == Kind::Activate { ACTIVATE_BIAS } else { 32768 })]
    }

    /// `count` words whose magnitudes sum to at most `total`.
    fn sharing(&mut self, count: usize, total: i64) -> Vec<i16> {
        let mut left = total;
        let mut share = |_| {
            let word = self.within(left);
            left -= i64::from(word).abs();
            word
        };
        (0..count).map(&mut share).collect()
    }

    /// `ar ai b` within the bounds of the recurrence: poles anywhere in the unit circle, many near its edge.
    fn pole(&mut self) -> [i16; 3] {
        let radius = if self.0.one_in(2) { 1.0 - self.0.unit().powi(3) * 0.1 } else { self.0.unit() };
        let angle = std::f64::consts::TAU * self.0.unit();
        let inside = |x: f64| (x * 32767.0).trunc() as i16;
        let (ar, ai) = match self.0.below(8) {
            0 => (32767, 0),
            1 => (-32767, 0),
            _ => (inside(radius * angle.cos()), inside(radius * angle.sin())),
        };
        let left = 65535 - i64::from(ar).abs() - i64::from(ai).abs();
        [ar, ai, self.within(left)]
    }

    fn kind_params(&mut self, section: &Section, params: &mut Vec<i16>) {
        match section.kind {
            Kind::Channel => {
                let read = self.sharing(1 + 2 * section.n, factor_limit(section.shifts[1]));
                params.push(read[0]);
                for pair in read[1..].chunks(2) {
                    params.extend(self.pole());
                    params.extend(pair);
                }
            }
            Kind::Recur => params.extend(self.pole()),
            Kind::Activate => {
                // |ba|/2 + |D| + m <= 65535, with m at most 32767.
                let d = self.within(65535 - ACTIVATE_BIAS / 2 - 32767);
                params.push(d);
                if section.has(flag::TO_H) {
                    params.push(self.0.between(0, 32767) as i16);
                }
            }
            _ => {}
        }
    }
}

/// Tiny Shakespeare, from `STATESTREAM_TEXT` or from beside the checkout; it is not shipped. Without it `check` is skipped: said on
/// the terminal whatever the test runner captures, and counted in the file that `STATESTREAM_SKIPS` names.
pub fn real_text(check: &str) -> Option<String> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/tinyshakespeare.txt");
    let path = std::env::var_os("STATESTREAM_TEXT").map_or(beside, PathBuf::from);
    let text = std::fs::read_to_string(path).ok();
    if text.is_none() {
        // Nowhere to report that a report failed.
        let _ =
            skip(&format!("SKIPPED: {check}: no tinyshakespeare.txt; set STATESTREAM_TEXT to its path\n"));
    }
    text
}

/// Says that a check is skipped, and counts it: a line for the terminal and for the file that `STATESTREAM_SKIPS` names.
pub fn skip(line: &str) -> std::io::Result<()> {
    std::io::stderr().write_all(line.as_bytes())?;
    match std::env::var_os("STATESTREAM_SKIPS") {
        Some(path) => OpenOptions::new().create(true).append(true).open(path)?.write_all(line.as_bytes()),
        None => Ok(()),
    }
}

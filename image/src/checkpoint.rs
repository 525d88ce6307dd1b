//! safetensors with the TENNs names to checked values: every tensor that the `config` asks for, in its shape, finite, and no other.
//!
//! The file is read whole rather than mapped: mapping needs `unsafe`, and a file that changes under the map is undefined behaviour.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use safetensors::tensor::{serialize, Dtype, SafeTensors, TensorView};
use safetensors::SafeTensorError;
use thiserror::Error;

use crate::model::{Block, ModelConfig, Shape, Ssm};

/// Largest value of any size in a `config`: products of two of them stay far from overflow.
const MAX_SIZE: usize = 1 << 24;

/// A model in floats: shape, names of the tokens and every tensor.
#[derive(Clone, Debug, PartialEq)]
pub struct Checkpoint {
    /// Sizes and kinds.
    pub shape: Shape,
    /// Text of every token.
    pub vocab: Vec<String>,
    /// Where the file says it comes from, or nothing.
    pub provenance: String,
    /// Tensors by name, with the shapes that [`expected`] lists.
    pub tensors: BTreeMap<String, Tensor>,
}

/// A dense tensor, row major.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tensor {
    /// Length of every axis.
    pub shape: Vec<usize>,
    /// Values.
    pub data: Vec<f64>,
}

/// A tensor that a shape asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expected {
    /// Its name.
    pub name: String,
    /// Its shape.
    pub shape: Vec<usize>,
    /// May it be absent?
    pub optional: bool,
}

/// What is wrong with a checkpoint.
#[derive(Debug, Error)]
pub enum CheckpointError {
    /// The file cannot be read.
    #[error("{path}: {reason}; give the path of a readable safetensors file")]
    Io {
        /// The file.
        path: String,
        /// The system's words.
        reason: std::io::Error,
    },
    /// The file ends too early.
    #[error("the checkpoint is cut off after {bytes} bytes ({reason}); copy the whole file again")]
    Truncated {
        /// Its length.
        bytes: usize,
        /// The container's words.
        reason: SafeTensorError,
    },
    /// Not a safetensors file.
    #[error("the checkpoint is no safetensors file ({reason}); export the model as safetensors")]
    Container {
        /// The container's words.
        reason: SafeTensorError,
    },
    /// `__metadata__` lacks a key.
    #[error("`__metadata__` has no `{key}`, the packer needs `config` and `vocab` as JSON; export the model with both")]
    NoMetadata {
        /// config or vocab.
        key: &'static str,
    },
    /// A metadata value is not the JSON it must be.
    #[error("`{key}` in `__metadata__`: {reason}; see DESIGN section 1 for its fields")]
    Syntax {
        /// config or vocab.
        key: &'static str,
        /// The parser's words.
        reason: String,
    },
    /// Another architecture than the family's, as `scripts/train/train.py --arch` writes.
    #[error("`config`: arch is `{arch}`, the machine runs state-space models only; train one with scripts/train/train.py, or distil this one with scripts/train/distill.py")]
    Arch {
        /// Its name.
        arch: String,
    },
    /// A configuration value that no machine here runs.
    #[error("`config`: {field} is {value}, the rule is {rule}; change the model")]
    Value {
        /// The field.
        field: &'static str,
        /// Its value.
        value: String,
        /// What it must be.
        rule: &'static str,
    },
    /// `plain` with `dws`.
    #[error("`config`: block `plain` with ssm `dws` has no term that mixes channels, so no token could see another channel; use ssm `s5` or block `gated`")]
    PlainDws,
    /// The vocabulary has another length than the model.
    #[error("`vocab` has {found} tokens, `config` says vocab_size {expected}; they must be equal, export the right vocabulary")]
    VocabSize {
        /// `vocab_size`.
        expected: usize,
        /// Entries.
        found: usize,
    },
    /// A token that cannot be written or told apart.
    #[error("`vocab`: token {index} is {token:?}, tokens are non-empty and differ from each other; export the right vocabulary")]
    VocabToken {
        /// Which.
        index: usize,
        /// Its text.
        token: String,
    },
    /// A tensor is not there.
    #[error("tensor `{name}` of shape {expected:?} is missing; the `config` asks for it")]
    Missing {
        /// Its name.
        name: String,
        /// Its shape.
        expected: Vec<usize>,
    },
    /// A tensor that the configuration does not know.
    #[error(
        "tensor `{name}` of shape {found:?} is unknown to this `config`; remove it or correct the `config`"
    )]
    Unknown {
        /// Its name.
        name: String,
        /// Its shape.
        found: Vec<usize>,
    },
    /// A tensor of another shape.
    #[error("tensor `{name}` has shape {found:?}, the `config` asks for {expected:?}; correct one of them")]
    Misshapen {
        /// Its name.
        name: String,
        /// What `config` asks for.
        expected: Vec<usize>,
        /// What is there.
        found: Vec<usize>,
    },
    /// A tensor of numbers that are not floats.
    #[error("tensor `{name}` holds {found}, the packer reads F64, F32, F16 and BF16; convert it")]
    Type {
        /// Its name.
        name: String,
        /// Its type.
        found: String,
    },
    /// NaN or infinity.
    #[error("tensor `{name}`: element {index} is {value}, every element must be finite; train again from an earlier step")]
    NonFinite {
        /// Its name.
        name: String,
        /// Which element, row major.
        index: usize,
        /// NaN, inf or -inf.
        value: f64,
    },
}

impl Checkpoint {
    /// Reads and checks a file.
    pub fn read(path: &Path) -> Result<Checkpoint, CheckpointError> {
        let io = |reason| CheckpointError::Io { path: path.display().to_string(), reason };
        Checkpoint::parse(&std::fs::read(path).map_err(io)?)
    }

    /// Checks the bytes of a safetensors file.
    pub fn parse(bytes: &[u8]) -> Result<Checkpoint, CheckpointError> {
        let broken = |reason| container(bytes.len(), reason);
        let file = SafeTensors::deserialize(bytes).map_err(broken)?;
        let (_, header) = SafeTensors::read_metadata(bytes).map_err(broken)?;
        let metadata = header.metadata().clone().unwrap_or_default();
        check_arch(&metadata)?;
        let config: ModelConfig = json(&metadata, "config")?;
        check_config(&config)?;
        let vocab: Vec<String> = json(&metadata, "vocab")?;
        check_vocab(&vocab, config.vocab_size)?;
        let shape = shape(&file, config);
        let tensors = tensors(&file, wanted(&shape))?;
        let provenance = metadata.get("provenance").cloned().unwrap_or_default();
        Ok(Checkpoint { shape, vocab, provenance, tensors })
    }

    /// The checkpoint as a safetensors file, values as F32.
    pub fn to_safetensors(&self) -> Result<Vec<u8>, CheckpointError> {
        let bytes = |t: &Tensor| t.data.iter().flat_map(|v| (*v as f32).to_le_bytes()).collect::<Vec<u8>>();
        let data: Vec<_> = self.tensors.iter().map(|(name, t)| (name, &t.shape, bytes(t))).collect();
        let view = |shape: &[usize], data| TensorView::new(Dtype::F32, shape.to_vec(), data);
        let views: Result<Vec<_>, _> =
            data.iter().map(|(name, shape, data)| Ok((name, view(shape, data)?))).collect();
        let container = |reason| CheckpointError::Container { reason };
        let text = |value: serde_json::Result<String>| value.unwrap_or_default();
        let metadata = HashMap::from([
            ("config".to_string(), text(serde_json::to_string(&self.shape.config))),
            ("vocab".to_string(), text(serde_json::to_string(&self.vocab))),
            ("provenance".to_string(), self.provenance.clone()),
        ]);
        serialize(views.map_err(container)?, Some(metadata)).map_err(container)
    }

    /// A tensor's values, or nothing when an optional one is absent.
    pub fn get(&self, name: &str) -> Option<&[f64]> {
        self.tensors.get(name).map(|t| t.data.as_slice())
    }

    /// Floats in all tensors.
    pub fn params(&self) -> usize {
        self.tensors.values().map(|t| t.data.len()).sum()
    }
}

/// Every tensor that a shape asks for. Sizes: V tokens, d channels, e = `d_inner`, N or P states.
pub fn expected(shape: &Shape) -> Vec<Expected> {
    wanted(shape).collect()
}

/// The same, listed block by block: a file that states thousands of blocks and has none is refused at the first tensor it lacks.
fn wanted(shape: &Shape) -> impl Iterator<Item = Expected> + '_ {
    let c = &shape.config;
    let table = vec![c.vocab_size, c.channels];
    let mut all = vec![required("embedding.weight", &table)];
    if !shape.tied {
        all.push(required("head.weight", &table));
    }
    all.push(Expected { name: "norm.weight".into(), shape: vec![c.channels], optional: true });
    all.into_iter().chain((0..c.num_blocks).flat_map(|i| block(shape, i)))
}

fn block(shape: &Shape, i: usize) -> Vec<Expected> {
    let mut all = Vec::new();
    let c = &shape.config;
    let (d, inner, states) = (c.channels, c.inner(), c.num_states);
    let mut push = |name: &str, shape: &[usize]| all.push(required(&format!("backbone.{i}.{name}"), shape));
    if c.block == Block::Gated || c.norm {
        push("pre_norm.weight", &[d]);
    }
    if c.block == Block::Gated {
        push("in_proj.weight", &[2 * inner, d]);
        push("in_proj.bias", &[2 * inner]);
        push("out_proj.weight", &[d, inner]);
        push("out_proj.bias", &[d]);
    }
    if c.conv_taps > 0 {
        push("pre_conv.weight", &[c.conv_taps, inner]);
    }
    push("D", &[inner]);
    let dts = match c.ssm {
        Ssm::Dws => vec![inner, states],
        Ssm::S5 => vec![states],
    };
    let pairs = [dts.as_slice(), &[2]].concat();
    push("ssm_layer.A", &pairs);
    push("ssm_layer.log_dt", &dts);
    let parts: &[usize] = if shape.complex { &[2] } else { &[] };
    match c.ssm {
        Ssm::Dws => push("ssm_layer.E", &[&dts, parts].concat()),
        Ssm::S5 => {
            push("ssm_layer.B", &[states, inner]);
            push("ssm_layer.C", &[&[inner, states], parts].concat());
        }
    }
    let name = format!("backbone.{i}.ssm_layer.state_lora");
    all.push(Expected { name, shape: pairs, optional: !shape.initial_state });
    all
}

fn required(name: &str, shape: &[usize]) -> Expected {
    Expected { name: name.into(), shape: shape.to_vec(), optional: false }
}

fn container(bytes: usize, reason: SafeTensorError) -> CheckpointError {
    match reason {
        SafeTensorError::HeaderTooSmall
        | SafeTensorError::InvalidHeaderLength
        | SafeTensorError::MetadataIncompleteBuffer => CheckpointError::Truncated { bytes, reason },
        reason => CheckpointError::Container { reason },
    }
}

fn json<T: serde::de::DeserializeOwned>(
    metadata: &HashMap<String, String>,
    key: &'static str,
) -> Result<T, CheckpointError> {
    let text = metadata.get(key).ok_or(CheckpointError::NoMetadata { key })?;
    serde_json::from_str(text).map_err(|e| CheckpointError::Syntax { key, reason: e.to_string() })
}

/// Models of the family have no `arch`: what has one lacks their other fields, and is told so first.
fn check_arch(metadata: &HashMap<String, String>) -> Result<(), CheckpointError> {
    let config: serde_json::Value = json(metadata, "config")?;
    match config.get("arch").and_then(|arch| arch.as_str()) {
        Some(arch) => Err(CheckpointError::Arch { arch: arch.to_string() }),
        None => Ok(()),
    }
}

fn check_config(c: &ModelConfig) -> Result<(), CheckpointError> {
    if (c.block, c.ssm) == (Block::Plain, Ssm::Dws) {
        return Err(CheckpointError::PlainDws);
    }
    let size = |value: usize, most: usize| (1..=most).contains(&value);
    let gated = c.block == Block::Gated;
    let taps = c.conv_taps == 0 || gated && c.conv_taps == 4;
    let eps = c.norm_eps.is_finite() && c.norm_eps > 0.0;
    let (most, rule) = match c.ssm {
        Ssm::Dws => (16, "1 to 16 with dws"),
        Ssm::S5 => (MAX_SIZE, "1 to 16777216"),
    };
    let rules = [
        ("vocab_size", c.vocab_size.to_string(), size(c.vocab_size, 65536), "1 to 65536"),
        ("channels", c.channels.to_string(), size(c.channels, 16383), "1 to 16383"),
        ("d_inner", c.d_inner.to_string(), !gated || size(c.d_inner, 65535), "1 to 65535"),
        ("num_blocks", c.num_blocks.to_string(), size(c.num_blocks, 4096), "1 to 4096"),
        ("num_states", c.num_states.to_string(), size(c.num_states, most), rule),
        ("conv_taps", c.conv_taps.to_string(), taps, "0 or 4, and 0 in plain blocks"),
        ("norm_eps", c.norm_eps.to_string(), eps, "finite and above 0"),
    ];
    match rules.into_iter().find(|(_, _, holds, _)| !holds) {
        None => Ok(()),
        Some((field, value, _, rule)) => Err(CheckpointError::Value { field, value, rule }),
    }
}

fn check_vocab(vocab: &[String], expected: usize) -> Result<(), CheckpointError> {
    if vocab.len() != expected {
        return Err(CheckpointError::VocabSize { expected, found: vocab.len() });
    }
    let mut seen = std::collections::HashSet::new();
    match vocab.iter().position(|token| token.is_empty() || !seen.insert(token)) {
        None => Ok(()),
        Some(index) => Err(CheckpointError::VocabToken { index, token: vocab[index].clone() }),
    }
}

/// What only the tensors say: layer 0 decides on complex read-out, presence decides on tied head and initial state.
fn shape(file: &SafeTensors, config: ModelConfig) -> Shape {
    let axes = |name: &str| file.tensor(name).map_or(0, |t| t.shape().len());
    let complex = axes("backbone.0.ssm_layer.E") == 3 || axes("backbone.0.ssm_layer.C") == 3;
    let initial_state = axes("backbone.0.ssm_layer.state_lora") > 0;
    Shape { complex, tied: axes("head.weight") == 0, initial_state, config }
}

fn tensors(
    file: &SafeTensors,
    wanted: impl Iterator<Item = Expected>,
) -> Result<BTreeMap<String, Tensor>, CheckpointError> {
    let mut all = BTreeMap::new();
    for want in wanted {
        match file.tensor(&want.name) {
            Ok(view) => all.insert(want.name.clone(), tensor(&want, &view)?),
            Err(_) if want.optional => None,
            Err(_) => {
                return Err(CheckpointError::Missing { name: want.name, expected: want.shape });
            }
        };
    }
    let mut names = file.names();
    names.sort_unstable();
    match names.into_iter().find(|name| !all.contains_key(*name)) {
        None => Ok(all),
        Some(name) => {
            let found = file.tensor(name).map(|t| t.shape().to_vec()).unwrap_or_default();
            Err(CheckpointError::Unknown { name: name.to_string(), found })
        }
    }
}

fn tensor(want: &Expected, view: &TensorView) -> Result<Tensor, CheckpointError> {
    let name = want.name.clone();
    if view.shape() != want.shape {
        let (expected, found) = (want.shape.clone(), view.shape().to_vec());
        return Err(CheckpointError::Misshapen { name, expected, found });
    }
    let data = floats(view).ok_or_else(|| CheckpointError::Type {
        name: want.name.clone(),
        found: format!("{:?}", view.dtype()),
    })?;
    match data.iter().position(|v| !v.is_finite()) {
        None => Ok(Tensor { shape: want.shape.clone(), data }),
        Some(index) => Err(CheckpointError::NonFinite { name, index, value: data[index] }),
    }
}

fn floats(view: &TensorView) -> Option<Vec<f64>> {
    let bytes = view.data();
    let halves = || bytes.chunks_exact(2).map(|b| u16::from_le_bytes([b[0], b[1]]));
    let singles = || bytes.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]]));
    match view.dtype() {
        Dtype::F64 => Some(bytes.chunks_exact(8).map(double).collect()),
        Dtype::F32 => Some(singles().map(f64::from).collect()),
        Dtype::BF16 => Some(halves().map(|h| f64::from(f32::from_bits(u32::from(h) << 16))).collect()),
        Dtype::F16 => Some(halves().map(half).collect()),
        _ => None,
    }
}

fn double(bytes: &[u8]) -> f64 {
    f64::from_bits(bytes.iter().rev().fold(0, |sum, b| sum << 8 | u64::from(*b)))
}

/// IEEE half precision.
fn half(bits: u16) -> f64 {
    let (exponent, fraction) = (i32::from(bits >> 10 & 31), f64::from(bits & 1023));
    let magnitude = match exponent {
        0 => fraction * (-24f64).exp2(),
        31 if fraction == 0.0 => f64::INFINITY,
        31 => f64::NAN,
        _ => (1024.0 + fraction) * f64::from(exponent - 25).exp2(),
    };
    if bits >> 15 == 1 {
        -magnitude
    } else {
        magnitude
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_float_type_is_read() {
        let read = |kind, bytes: &[u8]| floats(&TensorView::new(kind, vec![1], bytes).unwrap());
        assert_eq!(read(Dtype::F64, &(-1.5f64).to_le_bytes()), Some(vec![-1.5]));
        assert_eq!(read(Dtype::F32, &(-1.5f32).to_le_bytes()), Some(vec![-1.5]));
        assert_eq!(read(Dtype::BF16, &0xbfc0u16.to_le_bytes()), Some(vec![-1.5]));
        assert_eq!(read(Dtype::F16, &0xbe00u16.to_le_bytes()), Some(vec![-1.5]));
        assert_eq!(read(Dtype::U16, &[0, 0]), None);
    }

    #[test]
    fn half_precision_keeps_its_corners() {
        assert_eq!(half(0x0001), (-24f64).exp2());
        assert_eq!(half(0x7bff), 65504.0);
        assert_eq!(half(0xfc00), f64::NEG_INFINITY);
        assert!(half(0x7e00).is_nan());
    }
}

//! Checkpoint to image: calibrate, choose formats, round every row, prove every bound.

use serde::Serialize;
use sha2::{Digest, Sha256};
use thiserror::Error;

use crate::bounds::{prove, BoundError, Proof};
use crate::calibrate::{own_streams, streams, Calibration, LayerRange, Wanted, STREAMS};
use crate::checkpoint::Checkpoint;
use crate::draft::{hit_rate, DraftError, DraftOptions};
use crate::error::FormatError;
use crate::format::{exp2, fraction_bits, LayerFormat, ACT, HEADROOM};
use crate::layout::{flag, Draft, Header, Image, Meta, Section};
use crate::model::{Activation, Block, Shape, Ssm};
use crate::plan::{plan, Planned, Role};
use crate::quantise::{Scale, Width};
use crate::rows::Rows;
use crate::tables;
use crate::trits::QUAD;
use crate::weights::{Layer, Weights};

/// Largest word count that a header or section field can state.
const FIELD_MOST: usize = 65535;
/// A logit has at most this many fraction bits, so that temperature 1 (2^(logit_frac + 3)) is a word.
const LOGIT_FRAC: i32 = 11;

/// How to pack.
#[derive(Clone, Debug)]
pub struct PackOptions {
    /// Width of the matrices. The head stays W8 in any case, which costs little flash and saves loss; so does C where the others are ternary,
    /// because its columns carry the states' scales.
    pub weights: Width,
    /// Widths of single matrices, instead of `weights`.
    pub overrides: Vec<(Role, Width)>,
    /// How exactly a row's scale is kept.
    pub scale: Scale,
    /// Tokens to calibrate on; without them the model writes its own.
    pub calibration: Option<Vec<u16>>,
    /// What to make a draft table of; without it the image has none.
    pub draft: Option<DraftOptions>,
}

/// What the packer is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// The draft table is made from its text.
    Draft,
    /// The model writes the text it will be calibrated on.
    Sample,
    /// The float model runs over the calibration text: `done` streams of `total`.
    Calibrate,
    /// Sections are rounded: `done` of `total`.
    Quantise,
}

/// Stage, steps done, steps in all. May be called from several threads.
pub type Progress<'a> = &'a (dyn Fn(Stage, usize, usize) + Sync);

/// An image and what there is to say about it.
#[derive(Clone, Debug, PartialEq)]
pub struct Packed {
    /// The image, sealed and proved.
    pub image: Image,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// Figures.
    pub report: Report,
}

/// Figures of a packed image.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    /// Bytes of the image.
    pub bytes: usize,
    /// Bytes of the tape: what one pass reads.
    pub tape_bytes: usize,
    /// Floats in the checkpoint.
    pub params: usize,
    /// Width of the matrices.
    pub weights: Width,
    /// Bytes of the state.
    pub state_bytes: usize,
    /// Bytes of the draft table's slots, 0 without a table.
    pub draft_bytes: usize,
    /// Share of the draft text's own tokens that the table guesses.
    pub draft_hit_rate: Option<f64>,
    /// SHA-256 of the image, hexadecimal.
    pub sha256: String,
    /// Fraction bits of h.
    pub h_frac: u32,
    /// Fraction bits of n.
    pub n_frac: u32,
    /// Fraction bits of a logit.
    pub logit_frac: u32,
    /// Shifts sc, sy, sz of each layer.
    pub shifts: Vec<[u32; 3]>,
    /// What has been proved.
    pub proof: Proof,
}

/// Why a checkpoint cannot be packed. `layer` is 0-based and `num_blocks` for the head.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum PackError {
    /// No calibration text.
    #[error("the calibration text has no token; give a longer text or none, then the model writes its own")]
    NoCalibration,
    /// A calibration token that the model does not know.
    #[error("calibration token {at} is {token}, the vocabulary has {vocab}; encode the text with this model's vocabulary")]
    CalibrationToken {
        /// Its position.
        at: usize,
        /// Its id.
        token: u16,
        /// Tokens there are.
        vocab: usize,
    },
    /// A draft table that cannot be.
    #[error(transparent)]
    Draft(#[from] DraftError),
    /// The float model left the numbers.
    #[error("layer {layer}: {what} becomes infinite or NaN on the calibration text, no format holds that; train the model further")]
    Diverged {
        /// Which layer.
        layer: usize,
        /// Which value.
        what: &'static str,
    },
    /// h does not fit 16 bits even without fraction bits.
    #[error(
        "|h| reaches {range:.3e}, {headroom} times that must stay below 32768; scale the model's residual down"
    )]
    Range {
        /// Largest calibrated |h|.
        range: f64,
        /// The factor.
        headroom: f64,
    },
    /// A row whose accumulator would have to be multiplied by 2 or more.
    #[error("layer {layer}, {matrix}, row {row}: one unit of its accumulator is {ratio} units of its result, it must be below 2; scale the row's weights down")]
    LeftShift {
        /// Which layer.
        layer: usize,
        /// Which matrix.
        matrix: &'static str,
        /// Which of its rows.
        row: usize,
        /// Result units per accumulator unit.
        ratio: f64,
    },
    /// A constant that does not fit a word in its format.
    #[error("layer {layer}, row {row}: {name} is {value} in its format, a word holds -32768 to 32767; scale it down in the model")]
    Parameter {
        /// Which layer.
        layer: usize,
        /// Which row.
        row: usize,
        /// Bias, tap, D, ..
        name: &'static str,
        /// Its value in units of the format.
        value: f64,
    },
    /// A size that the image cannot state.
    #[error("the model needs {value} {quantity}, an image can state {most}; pack a smaller model")]
    Limit {
        /// Which size, with its unit.
        quantity: &'static str,
        /// What the model needs.
        value: usize,
        /// The field's limit.
        most: usize,
    },
    /// A sum that could overflow.
    #[error(transparent)]
    Bound(#[from] BoundError),
    /// The packer built something that its own reader refuses.
    #[error("the packed image breaks its own rules: {0}; report this with the checkpoint")]
    Format(#[from] FormatError),
}

impl Default for PackOptions {
    fn default() -> PackOptions {
        let (overrides, scale) = (Vec::new(), Scale::Mantissa);
        PackOptions { weights: Width::W8, overrides, scale, calibration: None, draft: None }
    }
}

impl PackOptions {
    /// The width of this matrix.
    pub fn width(&self, role: Role) -> Width {
        let own = self.overrides.iter().find(|(of, _)| *of == role).map(|(_, width)| *width);
        own.unwrap_or(if role == Role::Head { Width::W8 } else { self.weights })
    }

    /// The width of C: the read-out's, but never ternary.
    pub(crate) fn readout(&self) -> Width {
        match self.width(Role::Readout) {
            Width::Ternary => Width::W8,
            width => width,
        }
    }

    /// Has this section ternary rows?
    fn ternary(&self, planned: &Planned) -> bool {
        let only_c = planned.role == Role::Readout && !planned.section.has(flag::PAIR);
        planned.role != Role::Norm && !only_c && self.width(planned.role) == Width::Ternary
    }

    /// What vector bases must be multiples of.
    fn align(&self) -> usize {
        let widths = self.overrides.iter().map(|(_, width)| *width).chain([self.weights]);
        widths.map(|width| if width == Width::Ternary { QUAD } else { 1 }).max().unwrap_or(1)
    }

    fn wanted(&self, shape: &Shape) -> Wanted {
        let narrow = |role: Role| self.width(role) != Width::W8;
        let gated = shape.config.block == Block::Gated;
        Wanted {
            n: gated && [Role::Channels, Role::Input, Role::Readout].into_iter().any(narrow),
            v: shape.config.ssm == Ssm::S5 && narrow(Role::Drive),
            state: shape.config.ssm == Ssm::S5 && self.readout() == Width::W4,
            z: gated && narrow(Role::Output),
            head: narrow(Role::Head),
        }
    }
}

/// Packs a checkpoint.
pub fn pack(checkpoint: &Checkpoint, options: &PackOptions) -> Result<Packed, PackError> {
    pack_with(checkpoint, options, &|_, _, _| {})
}

/// Packs a checkpoint and reports progress.
pub fn pack_with(
    checkpoint: &Checkpoint,
    options: &PackOptions,
    progress: Progress,
) -> Result<Packed, PackError> {
    check_limits(&checkpoint.shape, options.align())?;
    let draft = draft(options, checkpoint.shape.config.vocab_size, progress)?;
    let weights = Weights::new(checkpoint);
    let calibration = calibrate(&weights, options, progress)?;
    let formats = Formats::choose(&weights, &calibration, options)?;
    let mut image = Image {
        header: formats.header(&weights),
        tables: tables::build(weights.shape.config.activation, weights.shape.config.channels),
        draft,
        embedding: formats.embedding(&weights)?,
        sections: sections(&weights, &calibration, &formats, options, progress)?,
        states: vec![formats.initial_state(&weights)],
        meta: meta(checkpoint, options),
    };
    image.measure();
    let proof = prove(&image)?;
    let bytes = image.seal();
    image.check_lengths()?;
    image.check()?;
    let report = report(&image, &bytes, checkpoint, options, proof);
    Ok(Packed { image, bytes, report })
}

/// Binary points and scales of a whole model. A *scale* is integer units per real unit.
#[derive(Clone, Debug, PartialEq)]
pub struct Formats {
    /// Scale of h.
    pub h: f64,
    /// Scale of n.
    pub n: f64,
    /// Scale of a logit.
    pub logit: f64,
    /// The layers.
    pub layers: Vec<LayerFormat>,
}

impl Formats {
    fn choose(weights: &Weights, seen: &Calibration, options: &PackOptions) -> Result<Formats, PackError> {
        let plain = weights.shape.config.block == Block::Plain;
        // `plain` brings v (11 fraction bits) to h by k / 2^14 with k a word: no more than 11 fraction bits of h.
        let h = exp2(fraction_bits(seen.h, 0, if plain { 11 } else { 14 }));
        if seen.h * HEADROOM * h > 32767.0 {
            return Err(PackError::Range { range: seen.h, headroom: HEADROOM });
        }
        let n = exp2(tables::n_frac(weights.shape.config.channels) as i32);
        let logit = exp2(fraction_bits(seen.logit, 0, LOGIT_FRAC));
        let weakest = [options.width(Role::Drive), options.readout()].map(Width::most);
        let relu = weights.shape.config.activation == Activation::Relu;
        let layer = |(layer, range): (&Layer, &LayerRange)| match weights.shape.config.ssm {
            Ssm::Dws => LayerFormat::dws(layer, range),
            Ssm::S5 if plain => {
                let u = if layer.norm { n } else { h };
                let format = LayerFormat::s5(layer, range, u, weakest);
                // SiLU's table is in Q4.11. ReLU has no scale of its own: y takes what D and its range allow, down to h's.
                LayerFormat { y: if relu { format.y.max(h) } else { ACT }, ..format }
            }
            Ssm::S5 => LayerFormat::s5(layer, range, ACT, weakest),
        };
        let layers = weights.layers.iter().zip(&seen.layers).map(layer).collect();
        Ok(Formats { h, n, logit, layers })
    }

    fn header(&self, weights: &Weights) -> Header {
        let c = &weights.shape.config;
        let epsilon = (c.norm_eps * c.channels as f64 * self.h * self.h).round();
        Header {
            d: c.channels,
            // A float to integer cast saturates; `Image::check` refuses what then leaves q's 44 bits.
            eps_q: (epsilon as u64).clamp(1, (1 << 48) - 1),
            h_frac: self.h.log2() as u32,
            logit_frac: self.logit.log2() as u32,
            ..Header::default()
        }
    }

    fn embedding(&self, weights: &Weights) -> Result<Vec<i16>, PackError> {
        // Calibration has seen every entry, so all of them fit.
        Ok(weights.embedding.data.iter().map(|h| (h * self.h).round() as i16).collect())
    }

    /// State 0 in tape order: empty histories, learnt recurrences.
    fn initial_state(&self, weights: &Weights) -> Vec<i16> {
        let mut words = Vec::new();
        for planned in plan(&weights.shape, 1) {
            let section = &planned.section;
            let history = section.state_words - 2 * section.n;
            for row in 0..planned.rows {
                words.extend(std::iter::repeat_n(0, history));
                (0..section.n).for_each(|n| words.extend(self.state(weights, section, row * section.n + n)));
            }
        }
        words
    }

    fn state(&self, weights: &Weights, section: &Section, s: usize) -> [i16; 2] {
        let scale = self.layers[section.layer].states[s].scale;
        weights.layers[section.layer].initial[s].map(|x| (x * scale).round() as i16)
    }
}

fn draft(options: &PackOptions, vocab: usize, progress: Progress) -> Result<Option<Draft>, PackError> {
    let Some(draft) = &options.draft else { return Ok(None) };
    progress(Stage::Draft, 0, 1);
    Ok(Some(draft.table(vocab)?))
}

fn calibrate(weights: &Weights, options: &PackOptions, progress: Progress) -> Result<Calibration, PackError> {
    let streams = match &options.calibration {
        Some(text) => streams(checked(text, weights.shape.config.vocab_size)?),
        None => {
            progress(Stage::Sample, 0, STREAMS);
            own_streams(weights)
        }
    };
    let done = std::sync::atomic::AtomicUsize::new(0);
    let tick = || {
        let done = 1 + done.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        progress(Stage::Calibrate, done, streams.len());
    };
    let seen = Calibration::run(weights, &streams, options.wanted(&weights.shape), &tick);
    check_finite(&seen)?;
    Ok(seen)
}

fn checked(text: &[u16], vocab: usize) -> Result<&[u16], PackError> {
    if text.is_empty() {
        return Err(PackError::NoCalibration);
    }
    match text.iter().position(|token| usize::from(*token) >= vocab) {
        None => Ok(text),
        Some(at) => Err(PackError::CalibrationToken { at, token: text[at], vocab }),
    }
}

fn check_finite(seen: &Calibration) -> Result<(), PackError> {
    for (layer, range) in seen.layers.iter().enumerate() {
        let largest = |all: &[f64]| all.iter().copied().fold(0.0, f64::max);
        let values = [
            ("a state", largest(&range.states)),
            ("the drive", largest(&range.drive)),
            ("y", range.y),
            ("z", range.z),
        ];
        if let Some((what, _)) = values.into_iter().find(|(_, top)| !top.is_finite()) {
            return Err(PackError::Diverged { layer, what });
        }
    }
    let last = seen.layers.len().saturating_sub(1);
    let ends = [("h", seen.h), ("a logit", seen.logit)];
    match ends.into_iter().find(|(_, top)| !top.is_finite()) {
        None => Ok(()),
        Some((what, _)) => Err(PackError::Diverged { layer: last, what }),
    }
}

fn check_limits(shape: &Shape, align: usize) -> Result<(), PackError> {
    let sections = plan(shape, align);
    let most = |of: &dyn Fn(&Planned) -> usize| sections.iter().map(of).max().unwrap_or(0);
    let c = &shape.config;
    let states = c.num_states * if shape.complex { 2 } else { 1 };
    let inner = if c.block == Block::Gated { c.d_inner } else { 0 };
    let vector = (c.channels.next_multiple_of(align) + inner).next_multiple_of(align);
    let limits = [
        ("rows in a section", most(&|p| p.rows)),
        ("parameter words in a row", most(&|p| p.section.params)),
        ("words of vector memory", vector + if c.ssm == Ssm::S5 { states } else { 0 }),
    ];
    match limits.into_iter().find(|(_, value)| *value > FIELD_MOST) {
        None => Ok(()),
        Some((quantity, value)) => Err(PackError::Limit { quantity, value, most: FIELD_MOST }),
    }
}

fn sections(
    weights: &Weights,
    seen: &Calibration,
    formats: &Formats,
    options: &PackOptions,
    progress: Progress,
) -> Result<Vec<Section>, PackError> {
    let planned = plan(&weights.shape, options.align());
    let total = planned.len();
    let finish = |(i, planned): (usize, Planned)| {
        let ternary = options.ternary(&planned);
        let mut section = planned.section;
        section.flags |= if ternary { flag::TERNARY } else { 0 };
        section.rows = Rows { weights, seen, formats, options, section: &section, rows: planned.rows }
            .of(planned.role)?;
        section.shifts = formats.shifts(&section);
        progress(Stage::Quantise, i + 1, total);
        Ok(section)
    };
    planned.into_iter().enumerate().map(finish).collect()
}

fn meta(checkpoint: &Checkpoint, options: &PackOptions) -> Meta {
    Meta {
        config: serde_json::to_value(&checkpoint.shape.config).unwrap_or_default(),
        vocab: checkpoint.vocab.clone(),
        weights: options.weights.name().into(),
        params: checkpoint.params(),
        provenance: checkpoint.provenance.clone(),
        chunks: Vec::new(),
    }
}

fn report(
    image: &Image,
    bytes: &[u8],
    checkpoint: &Checkpoint,
    options: &PackOptions,
    proof: Proof,
) -> Report {
    let drafted = image.draft.as_ref().zip(options.draft.as_ref());
    Report {
        bytes: bytes.len(),
        tape_bytes: image.tape_bytes(),
        params: checkpoint.params(),
        weights: options.weights,
        state_bytes: 2 * image.header.state_words,
        draft_bytes: image.draft.as_ref().map_or(0, |draft| draft.bytes(image.header.vocab)),
        draft_hit_rate: drafted.map(|(draft, from)| hit_rate(draft, &from.tokens)),
        sha256: Sha256::digest(bytes).iter().map(|b| format!("{b:02x}")).collect(),
        h_frac: image.header.h_frac,
        n_frac: tables::n_frac(image.header.d),
        logit_frac: image.header.logit_frac,
        shifts: image.sections.iter().filter(|s| s.shifts != [0; 3]).map(|s| s.shifts).collect(),
        proof,
    }
}

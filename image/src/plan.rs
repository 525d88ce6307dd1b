//! The tape of a shape: which sections in which order, where in the vector memory each reads and writes. No weights yet.
//!
//! Vector memory: n at 0 (d words). Gated `dws`: z behind it (d_inner). Gated `s5`: v behind it (d_inner), then X; z is written over v in
//! place, since row i needs word i of v alone. Plain: X behind n. Where rows are ternary, each begins at a multiple of 4.

use serde::Serialize;

use crate::layout::{flag, Kind, Operand, Section};
use crate::model::{Block, ModelConfig, Shape, Ssm};

/// Rows of one logit section: a section counts its rows in one word, a vocabulary of 65536 does not fit it.
const HEAD_ROWS: usize = 32768;

/// What a section's rows are made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// No rows.
    Norm,
    /// in_proj, both halves, and everything of a `dws` channel.
    Channels,
    /// in_proj's x half.
    Input,
    /// B.
    Drive,
    /// C, with in_proj's res half when gated.
    Readout,
    /// out_proj.
    Output,
    /// The head.
    Head,
}

/// A section without its rows, and how many it will have.
#[derive(Clone, Debug)]
pub struct Planned {
    /// The record; `rows` is empty, shifts are zero.
    pub section: Section,
    /// What the rows are made of.
    pub role: Role,
    /// How many rows there will be.
    pub rows: usize,
}

/// The sections of a whole tape, without the `end` record; vectors begin at multiples of `align`.
pub fn plan(shape: &Shape, align: usize) -> Vec<Planned> {
    let c = &shape.config;
    let mut all: Vec<Planned> = (0..c.num_blocks).flat_map(|layer| block(shape, layer, align)).collect();
    all.push(norm(c, c.num_blocks, true));
    all.extend((0..c.vocab_size).step_by(HEAD_ROWS).map(|first| head(c, first)));
    if let Some(first) = all.first_mut() {
        first.section.flags |= flag::FRESH;
    }
    all
}

fn block(shape: &Shape, layer: usize, align: usize) -> Vec<Planned> {
    // what lies behind n
    let second = shape.config.channels.next_multiple_of(align);
    match (shape.config.block, shape.config.ssm) {
        (Block::Gated, Ssm::Dws) => gated_dws(&shape.config, layer, second),
        (Block::Gated, Ssm::S5) => {
            let third = (second + shape.config.d_inner).next_multiple_of(align);
            gated_s5(shape, layer, second, third)
        }
        (Block::Plain, _) => plain(shape, layer, second),
    }
}

fn gated_dws(c: &ModelConfig, layer: usize, z: usize) -> Vec<Planned> {
    let n = operand(c.channels, 0);
    vec![
        norm(c, layer, true),
        planned(Kind::Channel, Role::Channels, c.d_inner, layer, |s| {
            s.flags = flag::PAIR | conv(c);
            (s.a, s.b, s.dest, s.n) = (n, n, z, c.num_states);
        }),
        output(c, layer, z),
    ]
}

fn gated_s5(shape: &Shape, layer: usize, v: usize, x: usize) -> Vec<Planned> {
    let c = &shape.config;
    let (n, v) = (operand(c.channels, 0), operand(c.d_inner, v));
    vec![
        norm(c, layer, true),
        planned(Kind::Store, Role::Input, c.d_inner, layer, |s| {
            s.flags = flag::ACT | conv(c);
            (s.a, s.dest) = (n, v.base);
        }),
        drive(shape, layer, v, x),
        planned(Kind::Activate, Role::Readout, c.d_inner, layer, |s| {
            s.flags = flag::PAIR | flag::GATE;
            (s.a, s.b) = (operand(state_vector(shape), x), n);
            (s.operand, s.dest) = (v.base, v.base);
        }),
        output(c, layer, v.base),
    ]
}

fn plain(shape: &Shape, layer: usize, x: usize) -> Vec<Planned> {
    let c = &shape.config;
    vec![
        norm(c, layer, c.norm),
        drive(shape, layer, operand(c.channels, 0), x),
        planned(Kind::Activate, Role::Readout, c.channels, layer, |s| {
            s.flags = flag::TO_H | if c.residual { flag::ADD_H } else { 0 };
            s.a = operand(state_vector(shape), x);
        }),
    ]
}

fn norm(c: &ModelConfig, layer: usize, normalise: bool) -> Planned {
    planned(Kind::Norm, Role::Norm, 0, layer, |s| {
        s.flags = if normalise { 0 } else { flag::COPY };
        s.a = operand(c.channels, 0);
    })
}

fn drive(shape: &Shape, layer: usize, u: Operand, dest: usize) -> Planned {
    planned(Kind::Recur, Role::Drive, shape.config.num_states, layer, |s| {
        s.flags = if shape.complex { flag::COMPLEX } else { 0 };
        (s.a, s.dest, s.n) = (u, dest, 1);
    })
}

fn output(c: &ModelConfig, layer: usize, z: usize) -> Planned {
    let z = operand(c.d_inner, z);
    planned(Kind::Residual, Role::Output, c.channels, layer, |s| s.a = z)
}

/// Rows of the head from this token on, in as many sections as the vocabulary needs.
fn head(c: &ModelConfig, first: usize) -> Planned {
    let rows = HEAD_ROWS.min(c.vocab_size - first);
    planned(Kind::Logit, Role::Head, rows, c.num_blocks, |s| (s.a, s.dest) = (operand(c.channels, 0), first))
}

fn conv(c: &ModelConfig) -> u16 {
    if c.conv_taps > 0 {
        flag::CONV
    } else {
        0
    }
}

/// Words of X.
fn state_vector(shape: &Shape) -> usize {
    shape.config.num_states * if shape.complex { 2 } else { 1 }
}

fn operand(len: usize, base: usize) -> Operand {
    Operand { len, base }
}

fn planned(kind: Kind, role: Role, rows: usize, layer: usize, fill: impl FnOnce(&mut Section)) -> Planned {
    let mut section = Section {
        kind,
        flags: 0,
        a: Operand::default(),
        b: Operand::default(),
        dest: 0,
        params: 0,
        state_words: 0,
        n: 0,
        shifts: [0; 3],
        operand: 0,
        layer,
        at: 0,
        rows: Vec::new(),
    };
    fill(&mut section);
    section.params = section.expected_params();
    section.state_words = section.expected_state_words();
    Planned { section, role, rows }
}

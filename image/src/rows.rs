//! The rows of one section: weights rounded, constants in their formats.

use crate::build::{Formats, PackError, PackOptions};
use crate::calibrate::{Calibration, LayerRange};
use crate::format::{LayerFormat, ACT, UNIT};
use crate::gptq::Hessian;
use crate::layout::{flag, Kind, Row, Section};
use crate::model::Block;
use crate::plan::Role;
use crate::quantise::{quantise, LeftShift, QuantisedRow, Width};
use crate::weights::{Layer, Matrix, Weights};

/// Everything that a section's rows are made from.
#[derive(Clone, Copy)]
pub(crate) struct Rows<'a> {
    pub weights: &'a Weights,
    pub seen: &'a Calibration,
    pub formats: &'a Formats,
    pub options: &'a PackOptions,
    pub section: &'a Section,
    pub rows: usize,
}

impl Formats {
    /// Shifts sc, sy, sz of a section; those that its kind does not use are 0.
    pub(crate) fn shifts(&self, section: &Section) -> [u32; 3] {
        let Some(layer) = self.layers.get(section.layer) else { return [0; 3] };
        let channel = section.kind == Kind::Channel;
        let used = |used: bool, shift: u32| if used { shift } else { 0 };
        let gate = channel || section.has(flag::GATE);
        [used(section.has(flag::CONV), layer.sc), used(channel, layer.sy), used(gate, layer.sz)]
    }
}

impl Rows<'_> {
    /// The rows of a section in this role.
    pub(crate) fn of(&self, role: Role) -> Result<Vec<Row>, PackError> {
        match role {
            Role::Norm => Ok(Vec::new()),
            Role::Channels => self.channels(),
            Role::Input => self.input(),
            Role::Drive => self.drive(),
            Role::Readout => self.readout(),
            Role::Output => self.output(),
            Role::Head => self.head(),
        }
    }

    fn channels(&self) -> Result<Vec<Row>, PackError> {
        let input = &self.layer().input;
        let mut a = self.projection(Role::Channels, 0, 2 * self.rows)?;
        let b = a.split_off(self.rows);
        let row = |(i, (a, b)): (usize, (QuantisedRow, QuantisedRow))| {
            let mut params = self.requantiser(&a, i, input.bias[i] * ACT)?;
            params.extend(self.requantiser(&b, i, input.bias[self.rows + i] * ACT)?);
            params.extend(self.taps(i)?);
            params.extend(self.channel(i)?);
            Ok(Row { params, a: a.weights, b: b.weights, at: 0 })
        };
        a.into_iter().zip(b).enumerate().map(row).collect()
    }

    fn input(&self) -> Result<Vec<Row>, PackError> {
        let input = &self.layer().input;
        let row = |(i, a): (usize, QuantisedRow)| {
            let mut params = self.requantiser(&a, i, input.bias[i] * ACT)?;
            params.extend(self.taps(i)?);
            Ok(Row { params, a: a.weights, ..Row::default() })
        };
        self.projection(Role::Input, 0, self.rows)?.into_iter().enumerate().map(row).collect()
    }

    fn drive(&self) -> Result<Vec<Row>, PackError> {
        let format = self.format();
        let factors: Vec<f64> = format.drive.iter().map(|scale| scale / self.u_scale()).collect();
        let rows = matrix_rows(&self.layer().drive, 0, self.rows);
        let width = self.options.width(Role::Drive);
        let quantised = self.round(width, "B", &rows, &factors, Some(&self.range().v_hessian))?;
        let row = |(i, a): (usize, QuantisedRow)| {
            let mut params = self.requantiser(&a, i, 0.0)?;
            let state = format.states[i];
            params.extend([state.ar, state.ai, state.b]);
            Ok(Row { params, a: a.weights, ..Row::default() })
        };
        quantised.into_iter().enumerate().map(row).collect()
    }

    fn readout(&self) -> Result<Vec<Row>, PackError> {
        let a = self.read_matrix()?;
        let b = match self.section.has(flag::PAIR) {
            true => self.projection(Role::Readout, self.rows, self.rows)?.into_iter().map(Some).collect(),
            false => vec![None; self.rows],
        };
        let row = |(i, (a, b)): (usize, (QuantisedRow, Option<QuantisedRow>))| {
            let mut params = self.requantiser(&a, i, 0.0)?;
            if let Some(b) = &b {
                params.extend(self.requantiser(b, i, self.layer().input.bias[self.rows + i] * ACT)?);
            }
            params.extend(self.skip(i)?);
            Ok(Row { params, a: a.weights, b: b.unwrap_or_default().weights, at: 0 })
        };
        a.into_iter().zip(b).enumerate().map(row).collect()
    }

    fn output(&self) -> Result<Vec<Row>, PackError> {
        let output = &self.layer().output;
        let factors = vec![self.formats.h / self.format().z; self.rows];
        let rows = matrix_rows(output, 0, self.rows);
        let hessian = Some(&self.range().z_hessian);
        let width = self.options.width(Role::Output);
        let quantised = self.round(width, "out_proj", &rows, &factors, hessian)?;
        let row = |(i, a): (usize, QuantisedRow)| {
            let params = self.requantiser(&a, i, output.bias[i] * self.formats.h)?;
            Ok(Row { params, a: a.weights, ..Row::default() })
        };
        quantised.into_iter().enumerate().map(row).collect()
    }

    fn head(&self) -> Result<Vec<Row>, PackError> {
        let factors = vec![self.formats.logit / self.formats.n; self.rows];
        let rows = matrix_rows(&self.weights.head, self.section.dest, self.rows);
        let hessian = Some(&self.range().n_hessian);
        let width = self.options.width(Role::Head);
        let quantised = self.round(width, "head", &rows, &factors, hessian)?;
        let row = |(i, a): (usize, QuantisedRow)| {
            let params = self.requantiser(&a, i, 0.0)?;
            Ok(Row { params, a: a.weights, ..Row::default() })
        };
        quantised.into_iter().enumerate().map(row).collect()
    }

    /// Rows of in_proj: n to Q4.11.
    fn projection(&self, role: Role, first: usize, count: usize) -> Result<Vec<QuantisedRow>, PackError> {
        let rows = matrix_rows(&self.layer().input, first, count);
        let factors = vec![ACT / self.formats.n; count];
        self.round(self.options.width(role), "in_proj", &rows, &factors, Some(&self.range().n_hessian))
    }

    /// Rows of C over the state vector: re and -im in turn, or re alone.
    fn read_matrix(&self) -> Result<Vec<QuantisedRow>, PackError> {
        let (layer, format) = (self.layer(), self.format());
        let complex = self.weights.shape.complex;
        let entry = |(c, s): (&[f64; 2], &crate::format::StateFormat)| {
            let both = [c[0] / s.scale, -c[1] / s.scale];
            both.into_iter().take(if complex { 2 } else { 1 })
        };
        let row = |read: &[[f64; 2]]| read.iter().zip(&format.states).flat_map(entry).collect();
        let rows: Vec<Vec<f64>> = layer.read.chunks(format.states.len()).map(row).collect();
        let kept: Vec<(usize, f64)> = (0..2 * format.states.len())
            .filter(|i| complex || i % 2 == 0)
            .map(|i| (i, format.states[i / 2].scale))
            .collect();
        let width = self.options.readout();
        let hessian = (width != Width::W8).then(|| self.range().state_hessian.select(&kept));
        self.round(width, "C", &rows, &vec![format.y; self.rows], hessian.as_ref())
    }

    fn round(
        &self,
        width: Width,
        matrix: &'static str,
        rows: &[Vec<f64>],
        factors: &[f64],
        hessian: Option<&Hessian>,
    ) -> Result<Vec<QuantisedRow>, PackError> {
        let hessian = hessian.filter(|_| width != Width::W8);
        let layer = self.section.layer;
        let named = |e: LeftShift| PackError::LeftShift { layer, matrix, row: e.row, ratio: e.ratio };
        quantise(rows, factors, width, self.options.scale, hessian).map_err(named)
    }

    fn requantiser(&self, row: &QuantisedRow, i: usize, bias: f64) -> Result<Vec<i16>, PackError> {
        Ok(vec![row.q, row.m, self.word(i, "the bias", bias)?])
    }

    fn taps(&self, i: usize) -> Result<Vec<i16>, PackError> {
        let scale = f64::from(self.format().sc).exp2();
        let taps = self.layer().taps.get(i);
        taps.into_iter().flatten().map(|w| self.word(i, "a conv tap", w * scale)).collect()
    }

    /// `D`, then `ar ai b cr ci` of each state.
    fn channel(&self, i: usize) -> Result<Vec<i16>, PackError> {
        let (layer, format, n) = (self.layer(), self.format(), self.section.n);
        let unit = format.y * f64::from(format.sy).exp2();
        let mut params = vec![self.word(i, "D", layer.skip[i] * unit / ACT)?];
        for s in i * n..(i + 1) * n {
            let (state, read) = (format.states[s], layer.read[s]);
            params.extend([state.ar, state.ai, state.b]);
            params.push(self.word(i, "the read-out", read[0] * unit / state.scale)?);
            params.push(self.word(i, "the read-out", read[1] * unit / state.scale)?);
        }
        Ok(params)
    }

    /// `D`, with TO_H also `k`.
    fn skip(&self, i: usize) -> Result<Vec<i16>, PackError> {
        let d = self.layer().skip[i] * self.format().y / self.u_scale() * UNIT;
        let mut params = vec![self.word(i, "D", d)?];
        if self.section.has(flag::TO_H) {
            params.push(self.word(i, "k", self.formats.h / self.format().y * UNIT)?);
        }
        Ok(params)
    }

    /// Scale of the SSM's input.
    fn u_scale(&self) -> f64 {
        match (self.weights.shape.config.block, self.layer().norm) {
            (Block::Gated, _) => ACT,
            (Block::Plain, true) => self.formats.n,
            (Block::Plain, false) => self.formats.h,
        }
    }

    fn word(&self, row: usize, name: &'static str, value: f64) -> Result<i16, PackError> {
        match (-32768.0..=32767.0).contains(&value.round()) {
            true => Ok(value.round() as i16),
            false => Err(PackError::Parameter { layer: self.section.layer, row, name, value }),
        }
    }

    fn layer(&self) -> &Layer {
        &self.weights.layers[self.section.layer]
    }

    fn format(&self) -> &LayerFormat {
        &self.formats.layers[self.section.layer]
    }

    fn range(&self) -> &LayerRange {
        &self.seen.layers[self.section.layer]
    }
}

fn matrix_rows(matrix: &Matrix, first: usize, count: usize) -> Vec<Vec<f64>> {
    (first..first + count).map(|i| matrix.row(i).to_vec()).collect()
}

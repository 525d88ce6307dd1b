//! Cells of a design, from the JSON that yosys and nextpnr write: name, kind, and where nextpnr has put them.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde::Deserialize;

use crate::error::{file_error, FpgaError};

/// A cell that has a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Column of its tile.
    pub x: u32,
    /// Row of its tile.
    pub y: u32,
    /// Its kind, as nextpnr calls it.
    pub kind: String,
    /// Its name, from the hierarchy.
    pub name: String,
}

/// All else in the file, a hundred times as much, is skipped and not kept.
#[derive(Deserialize)]
struct Design {
    modules: BTreeMap<String, Module>,
}

#[derive(Deserialize)]
struct Module {
    #[serde(default)]
    cells: BTreeMap<String, Cell>,
}

#[derive(Deserialize)]
struct Cell {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    attributes: Attributes,
}

#[derive(Default, Deserialize)]
struct Attributes {
    #[serde(rename = "NEXTPNR_BEL")]
    place: Option<String>,
}

/// Name and kind of every cell. Of several modules the largest is the design, the others are its library.
pub fn named(path: &Path) -> Result<Vec<(String, String)>, FpgaError> {
    Ok(cells(path)?.into_iter().map(|(name, cell)| (name, cell.kind)).collect())
}

/// The placed cells of nextpnr's design as lines of text, which take a hundredth of its room.
pub fn condensed(path: &Path) -> Result<String, FpgaError> {
    let line = |(name, cell): (String, Cell)| {
        let (x, y) = position(&cell.attributes.place?)?;
        Some(format!("{x} {y} {} {name}\n", cell.kind))
    };
    Ok(cells(path)?.into_iter().filter_map(line).collect())
}

/// Reads what [`condensed`] gave.
pub fn places(path: &Path) -> Result<Vec<Place>, FpgaError> {
    let text = fs::read_to_string(path).map_err(file_error("read", path))?;
    Ok(text.lines().filter_map(place).collect())
}

fn place(line: &str) -> Option<Place> {
    let mut words = line.splitn(4, ' ');
    let mut next = || words.next();
    Some(Place {
        x: next()?.parse().ok()?,
        y: next()?.parse().ok()?,
        kind: next()?.into(),
        name: next()?.into(),
    })
}

fn cells(path: &Path) -> Result<BTreeMap<String, Cell>, FpgaError> {
    let text = fs::read_to_string(path).map_err(file_error("read", path))?;
    let fault = |reason: String| FpgaError::Output { path: path.into(), reason };
    let design: Design = serde_json::from_str(&text).map_err(|error| fault(error.to_string()))?;
    let all = design.modules.into_values().map(|module| module.cells);
    all.max_by_key(BTreeMap::len).ok_or_else(|| fault("no modules".into()))
}

/// `X5/Y40/SLICEA.FF0` is column 5, row 40.
fn position(bel: &str) -> Option<(u32, u32)> {
    let mut parts = bel.split('/');
    let x = parts.next()?.strip_prefix('X')?.parse().ok()?;
    let y = parts.next()?.strip_prefix('Y')?.parse().ok()?;
    Some((x, y))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bel_is_a_tile() {
        assert_eq!(position("X5/Y40/SLICEA.FF0"), Some((5, 40)));
        assert_eq!(position("WARMBOOT"), None);
    }

    #[test]
    fn places_survive_being_condensed() {
        let folder = tempfile::tempdir().unwrap();
        let (json, text) = (folder.path().join("a.json"), folder.path().join("a.places"));
        let design = r#"{"modules": {"lib": {}, "top": {"cells": {
            "a b": {"type": "LUT4", "attributes": {"NEXTPNR_BEL": "X1/Y2/lc0", "src": "x"}}, "c": {"type": "GND"}}}}}"#;
        fs::write(&json, design).unwrap();
        fs::write(&text, condensed(&json).unwrap()).unwrap();
        let cell = Place { x: 1, y: 2, kind: "LUT4".into(), name: "a b".into() };
        assert_eq!(places(&text).unwrap(), [cell]);
        assert_eq!(named(&json).unwrap().len(), 2);
    }

    #[test]
    fn a_file_that_is_no_design_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.json");
        fs::write(&path, r#"{"modules": {}}"#).unwrap();
        let error = named(&path).unwrap_err().to_string();
        assert!(error.contains("x.json") && error.contains("no modules"), "{error}");
    }
}

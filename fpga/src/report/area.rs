//! Area by block: every cell of the mapped design counted where its name says it is.

use std::collections::BTreeMap;

use crate::report::block;

/// What is counted, in this order.
pub const KINDS: [&str; 6] = ["look-up tables", "flip-flops", "carry cells", "RAMs", "multipliers", "other"];

/// A part of a block is shown from this share of all cells on: smaller ones are dust.
const SHOWN: f64 = 0.02;

/// Cells of a block, or of a part of one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Area {
    /// Its block, an index of [`block::BLOCKS`].
    pub block: usize,
    /// The part of the block; None for the whole.
    pub part: Option<String>,
    /// Cells by kind, as [`KINDS`] has them.
    pub cells: [u64; KINDS.len()],
}

impl Area {
    /// All its cells.
    pub fn total(&self) -> u64 {
        self.cells.iter().sum()
    }
}

/// The blocks, the largest first, each with its larger parts after it. Takes names and kinds of cells.
pub fn by_block(cells: &[(String, String)]) -> Vec<Area> {
    let mut found: BTreeMap<(usize, Option<&str>), Area> = BTreeMap::new();
    for (name, kind) in cells.iter().filter(|(_, kind)| !kind.starts_with('$')) {
        let block = block::of(name);
        let part = block::part(name);
        // The block as a whole, and its part.
        for part in [None].into_iter().chain(part.map(Some)) {
            let own = || Area { block, part: part.map(String::from), ..Area::default() };
            found.entry((block, part)).or_insert_with(own).cells[column(kind)] += 1;
        }
    }
    ordered(found.into_values().collect(), SHOWN * cells.len() as f64)
}

fn ordered(areas: Vec<Area>, least: f64) -> Vec<Area> {
    let (mut parts, mut blocks): (Vec<Area>, Vec<Area>) =
        areas.into_iter().partition(|area| area.part.is_some());
    parts.retain(|part| part.total() as f64 >= least);
    blocks.sort_by_key(|area| std::cmp::Reverse(area.total()));
    parts.sort_by_key(|area| std::cmp::Reverse(area.total()));
    let with_parts = |whole: Area| {
        let own: Vec<Area> = parts.iter().filter(|part| part.block == whole.block).cloned().collect();
        [whole].into_iter().chain(own)
    };
    blocks.into_iter().flat_map(with_parts).collect()
}

/// The column of [`KINDS`] that a cell of this kind counts in.
fn column(kind: &str) -> usize {
    match kind {
        "SB_LUT4" | "LUT4" => 0,
        "SB_CARRY" | "CCU2C" => 2,
        "DP16KD" | "SB_SPRAM256KA" => 3,
        "SB_MAC16" | "MULT18X18D" => 4,
        _ if kind.starts_with("SB_DFF") || kind == "TRELLIS_FF" => 1,
        _ if kind.starts_with("SB_RAM40") => 3,
        _ => 5,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_cell_is_counted_in_its_block_once() {
        let cells = [
            ("core.core.epilogue.control.a_LUT4_Z", "LUT4"),
            ("core.core.epilogue.b_LUT4_Z", "LUT4"),
            ("core.core.epilogue.c_TRELLIS_FF_Q", "TRELLIS_FF"),
            ("core.host.d", "SB_RAM40_4K"),
            ("x", "$scopeinfo"),
        ];
        let cells = cells.map(|(name, kind)| (name.to_string(), kind.to_string()));
        let all = by_block(&cells);
        let names: Vec<_> =
            all.iter().map(|area| (block::BLOCKS[area.block].0, area.part.as_deref())).collect();
        assert_eq!(names, [("epilogue", None), ("epilogue", Some("control")), ("host", None)]);
        assert_eq!(all[0].cells, [2, 1, 0, 0, 0, 0]);
        assert_eq!(all[2].cells, [0, 0, 0, 1, 0, 0]);
    }
}

//! The floor plan: every tile that is used, in the colour of the block that has most of its cells.

use std::collections::BTreeMap;
use std::fmt::Write;

use crate::report::block::{self, BLOCKS};
use crate::report::cells::Place;

/// Side of a tile in the drawing.
const TILE: u32 = 10;
/// Room for the axes' words.
const MARGIN: u32 = 40;
/// Columns or rows between two numbers on an axis.
const TICK: usize = 10;

/// The cells of a tile, by block.
type Tile = BTreeMap<usize, u32>;

/// The drawing, without colours for what is not used. Rows are numbered as the tools do, from the top.
pub fn svg(places: &[Place]) -> String {
    let tiles = tiles(places);
    let columns = 1 + tiles.keys().map(|(x, _)| *x).max().unwrap_or(0);
    let rows = 1 + tiles.keys().map(|(_, y)| *y).max().unwrap_or(0);
    let (width, height) = (columns * TILE, rows * TILE);
    let mut out = format!(
        "<svg class=\"floor\" role=\"img\" aria-label=\"floor plan\" viewBox=\"0 0 {} {}\">\
         <g transform=\"translate({MARGIN} {MARGIN})\"><rect class=\"die\" width=\"{width}\" height=\"{height}\"/>",
        width + MARGIN + TILE,
        height + MARGIN + TILE
    );
    for (block, path) in outlines(&tiles) {
        let (_, title, colour) = BLOCKS[block];
        // Writing to a string cannot fail.
        let _ = write!(out, "<path fill=\"{colour}\" d=\"{path}\"><title>{title}</title></path>");
    }
    out + &axes(columns, rows) + "</g></svg>"
}

fn tiles(places: &[Place]) -> BTreeMap<(u32, u32), Tile> {
    let mut tiles: BTreeMap<(u32, u32), Tile> = BTreeMap::new();
    for place in places {
        *tiles.entry((place.x, place.y)).or_default().entry(block::of(&place.name)).or_default() += 1;
    }
    tiles
}

/// The tiles of each block as one path: a square each takes a tenth of the bytes that an element takes.
fn outlines(tiles: &BTreeMap<(u32, u32), Tile>) -> BTreeMap<usize, String> {
    let mut paths: BTreeMap<usize, String> = BTreeMap::new();
    for ((x, y), tile) in tiles {
        let Some((block, _)) = tile.iter().max_by_key(|(_, cells)| **cells) else { continue };
        let side = TILE - 1;
        let square = format!("M{} {}h{side}v{side}h-{side}z", x * TILE, y * TILE);
        paths.entry(*block).or_default().push_str(&square);
    }
    paths
}

fn axes(columns: u32, rows: u32) -> String {
    let at = |index: u32| index * TILE + TILE / 2;
    let along = (0..columns).step_by(TICK);
    let mut out: String =
        along.map(|x| format!("<text x=\"{}\" y=\"-4\" text-anchor=\"middle\">{x}</text>", at(x))).collect();
    let down = (0..rows).step_by(TICK);
    out.extend(down.map(|y| format!("<text x=\"-4\" y=\"{}\" text-anchor=\"end\">{y}</text>", at(y) + 4)));
    let middle = rows * TILE / 2;
    let words = format!(
        "<text x=\"{}\" y=\"-24\" text-anchor=\"middle\">column of tiles</text>\
         <text transform=\"translate(-28 {middle}) rotate(-90)\" text-anchor=\"middle\">row of tiles</text>",
        columns * TILE / 2
    );
    out + &words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tile_has_the_colour_of_most_of_its_cells() {
        let place = |x, name: &str| Place { x, y: 2, kind: "LUT4".into(), name: format!("core.core.{name}") };
        let places = [place(1, "flash.a"), place(1, "batch.a"), place(1, "batch.b"), place(3, "flash.a")];
        let drawn = svg(&places);
        let colour = |name: &str| BLOCKS.iter().find(|block| block.0 == name).unwrap().2;
        assert!(drawn.contains(&format!("fill=\"{}\" d=\"M10 20h9v9h-9z\"", colour("batch"))), "{drawn}");
        assert!(drawn.contains(&format!("fill=\"{}\" d=\"M30 20h9v9h-9z\"", colour("flash"))), "{drawn}");
        assert!(drawn.contains("viewBox=\"0 0 90 80\""), "{drawn}");
    }
}

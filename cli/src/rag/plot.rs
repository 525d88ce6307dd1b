//! Time to first token against the context, as SVG.

use anyhow::{anyhow, Result};
use plotters::prelude::*;
use statestream_image::config::Config;

use crate::rag::ttft::Row;

/// Pixels.
const SIZE: (u32, u32) = (760, 420);
const UNSEEDED: RGBColor = RGBColor(200, 70, 40);
const SEEDED: RGBColor = RGBColor(30, 110, 180);

/// The picture: milliseconds at the configuration's clock.
pub fn draw(rows: &[Row], config: &Config) -> Result<String> {
    let mut text = String::new();
    chart(rows, config, SVGBackend::with_string(&mut text, SIZE))
        .map_err(|error| anyhow!("the plot: {error}; leave --svg out"))?;
    Ok(text)
}

fn chart(rows: &[Row], config: &Config, backend: SVGBackend) -> Result<(), String> {
    let fault = |error: &dyn std::fmt::Display| error.to_string();
    let ms = |clocks: u64| clocks as f64 / config.clock_hz as f64 * 1e3;
    let right = rows.iter().map(|row| row.context).max().unwrap_or(1) as f64 * 1.05;
    let top = rows.iter().map(|row| ms(row.unseeded)).fold(1.0, f64::max) * 1.1;
    let area = backend.into_drawing_area();
    area.fill(&WHITE).map_err(|error| fault(&error))?;
    let title = format!("Time to first token, `{}` at {} MHz", config.name, config.clock_hz / 1_000_000);
    let mut chart = ChartBuilder::on(&area)
        .caption(title, ("sans-serif", 18))
        .margin(12)
        .x_label_area_size(40)
        .y_label_area_size(70)
        .build_cartesian_2d(0.0..right, 0.0..top)
        .map_err(|error| fault(&error))?;
    let mut mesh = chart.configure_mesh();
    mesh.x_desc("tokens of context").y_desc("ms").draw().map_err(|error| fault(&error))?;
    for (name, color, unseeded) in
        [("context read token by token", UNSEEDED, true), ("its state loaded", SEEDED, false)]
    {
        let clocks = |row: &Row| if unseeded { row.unseeded } else { row.seeded };
        let points = rows.iter().map(|row| (row.context as f64, ms(clocks(row))));
        let line = LineSeries::new(points, color.stroke_width(2)).point_size(4);
        let drawn = chart.draw_series(line).map_err(|error| fault(&error))?;
        drawn.label(name).legend(move |(x, y)| PathElement::new([(x, y), (x + 18, y)], color));
    }
    let mut labels = chart.configure_series_labels();
    labels.position(SeriesLabelPosition::UpperLeft).background_style(WHITE).border_style(BLACK);
    labels.draw().map_err(|error| fault(&error))?;
    drop(chart);
    area.present().map_err(|error| fault(&error))
}

//! Lines over two axes, as SVG.

use anyhow::{anyhow, Result};
use plotters::prelude::*;

/// Pixels.
const SIZE: (u32, u32) = (760, 420);
/// One colour for each line, in turn.
const COLORS: [RGBColor; 4] =
    [RGBColor(200, 70, 40), RGBColor(30, 110, 180), RGBColor(60, 140, 60), RGBColor(130, 80, 160)];

/// A picture.
pub struct Plot {
    /// Above it.
    pub title: String,
    /// Of the horizontal axis, which begins at 0.
    pub x: &'static str,
    /// Of the vertical axis.
    pub y: &'static str,
    /// The vertical axis begins here.
    pub bottom: f64,
    /// Where the lines' names stand.
    pub names: SeriesLabelPosition,
    /// The lines, at most as many as there are colours.
    pub lines: Vec<Line>,
}

/// A line through points.
pub struct Line {
    /// Its name.
    pub name: String,
    /// x, y and what stands beside the point.
    pub points: Vec<(f64, f64, String)>,
}

impl Plot {
    /// The picture's text.
    pub fn draw(&self) -> Result<String> {
        let mut text = String::new();
        self.chart(SVGBackend::with_string(&mut text, SIZE))
            .map_err(|error| anyhow!("the plot: {error}; leave --svg out"))?;
        Ok(text)
    }

    /// The largest of a coordinate.
    fn most(&self, of: impl Fn(&(f64, f64, String)) -> f64) -> f64 {
        self.lines.iter().flat_map(|line| &line.points).map(of).fold(f64::MIN_POSITIVE, f64::max)
    }

    fn chart(&self, backend: SVGBackend) -> Result<(), String> {
        let fault = |error: &dyn std::fmt::Display| error.to_string();
        let right = 1.05 * self.most(|point| point.0);
        let top = self.bottom + 1.1 * (self.most(|point| point.1) - self.bottom);
        let area = backend.into_drawing_area();
        area.fill(&WHITE).map_err(|error| fault(&error))?;
        let mut chart = ChartBuilder::on(&area)
            .caption(&self.title, ("sans-serif", 18))
            .margin(12)
            .x_label_area_size(40)
            .y_label_area_size(70)
            .build_cartesian_2d(0.0..right, self.bottom..top)
            .map_err(|error| fault(&error))?;
        let mut mesh = chart.configure_mesh();
        mesh.x_desc(self.x).y_desc(self.y).draw().map_err(|error| fault(&error))?;
        for (line, color) in self.lines.iter().zip(COLORS) {
            let points = line.points.iter().map(|(x, y, _)| (*x, *y));
            let series = LineSeries::new(points, color.stroke_width(2)).point_size(4);
            let drawn = chart.draw_series(series).map_err(|error| fault(&error))?;
            drawn.label(&line.name).legend(move |(x, y)| PathElement::new([(x, y), (x + 18, y)], color));
            let words = line.points.iter().filter(|point| !point.2.is_empty());
            let word = |(x, y, word): &(f64, f64, String)| {
                EmptyElement::at((*x, *y)) + Text::new(word.clone(), (7, -14), ("sans-serif", 13))
            };
            chart.draw_series(words.map(word)).map_err(|error| fault(&error))?;
        }
        let mut labels = chart.configure_series_labels();
        labels.position(self.names.clone()).background_style(WHITE).border_style(BLACK);
        labels.draw().map_err(|error| fault(&error))?;
        drop(chart);
        area.present().map_err(|error| fault(&error))
    }
}

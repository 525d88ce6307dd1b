//! Pieces of the page: escaped text, tables, bars.

use std::fmt::Write;

/// Left edge of the bars, room for their names.
const LEFT: f64 = 190.0;
/// Length of the longest bar.
const LONG: f64 = 480.0;
/// Distance of two bars.
const STEP: f64 = 24.0;

/// Text as HTML and SVG take it.
pub fn escape(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut out, c| {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
        out
    })
}

/// A bar: its name, the text behind it, and its pieces, each a length and a class of the style sheet.
pub struct Bar {
    /// In front of it.
    pub name: String,
    /// Behind it.
    pub text: String,
    /// Its pieces from left to right.
    pub pieces: Vec<(f64, &'static str)>,
}

/// Bars below each other; `full` is the length of the track, `target` a line across all bars.
pub fn bars(label: &str, all: &[Bar], full: f64, target: Option<(f64, &str)>) -> String {
    let scale = LONG / full.max(f64::MIN_POSITIVE);
    let bottom = STEP * all.len() as f64;
    let height = bottom + if target.is_some() { 20.0 } else { 4.0 };
    let mut out =
        format!("<svg role=\"img\" aria-label=\"{}\" viewBox=\"0 0 900 {height:.0}\">", escape(label));
    for (at, bar) in all.iter().enumerate() {
        out.push_str(&one(bar, STEP * at as f64, scale));
    }
    if let Some((value, text)) = target {
        let x = LEFT + value * scale;
        // Writing to a string cannot fail.
        let _ = write!(
            out,
            "<line class=\"target\" x1=\"{x:.1}\" x2=\"{x:.1}\" y1=\"0\" y2=\"{bottom:.0}\"/>\
             <text x=\"{x:.1}\" y=\"{:.0}\" text-anchor=\"middle\">{}</text>",
            bottom + 14.0,
            escape(text)
        );
    }
    out + "</svg>"
}

fn one(bar: &Bar, top: f64, scale: f64) -> String {
    let (y, words, end) = (top + 3.0, top + 16.0, LEFT + LONG + 12.0);
    let mut out = format!(
        "<text x=\"{:.0}\" y=\"{words}\" text-anchor=\"end\">{}</text>\
         <rect class=\"track\" x=\"{LEFT}\" y=\"{y}\" width=\"{LONG}\" height=\"17\"/>",
        LEFT - 8.0,
        escape(&bar.name)
    );
    let mut x = LEFT;
    for (value, class) in &bar.pieces {
        // What is longer than the track is cut: the text behind it says by how much.
        let width = (value * scale).clamp(0.0, LEFT + LONG - x);
        // Writing to a string cannot fail.
        let _ = write!(
            out,
            "<rect class=\"{class}\" x=\"{x:.1}\" y=\"{y}\" width=\"{width:.1}\" height=\"17\"/>"
        );
        x += width;
    }
    out + &format!("<text x=\"{end}\" y=\"{words}\">{}</text>", escape(&bar.text))
}

/// A table; the rows come as HTML.
pub fn table(heads: &[&str], rows: &str) -> String {
    let heads: String = heads.iter().map(|head| format!("<th>{}</th>", escape(head))).collect();
    format!("<table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>")
}

/// A section's title with the evidence behind its figures.
pub fn title(text: &str, tag: &str) -> String {
    format!("<h2>{}<span class=\"tag\">{tag}</span></h2>", escape(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_a_text_is_markup() {
        assert_eq!(escape("<a href='x'>&\"</a>"), "&lt;a href=&#39;x&#39;&gt;&amp;&quot;&lt;/a&gt;");
    }

    #[test]
    fn a_bar_ends_where_its_track_does() {
        let bar = Bar { name: "a".into(), text: "b".into(), pieces: vec![(50.0, "bar"), (900.0, "wire")] };
        let drawn = bars("c", &[bar], 100.0, Some((75.0, "d")));
        assert!(drawn.contains("class=\"bar\" x=\"190.0\" y=\"3\" width=\"240.0\""), "{drawn}");
        assert!(drawn.contains("class=\"wire\" x=\"430.0\" y=\"3\" width=\"240.0\""), "{drawn}");
        assert!(drawn.contains("x1=\"550.0\""), "{drawn}");
    }
}

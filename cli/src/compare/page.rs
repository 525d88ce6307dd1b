//! The comparison as one page: a file that needs nothing beside it, no network and no script.

use statestream_fpga::report::draw::{bars, escape, title, Bar};

use super::expr::{si, spread};
use super::rows::{self, Figure, Row};
use super::{Case, TAG};

const STYLE: &str = include_str!("page.css");
/// The colours of the two sides, as classes of the style sheet.
const COLOURS: [&str; 2] = ["bar", "wire"];

/// A chart: its title and its rows, all of one unit.
const CHARTS: [(&str, &[&str]); 5] = [
    ("What is remembered", &["recurrent_state", "conv_history", "state", "kv_cache", "sram"]),
    ("Operations", &["macs_per_token", "macs_seeded", "macs", "attention"]),
    ("Traffic over context and query", &["cache_written", "cache_read"]),
    ("Power", &["power"]),
    ("Time to the first token", &["first_token_seeded", "first_token_whole"]),
];

/// A figure as the table and the page show it.
pub fn shown(figure: &Figure, unit: &str) -> String {
    match figure.ends {
        None => si(figure.value, unit),
        Some([low, high]) => spread([low, figure.value, high], unit),
    }
}

/// The page; `command` makes it again.
pub fn html(case: &Case, rows: &[Row], command: &str) -> String {
    let [model, against] = &case.sides;
    let heading = format!("{} against {}", model.name, against.name);
    let charts: String = CHARTS.iter().map(|(name, ids)| chart(name, ids, rows)).collect();
    let parts = [summary(case, &heading, command), key(case), charts, table(case, rows), sources(case)];
    let head = "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\">\
                <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">";
    format!(
        "{head}<title>{}</title><style>{STYLE}</style></head><body>{}</body></html>\n",
        escape(&heading),
        parts.concat()
    )
}

fn summary(case: &Case, heading: &str, command: &str) -> String {
    let work =
        format!("{} tokens of context, {} of query, {} tokens/s", case.context, case.query, case.rate());
    let rows = [("work", work), ("made by", command.to_string())];
    let rows = rows.map(|(name, value)| format!("<dt>{name}</dt><dd>{}</dd>", escape(&value))).concat();
    format!(
        "<h1>{}</h1><p>Nothing here was measured: every figure of ours is arithmetic on shapes and sourced constants.</p><dl>{rows}</dl>",
        escape(heading)
    )
}

fn key(case: &Case) -> String {
    let one = |at: usize| {
        let name = escape(&case.sides[at].name);
        format!("<span class=\"name\"><span class=\"key {}\"></span>{name}</span> ", COLOURS[at])
    };
    format!("<p>{}{}</p>", one(0), one(1))
}

/// Bars on a logarithmic scale that begins at a power of ten; a zero has none.
fn chart(name: &str, ids: &[&str], all: &[Row]) -> String {
    let rows: Vec<&Row> = all.iter().filter(|row| ids.contains(&row.spec.id)).collect();
    let values = rows.iter().flat_map(|row| row.figures.iter().flat_map(ends)).filter(|value| *value > 0.0);
    let decades = values.fold(None, |range: Option<[f64; 2]>, value| {
        let [low, high] = range.unwrap_or([f64::INFINITY, f64::NEG_INFINITY]);
        Some([low.min(value.log10().floor()), high.max(value.log10().ceil())])
    });
    let (Some([low, high]), Some(first)) = (decades, rows.first()) else { return String::new() };
    let (low, high) = (low - 1.0, high.max(low + 1.0));
    let drawn: Vec<Bar> = rows.iter().flat_map(|row| [bar(row, 0, low), bar(row, 1, low)]).collect();
    let unit = first.spec.unit;
    let [from, to] = [low, high].map(|power| si(10f64.powf(power), unit));
    let label = format!("{name}, logarithmic, {from} to {to}");
    let goal = rows.iter().find_map(|row| goal(row, low));
    let goal = goal.as_ref().map(|(at, text)| (*at, text.as_str()));
    let pale = if first.spec.spread { " Pale: from the lowest figure to the highest." } else { "" };
    title(name, TAG)
        + &format!("<p class=\"dim\">Logarithmic, {from} to {to}.{pale}</p>")
        + &bars(&label, &drawn, high - low, goal)
}

/// The least and the most of a figure.
fn ends(figure: &Figure) -> [f64; 2] {
    figure.ends.unwrap_or([figure.value; 2])
}

/// A side's bar; of a spread, the part between lowest and highest is pale.
fn bar(row: &Row, side: usize, low: f64) -> Bar {
    let figure = &row.figures[side];
    let length = |value: f64| if value > 0.0 { (value.log10() - low).max(0.0) } else { 0.0 };
    let [least, most] = ends(figure).map(length);
    let pale = ["pale bar", "pale wire"][side];
    let text = shown(figure, row.spec.unit);
    let name = if side == 0 { row.spec.name } else { "" };
    Bar { name: name.into(), text, pieces: vec![(least, COLOURS[side]), (most - least, pale)] }
}

/// The talk's upper bound as a line, where a chart has one row.
fn goal(row: &Row, low: f64) -> Option<(f64, String)> {
    let claim = row.claim?;
    let [_, most] = claim.range.as_ref()?.base();
    let at = most.log10() - low;
    (row.spec.spread && most > 0.0 && at >= 0.0).then(|| (at, format!("the talk: {}", claim.text)))
}

fn table(case: &Case, rows: &[Row]) -> String {
    let heads = ["row", "the talk (claim)", &case.sides[0].name, &case.sides[1].name, "tag"];
    let heads: String = heads.iter().map(|head| format!("<th>{}</th>", escape(head))).collect();
    let rows: String = rows.iter().map(|row| table_row(row, case)).collect();
    title("Row by row", TAG)
        + &format!(
            "<div class=\"wide\"><table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></div>"
        )
}

fn table_row(row: &Row, case: &Case) -> String {
    let class = if row.agrees == Some(false) { " class=\"bad\"" } else { "" };
    let claim = row.claim.map_or(String::new(), |claim| escape(&claim.text));
    let cell = |side: usize| format!("<td>{}</td>", escape(&shown(&row.figures[side], row.spec.unit)));
    let formula = |side: usize| {
        format!(
            "<div><b>{}</b> <code>{}</code></div>",
            escape(&case.sides[side].name),
            escape(&row.figures[side].formula)
        )
    };
    let verdict =
        row.verdict.as_ref().map_or(String::new(), |text| format!("<p{class}>{}</p>", escape(text)));
    format!(
        "<tr><td>{}</td><td>{claim}</td>{}{}<td>{TAG}</td></tr><tr class=\"part\"><td class=\"words\" colspan=\"5\"><div>{}</div>{}{}{verdict}{}</td></tr>",
        escape(row.spec.name),
        cell(0),
        cell(1),
        escape(row.spec.what),
        formula(0),
        formula(1),
        claim_source(row)
    )
}

fn claim_source(row: &Row) -> String {
    let Some(claim) = row.claim else { return String::new() };
    let assumed = if claim.assumed.is_empty() { String::new() } else { format!(" ({})", claim.assumed) };
    format!("<div class=\"dim\">claim: {}{}</div>", escape(&claim.source), escape(&assumed))
}

fn sources(case: &Case) -> String {
    let constants = rows::constants(case.constants).into_iter();
    let constants = constants.map(|(figure, kind, source)| (figure, format!("({kind}) {source}")));
    let sides =
        case.sides.iter().map(|side| (side.name.clone(), format!("{} {}", side.source, side.assumed)));
    let all = case.constants.references().iter().cloned().chain(constants).chain(sides);
    let all: String =
        all.map(|(name, source)| format!("<dt>{}</dt><dd>{}</dd>", escape(&name), escape(&source))).collect();
    format!("<h2>Sources</h2><dl class=\"sources\">{all}</dl>")
}

//! `statestream compare`: two architectures row by row, against what a talk says of them.

use std::path::{Path, PathBuf};

use anyhow::{bail, Result};
use serde_json::{json, Value};

use crate::cmd_pack::read_checkpoint;
use crate::compare::constants::{Constants, MOST_TOKENS};
use crate::compare::rows::{self, Figure, Row};
use crate::compare::shapes::{Arch, Family, Memory, SsmShape};
use crate::compare::{page, Case, Side, TAG};
use crate::files;
use crate::report::{quoted, Report};

/// Compare a state-space model with a transformer
///
/// Recomputes the figures of BrainChip's talk "State-Space Models vs Transformers for Ultra Low-Power Edge AI" from the shapes of two
/// models, row by row: the talk's figure, ours, the formula with its numbers, and a verdict where they differ. Every constant has its
/// source in one TOML. Nothing in it was measured.
#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  statestream compare\n  statestream compare --model models/shakespeare_m.safetensors --context 256 --query 16 --html compare.html"
)]
pub struct Args {
    /// The model: an architecture of the constants, or a checkpoint (safetensors with the TENNs names)
    #[arg(long, value_name = "FILE|NAME", default_value = "tenns-1b")]
    model: String,
    /// What it is held against, the same way
    #[arg(long, value_name = "FILE|NAME", default_value = "llama-3.2-1b")]
    against: String,
    /// Constants, claims and architectures, instead of those built in
    #[arg(long, value_name = "FILE")]
    constants: Option<PathBuf>,
    /// Tokens of context, instead of the constants'
    #[arg(long, value_name = "N", allow_hyphen_values = true)]
    context: Option<i64>,
    /// Tokens of query behind it
    #[arg(long, value_name = "N", allow_hyphen_values = true)]
    query: Option<i64>,
    /// Write the comparison as one HTML page
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
}

/// What no reader may miss.
const CAVEAT: &str =
    "nothing here was measured: every figure of ours is arithmetic on shapes and sourced constants";

/// Runs the command.
pub fn run(args: &Args) -> Result<Report> {
    let constants = Constants::read(args.constants.as_deref())?;
    let sides = [side(&args.model, &constants)?, side(&args.against, &constants)?];
    let context = tokens("context", args.context, 0, &constants)?;
    let query = tokens("query", args.query, 1, &constants)?;
    let case = Case { constants: &constants, sides, context, query };
    let rows = rows::all(&case);
    if let Some(path) = &args.html {
        files::write(path, page::html(&case, &rows, &command(args)).as_bytes())?;
    }
    let mut json = as_json(&case, &rows);
    json["html"] = args.html.as_ref().map(|path| path.display().to_string()).into();
    Ok(Report::done(json, as_text(&case, &rows)))
}

/// An entry of the constants, or a checkpoint.
fn side(word: &str, constants: &Constants) -> Result<Side> {
    if let Some(named) = constants.arch(word) {
        let (arch, source, assumed) = (named.arch.clone(), named.source.clone(), named.assumed.clone());
        return Ok(Side { name: word.into(), is_entry: true, arch, source, assumed });
    }
    let path = Path::new(word);
    if !path.is_file() {
        bail!("{word:?} is no architecture of the constants ({}) and no file; give one of these names or a checkpoint's path", constants.names());
    }
    checkpoint(path)
}

fn checkpoint(path: &Path) -> Result<Side> {
    let checkpoint = read_checkpoint(path)?;
    let family = Family::Ssm(SsmShape::of(&checkpoint.shape, checkpoint.get("norm.weight").is_some()));
    let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    Ok(Side {
        name: stem.chars().map(|c| if c.is_control() { '?' } else { c }).collect(),
        is_entry: false,
        arch: Arch { family, weights_in: Memory::Flash },
        source: format!("config and tensors of {}", path.display().to_string().escape_debug()),
        assumed: "Its weights in flash.".into(),
    })
}

fn tokens(name: &str, given: Option<i64>, least: u64, constants: &Constants) -> Result<u64> {
    let Some(given) = given else { return Ok(constants.typical(name) as u64) };
    match u64::try_from(given).ok().filter(|tokens| (least..=MOST_TOKENS).contains(tokens)) {
        Some(tokens) => Ok(tokens),
        None => bail!("--{name} {given} is outside {least} to {MOST_TOKENS} tokens; choose one of these"),
    }
}

/// The command line again, for the page.
fn command(args: &Args) -> String {
    let path = |path: &PathBuf| path.display().to_string();
    let mut words = vec![("--model", args.model.clone()), ("--against", args.against.clone())];
    words.extend(args.constants.as_ref().map(|constants| ("--constants", path(constants))));
    words.extend(args.context.map(|tokens| ("--context", tokens.to_string())));
    words.extend(args.query.map(|tokens| ("--query", tokens.to_string())));
    words.extend(args.html.as_ref().map(|html| ("--html", path(html))));
    let words = words.iter().map(|(flag, value)| format!(" {flag} {}", quoted(value)));
    format!("statestream compare{}", words.collect::<String>())
}

/// Whole numbers as such: a reader may compare bytes.
fn exact(value: f64) -> Value {
    match value.fract() == 0.0 && (0.0..9e15).contains(&value) {
        true => json!(value as u64),
        false => json!(value),
    }
}

fn figure_json(figure: &Figure, unit: &str) -> Value {
    let mut json = json!({ "value": exact(figure.value), "unit": unit, "formula": figure.formula });
    if let Some([low, high]) = figure.ends {
        json["low"] = exact(low);
        json["high"] = exact(high);
    }
    json
}

fn row_json(row: &Row, case: &Case) -> Value {
    let [model, against] = &row.figures;
    let claim = row.claim.map(|claim| claim.text.as_str());
    json!({
        "id": row.spec.id, "name": row.spec.name, "what": row.spec.what,
        "claim": claim, "claim_about": row.about.map(|side| case.sides[side].name.as_str()),
        "model": figure_json(model, row.spec.unit), "against": figure_json(against, row.spec.unit),
        "tag": TAG, "agrees": row.agrees, "verdict": row.verdict,
        "source": row.claim.map(|claim| claim.source.as_str()),
        "claim_assumed": row.claim.map(|claim| claim.assumed.as_str()),
    })
}

fn side_json(side: &Side) -> Value {
    json!({ "name": side.name, "family": side.arch.family.name(), "weights_in": side.arch.weights_in.name(),
        "source": side.source, "assumed": side.assumed })
}

fn as_json(case: &Case, rows: &[Row]) -> Value {
    let [model, against] = &case.sides;
    let constants = case.constants.all().map(|(name, constant)| {
        let [low, typical, high] = constant.spread;
        json!({ "name": name, "low": low, "typical": typical, "high": high, "unit": constant.unit, "tag": constant.kind,
            "source": constant.source, "assumed": constant.assumed })
    });
    json!({
        "model": side_json(model), "against": side_json(against),
        "context": case.context, "query": case.query, "tokens_per_s": case.rate(),
        "rows": rows.iter().map(|row| row_json(row, case)).collect::<Vec<_>>(),
        "constants": constants.collect::<Vec<_>>(),
        "caveat": CAVEAT,
    })
}

fn as_text(case: &Case, rows: &[Row]) -> String {
    let [model, against] = &case.sides;
    let mut out = format!(
        "{} against {}: {} tokens of context, {} of query, {} tokens/s\n\n",
        model.name,
        against.name,
        case.context,
        case.query,
        case.rate()
    );
    out += &overview(case, rows);
    out += "\nformulas, and verdicts where the talk says something:\n";
    for row in rows {
        out += &details(row, case);
    }
    out += &sources(case);
    format!("{out}\n{CAVEAT}\n")
}

/// The table: one line for each row.
fn overview(case: &Case, rows: &[Row]) -> String {
    let [model, against] = &case.sides;
    let heads = ["row", "the talk (claim)", &model.name, &against.name, "tag"].map(String::from);
    let line = |row: &Row| {
        let claim = row.claim.map_or("", |claim| claim.text.as_str());
        let [model, against] = [0, 1].map(|side| page::shown(&row.figures[side], row.spec.unit));
        let mark = match row.agrees {
            Some(false) => "differs",
            Some(true) => "agrees",
            None => "",
        };
        [row.spec.name.into(), claim.into(), model, against, format!("{TAG}  {mark}")]
    };
    let lines: Vec<[String; 5]> = [heads].into_iter().chain(rows.iter().map(line)).collect();
    let width = |at: usize| lines.iter().map(|line| line[at].chars().count()).max().unwrap_or(0);
    let widths = [0, 1, 2, 3].map(width);
    let laid = |line: &[String; 5]| {
        let cells = (0..4).map(|at| format!("{:1$}  ", line[at], widths[at])).collect::<String>();
        format!("{}\n", format!("{cells}{}", line[4]).trim_end())
    };
    lines.iter().map(laid).collect()
}

fn details(row: &Row, case: &Case) -> String {
    let mut out = format!("\n{} ({})\n", row.spec.name, row.spec.what);
    for (side, figure) in case.sides.iter().zip(&row.figures) {
        out += &format!("  {}: {}\n", side.name, figure.formula);
    }
    if let (Some(claim), Some(about)) = (row.claim, row.about) {
        let assumed = if claim.assumed.is_empty() { String::new() } else { format!(" ({})", claim.assumed) };
        out += &format!(
            "  the talk, of {}: {}; {}{assumed}\n",
            case.sides[about].name, claim.text, claim.source
        );
    }
    out + &row.verdict.as_ref().map_or(String::new(), |verdict| format!("  {verdict}\n"))
}

fn sources(case: &Case) -> String {
    let mut out = "\nsources:\n".to_string();
    for (name, source) in case.constants.references() {
        out += &format!("  {name}: {source}\n");
    }
    for (figure, kind, source) in rows::constants(case.constants) {
        out += &format!("  {figure} ({kind}): {source}\n");
    }
    for side in &case.sides {
        out += &format!("  {}: {} {}\n", side.name, side.source, side.assumed);
    }
    out
}

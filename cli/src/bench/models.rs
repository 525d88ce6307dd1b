//! `statestream bench --models`: every model of a list in every weight format: flash, loss, tokens per second.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use anyhow::{anyhow, Result};
use plotters::chart::SeriesLabelPosition;
use serde::Deserialize;
use serde_json::{json, Value};
use statestream_image::checkpoint::Checkpoint;
use statestream_image::config::Config;

use crate::cmd_bench::{ask, shown};
use crate::files;
use crate::plot::{Line, Plot};
use crate::report::{grouped, Report};

/// One machine for each kind of bus: its name where weights have four or eight bits, and its heading.
const MACHINES: [(&str, &str); 3] = [
    ("up5k", "tokens/s, 4 bits at 24 MHz"),
    ("ecp5-25", "4 bits at 60 MHz"),
    ("ecp5-25-dual", "8 bits at 60 MHz"),
];

/// A list of models.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct List {
    model: Vec<Model>,
}

/// Checkpoints of one model, relative to the list.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Model {
    /// Its name in the table.
    name: String,
    /// Trained in float: W8 and W4 are packed from it.
    float: PathBuf,
    /// Fine-tuned for ternary weights.
    ternary: Option<PathBuf>,
}

/// A model in one format.
struct Row {
    name: String,
    weights: &'static str,
    packed: Value,
    blocks: Value,
    streams: Value,
    /// Tokens per second on each of [`MACHINES`].
    rates: Vec<Option<f64>>,
}

/// What the rows are measured with.
pub struct Bench<'a> {
    /// The list.
    pub list: &'a Path,
    /// Texts; a model's is the one whose SHA-256 its provenance holds.
    pub texts: &'a [PathBuf],
    /// Folder for the images.
    pub out: &'a Path,
    /// Draw loss against bytes here.
    pub svg: Option<&'a Path>,
}

impl Bench<'_> {
    /// Measures every model whose text is there.
    pub fn run(&self) -> Result<Report> {
        let list: List = toml::from_str(&files::read_text(self.list)?)
            .map_err(|error| files::at(self.list, error.message()))?;
        let texts = self.texts.iter().map(|text| Ok((files::sha256(&files::read(text)?), text)));
        let texts = texts.collect::<Result<Vec<_>>>()?;
        let (mut rows, mut skipped) = (Vec::new(), Vec::new());
        for model in &list.model {
            let checkpoint = self.checkpoint(&model.float)?;
            match texts.iter().find(|(sha256, _)| checkpoint.provenance.contains(sha256)) {
                Some((_, text)) => rows.extend(self.formats(model, &checkpoint.vocab[0], text)?),
                None => skipped.push(model.name.clone()),
            }
        }
        if rows.is_empty() {
            return Err(anyhow!(
                "{}: none of its models has its text here; give the texts with --text",
                self.list.display()
            ));
        }
        if let Some(path) = self.svg {
            files::write(path, picture(&rows).draw()?.as_bytes())?;
        }
        let json = json!({ "rows": rows.iter().map(Row::json).collect::<Vec<_>>(), "skipped": skipped });
        let absent = |name| format!("skipped {name}: none of --text is the text that it was trained on\n");
        Ok(Report::done(json, markdown(&rows) + &skipped.iter().map(absent).collect::<String>()))
    }

    fn path(&self, file: &Path) -> PathBuf {
        self.list.parent().unwrap_or(Path::new("")).join(file)
    }

    fn checkpoint(&self, file: &Path) -> Result<Checkpoint> {
        let path = self.path(file);
        Checkpoint::parse(&files::read(&path)?).map_err(|error| files::at(&path, error))
    }

    /// A row for each format; simulated passes begin from this token.
    fn formats(&self, model: &Model, prompt: &str, text: &Path) -> Result<Vec<Row>> {
        let formats =
            [("w8", Some(&model.float)), ("w4", Some(&model.float)), ("ternary", model.ternary.as_ref())];
        let present = formats.into_iter().filter_map(|(weights, file)| Some((weights, file?)));
        present.map(|(weights, file)| self.row(model, weights, file, [prompt, &shown(text)])).collect()
    }

    fn row(
        &self,
        model: &Model,
        weights: &'static str,
        file: &Path,
        [prompt, text]: [&str; 2],
    ) -> Result<Row> {
        let image = shown(&self.out.join(format!("models.{}.{weights}.img", model.name)));
        let source = shown(&self.path(file));
        let packed = ask(&["pack", &source, "-o", &image, "--weights", weights, "--calib", text])?;
        let float = shown(&self.path(&model.float));
        let loss = |stream: &str| {
            ask(&["eval", &image, "--ckpt", &float, "--text", text, "--from", "0.9", "--stream", stream])
        };
        let (blocks, streams) = (loss("256")?, loss("2048")?);
        let rates = MACHINES.iter().map(|(machine, _)| rate(&image, prompt, machine, weights));
        let rates = rates.collect::<Result<_>>()?;
        Ok(Row { name: model.name.clone(), weights, packed, blocks, streams, rates })
    }
}

/// Tokens per second, one token a pass, from simulated clocks; nothing where no machine of this bus reads the format.
fn rate(image: &str, prompt: &str, machine: &str, weights: &str) -> Result<Option<f64>> {
    let name = if weights == "ternary" { format!("{machine}-ternary") } else { machine.to_string() };
    let Ok(config) = Config::named(&name) else { return Ok(None) };
    let told = ask(&["cosim", image, "--config", &name, "--prompt", prompt, "-n", "2"])?;
    Ok(told["cycles_per_pass"].as_f64().map(|clocks| config.clock_hz as f64 / clocks))
}

impl Row {
    fn json(&self) -> Value {
        let rates = MACHINES
            .iter()
            .zip(&self.rates)
            .map(|((machine, _), rate)| ((*machine).to_string(), json!(rate)));
        json!({
            "model": self.name, "weights": self.weights, "params": self.packed["params"],
            "bytes": self.packed["bytes"], "tape_bytes": self.packed["tape_bytes"],
            "float_nats_256": self.blocks["float_nats"], "nats_256": self.blocks["int_nats"], "delta_256": self.blocks["delta"],
            "float_nats_2048": self.streams["float_nats"], "nats_2048": self.streams["int_nats"], "delta_2048": self.streams["delta"],
            "tokens_per_s": rates.collect::<serde_json::Map<_, _>>(),
        })
    }

    fn cells(&self) -> Vec<String> {
        let count = |value: &Value| grouped(value.as_u64().unwrap_or_default());
        let loss = |told: &Value| {
            let nats = |key: &str| told[key].as_f64().unwrap_or(f64::NAN);
            format!("{:.4} | {:.4} ({:+.4})", nats("float_nats"), nats("int_nats"), nats("delta"))
        };
        let mut cells = vec![self.name.clone(), self.weights.into(), count(&self.packed["params"])];
        cells.extend([count(&self.packed["bytes"]), count(&self.packed["tape_bytes"])]);
        cells.extend([loss(&self.blocks), loss(&self.streams)]);
        cells.extend(self.rates.iter().map(|rate| rate.map_or("-".into(), |rate| format!("{rate:.1}"))));
        cells
    }
}

fn markdown(rows: &[Row]) -> String {
    let machines: Vec<_> = MACHINES.iter().map(|(_, heading)| *heading).collect();
    let mut out = format!(
        "| model | weights | parameters | flash, bytes | read per token | float, 256 | integer, 256 | float, 2,048 | integer, 2,048 | {} |\n|{}\n",
        machines.join(" | "),
        "---|".repeat(9 + MACHINES.len()),
    );
    for row in rows {
        // Writing to a string cannot fail.
        let _ = writeln!(out, "| {} |", row.cells().join(" | "));
    }
    out
}

/// A line for each model, from its smallest format to its largest.
fn picture(rows: &[Row]) -> Plot {
    let point = |row: &Row| {
        let kilobytes = row.packed["tape_bytes"].as_f64().unwrap_or_default() / 1e3;
        (kilobytes, row.streams["int_nats"].as_f64().unwrap_or_default(), row.weights.to_string())
    };
    let mut lines: Vec<Line> = Vec::new();
    for row in rows {
        match lines.last_mut().filter(|line| line.name == row.name) {
            Some(line) => line.points.push(point(row)),
            None => lines.push(Line { name: row.name.clone(), points: vec![point(row)] }),
        }
    }
    let least = rows.iter().map(|row| point(row).1).fold(f64::INFINITY, f64::min);
    Plot {
        title: "Loss against the flash that a token reads".into(),
        x: "kilobytes of flash per token",
        y: "nats per character, streams of 2,048",
        bottom: (10.0 * least).floor() / 10.0,
        names: SeriesLabelPosition::UpperRight,
        lines,
    }
}

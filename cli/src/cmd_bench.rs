//! `statestream bench`: the figures of the README's table, each by the command that stands beside it.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use anyhow::{anyhow, Context, Result};
use serde_json::{json, Value};

use crate::bench::models;
use crate::report::{grouped, quoted, Report};
use crate::{call, files, progress};

/// Measure every figure of the README's table
///
/// Runs the commands that its JSON names beside every figure, one after another, and takes the figures from theirs. Files go to
/// --out. The draft table is made of text that the model writes itself; without --text the losses are left out. All figures are
/// exact: the same on every machine.
#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  statestream bench\n  statestream bench --text tinyshakespeare.txt --json\n  statestream bench --models models/models.toml --text tinyshakespeare.txt --text rust.txt --svg docs/models.svg"
)]
pub struct Args {
    /// Checkpoint
    #[arg(long, value_name = "CKPT", default_value = "models/shakespeare_m.safetensors")]
    model: PathBuf,
    /// Text whose last tenth the losses are measured on; with --models once for each text
    #[arg(long, value_name = "FILE")]
    text: Vec<PathBuf>,
    /// Measure the models of this list instead, in every weight format, where a text is given that they were trained on
    #[arg(long, value_name = "TOML")]
    models: Option<PathBuf>,
    /// With --models: draw loss against bytes here
    #[arg(long, value_name = "FILE", requires = "models")]
    svg: Option<PathBuf>,
    /// Text to begin with; its characters must be tokens of the model
    #[arg(long, value_name = "TEXT", default_value = "ROMEO:")]
    prompt: String,
    /// Folder for images and text
    #[arg(long, value_name = "DIR", default_value = "out")]
    out: PathBuf,
}

/// A figure: what it is, where the command's JSON has it, how it is written, and what kind of evidence it is.
struct Figure {
    name: &'static str,
    key: &'static str,
    form: Form,
    tag: &'static str,
}

/// How a figure is written.
#[derive(Clone, Copy)]
enum Form {
    Count,
    Bytes,
    Percent,
    Decimals(usize),
    Nats,
}

const fn figure(name: &'static str, key: &'static str, form: Form, tag: &'static str) -> Figure {
    Figure { name, key, form, tag }
}

const DERIVED: &str = "derived";
const CO_SIM: &str = "co-sim";

const PACKED: [Figure; 2] = [
    figure("state, all that a text leaves behind", "state_bytes", Form::Bytes, DERIVED),
    figure("draft table, from 50,000 characters that the model writes", "draft_bytes", Form::Bytes, DERIVED),
];
const ONE: [Figure; 6] = [
    figure("`up5k`, 48 tokens: words compared with the golden model", "words_compared", Form::Count, CO_SIM),
    figure("`up5k`: words that differ", "mismatches", Form::Count, CO_SIM),
    figure("`up5k`: clocks per pass", "cycles_per_pass", Form::Count, CO_SIM),
    figure(
        "`up5k`: the same, predicted from the tape alone",
        "predicted_cycles_per_pass",
        Form::Count,
        DERIVED,
    ),
    figure("`up5k`: share of a pass in which the flash bus is busy", "flash_busy", Form::Percent, CO_SIM),
    figure("`up5k`: tokens per second at 24 MHz", "tokens_per_s", Form::Decimals(1), DERIVED),
];
const FOUR: [Figure; 8] = [
    figure("`up5k-t4`, the same text: words compared", "words_compared", Form::Count, CO_SIM),
    figure("`up5k-t4`: words that differ", "mismatches", Form::Count, CO_SIM),
    figure("`up5k-t4`: clocks of the last pass", "cycles_per_pass", Form::Count, CO_SIM),
    figure("`up5k-t4`: the same, predicted", "predicted_cycles_per_pass", Form::Count, DERIVED),
    figure(
        "`up5k-t4`: share of that pass in which the flash bus is busy",
        "flash_busy",
        Form::Percent,
        CO_SIM,
    ),
    figure("`up5k-t4`: tokens written per pass", "tokens_per_pass", Form::Decimals(2), CO_SIM),
    figure("`up5k-t4`: passes, the prompt's included", "passes", Form::Count, CO_SIM),
    figure("`up5k-t4`: tokens per second at 24 MHz", "tokens_per_s", Form::Decimals(1), DERIVED),
];
const GREEDY: [Figure; 1] =
    [figure("tokens per pass of four, 2,000 tokens, greedy", "tokens_per_pass", Form::Decimals(2), DERIVED)];
const SAMPLED: [Figure; 1] = [figure(
    "tokens per pass of four, 2,000 tokens, temperature 0.8",
    "tokens_per_pass",
    Form::Decimals(2),
    DERIVED,
)];
const W8: [Figure; 1] =
    [figure("loss against float64, W8, nats per character", "delta", Form::Nats, DERIVED)];
const W4: [Figure; 1] =
    [figure("loss against float64, W4, nats per character", "delta", Form::Nats, DERIVED)];

/// A row of the table.
struct Row {
    figure: &'static Figure,
    value: Value,
    command: String,
}

/// The commands of a run, and what they gave.
struct Bench<'a> {
    args: &'a Args,
    rows: Vec<Row>,
}

/// Runs the command.
pub fn run(args: &Args) -> Result<Report> {
    std::fs::create_dir_all(&args.out)
        .map_err(|error| anyhow!("{}: {error}; give a folder with --out", args.out.display()))?;
    if let Some(list) = &args.models {
        return models::Bench { list, texts: &args.text, out: &args.out, svg: args.svg.as_deref() }.run();
    }
    if args.text.len() > 1 {
        return Err(anyhow!(
            "--text is given {} times, the README's table takes one; give --models for several",
            args.text.len()
        ));
    }
    let mut bench = Bench { args, rows: Vec::new() };
    let image = bench.drafted_image()?;
    let text = [bench.cosim(&image, "up5k", &ONE)?, bench.cosim(&image, "up5k-t4", &FOUR)?];
    bench.long_texts(&image)?;
    bench.losses(&image)?;
    let failure = (text[0] != text[1])
        .then(|| "the configurations write different texts; run the cosim commands".into());
    Ok(Report { json: bench.json(), human: bench.markdown(), failure })
}

fn command_line(words: &[&str]) -> String {
    format!("statestream {}", words.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" "))
}

/// Runs one command line, with a line of progress; its JSON, or what failed.
pub fn ask(words: &[&str]) -> Result<Value> {
    let command = command_line(words);
    let spinner = progress::spinner(&command);
    let report = call(words).with_context(|| command.clone())?;
    spinner.finish_and_clear();
    match report.failure {
        None => Ok(report.json),
        Some(failure) => Err(anyhow!("{command}: {failure}")),
    }
}

impl Bench<'_> {
    fn file(&self, name: &str) -> PathBuf {
        self.args.out.join(name)
    }

    /// Runs one command line and notes its figures.
    fn measure(&mut self, words: &[&str], figures: &'static [Figure]) -> Result<Value> {
        let told = ask(words)?;
        let value = |figure: &Figure| told[figure.key].clone();
        let row = |figure| Row { figure, value: value(figure), command: command_line(words) };
        self.rows.extend(figures.iter().map(row));
        Ok(told)
    }

    /// The W4 image with a draft table, of the model's own text if there is no other.
    fn drafted_image(&mut self) -> Result<PathBuf> {
        let (model, image) = (shown(&self.args.model), self.file("bench.w4.img"));
        let own = self.file("own.txt");
        let plain = ["pack", &model, "-o", &shown(&image), "--weights", "w4"];
        self.measure(&plain, &[])?;
        let prompt = self.args.prompt.clone();
        let written = ["run", &shown(&image), "--prompt", &prompt, "-n", "50000", "--temperature", "1"];
        let text = self.measure(&written, &[])?;
        files::write(&own, text["text"].as_str().unwrap_or_default().as_bytes())?;
        self.measure(&[&plain[..], &["--draft-text", &shown(&own)]].concat(), &PACKED)?;
        Ok(image)
    }

    /// Forty-eight tokens in lockstep; the text.
    fn cosim(&mut self, image: &Path, config: &str, figures: &'static [Figure]) -> Result<Value> {
        let (image, prompt) = (shown(image), self.args.prompt.clone());
        let words = ["cosim", &image, "--config", config, "--prompt", &prompt, "-n", "48"];
        Ok(self.measure(&words, figures)?["text"].take())
    }

    fn long_texts(&mut self, image: &Path) -> Result<()> {
        let (image, prompt) = (shown(image), self.args.prompt.clone());
        let greedy = ["run", &image, "--prompt", &prompt, "-n", "2000", "--tokens-per-pass", "4"];
        self.measure(&greedy, &GREEDY)?;
        self.measure(&[&greedy[..], &["--temperature", "0.8"]].concat(), &SAMPLED)?;
        Ok(())
    }

    /// A draft table changes no loss, so the W4 image is the one that is there.
    fn losses(&mut self, w4: &Path) -> Result<()> {
        let Some(text) = self.args.text.first().map(|text| shown(text)) else { return Ok(()) };
        let model = shown(&self.args.model);
        let w8 = shown(&self.file("bench.w8.img"));
        self.measure(&["pack", &model, "-o", &w8, "--weights", "w8"], &[])?;
        for (image, figures) in [(&w8, &W8), (&shown(w4), &W4)] {
            let words = ["eval", image, "--ckpt", &model, "--text", &text, "--from", "0.9"];
            self.measure(&words, figures)?;
        }
        Ok(())
    }

    fn json(&self) -> Value {
        let row = |row: &Row| {
            json!({
                "figure": row.figure.name, "value": row.value, "shown": row.figure.form.write(&row.value),
                "tag": row.figure.tag, "command": row.command,
            })
        };
        json!({ "rows": self.rows.iter().map(row).collect::<Vec<_>>() })
    }

    /// The table as the README has it.
    fn markdown(&self) -> String {
        let mut out = String::from("| figure | value | tag | command |\n|---|---|---|---|\n");
        for Row { figure, value, .. } in &self.rows {
            let (name, value, tag) = (figure.name, figure.form.write(value), figure.tag);
            let with = if matches!(figure.form, Form::Nats) { " --text tinyshakespeare.txt" } else { "" };
            // Writing to a string cannot fail.
            let _ = writeln!(out, "| {name} | {value} | {tag} | `statestream bench{with}` |");
        }
        out
    }
}

impl Form {
    fn write(self, value: &Value) -> String {
        let real = value.as_f64().unwrap_or(f64::NAN);
        match self {
            Form::Count => grouped(value.as_u64().unwrap_or_default()),
            Form::Bytes => format!("{} bytes", grouped(value.as_u64().unwrap_or_default())),
            Form::Percent => format!("{:.2} %", 100.0 * real),
            Form::Decimals(places) => format!("{real:.places$}"),
            Form::Nats => format!("{real:+.5}"),
        }
    }
}

/// A path as a word of a command line.
pub fn shown(path: &Path) -> String {
    path.display().to_string()
}

//! `statestream verilog`: the Verilog of one configuration.

use std::path::PathBuf;

use anyhow::{anyhow, Result};
use serde_json::json;
use statestream_hdl::machine::{self, TOP};
use statestream_image::config::Config;

use crate::report::{grouped, table, Report};
use crate::{files, progress};

/// The file list that simulators and synthesis take with `-f`.
const LIST: &str = "files.f";

/// Write the Verilog of one configuration
///
/// DIR gets the design and `files.f`, which names its files one in a line. The top module is `statestream`. The same
/// configuration gives the same bytes.
#[derive(clap::Args)]
#[command(after_help = "Example:\n  statestream verilog --config up5k -o out/up5k")]
pub struct Args {
    /// Configuration of the machine, an entry of configs.toml
    #[arg(long, value_name = "NAME", default_value = "up5k")]
    config: String,
    /// Folder to write to
    #[arg(short, long, value_name = "DIR")]
    output: PathBuf,
}

/// Runs the command.
pub fn run(args: &Args) -> Result<Report> {
    let config = Config::named(&args.config).map_err(|error| anyhow!("--config: {error}"))?;
    let spinner = progress::spinner("generating");
    let text = machine::verilog(&config).map_err(|error| anyhow!("{error}"));
    spinner.finish_and_clear();
    let text = text?;
    let file = format!("{TOP}.v");
    files::make_folder(&args.output)?;
    files::write(&args.output.join(&file), text.as_bytes())?;
    files::write(&args.output.join(LIST), format!("{file}\n").as_bytes())?;
    Ok(report(args, &file, &text))
}

fn report(args: &Args, file: &str, text: &str) -> Report {
    let modules = text.lines().filter(|line| line.starts_with("module ")).count();
    let (lines, sha256) = (text.lines().count(), files::sha256(text.as_bytes()));
    let json = json!({
        "config": args.config, "top": TOP, "files": [file], "modules": modules, "lines": lines, "sha256": sha256,
    });
    let human = table(&[
        ("files", format!("{file}, {LIST} in {}", args.output.display())),
        ("top module", TOP.into()),
        ("modules", grouped(modules as u64)),
        ("lines", grouped(lines as u64)),
        ("sha256", sha256),
    ]);
    Report::done(json, human)
}

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
/// DIR gets one file for each module and `files.f`, which names them one in a line, the top first. The top module is `statestream`. The same
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
    let modules = machine::files(&config).map_err(|error| anyhow!("{error}"));
    spinner.finish_and_clear();
    let modules = modules?;
    files::make_folder(&args.output)?;
    for (name, text) in &modules {
        files::write(&args.output.join(name), text.as_bytes())?;
    }
    let names: Vec<&str> = modules.iter().map(|(name, _)| name.as_str()).collect();
    files::write(&args.output.join(LIST), (names.join("\n") + "\n").as_bytes())?;
    Ok(report(args, &names, &modules.iter().map(|(_, text)| text.as_str()).collect::<String>()))
}

fn report(args: &Args, names: &[&str], text: &str) -> Report {
    let (modules, lines, sha256) = (names.len(), text.lines().count(), files::sha256(text.as_bytes()));
    let json = json!({
        "config": args.config, "top": TOP, "files": names, "modules": modules, "lines": lines, "sha256": sha256,
    });
    let human = table(&[
        ("files", format!("one per module and {LIST}, in {}", args.output.display())),
        ("top module", TOP.into()),
        ("modules", grouped(modules as u64)),
        ("lines", grouped(lines as u64)),
        ("sha256 of all", sha256),
    ]);
    Report::done(json, human)
}

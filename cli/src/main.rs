//! The command line: `statestream <verb>`. One `cmd_<verb>.rs` each; what a verb does lives in the library crates.
//!
//! Exit codes: 0 done, 1 a check failed, 2 bad input or a missing tool. With `--json` stdout carries exactly one JSON object;
//! prose, progress and errors go to stderr.
#![allow(clippy::print_stderr, reason = "the command line is the one crate that talks to the user")]

mod args;
mod bench;
mod board;
mod cmd_bench;
mod cmd_build;
mod cmd_chat;
mod cmd_compare;
mod cmd_cosim;
mod cmd_energy;
mod cmd_eval;
mod cmd_inspect;
mod cmd_pack;
mod cmd_program;
mod cmd_rag;
mod cmd_run;
mod cmd_synth;
mod cmd_verify;
mod cmd_verilog;
mod compare;
mod device;
mod energies;
mod engines;
mod files;
mod machine;
mod page;
mod plot;
mod progress;
mod rag;
mod report;
mod text;
mod verify;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};
use serde_json::json;

use report::Report;

/// Language models of diagonal state-space layers, run from read-only flash: pack, simulate, compare.
#[derive(Parser)]
#[command(
    version,
    after_help = "Example:\n  statestream pack models/shakespeare_m.safetensors -o m.img --weights w4"
)]
struct Cli {
    #[command(subcommand)]
    verb: Verb,
    /// Print one JSON object on stdout and nothing else there
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Subcommand)]
enum Verb {
    Pack(cmd_pack::Args),
    Inspect(cmd_inspect::Args),
    Eval(cmd_eval::Args),
    Run(cmd_run::Args),
    Chat(cmd_chat::Args),
    Verilog(cmd_verilog::Args),
    Cosim(cmd_cosim::Args),
    Verify(cmd_verify::Args),
    Synth(cmd_synth::Args),
    Build(cmd_build::Args),
    Program(cmd_program::Args),
    Bench(cmd_bench::Args),
    Energy(cmd_energy::Args),
    Rag(cmd_rag::Args),
    Compare(cmd_compare::Args),
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let outcome = dispatch(cli.verb, cli.json).and_then(|report| finish(&report, cli.json));
    outcome.unwrap_or_else(|error| refuse(&error, cli.json))
}

/// Runs another command line, for the verbs that are made of others.
fn call(words: &[&str]) -> Result<Report> {
    dispatch(Cli::try_parse_from([&["statestream"], words].concat())?.verb, true)
}

fn dispatch(verb: Verb, json: bool) -> Result<Report> {
    match verb {
        Verb::Pack(args) => cmd_pack::run(&args),
        Verb::Inspect(args) => cmd_inspect::run(&args),
        Verb::Eval(args) => cmd_eval::run(&args),
        Verb::Run(args) => cmd_run::run(&args, json),
        Verb::Chat(args) => cmd_chat::run(&args, json),
        Verb::Verilog(args) => cmd_verilog::run(&args),
        Verb::Cosim(args) => cmd_cosim::run(&args, json),
        Verb::Verify(args) => cmd_verify::run(&args),
        Verb::Synth(args) => cmd_synth::run(&args),
        Verb::Build(args) => cmd_build::run(&args),
        Verb::Program(args) => cmd_program::run(&args, json),
        Verb::Bench(args) => cmd_bench::run(&args),
        Verb::Energy(args) => cmd_energy::run(&args),
        Verb::Rag(args) => cmd_rag::run(&args, json),
        Verb::Compare(args) => cmd_compare::run(&args),
    }
}

fn finish(report: &Report, json: bool) -> Result<ExitCode> {
    match json {
        true => report::print(&format!("{}\n", report.json))?,
        false => report::print(&report.human)?,
    }
    let Some(failure) = &report.failure else { return Ok(ExitCode::SUCCESS) };
    eprintln!("failed: {failure}");
    Ok(ExitCode::from(1))
}

/// Even a refusal is one JSON object, so that a script can parse stdout before it looks at the exit code.
fn refuse(error: &anyhow::Error, json: bool) -> ExitCode {
    eprintln!("error: {error}");
    if json {
        // When stdout itself is the trouble, the sentence on stderr and the exit code still tell.
        let _ = report::print(&format!("{}\n", json!({ "error": error.to_string() })));
    }
    ExitCode::from(2)
}

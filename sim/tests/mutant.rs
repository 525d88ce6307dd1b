//! A machine with one wrong constant must be caught: lockstep is worth what it would notice.

use std::fs;
use std::path::Path;

use statestream_hdl::machine;
use statestream_image::config::Config;
use statestream_image::layout::Image;
use statestream_image::testing::{random_image, small};
use statestream_sim::mismatch::Difference;
use statestream_sim::rtl::RtlOptions;
use statestream_sim::stimulus::{Action, Bench, BenchError};

/// What is changed, the text before, the text after. The text before is there exactly once.
const MUTANTS: [(&str, &str, &str); 10] = [
    ("no half is added before rounding", "sum = (shifted$q + 1);", "sum = (shifted$q + 0);"),
    ("mantissas have 13 fraction bits", "round$s = 14;", "round$s = 13;"),
    ("poles have 14 fraction bits", "round$s = 15;", "round$s = 14;"),
    (
        "words are clamped at 32766",
        "localparam signed highest = 16'h7fff;",
        "localparam signed highest = 16'h7ffe;",
    ),
    ("the rsqrt table begins one word later", "word$q[43:39]} | 64;", "word$q[43:39]} | 65;"),
    ("the Gumbel table begins one word later", "at$d = 128 + ", "at$d = 129 + "),
    ("the SiLU table ends one word early", "at$d = 32;", "at$d = 31;"),
    ("a normalised word is shifted by 20 less k", "norm_shift = 21 - ", "norm_shift = 20 - "),
    ("2^14 in the working registers is 2^14 + 1", "initial mem[0] = 16'h4000;", "initial mem[0] = 16'h4001;"),
    ("the noise of a row starts elsewhere", "32'h9e3779b9", "32'h9e3779bb"),
];
const REPLAY: &str = "statestream cosim small.img --verilog mutant";

fn tiny() -> Config {
    Config::named("tiny").expect("in configs.toml")
}

/// The tiny machine's Verilog with this text in place of that.
fn mutated(from: &str, to: &str) -> String {
    let text = machine::verilog(&tiny()).expect("buildable");
    assert_eq!(text.matches(from).count(), 1, "`{from}` must be in the Verilog once; choose another text");
    text.replace(from, to)
}

/// The tiny machine's Verilog with one bit of the microcode's third word flipped.
fn miscoded() -> String {
    let text = machine::verilog(&tiny()).expect("buildable");
    let rom = text.find("module statestream_rom ").expect("the microcode");
    let line = rom + text[rom..].find("initial mem[2] = ").expect("the word");
    let last = line + text[line..].find(';').expect("its end") - 1;
    let digit = u8::from_str_radix(&text[last..=last], 16).expect("hexadecimal");
    format!("{}{:x}{}", &text[..last], digit ^ 1, &text[last + 1..])
}

fn image() -> Image {
    random_image(5, &small())
}

/// A text of the machine in this folder, in lockstep.
fn run(folder: &Path) -> Result<(), BenchError> {
    let options = RtlOptions { verilog: Some(folder.into()), ..RtlOptions::default() };
    let mut bench = Bench::rtl(&tiny(), &image(), &options, REPLAY)?;
    bench.act(&Action::Sample { temperature: 12000, seed: 9 })?;
    bench.act(&Action::Feed { tokens: vec![1, 2, 3], logits: false })?;
    bench.act(&Action::Generate(8))?;
    bench.saturations().map(drop)
}

fn run_text(verilog: &str) -> Result<(), BenchError> {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("statestream.v"), verilog).expect("writable");
    run(folder.path())
}

/// The mutant dies of a wrong word, and the message says all that is needed to look at it.
fn killed(name: &str, verilog: &str) {
    let Err(BenchError::Mismatch(mismatch)) = run_text(verilog) else { panic!("{name}: survived") };
    let text = mismatch.to_string();
    let Difference::Word { place, golden, engine } = &mismatch.difference else { panic!("{name}: {text}") };
    let kind = format!("{:?}", place.kind).to_lowercase();
    let parts = [
        format!("layer {}, section {} ({kind}), row {}", place.layer, place.section, place.row),
        format!("word `{}`, token {} (cycle ", place.word, mismatch.token),
        format!("golden {golden:#06x}, rtl {engine:#06x}; replay: {REPLAY}"),
    ];
    parts.iter().for_each(|part| assert!(text.contains(part), "{text}: no `{part}`"));
    assert!(golden != engine && mismatch.cycle.is_some_and(|cycle| cycle > 0), "{text}");
}

#[test]
fn the_same_folder_without_a_mutation_agrees() {
    run_text(&machine::verilog(&tiny()).expect("buildable")).unwrap_or_else(|e| panic!("{e}"));
}

#[test]
fn every_wrong_constant_is_caught_and_named() {
    MUTANTS.iter().for_each(|(name, from, to)| killed(name, &mutated(from, to)));
}

#[test]
fn a_wrong_bit_of_the_microcode_is_caught_and_named() {
    killed("one bit of the microcode", &miscoded());
}

#[test]
fn a_folder_without_verilog_says_so() {
    let folder = tempfile::tempdir().expect("a folder");
    let error = run(folder.path()).expect_err("nothing there").to_string();
    assert!(error.contains("it holds no .v file"), "{error}");
}

//! The emitted Verilog: `tiny` is under review as golden files, and every tool takes it without a warning.
//!
//! A missing tool fails its test. After an intended change, `STATESTREAM_BLESS=1 cargo test -p statestream-hdl --test verilog`
//! rewrites the golden files; `STATESTREAM_FULL=1` runs the slow checks as well.

use rust_hdl::prelude::*;
use statestream_hdl::emit::{self, EmitError};
use statestream_hdl::machine::{self, TOP};
use statestream_image::config::{Config, FlashBus};
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

const BLESS: &str = "STATESTREAM_BLESS=1 cargo test -p statestream-hdl --test verilog";
const LIST: &str = "files.f";

fn crate_folder() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn config(name: &str) -> Config {
    Config::named(name).unwrap()
}

/// The files of a configuration, `files.f` with their names in order among them.
fn files(name: &str) -> BTreeMap<String, String> {
    let files = machine::files(&config(name)).unwrap();
    let list = files.iter().map(|(file, _)| format!("{file}\n")).collect();
    files.into_iter().chain([(LIST.to_string(), list)]).collect()
}

/// A fresh folder with the files of a configuration.
fn written(test: &str, name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("verilog-{test}-{name}"));
    let _ = std::fs::remove_dir_all(&folder);
    write(&folder, &files(name));
    folder
}

fn write(folder: &Path, files: &BTreeMap<String, String>) {
    std::fs::create_dir_all(folder).unwrap();
    for (file, text) in files {
        std::fs::write(folder.join(file), text).unwrap();
    }
}

/// Runs a tool in `folder`; its output if it succeeds.
fn tool(folder: &Path, program: &OsStr, arguments: &[&str]) -> Result<String, String> {
    let output = Command::new(program).args(arguments).current_dir(folder).output();
    let output =
        output.unwrap_or_else(|error| panic!("{program:?} is needed ({error}); run scripts/setup.sh"));
    let printed =
        [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned()).concat();
    assert!(output.status.code() != Some(127), "{printed}");
    if output.status.success() {
        Ok(printed)
    } else {
        Err(printed)
    }
}

/// A wrapper in `tools`.
fn wrapper(name: &str) -> PathBuf {
    crate_folder().join("../tools").join(name)
}

fn full() -> bool {
    std::env::var_os("STATESTREAM_FULL").is_some()
}

#[test]
fn tiny_is_the_verilog_that_was_reviewed() {
    let folder = crate_folder().join("verilog/tiny");
    let new = files("tiny");
    if std::env::var_os("STATESTREAM_BLESS").is_some() {
        let _ = std::fs::remove_dir_all(&folder);
        return write(&folder, &new);
    }
    let entries = std::fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("{}: {error}; bless with {BLESS}", folder.display()));
    let name =
        |entry: std::io::Result<std::fs::DirEntry>| entry.unwrap().file_name().to_string_lossy().into_owned();
    let mut names: Vec<String> = entries.map(name).chain(new.keys().cloned()).collect();
    names.sort();
    names.dedup();
    let mut differences = String::new();
    for name in &names {
        let old = std::fs::read_to_string(folder.join(name)).unwrap_or_default();
        let now = new.get(name).map_or("", String::as_str);
        if old != now {
            differences += &format!("--- hdl/verilog/tiny/{name}\n+++ emitted\n{}", difference(&old, now));
        }
    }
    assert!(
        differences.is_empty(),
        "the emitted Verilog has changed; after review bless it with\n{BLESS}\n{differences}"
    );
}

/// The lines between the first and the last difference, with some of those around them; the middle of a long one is left out.
fn difference(old: &str, new: &str) -> String {
    const AROUND: usize = 3;
    const MOST: usize = 12;
    let [old, new] = [old, new].map(|text| text.lines().collect::<Vec<_>>());
    let same = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
    let rest = old[same..].iter().rev().zip(new[same..].iter().rev()).take_while(|(a, b)| a == b).count();
    let show = |sign: char, lines: &[&str]| -> String {
        let shown: String = lines.iter().take(MOST).map(|line| format!("{sign}{line}\n")).collect();
        let left_out = lines.len().saturating_sub(MOST);
        if left_out == 0 {
            shown
        } else {
            format!("{shown}{sign}... {left_out} more lines\n")
        }
    };
    let before = &old[same.saturating_sub(AROUND)..same];
    let after = &old[old.len() - rest..][..rest.min(AROUND)];
    format!("@@ line {} @@\n", same + 1)
        + &show(' ', before)
        + &show('-', &old[same..old.len() - rest])
        + &show('+', &new[same..new.len() - rest])
        + &show(' ', after)
}

#[test]
fn a_difference_shows_its_place_and_both_sides() {
    let old = "a\nb\nc\nd\ne\nf\ng\n";
    assert_eq!(difference(old, "a\nb\nc\nd\nx\ny\nf\ng\n"), "@@ line 5 @@\n b\n c\n d\n-e\n+x\n+y\n f\n g\n");
    assert_eq!(difference("", "a\n"), "@@ line 1 @@\n+a\n");
    let long = difference("", &"x\n".repeat(20));
    assert!(long.ends_with("+x\n+... 8 more lines\n"), "{long}");
}

#[test]
fn every_configuration_gives_the_same_bytes_twice() {
    for config in Config::all().unwrap() {
        let text = machine::verilog(&config).unwrap();
        assert_eq!(text, machine::verilog(&config).unwrap(), "{}", config.name);
        let modules = text.lines().filter(|line| line.starts_with("module ")).count();
        assert_eq!(modules, machine::files(&config).unwrap().len());
        assert!(
            text.starts_with(&format!("// Configuration {}. Written by `statestream verilog`", config.name))
        );
    }
}

#[test]
fn verilator_finds_nothing_that_is_not_waived() {
    let waivers = crate_folder().join("lint/waivers.vlt");
    for name in ["tiny", "tiny-ternary", "up5k", "up5k-t4", "ecp5-25-dtr", "ecp5-25-dual", "ecp5-85"] {
        let folder = written("lint", name);
        let arguments = ["--lint-only", "-Wall", "--top-module", TOP, waivers.to_str().unwrap(), "-f", LIST];
        let printed = tool(&folder, wrapper("verilator").as_os_str(), &arguments).unwrap_or_else(|text| text);
        assert!(!printed.contains("%Warning") && !printed.contains("%Error"), "{name}:\n{printed}");
    }
}

#[test]
fn every_waiver_matches_a_warning_of_tiny_and_says_why_it_is_harmless() {
    let text = std::fs::read_to_string(crate_folder().join("lint/waivers.vlt")).unwrap();
    let folder = written("waivers", "tiny");
    let arguments = ["--lint-only", "-Wall", "--top-module", TOP, "-f", LIST];
    let warnings = tool(&folder, wrapper("verilator").as_os_str(), &arguments).expect_err("warnings");
    let mut reason = String::new();
    let mut count = 0;
    for line in text.lines() {
        if let Some(comment) = line.strip_prefix("//") {
            reason += comment;
        } else if line.starts_with("lint_off") {
            let quoted =
                line.split_once("-match \"").and_then(|(_, rest)| rest.split_once('"')).expect(line).0;
            let pieces: Vec<&str> = quoted.split('*').filter(|piece| !piece.is_empty()).collect();
            assert!(
                warnings.lines().any(|warning| pieces.iter().all(|piece| warning.contains(piece))),
                "no warning for {line}"
            );
            assert!(
                reason.contains("Harmless:") && reason.contains("Cannot hide:"),
                "no reason above {line}"
            );
            count += 1;
        } else if line.is_empty() {
            reason.clear();
        }
    }
    assert_eq!(count, warnings.matches("%Warning").count(), "waivers and warnings of tiny:\n{warnings}");
}

#[test]
fn iverilog_accepts_it() {
    for name in ["tiny", "up5k", "up5k-t4", "ecp5-25-dtr", "ecp5-25-dual"] {
        let folder = written("iverilog", name);
        let arguments = ["-g2005", "-Wall", "-Wno-timescale", "-t", "null", "-s", TOP, "-c", LIST];
        let printed = tool(&folder, OsStr::new("iverilog"), &arguments);
        assert_eq!(printed, Ok(String::new()), "{name}");
    }
}

#[test]
fn yosys_finds_no_latch_and_no_undriven_or_doubly_driven_wire() {
    let quick = ["tiny", "up5k-t4", "ecp5-25-dtr", "ecp5-25-dual"];
    for name in quick.into_iter().chain(full().then_some("up5k")) {
        let folder = written("yosys", name);
        std::fs::write(folder.join("all.v"), machine::verilog(&config(name)).unwrap()).unwrap();
        let script = format!(
            "read_verilog all.v; hierarchy -check -top {TOP}; proc; opt_clean; select -assert-none t:$dlatch t:$dlatchsr t:$sr; check -assert"
        );
        let printed = tool(&folder, wrapper("yosys").as_os_str(), &["-q", "-p", &script]);
        assert!(printed.as_ref().is_ok_and(|text| !text.contains("implicitly")), "{name}: {printed:?}");
    }
}

/// yosys takes a memory for block RAM only if it understands that a collision promises nothing.
#[test]
fn a_memory_of_pairs_becomes_block_ram() {
    let folder = written("pairs", "ecp5-25-dual");
    let script =
        "read_verilog statestream_pairs.v; synth_ecp5 -run :map_ffram; select -assert-count 8 t:DP16KD";
    assert_eq!(tool(&folder, wrapper("yosys").as_os_str(), &["-q", "-p", script]), Ok(String::new()));
}

#[test]
fn what_cannot_be_built_is_refused_in_words() {
    let refused = |change: &dyn Fn(&mut Config)| {
        let mut config = config("tiny");
        change(&mut config);
        machine::verilog(&config).unwrap_err().to_string()
    };
    let text = |quantity: &str, rule: &str| {
        format!("configuration tiny: {quantity}, and the generator builds {rule}; choose another --config")
    };
    let depths = "h, vector and state memories of 32/128/512, 256/512/8192, 512/1024/8192, 512/1024/16384 or 2048/8192/32768 words";
    for tokens in [0, 3, 12, 17, 32] {
        let found = refused(&move |c| c.tokens = tokens);
        assert_eq!(found, text(&format!("tokens is {tokens}"), "1, 2, 4, 8 or 16 tokens per pass"));
    }
    assert_eq!(refused(&|c| c.h_words = 33), text("memory depth is 33/128/512", depths));
    assert_eq!(refused(&|c| c.state_words = 0), text("memory depth is 32/128/0", depths));
    assert_eq!(refused(&|c| c.vector_words = 1024), text("memory depth is 32/1024/512", depths));
    let banks = "two banks of at most 128 parameter words";
    assert_eq!(refused(&|c| c.param_words = 129), text("param_words is 129", banks));
    let uart = "a UART of 2 to 65535 clocks a bit";
    assert_eq!(refused(&|c| c.uart_divisor = 65536), text("uart_divisor is 65536", uart));
    assert_eq!(
        refused(&|c| c.flash_base = 1 << 24),
        text("flash_base is 16777216", "for 24-bit flash addresses")
    );
    let halves = "two chips with half of an even address each";
    let odd = refused(&|c| (c.flash, c.flash_base) = (FlashBus::Dual, 3));
    assert_eq!(odd, text("flash_base is 3", halves));
    assert_eq!(refused(&|c| c.clock_hz = 0), text("clock_hz is 0", "for clocks up to 2 GHz"));
}

/// An output that nothing drives.
#[derive(LogicBlock, Default)]
struct Undriven {
    x: Signal<In, Bit>,
    y: Signal<Out, Bit>,
    z: Signal<Out, Bit>,
}

impl Logic for Undriven {
    #[hdl_gen]
    fn update(&mut self) {
        self.y.next = self.x.val();
    }
}

#[test]
fn a_panic_in_the_generator_is_an_error() {
    match emit::verilog(&mut Undriven::default(), "undriven") {
        Err(EmitError::Refused { top, reason }) => {
            assert_eq!(top, "undriven");
            assert!(reason.contains("OpenSignal") && reason.contains("\"z\""), "{reason}");
        }
        other => panic!("{other:?}"),
    }
}

/// A kernel with every construct that the passes rewrite.
#[derive(LogicBlock, Default)]
struct Sampler {
    clock: Signal<In, Clock>,
    x: Signal<In, Bits<4>>,
    y: Signal<Out, Bits<8>>,
    sum: statestream_hdl::register::Dff<Bits<8>>,
    last: statestream_hdl::register::Reg<Bits<4>>,
}

impl Logic for Sampler {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, sum);
        clock!(self, clock, last);
        self.last.d.next = self.x.val();
        self.last.en.next = self.x.val().any();
        match self.x.val().index() {
            3 => {
                self.sum.d.next = bit_cast::<8, 4>(self.last.q.val());
            }
            _ => {
                self.sum.d.next = self.sum.q.val() + 255;
            }
        }
        self.y.next = self.sum.q.val();
    }
}

#[test]
fn a_block_reads_as_a_person_would_write_it() {
    let expected = "\
module sampler (
    input wire clock,
    input wire [3:0] x,
    output wire [7:0] y
);
    reg [7:0] sum$d;
    reg [7:0] sum$q;
    wire last$en;
    reg [3:0] last$q;

    always @(*) begin
        sum$d = sum$q;
        case (x)
            3: begin
                sum$d = {4'h0, last$q};
            end
            default: begin
                sum$d = sum$q + 255;
            end
        endcase
    end

    assign last$en = |x;
    assign y = sum$q;

    initial sum$q = 8'h0;
    always @(posedge clock) sum$q <= sum$d;
    initial last$q = 4'h0;
    always @(posedge clock) if (last$en) last$q <= x;
endmodule
";
    assert_eq!(emit::verilog(&mut Sampler::default(), "sampler").unwrap(), expected);
}

//! Calling sby: the script of a proof, and what comes back.

use std::env;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};

use crate::cache::{checkout, FileError};

use super::{ProofError, Verdict};

const WRAPPER: &str = "tools/sby";
/// Seconds after which sby gives up.
const LIMIT: u32 = 1800;

/// How a script asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    /// For a proof by k-induction.
    Prove(u32),
    /// For a trace from power-up that breaks an assertion in these clocks, the second not included.
    Search([u32; 2]),
}

/// The proof program, and the folder that it works in.
#[derive(Debug, Clone)]
pub struct Sby {
    program: PathBuf,
    folder: PathBuf,
}

impl Sby {
    /// `tools/sby` of the checkout, or the program of `STATESTREAM_SBY`; files go to `target/proofs`, or the folder of `STATESTREAM_PROOFS`.
    pub fn find() -> Result<Sby, ProofError> {
        let missing = |searched: PathBuf| ProofError::Missing {
            reason: format!("no folder from {} upward holds {WRAPPER}", searched.display()),
        };
        let place = |variable: &str, otherwise: &str| match env::var_os(variable) {
            Some(place) => Ok(PathBuf::from(place)),
            None => checkout(WRAPPER).map(|root| root.join(otherwise)).map_err(missing),
        };
        Sby::at(&place("STATESTREAM_SBY", WRAPPER)?, &place("STATESTREAM_PROOFS", "target/proofs")?)
    }

    /// This program, in this folder.
    pub fn at(program: &Path, folder: &Path) -> Result<Sby, ProofError> {
        let absolute = |path: &Path| std::path::absolute(path).map_err(FileError::of("find", path));
        Ok(Sby { program: absolute(program)?, folder: absolute(folder)? })
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Runs `proof.sby` in this folder, which holds all that it reads: WebAssembly tools see no other.
    ///
    /// Output goes to a file: an interrupt from a terminal ends this program too, and an sby that can no longer print stops
    /// before it has ended its solvers.
    pub(super) fn run(&self, proof: &str, folder: &Path) -> Result<Verdict, ProofError> {
        let log = folder.join("sby.log");
        let file = File::create(&log).map_err(FileError::of("create", &log))?;
        let errors = file.try_clone().map_err(FileError::of("write", &log))?;
        let mut command = Command::new(&self.program);
        let command = command.args(["-f", "proof.sby"]).current_dir(folder).stdout(file).stderr(errors);
        let status = command.status().map_err(|error| ProofError::Missing {
            reason: format!("{}: {error}", self.program.display()),
        })?;
        let bytes = fs::read(&log).map_err(FileError::of("read", &log))?;
        let text = String::from_utf8_lossy(&bytes);
        verdict(status, &text).unwrap_or_else(|| Err(refused(proof, &text, log)))
    }
}

/// sby's exit codes. A shell's code for a program that is not there is the wrappers' too.
fn verdict(status: ExitStatus, text: &str) -> Option<Result<Verdict, ProofError>> {
    const PASS: i32 = 0;
    const FAIL: i32 = 2;
    const UNKNOWN: i32 = 4;
    const TIMEOUT: i32 = 8;
    const MISSING: i32 = 127;
    let broken = || failed_assertions(text);
    match status.code()? {
        PASS => Some(Ok(Verdict::Pass)),
        FAIL => Some(Ok(Verdict::Fail(broken()))),
        UNKNOWN => Some(Ok(Verdict::Unknown(broken()))),
        TIMEOUT => Some(Ok(Verdict::Unknown(vec![format!("no answer within {LIMIT} seconds")]))),
        MISSING => Some(Err(ProofError::Missing {
            reason: text.trim().trim_end_matches("; run scripts/setup.sh").into(),
        })),
        _ => None,
    }
}

fn refused(proof: &str, text: &str, log: PathBuf) -> ProofError {
    let last = text.lines().rfind(|line| line.contains("ERROR:")).or(text.lines().last());
    ProofError::Refused { proof: proof.into(), text: last.unwrap_or("sby printed nothing").into(), log }
}

/// `... failed assertion proof._witness_.x at uart.sv:40.9-40.42 step 2` is `uart.sv:40 in step 2`.
fn failed_assertions(text: &str) -> Vec<String> {
    let places = text.lines().filter_map(|line| line.split_once("failed assertion ")?.1.split_once(" at "));
    let place = |(_, place): (&str, &str)| {
        let (range, step) = place.split_once(' ').unwrap_or((place, ""));
        let line = range.split('.').take(2).collect::<Vec<_>>().join(".");
        format!("{line} {}", step.replace("step", "in step")).trim_end().to_string()
    };
    let mut all: Vec<String> = places.map(place).collect();
    all.dedup();
    all
}

/// The script. Three of its lines have a reason each: without `-norom`, tables become memories whose contents an induction may choose; wires that
/// look inside (see [`inside`]) are connected when the hierarchy is gone; `check -assert` stops at any that found nothing.
pub(super) fn script(name: &str, text: &str, defines: &[String], mode: Mode) -> String {
    let mode = match mode {
        Mode::Prove(depth) => format!("mode prove\ndepth {depth}"),
        Mode::Search([skip, depth]) => format!("mode bmc\nskip {skip}\ndepth {depth}"),
    };
    let defines_as_options: String = defines.iter().map(|define| format!(" -D{define}")).collect();
    let connect = |(wire, path): (&str, &str)| format!("connect -nounset -set {wire} {path}\n");
    let connections: String = inside(text, defines).into_iter().map(connect).collect();
    format!(
        "[options]\n{mode}\ntimeout {LIMIT}\n[engines]\nsmtbmc yices\n[script]\nread -formal statestream.v\n\
         read_verilog -sv -formal -overwrite{defines_as_options} {name}.sv\nhierarchy -top proof\nproc -norom\nflatten\n\
         cd proof\n{connections}cd ..\ncheck -assert\nopt -keepdc\n[files]\nstatestream.v\n{name}.sv\n"
    )
}

/// The wires that look inside the design, and what they show: `(* inside = "dut.phase$q" *) wire [2:0] phase;`. yosys reads no
/// hierarchical names. Lines that a definition leaves out are left out here too.
fn inside<'a>(text: &'a str, defines: &[String]) -> Vec<(&'a str, &'a str)> {
    let defined = |name: &str| defines.iter().any(|define| define.split('=').next() == Some(name));
    let mut read = Vec::new();
    let mut found = Vec::new();
    for line in text.lines().map(str::trim) {
        match line.split_once(' ').unwrap_or((line, "")) {
            ("`ifdef", name) => read.push(defined(name)),
            ("`else", _) => read.iter_mut().last().into_iter().for_each(|read| *read = !*read),
            ("`endif", _) => drop(read.pop()),
            _ if read.iter().all(|read| *read) => found.extend(wire_inside(line)),
            _ => {}
        }
    }
    found
}

fn wire_inside(line: &str) -> Option<(&str, &str)> {
    let (path, wire) = line.strip_prefix("(* inside = \"")?.split_once("\" *) wire ")?;
    Some((wire.strip_suffix(';')?.rsplit(' ').next()?, path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wires_inside_follow_the_definitions() {
        let text = "(* inside = \"dut.a$q\" *) wire signed [2:0] a;\n`ifdef X\n(* inside = \"dut.b\" *) wire b;\n`else\n\
                    (* inside = \"dut.c\" *) wire c;\n`endif\nwire d;\n";
        assert_eq!(inside(text, &[]), [("a", "dut.a$q"), ("c", "dut.c")]);
        assert_eq!(inside(text, &["X=1".into()]), [("a", "dut.a$q"), ("b", "dut.b")]);
    }

    #[test]
    fn assertions_are_named_by_file_line_and_step() {
        let text = "SBY [x] summary:   failed assertion proof._witness_.c at uart.sv:40.9-40.42 step 2\n\
                    SBY [x] summary:   failed assertion proof._witness_.d at uart.sv:41.9-41.42\nDONE\n";
        assert_eq!(failed_assertions(text), ["uart.sv:40 in step 2", "uart.sv:41"]);
    }

    #[test]
    fn a_program_that_is_not_there_says_how_to_get_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let sby = Sby::at(&folder.path().join("no-sby"), folder.path()).expect("paths");
        let error = sby.run("x", folder.path()).expect_err("no program").to_string();
        assert!(error.contains("no-sby") && error.contains("run scripts/setup.sh"), "{error}");
    }
}

//! A second opinion: what Verilator did, iverilog does again, and every output that counts must be the same in every half clock.
//!
//! In iverilog everything without a power-up value starts as X, and an X where a bit counts is a difference. But `if (x)` takes the other branch and `case (x)`
//! the default there, so an X may become a wrong value before it reaches a pin: both are differences. In Verilator the same bits start at random, so runs
//! from several seeds must be one run.
//!
//! ```text
//! lockstep ─ verilator ─ recording ─┬─ verilator, other power-up values: equal
//!                                   └─ iverilog, X at power-up: equal
//! ```

use std::fmt;
use std::fs;
use std::path::Path;
use std::process::Command;

use statestream_hdl::machine::TOP;
use statestream_image::config::{Config, FlashBus};
use statestream_image::layout::Image;

use crate::cache::{FileError, LockedFolder};
use crate::mutation::{apply_all, Edit, MutationError};
use crate::recording::Recording;
use crate::rtl::RtlOptions;
use crate::stimulus::{Action, Bench, BenchError};
use crate::verilator::{checkout, printed, start, VerilatorError};

/// Why there is no second opinion.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SecondError {
    /// The first one is that it is wrong.
    #[error(transparent)]
    Bench(#[from] BenchError),
    /// A program is not there.
    #[error(transparent)]
    Tool(#[from] VerilatorError),
    /// The program refused the text.
    #[error("{program} refused {name}: {text}; what it was given is in {folder}")]
    Refused {
        /// The program.
        program: &'static str,
        /// Whose text.
        name: String,
        /// All it printed.
        text: String,
        /// Where that lies.
        folder: String,
    },
    /// An edit does not fit the Verilog.
    #[error(transparent)]
    Edit(#[from] MutationError),
    /// A file.
    #[error("{0}; choose a place that may be written")]
    File(#[from] FileError),
}

/// What iverilog needs where a byte is two weights: what has no weight is nothing, known or not.
///
/// The second weight of a row's odd end is zero, and so is that of every wide byte, whatever word it goes with. Zero times any word is zero, and zero times X
/// is X. The product is the same for every known word.
pub const NO_WEIGHT: Edit = Edit::new("core_unit", ".a(other$q),", ".a(|factor$q ? other$q : 16'sd0),");

/// The text as iverilog can run it.
fn readable(config: &Config, text: &str) -> Result<String, MutationError> {
    let two_weights = (config.flash != FlashBus::Quad).then_some(&NO_WEIGHT);
    let here = |edit: &&Edit| text.contains(&format!("module statestream_{} (", edit.module));
    apply_all(text, two_weights.into_iter().filter(here))
}

/// A machine, its image and what is done with it.
#[derive(Debug, Clone)]
pub struct Case {
    /// What it is called.
    pub name: String,
    /// The machine.
    pub config: Config,
    /// What is in its flash.
    pub image: Image,
    /// Seed of a throttle.
    pub stalls: Option<u64>,
    /// What is done.
    pub actions: Vec<Action>,
}

/// What iverilog makes of a recording.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Opinion {
    /// The same in so many half clocks.
    Same(usize),
    /// Another.
    Other(Difference),
}

/// The first half clock in which they part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// From power-up, 0 the first.
    pub half_clock: usize,
    /// Name, what is due and what was said of every output that differs; bits that do not count are `x` in what is due.
    pub outputs: Vec<[String; 3]>,
}

impl Difference {
    /// True if a bit that counts is unknown.
    pub fn has_x(&self) -> bool {
        self.outputs.iter().any(|[_, due, said]| differ(due, said) && said.contains(['x', 'z']))
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "half clock {}", self.half_clock)?;
        let mut all = self.outputs.iter();
        all.try_for_each(|[name, due, said]| write!(f, ", {name}: due {due}, said {said}"))
    }
}

impl Case {
    /// Does it in Verilator, in lockstep with golden, from power-up values of this seed.
    pub fn record(&self, seed: u32) -> Result<Recording, SecondError> {
        let options = RtlOptions { seed, stalls: self.stalls, record: true, ..RtlOptions::default() };
        let mut bench = Bench::rtl(&self.config, &self.image, &options, &self.name)?;
        bench.run(&self.actions)?;
        Ok(bench.engine.recording())
    }

    /// Does the same in iverilog with these files, name and text, where it applies with [`NO_WEIGHT`]. What was read there stays in `target/second` if it is not the same.
    pub fn replay(&self, run: &Recording, files: &[(String, String)]) -> Result<Opinion, SecondError> {
        let folder = LockedFolder::lock(&checkout()?.join("target/second"), &folder_name(&self.name))?;
        for (name, text) in files {
            folder.write(name, readable(&self.config, text)?)?;
        }
        folder.write("rows.txt", rows(run))?;
        folder.write("bench.v", bench(run))?;
        let opinion = self.simulate(run, folder.path(), files)?;
        if matches!(opinion, Opinion::Same(_)) {
            let _ = fs::remove_dir_all(folder.path());
        }
        Ok(opinion)
    }

    fn simulate(
        &self,
        run: &Recording,
        folder: &Path,
        files: &[(String, String)],
    ) -> Result<Opinion, SecondError> {
        let names = files.iter().map(|(name, _)| name.as_str());
        let arguments = ["-g2012", "-s", "bench", "-o", "bench.vvp", "bench.v"];
        self.call(folder, "iverilog", arguments.into_iter().chain(names))?;
        let text = self.call(folder, "vvp", ["-n", "bench.vvp"])?;
        opinion(run, &text).ok_or_else(|| self.refused(folder, "vvp", text))
    }

    fn call<'a>(
        &self,
        folder: &Path,
        program: &'static str,
        arguments: impl IntoIterator<Item = &'a str>,
    ) -> Result<String, SecondError> {
        let output = start(Command::new(program).args(arguments).current_dir(folder))?;
        let text = printed(&output);
        match output.status.success() {
            true => Ok(text),
            false => Err(self.refused(folder, program, text)),
        }
    }

    fn refused(&self, folder: &Path, program: &'static str, text: String) -> SecondError {
        let folder = folder.display().to_string();
        SecondError::Refused { program, name: self.name.clone(), text: text.trim().into(), folder }
    }
}

fn folder_name(name: &str) -> String {
    name.replace(|c: char| !c.is_ascii_alphanumeric(), "-")
}

/// A line for each half clock: clock, io_i, rx, pause, and what is due, `x` where it does not count.
fn rows(run: &Recording) -> String {
    let (pins, width) = (run.io_width, run.width());
    let mut text = String::new();
    for (told, said) in run.rows() {
        let counted = run.counted(said);
        let bit = |word: u128, at: u32| if word >> at & 1 == 1 { '1' } else { '0' };
        let due = |at: u32| if counted >> at & 1 == 1 { bit(said, at) } else { 'x' };
        text.push(bit(told[0].into(), 0));
        text.extend((0..pins).rev().map(|at| bit(told[1].into(), at)));
        text.extend([bit(told[2].into(), 0), bit(told[3].into(), 0)]);
        text.extend((0..width).rev().map(due));
        text.push('\n');
    }
    text
}

/// The bench. Inputs change before the clock does, as in a Verilated model. `==?` ignores bits that are X on its right side only.
fn bench(run: &Recording) -> String {
    let (pins, width, count) = (run.io_width, run.width(), run.len());
    let connect = |(name, at, width): (&str, u32, u32)| format!(", .{name}(said[{}:{at}])", at + width - 1);
    let outputs = run.outputs().iter().map(|output| connect((output.name, output.at, output.width)));
    format!(
        "`timescale 1ns/1ps
module bench;
    reg [{row}:0] rows [0:{last}];
    reg clock = 0, level, rx, pause;
    reg [{io}:0] io_i;
    reg [{top}:0] due;
    wire [{top}:0] said;
    integer at;
    {TOP} dut(.clock(clock), .io_i(io_i), .rx(rx), .pause(pause){connections});
    initial begin
        $readmemb(\"rows.txt\", rows);
        for (at = 0; at <= {last}; at = at + 1) begin
            {{level, io_i, rx, pause, due}} = rows[at];
            #100 clock = level;
            #100 if ((said ==? due) !== 1'b1) begin
                $display(\"differs %0d %b %b\", at, due, said);
                $finish;
                at = {last};
            end
        end
        $display(\"replayed %0d\", at);
        $finish;
    end
endmodule
",
        row = 2 + pins + width,
        last = count.saturating_sub(1),
        io = pins - 1,
        top = width - 1,
        connections = outputs.collect::<String>(),
    )
}

/// What the bench printed first.
fn opinion(run: &Recording, text: &str) -> Option<Opinion> {
    let words: Vec<&str> = text.lines().find_map(said_by_bench)?;
    match words[..] {
        ["replayed", count] => {
            let count = count.parse().ok().filter(|count| *count == run.len())?;
            Some(Opinion::Same(count))
        }
        ["differs", at, due, said] => {
            let outputs = run.outputs().iter().filter_map(|output| {
                let bits = |text: &str| -> Option<String> {
                    let end = text.len().checked_sub(output.at as usize)?;
                    text.get(end.checked_sub(output.width as usize)?..end).map(String::from)
                };
                let (due, said) = (bits(due)?, bits(said)?);
                differ(&due, &said).then(|| [output.name.into(), due, said])
            });
            Some(Opinion::Other(Difference { half_clock: at.parse().ok()?, outputs: outputs.collect() }))
        }
        _ => None,
    }
}

fn said_by_bench(line: &str) -> Option<Vec<&str>> {
    (line.starts_with("replayed ") || line.starts_with("differs ")).then(|| line.split(' ').collect())
}

/// True if a bit that is due is another, or unknown.
fn differ(due: &str, said: &str) -> bool {
    due.chars().zip(said.chars()).any(|(due, said)| due != 'x' && due != said)
}

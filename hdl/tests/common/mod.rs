//! Runs a block in rust-hdl's simulator, writes down every clock, and replays it against the emitted Verilog in iverilog:
//! a test is then a test of the Verilog, and of the two simulators' agreement.
#![allow(dead_code, reason = "each test file uses its part of the harness")]

use rust_hdl::prelude::*;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A block with a clock.
pub trait Clocked: Block {
    /// Its clock input.
    fn clock(&mut self) -> &mut Signal<In, Clock>;
}

/// Lets combinational logic settle.
pub fn settle<U: Clocked>(uut: &mut U) {
    uut.clock().next = false.into();
    assert!(simulate(uut, 100), "combinational logic does not settle");
}

/// One rising edge.
pub fn tick<U: Clocked>(uut: &mut U) {
    uut.clock().next = true.into();
    assert!(simulate(uut, 100), "combinational logic does not settle");
    settle(uut);
}

/// A port: name and width.
pub type Port = (&'static str, usize);

/// What happened at the ports, a row a clock, taken just before the rising edge.
pub struct Recording {
    inputs: &'static [Port],
    outputs: &'static [Port],
    rows: String,
    count: usize,
}

impl Recording {
    /// An empty recording of these ports, the clock not among them.
    pub fn new(inputs: &'static [Port], outputs: &'static [Port]) -> Self {
        Self { inputs, outputs, rows: String::new(), count: 0 }
    }

    /// Adds a clock: the inputs' values, then the outputs', in the order of the ports.
    pub fn row(&mut self, values: &[u64]) {
        assert_eq!(values.len(), self.inputs.len() + self.outputs.len());
        for ((_, width), value) in self.inputs.iter().chain(self.outputs).zip(values) {
            write!(self.rows, "{value:0width$b}").unwrap();
        }
        self.rows.push('\n');
        self.count += 1;
    }

    /// Adds a clock whose outputs are not known yet: the word of a memory before the first read.
    pub fn row_unknown(&mut self, inputs: &[u64]) {
        assert_eq!(inputs.len(), self.inputs.len());
        for ((_, width), value) in self.inputs.iter().zip(inputs) {
            write!(self.rows, "{value:0width$b}").unwrap();
        }
        self.rows.extend(self.outputs.iter().map(|(_, width)| "x".repeat(*width)));
        self.rows.push('\n');
        self.count += 1;
    }

    /// Replays the recording against the block's Verilog, whose top module is `top`.
    pub fn replay(&self, name: &str, verilog: &str) {
        assert!(self.count > 0, "nothing was recorded");
        std::fs::write(folder(name).join("rows.txt"), &self.rows).unwrap();
        let printed = run_bench(name, verilog, &self.bench());
        let end = format!("replayed {} clocks", self.count);
        assert!(printed.trim() == end, "{name}: the Verilog differs from the simulator:\n{printed}");
    }

    fn bench(&self) -> String {
        let width: usize = self.inputs.iter().chain(self.outputs).map(|port| port.1).sum();
        let declare = |kind: &str, prefix: &str, ports: &[Port]| -> String {
            ports.iter().map(|(name, w)| format!("    {kind} [{}:0] {prefix}_{name};\n", w - 1)).collect()
        };
        let list = |prefix: &str, ports: &[Port]| -> Vec<String> {
            ports.iter().map(|(name, _)| format!("{prefix}_{name}")).collect()
        };
        let connections = self.inputs.iter().map(|(name, _)| format!(", .{name}(i_{name})"));
        let connections =
            connections.chain(self.outputs.iter().map(|(name, _)| format!(", .{name}(o_{name})")));
        let compare = self.outputs.iter().map(|(name, _)| {
            format!("            if (e_{name}[0] !== 1'bx && o_{name} !== e_{name}) begin $display(\"clock %0d, {name}: %b, not %b\", at, o_{name}, e_{name}); bad = bad + 1; end\n")
        });
        format!(
            "`timescale 1ns/1ps\nmodule bench;\n    reg [{top}:0] rows [0:{last}];\n    reg clock = 0;\n    integer at, bad = 0;\n\
             {}{}{}    top dut(.clock(clock){});\n    initial begin\n        $readmemb(\"rows.txt\", rows);\n\
             \x20       for (at = 0; at <= {last} && bad < 20; at = at + 1) begin\n            {{{}}} = rows[at];\n            #5;\n\
             {}            clock = 1; #5 clock = 0;\n        end\n        if (bad == 0) $display(\"replayed %0d clocks\", at);\n\
             \x20       $finish;\n    end\nendmodule\n",
            declare("reg", "i", self.inputs),
            declare("wire", "o", self.outputs),
            declare("reg", "e", self.outputs),
            connections.collect::<String>(),
            [list("i", self.inputs), list("e", self.outputs)].concat().join(", "),
            compare.collect::<String>(),
            top = width - 1,
            last = self.count - 1,
        )
    }
}

/// What a bench prints that drives the module `top` of this Verilog.
pub fn run_bench(name: &str, verilog: &str, bench: &str) -> String {
    let folder = folder(name);
    std::fs::write(folder.join("top.v"), verilog).unwrap();
    std::fs::write(folder.join("bench.v"), bench).unwrap();
    command(&folder, "iverilog", &["-g2005", "-o", "bench", "bench.v", "top.v"]);
    command(&folder, "vvp", &["-n", "bench"])
}

fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

fn command(folder: &Path, program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).current_dir(folder).output();
    let output = output.unwrap_or_else(|error| panic!("{program} is needed by these tests: {error}"));
    let printed =
        [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned()).concat();
    assert!(output.status.success(), "{program} failed:\n{printed}");
    printed
}

/// A repeatable stream of random numbers.
pub struct Random(pub u64);

impl Random {
    /// 64 bits.
    pub fn word(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }
    /// Less than `n`.
    pub fn below(&mut self, n: u64) -> u64 {
        self.word() % n
    }
    /// True once in `n` times.
    pub fn once_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }
}

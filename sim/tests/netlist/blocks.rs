//! Small blocks, synthesised and simulated beside the Verilog they come from: the same inputs in every clock, and every output compared.

use statestream_image::rng::Rng;
use statestream_sim::netlist::Cells;
use statestream_sim::verilator::{Build, In, Model, Optimise, Port, Source, WideIn, WideOut};

use crate::yosys::synthesise;

/// A block: the body of a module with inputs `clock` and `in` (128 bits) and output `out` (64 bits).
pub struct Block {
    /// What it is, for messages.
    pub name: String,
    /// Its body.
    pub body: String,
}

/// The inputs of one clock: one field for each thing that a block may want to be told.
#[derive(Clone, Copy, Default)]
pub struct Inputs {
    /// `in[15:0]`: an address to read, or a factor.
    pub read: u16,
    /// `in[31:16]`: an address to write, or a factor.
    pub write: u16,
    /// `in[63:32]`: enables.
    pub enables: u32,
    /// `in[127:64]`: data.
    pub data: u64,
}

/// Random inputs whose two addresses are often the same.
pub fn draw(rng: &mut Rng) -> Inputs {
    let write = rng.bits() as u16;
    let read = if rng.one_in(3) { write } else { rng.bits() as u16 };
    Inputs { read, write, enables: rng.bits() as u32, data: rng.bits() }
}

/// Blocks and their netlist in one model, with a count of the clocks in which each pair differs.
pub struct Pairs {
    names: Vec<String>,
    model: Model,
    clock: In<u8>,
    armed: In<u8>,
    inputs: WideIn,
    differences: WideOut,
}

impl Pairs {
    /// Synthesises the blocks; `leaves` are modules that they instantiate.
    pub fn new(cells: Cells, leaves: &str, blocks: &[Block]) -> Pairs {
        let rtl = format!("{leaves}\n{}", blocks_text(blocks));
        let netlist = synthesise(cells, "blocks", &rtl).text;
        // The netlist is one module; only its name is the original's too.
        let netlist = netlist.replace("module blocks(", "module blocks_netlist(");
        let count = blocks.len() as u32;
        let sources = [("rtl.v", rtl), ("netlist.v", netlist), ("pairs.v", pairs_text(count))];
        let sources = sources.map(|(name, text)| Source::text(name, text));
        let build = cells.build("pairs", sources.into(), ports(count)).unwrap_or_else(|e| panic!("{e}"));
        Pairs::of(&build, blocks.iter().map(|block| block.name.clone()).collect())
    }

    fn of(build: &Build, names: Vec<String>) -> Pairs {
        let model = build.clone().optimise(Optimise::Quick).load(1).unwrap_or_else(|e| panic!("{e}"));
        let (clock, armed) = (model.input("clock").unwrap(), model.input("armed").unwrap());
        let (inputs, differences) =
            (model.wide_input("in").unwrap(), model.wide_output("differences").unwrap());
        Pairs { names, model, clock, armed, inputs, differences }
    }

    /// One clock; differences count if `armed`.
    pub fn clock(&mut self, inputs: Inputs, armed: bool) {
        let addresses = u32::from(inputs.write) << 16 | u32::from(inputs.read);
        let words = [addresses, inputs.enables, inputs.data as u32, (inputs.data >> 32) as u32];
        self.model.set_wide(self.inputs, &words);
        self.model.set(self.armed, u8::from(armed));
        for level in [0, 1] {
            self.model.set(self.clock, level);
            self.model.eval();
        }
    }

    /// So many clocks of random inputs.
    pub fn run(&mut self, seed: u64, clocks: usize) {
        let mut rng = Rng::new(seed);
        // Registers that a cell has swallowed start with any value.
        (0..4).for_each(|_| self.clock(draw(&mut rng), false));
        (0..clocks).for_each(|_| self.clock(draw(&mut rng), true));
    }

    /// Clocks in which a block and its netlist differed, for each block.
    pub fn differences(&self) -> Vec<(&str, u32)> {
        let counts = self.model.get_wide(self.differences);
        assert!(!self.model.status().expect("always there").failed, "a model of a cell gave up");
        self.names.iter().map(String::as_str).zip(counts.iter().copied()).collect()
    }
}

/// Fails with the names of the blocks that differ.
pub fn equal(pairs: &Pairs) {
    let wrong: Vec<_> = pairs.differences().into_iter().filter(|(_, count)| *count > 0).collect();
    assert!(wrong.is_empty(), "netlists that differ, and in how many clocks: {wrong:?}");
}

fn blocks_text(blocks: &[Block]) -> String {
    let head = "(input wire clock, input wire [127:0] in, output wire";
    let module = |(at, block): (usize, &Block)| {
        format!("module block_{at} {head} [63:0] out);\n{}\nendmodule\n", block.body)
    };
    let modules: String = blocks.iter().enumerate().map(module).collect();
    let instance = |at| format!("block_{at} b{at} (clock, in, out[{}:{}]);\n", 64 * at + 63, 64 * at);
    let instances: String = (0..blocks.len()).map(instance).collect();
    format!("{modules}module blocks {head} [{}:0] out);\n{instances}endmodule\n", 64 * blocks.len() - 1)
}

/// Both sides, compared before each rising edge.
fn pairs_text(count: u32) -> String {
    format!(
        "module pairs (input wire clock, input wire armed, input wire [127:0] in, output reg [{}:0] differences);
    wire [{bits}:0] rtl, netlist;
    blocks a (clock, in, rtl);
    blocks_netlist b (clock, in, netlist);
    integer k;
    initial differences = 0;
    always @(posedge clock) if (armed)
        for (k = 0; k < {count}; k = k + 1)
            if (rtl[64 * k +: 64] != netlist[64 * k +: 64]) differences[32 * k +: 32] <= differences[32 * k +: 32] + 1;
endmodule
",
        32 * count.max(3) - 1,
        bits = 64 * count - 1
    )
}

fn ports(count: u32) -> Vec<Port> {
    let inputs = [("clock", 1), ("armed", 1), ("in", 128)].map(|(name, width)| Port::input(name, width));
    inputs.into_iter().chain([Port::output("differences", 32 * count.max(3))]).collect()
}

//! Memories of every width and behaviour, those of `hdl` and random ones, against their Verilog.

use statestream_hdl::emit;
use statestream_hdl::memory::{BankedPort, DualPort, RamStyle, Rom, SinglePort};
use statestream_image::rng::Rng;
use statestream_sim::netlist::Cells;

use crate::blocks::{equal, Block, Inputs, Pairs};

const CLOCKS: usize = 20_000;

/// What a port does in a clock in which it, or the other one, writes.
#[derive(Clone, Copy, Debug)]
enum Kind {
    /// One reads, one writes; the old word where they meet.
    Dual,
    /// The same with an enable for each byte of eight or nine bits.
    Bytes,
    /// The same with an enable and a reset of what was read.
    Gated,
    /// One port; what was read stays while it writes.
    Keeps,
    /// One port; it shows the old word while it writes.
    Old,
    /// One port; it shows the new word while it writes.
    New,
    /// No write at all.
    Rom,
}

const KINDS: [Kind; 7] = [Kind::Dual, Kind::Bytes, Kind::Gated, Kind::Keeps, Kind::Old, Kind::New, Kind::Rom];

fn memory(kind: Kind, width: usize, address: usize) -> Block {
    let byte = if width.is_multiple_of(9) { 9 } else { 8 };
    let always = match kind {
        Kind::Dual => "q <= mem[r]; if (we) mem[w] <= d;".into(),
        Kind::Bytes => format!(
            "q <= mem[r]; for (k = 0; k < {}; k = k + 1) if (we && in[40 + k]) mem[w][{byte} * k +: {byte}] <= d[{byte} * k +: {byte}];",
            width / byte
        ),
        Kind::Gated => "if (in[33] && in[34]) q <= 0; else if (in[35]) q <= mem[r]; if (we) mem[w] <= d;".into(),
        Kind::Keeps => "if (we) mem[w] <= d; else q <= mem[w];".into(),
        Kind::Old => "q <= mem[w]; if (we) mem[w] <= d;".into(),
        Kind::New => "if (we) begin mem[w] <= d; q <= d; end else q <= mem[w];".into(),
        Kind::Rom => "q <= mem[r];".into(),
    };
    let (top, last) = (width - 1, address - 1);
    let body = format!(
        "wire [{last}:0] r = in[{last}:0], w = in[{}:16];
wire we = in[32];
wire [{top}:0] d = in[{}:64];
(* ram_style = \"block\" *) reg [{top}:0] mem [0:{}];
reg [{top}:0] q;
integer k;
initial for (k = 0; k < {}; k = k + 1) mem[k] = {{k * 32'h9e3779b1, k * 32'h85ebca6b}} >> 7;
initial q = 0;
always @(posedge clock) begin {always} end
assign out = q;",
        16 + last,
        64 + top,
        (1 << address) - 1,
        1 << address,
    );
    Block { name: format!("{kind:?} of {} words of {width} bits", 1 << address), body }
}

/// Every width that a cell has and some that it has not, each in a random depth, in every kind; a third of them unless all are asked for.
fn random(seed: u64) -> Vec<Block> {
    let mut rng = Rng::new(seed);
    let widths = [1, 2, 4, 8, 9, 16, 18, 27, 32, 36];
    let pairs = widths.iter().flat_map(|width| KINDS.map(|kind| (kind, *width)));
    let fits =
        |(kind, width): &(Kind, usize)| !matches!(kind, Kind::Bytes) || matches!(width, 16 | 18 | 32 | 36);
    let all = pairs.filter(fits).map(|(kind, width)| memory(kind, width, 4 + rng.below(8)));
    let step = if std::env::var_os("STATESTREAM_FULL").is_some() { 1 } else { 5 };
    all.step_by(step).collect()
}

fn block_rams(cells: Cells, seed: u64) {
    let mut pairs = Pairs::new(cells, "", &random(seed));
    pairs.run(seed, CLOCKS);
    equal(&pairs);
}

#[test]
fn ice40_block_rams_of_every_width_are_their_verilog() {
    block_rams(Cells::Ice40, 1);
}

#[test]
fn ecp5_block_rams_of_every_width_are_their_verilog() {
    block_rams(Cells::Ecp5, 2);
}

/// What an SB_SPRAM256KA shows while it writes is unknown, so only what was read in the clock before counts.
const SINGLE: &str = "wire [15:0] q;
single leaf (.clock(clock), .bank(in[51:48]), .addr(in[9:0]), .we(in[32]), .wdata(in[79:64]), .rdata(q));
reg read;
always @(posedge clock) read <= !in[32];
assign out = read ? q : 0;";

/// A memory of `hdl` with one port to read and one to write, whose addresses have these many bits. A word that was read in the clock
/// in which it was written means nothing, so it does not count.
fn two_ports(name: &str, address: usize, [read_bank, write_bank]: [&str; 2]) -> Block {
    let last = address - 1;
    let banks = match read_bank {
        "" => String::new(),
        _ => format!(", .rbank({read_bank}), .wbank({write_bank})"),
    };
    let body = format!(
        "wire [{last}:0] read = in[{last}:0], write = in[{}:16];
wire [15:0] q;
{name} leaf (.clock(clock), .raddr(read), .we(in[32]), .waddr(write), .wdata(in[79:64]), .rdata(q){banks});
reg met;
always @(posedge clock) met <= in[32] && read == write{};
assign out = met ? 0 : q;",
        16 + last,
        // four banks: two bits of each number
        if read_bank.is_empty() { "" } else { " && in[49:48] == in[53:52]" },
    );
    Block { name: name.into(), body }
}

/// The memories of `hdl`, as they are emitted.
fn leaves(style: RamStyle) -> (String, Vec<Block>) {
    let table: Vec<i16> = (0..200).map(|k: i16| k.wrapping_mul(-321)).collect();
    let words: Vec<u64> = (0..130).map(|k: u64| k.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 12).collect();
    let emitted = [
        emit::verilog(&mut SinglePort::<10>::new(style, 2), "single"),
        emit::verilog(&mut DualPort::<9>::new(RamStyle::Block), "dual"),
        emit::verilog(&mut DualPort::<8>::with(RamStyle::Block, &table), "lookup"),
        emit::verilog(&mut BankedPort::<7>::new(RamStyle::Block, 4), "banked"),
        emit::verilog(&mut Rom::<8, 52>::new(&words), "rom"),
    ];
    let blocks = vec![
        Block { name: "single".into(), body: SINGLE.into() },
        two_ports("dual", 9, ["", ""]),
        two_ports("lookup", 8, ["", ""]),
        two_ports("banked", 7, ["in[51:48]", "in[55:52]"]),
        Block {
            name: "rom".into(),
            body: "rom leaf (.clock(clock), .addr(in[7:0]), .data(out[51:0])); assign out[63:52] = 0; wire nothing = in[0];"
                .into(),
        },
    ];
    (emitted.map(|text| text.expect("it can be emitted")).concat(), blocks)
}

/// Writes every word, since neither SPRAM nor the Verilog has contents at power-up, and then reads one. Words of two banks of 2^10 and
/// of four of 2^7 are reached by one count.
fn fill(pairs: &mut Pairs) {
    for at in 0..1 << 11 {
        let enables = 1 | u32::from(at >> 10 & 1) << 16 | u32::from(at >> 7 & 3) << 20;
        pairs.clock(Inputs { read: at, write: at, enables, data: u64::from(at) * 77 }, false);
    }
    (0..3).for_each(|_| pairs.clock(Inputs::default(), false));
}

fn hdl_memories(cells: Cells, style: RamStyle) {
    let (text, blocks) = leaves(style);
    let mut pairs = Pairs::new(cells, &text, &blocks);
    fill(&mut pairs);
    pairs.run(9, CLOCKS);
    equal(&pairs);
}

#[test]
fn the_memories_of_hdl_are_their_verilog_on_ice40() {
    hdl_memories(Cells::Ice40, RamStyle::Huge);
}

#[test]
fn the_memories_of_hdl_are_their_verilog_on_ecp5() {
    hdl_memories(Cells::Ecp5, RamStyle::Block);
}

/// The models are not kinder than the chips: without the logic that yosys adds for it, a read that meets a write gets noise.
#[test]
fn a_memory_that_promises_nothing_where_read_and_write_meet_gets_noise_there() {
    for cells in [Cells::Ice40, Cells::Ecp5] {
        let mut block = memory(Kind::Dual, 16, 8);
        block.body = block.body.replace("(* ram_style", "(* no_rw_check *) (* ram_style");
        let mut pairs = Pairs::new(cells, "", &[block]);
        let mut apart = Rng::new(3);
        for _ in 0..CLOCKS {
            let (write, enables) = (apart.bits() as u16, 1);
            pairs.clock(Inputs { read: write ^ 1, write, enables, data: apart.bits() }, true);
        }
        equal(&pairs);
        pairs.run(4, CLOCKS);
        assert!(pairs.differences()[0].1 > 1000, "{cells:?}: {:?}", pairs.differences());
    }
}

//! The memories: a single-port RAM that SPRAM infers from, a RAM with one read and one write port for block RAM, and a ROM.
//! Depths are powers of two given by the address width, so no address can fall outside.

use crate::num::S;
use rust_hdl::prelude::*;

/// What rust-hdl's simulator reads from a word in the clock in which it is written. Block RAMs promise nothing there, and the
/// Verilog says so with an `x`, which Verilator makes random: to promise the old value costs about 28 LUTs and 43
/// flip-flops for each memory of an iCE40. No block may look at such a word.
pub const COLLISION: S<16> = S(-21846);

/// The two ports of a memory `mem` in Verilog.
fn two_ports(from: &str, to: &str) -> String {
    format!(
        "always @(posedge clock) begin\n    rdata <= mem[{from}];\n    if (we) mem[{to}] <= wdata;\n    if (we && {from} == {to}) rdata <= 16'bx;\nend"
    )
}

/// How the synthesiser is asked to build a memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum RamStyle {
    /// No attribute: the synthesiser decides.
    #[default]
    Plain,
    /// Block RAM (SB_RAM40_4K, DP16KD).
    Block,
    /// SB_SPRAM256KA; only iCE40 UltraPlus has it.
    Huge,
}

impl RamStyle {
    fn attribute(self) -> &'static str {
        match self {
            RamStyle::Plain => "",
            RamStyle::Block => "(* ram_style = \"block\" *)\n",
            RamStyle::Huge => "(* ram_style = \"huge\" *)\n",
        }
    }
}

/// 16-bit words in equal banks, one port: a clock reads or writes. `rdata` keeps its value while writing.
#[derive(LogicBlock, Default)]
pub struct SinglePort<const AW: usize> {
    /// Clock, rising edge.
    pub clock: Signal<In, Clock>,
    /// Bank.
    pub bank: Signal<In, Bits<4>>,
    /// Word address in the bank.
    pub addr: Signal<In, Bits<AW>>,
    /// Write enable.
    pub we: Signal<In, Bit>,
    /// Word to write.
    pub wdata: Signal<In, S<16>>,
    /// The word at the address of the last clock that did not write.
    pub rdata: Signal<Out, S<16>>,
    _mem: Vec<S<16>>,
    _banks: Banks,
    _style: RamStyle,
}

impl<const AW: usize> SinglePort<AW> {
    /// A memory of this many banks of 2^AW words; the number is a power of two up to 16.
    pub fn new(style: RamStyle, banks: usize) -> Self {
        let banks = Banks(banks);
        Self { _mem: vec![S(0); banks.words(AW)], _banks: banks, _style: style, ..Default::default() }
    }
}

/// Equal banks of one memory, a power of two up to 16: the bank's number is the upper part of the address.
#[derive(Clone, Copy, Debug, Default)]
struct Banks(usize);

impl Banks {
    fn words(self, width: usize) -> usize {
        self.0 << width
    }

    fn at(self, bank: Bits<4>, addr: usize, width: usize) -> usize {
        (bank.index() % self.0) << width | addr
    }

    /// The whole address in Verilog; with one bank its number is read and means nothing.
    fn address(self, bank: &str, addr: &str) -> String {
        match self.0.trailing_zeros() {
            0 => addr.into(),
            1 => format!("{{{bank}[0], {addr}}}"),
            bits => format!("{{{bank}[{}:0], {addr}}}", bits - 1),
        }
    }

    /// What keeps a linter from asking why the rest of a bank's number is not read.
    fn unread(self, ports: &[&str]) -> String {
        let bits = self.0.trailing_zeros();
        let rest = ports.iter().filter(|_| bits < 4).map(|port| format!("{port}[3:{bits}]"));
        let rest: Vec<String> = rest.collect();
        match rest.is_empty() {
            true => String::new(),
            false => format!("wire unused = &{{1'b0, {}}};\n", rest.join(", ")),
        }
    }
}

impl<const AW: usize> Logic for SinglePort<AW> {
    fn update(&mut self) {
        if self.clock.pos_edge() {
            let at = self._banks.at(self.bank.val(), self.addr.val().index(), AW);
            if self.we.val() {
                self._mem[at] = self.wdata.val();
            } else {
                self.rdata.next = self._mem[at];
            }
        }
    }
    fn connect(&mut self) {
        self.rdata.connect();
    }
    fn hdl(&self) -> Verilog {
        Verilog::Custom(format!(
            "{}{}reg signed [15:0] mem [0:{}];\nalways @(posedge clock) begin\n    if (we) mem[{at}] <= wdata;\n    else rdata <= mem[{at}];\nend",
            self._banks.unread(&["bank"]),
            self._style.attribute(),
            self._banks.words(AW) - 1,
            at = self._banks.address("bank", "addr"),
        ))
    }
}

/// 16-bit words, one read and one write port. A read of the word being written returns nothing of use: see [`COLLISION`].
/// Contents given to [`DualPort::with`] are there at power-up; without a write the memory is a ROM.
#[derive(LogicBlock, Default)]
pub struct DualPort<const AW: usize> {
    /// Clock, rising edge.
    pub clock: Signal<In, Clock>,
    /// Word address to read.
    pub raddr: Signal<In, Bits<AW>>,
    /// The word at the address of the clock before.
    pub rdata: Signal<Out, S<16>>,
    /// Write enable.
    pub we: Signal<In, Bit>,
    /// Word address to write.
    pub waddr: Signal<In, Bits<AW>>,
    /// Word to write.
    pub wdata: Signal<In, S<16>>,
    _mem: Vec<S<16>>,
    _words: usize,
    _style: RamStyle,
}

impl<const AW: usize> DualPort<AW> {
    /// A memory of 2^AW words without contents.
    pub fn new(style: RamStyle) -> Self {
        Self { _mem: vec![S(0); 1 << AW], _style: style, ..Default::default() }
    }
    /// A memory whose first words are there at power-up.
    pub fn with(style: RamStyle, words: &[i16]) -> Self {
        let mut ram = Self::new(style);
        for (at, word) in words.iter().enumerate() {
            ram._mem[at] = S(i64::from(*word));
        }
        ram._words = words.len();
        ram
    }
    fn contents(&self) -> String {
        let lines = self._mem.iter().take(self._words).enumerate();
        lines.map(|(at, word)| format!("initial mem[{at}] = 16'h{:04x};\n", word.0 as u16)).collect()
    }
}

impl<const AW: usize> Logic for DualPort<AW> {
    fn update(&mut self) {
        if self.clock.pos_edge() {
            self.rdata.next = self._mem[self.raddr.val().index()];
            if self.we.val() {
                self._mem[self.waddr.val().index()] = self.wdata.val();
                if self.waddr.val() == self.raddr.val() {
                    self.rdata.next = COLLISION;
                }
            }
        }
    }
    fn connect(&mut self) {
        self.rdata.connect();
    }
    fn hdl(&self) -> Verilog {
        Verilog::Custom(format!(
            "{}reg signed [15:0] mem [0:{}];\n{}{}",
            self._style.attribute(),
            (1usize << AW) - 1,
            self.contents(),
            two_ports("raddr", "waddr")
        ))
    }
}

/// 16-bit words, one write port, and a read of a word and the one behind it (behind the last comes the first). Even and odd words
/// lie in a memory each. A read of the word being written returns nothing of use: see [`COLLISION`].
#[derive(LogicBlock, Default)]
pub struct PairPort<const AW: usize> {
    /// Clock, rising edge.
    pub clock: Signal<In, Clock>,
    /// Word address to read.
    pub raddr: Signal<In, Bits<AW>>,
    /// The word at the address of the clock before.
    pub rdata: Signal<Out, S<16>>,
    /// The word behind it.
    pub after: Signal<Out, S<16>>,
    /// Write enable.
    pub we: Signal<In, Bit>,
    /// Word address to write.
    pub waddr: Signal<In, Bits<AW>>,
    /// Word to write.
    pub wdata: Signal<In, S<16>>,
    _mem: Vec<S<16>>,
    _style: RamStyle,
}

impl<const AW: usize> PairPort<AW> {
    /// A memory of 2^AW words without contents.
    pub fn new(style: RamStyle) -> Self {
        Self { _mem: vec![S(0); 1 << AW], _style: style, ..Default::default() }
    }
}

impl<const AW: usize> Logic for PairPort<AW> {
    fn update(&mut self) {
        if self.clock.pos_edge() {
            let at = self.raddr.val().index();
            self.rdata.next = self._mem[at];
            let behind = (at + 1) % self._mem.len();
            self.after.next = self._mem[behind];
            if self.we.val() {
                let to = self.waddr.val().index();
                self._mem[to] = self.wdata.val();
                if to == at {
                    self.rdata.next = COLLISION;
                }
                if to == behind {
                    self.after.next = COLLISION;
                }
            }
        }
    }
    fn connect(&mut self) {
        self.rdata.connect();
        self.after.connect();
    }
    fn hdl(&self) -> Verilog {
        let (attribute, last, top) = (self._style.attribute(), (1usize << (AW - 1)) - 1, AW - 1);
        Verilog::Custom(format!(
            "{attribute}reg signed [15:0] even [0:{last}];\n{attribute}reg signed [15:0] odd [0:{last}];\n\
             reg signed [15:0] even_word;\nreg signed [15:0] odd_word;\nreg swapped;\n\
             wire [{below}:0] pair;\nwire [{below}:0] even_pair;\nwire [{below}:0] to;\nassign pair = raddr[{top}:1];\n\
             assign even_pair = pair + {{{zeros}raddr[0]}};\nassign to = waddr[{top}:1];\ninitial swapped = 0;\n\
             wire we_even;\nwire we_odd;\nassign we_even = we & ~waddr[0];\nassign we_odd = we & waddr[0];\n\
             always @(posedge clock) swapped <= raddr[0];\n\
             always @(posedge clock) begin\n    even_word <= even[even_pair];\n    if (we_even) even[to] <= wdata;\n    \
             if (we_even && even_pair == to) even_word <= 16'bx;\nend\n\
             always @(posedge clock) begin\n    odd_word <= odd[pair];\n    if (we_odd) odd[to] <= wdata;\n    \
             if (we_odd && pair == to) odd_word <= 16'bx;\nend\n\
             always @(*) rdata = swapped ? odd_word : even_word;\nalways @(*) after = swapped ? even_word : odd_word;",
            below = AW - 2,
            zeros = if AW > 2 { format!("{}'b0, ", AW - 2) } else { String::new() },
        ))
    }
}

/// 16-bit words, one write port, and a read of a word and of the aligned four that it is one of, which lie in a memory each. A read of the
/// word being written returns nothing of use: see [`COLLISION`].
#[derive(LogicBlock, Default)]
pub struct QuadPort<const AW: usize> {
    /// Clock, rising edge.
    pub clock: Signal<In, Clock>,
    /// Word address to read.
    pub raddr: Signal<In, Bits<AW>>,
    /// The word at the address of the clock before.
    pub rdata: Signal<Out, S<16>>,
    /// Its quad's word 0.
    pub word_0: Signal<Out, S<16>>,
    /// Its quad's word 1.
    pub word_1: Signal<Out, S<16>>,
    /// Its quad's word 2.
    pub word_2: Signal<Out, S<16>>,
    /// Its quad's word 3.
    pub word_3: Signal<Out, S<16>>,
    /// Write enable.
    pub we: Signal<In, Bit>,
    /// Word address to write.
    pub waddr: Signal<In, Bits<AW>>,
    /// Word to write.
    pub wdata: Signal<In, S<16>>,
    _mem: Vec<S<16>>,
    _style: RamStyle,
}

impl<const AW: usize> QuadPort<AW> {
    /// A memory of 2^AW words without contents, at least four.
    pub fn new(style: RamStyle) -> Self {
        Self { _mem: vec![S(0); 1 << AW], _style: style, ..Default::default() }
    }
}

impl<const AW: usize> Logic for QuadPort<AW> {
    fn update(&mut self) {
        if self.clock.pos_edge() {
            let (at, to) = (self.raddr.val().index(), self.waddr.val().index());
            let read = |address: usize| match self.we.val() && address == to {
                true => COLLISION,
                false => self._mem[address],
            };
            let quad = at & !3;
            self.rdata.next = read(at);
            self.word_0.next = read(quad);
            self.word_1.next = read(quad + 1);
            self.word_2.next = read(quad + 2);
            self.word_3.next = read(quad + 3);
            if self.we.val() {
                self._mem[to] = self.wdata.val();
            }
        }
    }
    fn connect(&mut self) {
        self.rdata.connect();
        self.word_0.connect();
        self.word_1.connect();
        self.word_2.connect();
        self.word_3.connect();
    }
    fn hdl(&self) -> Verilog {
        let (attribute, last, top) = (self._style.attribute(), (1usize << (AW - 2)) - 1, AW - 1);
        let bank = |k: usize| {
            format!(
                "{attribute}reg signed [15:0] bank_{k} [0:{last}];\nwire we_{k};\nassign we_{k} = we & (waddr[1:0] == 2'd{k});\n\
                 always @(posedge clock) begin\n    word_{k} <= bank_{k}[from];\n    if (we_{k}) bank_{k}[to] <= wdata;\n    \
                 if (we_{k} && from == to) word_{k} <= 16'bx;\nend\n"
            )
        };
        let banks: String = (0..4).map(bank).collect();
        Verilog::Custom(format!(
            "wire [{below}:0] from;\nwire [{below}:0] to;\nassign from = raddr[{top}:2];\nassign to = waddr[{top}:2];\n\
             reg [1:0] chosen;\ninitial chosen = 0;\nalways @(posedge clock) chosen <= raddr[1:0];\n{banks}\
             always @(*) begin\n    case (chosen)\n        2'd0: rdata = word_0;\n        2'd1: rdata = word_1;\n        \
             2'd2: rdata = word_2;\n        default: rdata = word_3;\n    endcase\nend",
            below = AW - 3,
        ))
    }
}

/// 16-bit words in equal banks, one read and one write port. A read of the word being written returns nothing of use: see
/// [`COLLISION`].
#[derive(LogicBlock, Default)]
pub struct BankedPort<const AW: usize> {
    /// Clock, rising edge.
    pub clock: Signal<In, Clock>,
    /// Bank to read.
    pub rbank: Signal<In, Bits<4>>,
    /// Word address to read, in the bank.
    pub raddr: Signal<In, Bits<AW>>,
    /// The word at the address of the clock before.
    pub rdata: Signal<Out, S<16>>,
    /// Write enable.
    pub we: Signal<In, Bit>,
    /// Bank to write.
    pub wbank: Signal<In, Bits<4>>,
    /// Word address to write, in the bank.
    pub waddr: Signal<In, Bits<AW>>,
    /// Word to write.
    pub wdata: Signal<In, S<16>>,
    _mem: Vec<S<16>>,
    _banks: Banks,
    _style: RamStyle,
}

impl<const AW: usize> BankedPort<AW> {
    /// A memory of this many banks of 2^AW words without contents; the number is a power of two up to 16.
    pub fn new(style: RamStyle, banks: usize) -> Self {
        let banks = Banks(banks);
        Self { _mem: vec![S(0); banks.words(AW)], _banks: banks, _style: style, ..Default::default() }
    }
}

impl<const AW: usize> Logic for BankedPort<AW> {
    fn update(&mut self) {
        if self.clock.pos_edge() {
            let at = |bank, addr| self._banks.at(bank, addr, AW);
            let (from, to) = (
                at(self.rbank.val(), self.raddr.val().index()),
                at(self.wbank.val(), self.waddr.val().index()),
            );
            self.rdata.next = self._mem[from];
            if self.we.val() {
                self._mem[to] = self.wdata.val();
                if from == to {
                    self.rdata.next = COLLISION;
                }
            }
        }
    }
    fn connect(&mut self) {
        self.rdata.connect();
    }
    fn hdl(&self) -> Verilog {
        Verilog::Custom(format!(
            "{}{}reg signed [15:0] mem [0:{}];\n{}",
            self._banks.unread(&["rbank", "wbank"]),
            self._style.attribute(),
            self._banks.words(AW) - 1,
            two_ports(&self._banks.address("rbank", "raddr"), &self._banks.address("wbank", "waddr")),
        ))
    }
}

/// A ROM of up to 64-bit words; the microprogram lives here.
#[derive(LogicBlock, Default)]
pub struct Rom<const AW: usize, const W: usize> {
    /// Clock, rising edge.
    pub clock: Signal<In, Clock>,
    /// Word address.
    pub addr: Signal<In, Bits<AW>>,
    /// The word at the address of the clock before.
    pub data: Signal<Out, Bits<W>>,
    _words: Vec<u64>,
}

impl<const AW: usize, const W: usize> Rom<AW, W> {
    /// A ROM with these words; the rest reads as zero.
    pub fn new(words: &[u64]) -> Self {
        let mut all = words.to_vec();
        all.resize(1 << AW, 0);
        Self { _words: all, ..Default::default() }
    }
}

impl<const AW: usize, const W: usize> Logic for Rom<AW, W> {
    fn update(&mut self) {
        if self.clock.pos_edge() {
            self.data.next = self._words[self.addr.val().index()].into();
        }
    }
    fn connect(&mut self) {
        self.data.connect();
    }
    fn hdl(&self) -> Verilog {
        let lines = self._words.iter().enumerate();
        let words: String = lines.map(|(at, w)| format!("initial mem[{at}] = {W}'h{w:x};\n")).collect();
        Verilog::Custom(format!(
            "(* ram_style = \"block\" *)\nreg [{}:0] mem [0:{}];\n{words}always @(posedge clock) data <= mem[addr];",
            W - 1,
            (1usize << AW) - 1
        ))
    }
}

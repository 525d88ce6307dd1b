//! The memories: a single-port RAM that SPRAM infers from, a RAM with one read and one write port for block RAM, and a ROM.
//! Depths are powers of two given by the address width, so no address can fall outside.

use crate::num::S;
use rust_hdl::prelude::*;

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

/// 16-bit words, one port: a clock reads or writes. `rdata` keeps its value while writing.
#[derive(LogicBlock, Default)]
pub struct SinglePort<const AW: usize> {
    /// Clock, rising edge.
    pub clock: Signal<In, Clock>,
    /// Word address.
    pub addr: Signal<In, Bits<AW>>,
    /// Write enable.
    pub we: Signal<In, Bit>,
    /// Word to write.
    pub wdata: Signal<In, S<16>>,
    /// The word at the address of the last clock that did not write.
    pub rdata: Signal<Out, S<16>>,
    _mem: Vec<S<16>>,
    _style: RamStyle,
}

impl<const AW: usize> SinglePort<AW> {
    /// A memory of 2^AW words.
    pub fn new(style: RamStyle) -> Self {
        Self { _mem: vec![S(0); 1 << AW], _style: style, ..Default::default() }
    }
}

impl<const AW: usize> Logic for SinglePort<AW> {
    fn update(&mut self) {
        if self.clock.pos_edge() {
            let at = self.addr.val().index();
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
            "{}reg signed [15:0] mem [0:{}];\nalways @(posedge clock) begin\n    if (we) mem[addr] <= wdata;\n    else rdata <= mem[addr];\nend",
            self._style.attribute(),
            (1usize << AW) - 1
        ))
    }
}

/// 16-bit words, one read and one write port. A read of the word being written returns the old value.
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
            }
        }
    }
    fn connect(&mut self) {
        self.rdata.connect();
    }
    fn hdl(&self) -> Verilog {
        Verilog::Custom(format!(
            "{}reg signed [15:0] mem [0:{}];\n{}always @(posedge clock) begin\n    rdata <= mem[raddr];\n    if (we) mem[waddr] <= wdata;\nend",
            self._style.attribute(),
            (1usize << AW) - 1,
            self.contents()
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

//! The section record: what the following rows have in common (FORMAT.md section 4), and the program that serves them.

use crate::memory::{DualPort, RamStyle};
use crate::microcode::Program;
use crate::num::ToSigned;
use crate::programs::Case;
use crate::register::Dff;
use rust_hdl::prelude::*;

/// Kind and flags to the microprogram's entry: a small table.
#[derive(LogicBlock, Default)]
pub struct ProgramTable {
    /// Kind (bits 12-9) and flags (bits 8-0).
    pub case_code: Signal<In, Bits<13>>,
    /// First instruction.
    pub entry: Signal<Out, Bits<8>>,
    /// An epilogue serves this case.
    pub known: Signal<Out, Bit>,
    _rows: Vec<(u64, usize)>,
}

impl ProgramTable {
    /// The table of these programs.
    pub fn new(programs: &[(Case, Program)]) -> Self {
        let code = |case: &Case| (case.kind as u64) << 9 | u64::from(case.flags);
        let rows = programs.iter().map(|(case, program)| (code(case), program.entry)).collect();
        Self { _rows: rows, ..Default::default() }
    }
}

impl Logic for ProgramTable {
    fn update(&mut self) {
        let code = self.case_code.val().to_u64();
        let row = self._rows.iter().find(|(case, _)| *case == code);
        self.known.next = row.is_some();
        self.entry.next = (row.map_or(0, |(_, entry)| *entry) as u64).into();
    }
    fn connect(&mut self) {
        self.entry.connect();
        self.known.connect();
    }
    fn hdl(&self) -> Verilog {
        let row = |(case, entry): &(u64, usize)| {
            format!("        13'd{case}: begin entry = 8'd{entry}; known = 1'b1; end\n")
        };
        let rows: String = self._rows.iter().map(row).collect();
        Verilog::Custom(format!(
            "always @(*) begin\n    entry = 8'd0;\n    known = 1'b0;\n    case (case_code)\n{rows}        default: ;\n    endcase\nend"
        ))
    }
}

/// The section's registers, filled word by word.
#[derive(LogicBlock, Default)]
pub struct Section {
    /// Clock, rising edge.
    pub clock: Signal<In, Clock>,
    /// `word` is section word `index`.
    pub strobe: Signal<In, Bit>,
    /// Word number.
    pub index: Signal<In, Bits<4>>,
    /// The word.
    pub word: Signal<In, Bits<16>>,
    /// A job of this section started: its row's addresses move on.
    pub advance: Signal<In, Bit>,
    /// First instruction of its program.
    pub entry: Signal<Out, Bits<8>>,
    /// An epilogue serves this section, N of at most 16 included, or it ends the tape.
    pub known: Signal<Out, Bit>,
    /// The tape ends here.
    pub is_end: Signal<Out, Bit>,
    /// It has a job of its own and no rows.
    pub is_norm: Signal<Out, Bit>,
    /// Logits.
    pub is_logit: Signal<Out, Bit>,
    /// Two weight rows per record.
    pub pair: Signal<Out, Bit>,
    /// Where rows may be ternary: those of this section that are not W8 are.
    pub ternary: Vec<Signal<Out, Bit>>,
    /// The second row's length and base come next, not the first's.
    pub second: Signal<In, Bit>,
    /// Elements of the row that `second` said a clock before, minus one.
    pub length: Signal<Out, Bits<16>>,
    /// Its vector base.
    pub base: Signal<Out, Bits<16>>,
    /// Destination of the next job.
    pub dest: Signal<Out, Bits<16>>,
    /// Operand address of the next job.
    pub operand: Signal<Out, Bits<16>>,
    /// Parameter words per row.
    pub params: Signal<Out, Bits<8>>,
    /// State words per row.
    pub state_words: Signal<Out, Bits<8>>,
    /// Complex states per row, minus one.
    pub states_less_1: Signal<Out, Bits<4>>,
    /// sc
    pub shift_conv: Signal<Out, Bits<5>>,
    /// sy
    pub shift_readout: Signal<Out, Bits<5>>,
    /// sz
    pub shift_gate: Signal<Out, Bits<5>>,
    lookup: ProgramTable,
    kind: Dff<Bits<4>>,
    strange: Dff<Bit>,
    flags: Dff<Bits<9>>,
    narrow: Vec<Dff<Bit>>,
    first: Dff<Bits<8>>,
    served: Dff<Bit>,
    lengths: DualPort<4>,
    bases: DualPort<4>,
    to: Dff<Bits<16>>,
    words: Dff<Bits<8>>,
    state: Dff<Bits<8>>,
    n: Dff<Bits<4>>,
    conv: Dff<Bits<5>>,
    readout: Dff<Bits<5>>,
    gate: Dff<Bits<5>>,
    from: Dff<Bits<16>>,
    low_bits: Signal<Local, Bits<4>>,
    less_1: Signal<Local, Bits<16>>,
}

impl Section {
    /// Registers of a machine with these programs.
    pub fn new(programs: &[(Case, Program)], style: RamStyle, ternary: bool) -> Self {
        let [lengths, bases] = [DualPort::new(style), DualPort::new(style)];
        let optional = usize::from(ternary);
        Self {
            lookup: ProgramTable::new(programs),
            lengths,
            bases,
            ternary: (0..optional).map(|_| Signal::default()).collect(),
            narrow: (0..optional).map(|_| Dff::default()).collect(),
            ..Default::default()
        }
    }
}

impl Logic for Section {
    // Over 100 lines: one case of words, whose defaults must stand in one function.
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, kind, strange, flags, to);
        dff_setup!(self, clock, first, served);
        dff_setup!(self, clock, words, state, n, conv, readout, gate, from);
        clock!(self, clock, lengths, bases);
        self.lengths.we.next = self.strobe.val() & ((self.index.val() == 3) | (self.index.val() == 5));
        self.bases.we.next = self.strobe.val() & ((self.index.val() == 4) | (self.index.val() == 6));
        // 3 and 4 belong to row a, 5 and 6 to row b
        self.lengths.waddr.next = bit_cast::<4, 1>(self.index.val().get_bits::<1>(2));
        self.bases.waddr.next = bit_cast::<4, 1>(self.index.val().get_bits::<1>(1));
        self.less_1.next = self.word.val() - 1;
        self.lengths.wdata.next = self.less_1.val().to_signed_bits();
        self.bases.wdata.next = self.word.val().to_signed_bits();
        self.lengths.raddr.next = 0.into();
        self.bases.raddr.next = 0.into();
        if self.second.val() {
            self.lengths.raddr.next = 1.into();
            self.bases.raddr.next = 1.into();
        }
        self.length.next = self.lengths.rdata.val().get_bits::<16>(0);
        self.base.next = self.bases.rdata.val().get_bits::<16>(0);
        self.low_bits.next = self.word.val().get_bits::<4>(0);
        if self.advance.val() {
            self.from.d.next = self.from.q.val() + 1;
            self.to.d.next = self.to.q.val() + 1;
            // COMPLEX: two vector words per row
            if self.flags.q.val().get_bit(6) {
                self.to.d.next = self.to.q.val() + 2;
            }
        }
        if self.strobe.val() {
            match self.index.val().index() {
                0 => {
                    self.kind.d.next = self.word.val().get_bits::<4>(0);
                    self.strange.d.next = self.word.val().get_bits::<12>(4).any();
                }
                1 => {
                    self.flags.d.next = self.word.val().get_bits::<9>(0);
                    if self.word.val().get_bits::<7>(9).any() {
                        self.strange.d.next = true;
                    }
                }
                7 => {
                    self.to.d.next = self.word.val();
                }
                14 => {
                    self.from.d.next = self.word.val();
                }
                8 => {
                    self.words.d.next = self.word.val().get_bits::<8>(0);
                }
                9 => {
                    self.state.d.next = self.word.val().get_bits::<8>(0);
                }
                10 => {
                    self.n.d.next = self.low_bits.val() - 1;
                    // The epilogue counts 16 states at most.
                    if self.word.val() > 16 {
                        self.strange.d.next = true;
                    }
                }
                11 => {
                    self.conv.d.next = self.word.val().get_bits::<5>(0);
                }
                12 => {
                    self.readout.d.next = self.word.val().get_bits::<5>(0);
                }
                13 => {
                    self.gate.d.next = self.word.val().get_bits::<5>(0);
                }
                _ => {}
            }
        }
        // a flag of the weights, which no epilogue knows of
        for k in 0..self.ternary.len() {
            self.narrow[k].clock.next = self.clock.val();
            self.narrow[k].d.next = self.narrow[k].q.val();
            if self.strobe.val() & (self.index.val() == 1) {
                self.narrow[k].d.next = self.word.val().get_bit(9);
                self.strange.d.next = self.strange.q.val() | self.word.val().get_bits::<6>(10).any();
            }
            self.ternary[k].next = self.narrow[k].q.val();
        }
        self.lookup.case_code.next =
            (bit_cast::<13, 4>(self.kind.q.val()) << 9) | bit_cast::<13, 9>(self.flags.q.val());
        // known long before the record ends
        self.first.d.next = self.lookup.entry.val();
        self.served.d.next = self.lookup.known.val() | (self.kind.q.val() == 0);
        self.entry.next = self.first.q.val();
        self.is_end.next = self.kind.q.val() == 0;
        self.known.next = !self.strange.q.val() & self.served.q.val();
        self.is_norm.next = self.kind.q.val() == 1;
        self.is_logit.next = self.kind.q.val() == 7;
        self.pair.next = self.flags.q.val().get_bit(0);
        self.dest.next = self.to.q.val();
        self.operand.next = self.from.q.val();
        self.params.next = self.words.q.val();
        self.state_words.next = self.state.q.val();
        self.states_less_1.next = self.n.q.val();
        self.shift_conv.next = self.conv.q.val();
        self.shift_readout.next = self.readout.q.val();
        self.shift_gate.next = self.gate.q.val();
    }
}

//! The pads of a flash at double transfer rate, for a board's top: they stand between the machine and the package.
//!
//! ```text
//! clock        ‾‾‾‾‾‾‾‾‾\_________/‾‾‾‾‾‾‾‾‾\_________/‾‾‾
//! sck_clock    ____/‾‾‾‾‾‾‾‾‾\_________/‾‾‾‾‾‾‾‾‾\________
//! pins, out    X high nibble X low nibble X  of the o, oe and cs_n before the last rising edge of drive_clock
//! sck          ____/‾‾‾‾‾‾‾‾‾\_________   if en was set before it: both edges in the middle of a nibble
//! ```
//! What the machine says in one clock is at the pins in the next; what the pins then have at the clock's middle and at its end is in
//! `i` a clock later, high half and low. A nibble that the flash sends with an edge of SCK is sampled three quarters of a clock after
//! that edge: docs/decisions/0017-eight-bits-per-clock.md says for which clocks that is right.
//!
//! | kind | `drive_clock` | `sck_clock` |
//! |---|---|---|
//! | `Sim`, `Ice40` | `clock` | a quarter of a period behind `clock` |
//! | `Ecp5` | half a period behind `clock` | three quarters behind it |
//!
//! `IDDRX1F` pairs a rising edge's bit with that of the falling edge behind it, so on ECP5 the pins run half a clock ahead of the
//! picture. None of the vendors' cells has been on a board yet.

use crate::pads::PadKind;
use rust_hdl::prelude::*;

/// See the module.
#[derive(LogicBlock, Default)]
pub struct DtrPads {
    /// The machine's clock.
    pub clock: Signal<In, Clock>,
    /// Of the output cells.
    pub drive_clock: Signal<In, Clock>,
    /// Of the flash's clock.
    pub sck_clock: Signal<In, Clock>,
    /// The machine's `sck`: give the flash a clock.
    pub en: Signal<In, Bit>,
    /// The machine's `cs_n`.
    pub cs_n: Signal<In, Bit>,
    /// The machine's `io_o`.
    pub o: Signal<In, Bits<8>>,
    /// The machine's `io_oe`.
    pub oe: Signal<In, Bits<4>>,
    /// The machine's `io_i`.
    pub i: Signal<Out, Bits<8>>,
    /// Clock pin.
    pub sck: Signal<Out, Bit>,
    /// Select pin, active low.
    pub cs_pin: Signal<Out, Bit>,
    /// Data pins.
    pub pins: Signal<InOut, Bits<4>>,
    _kind: PadKind,
}

/// Registers that every kind has: what is driven, and, where the cells do not, what was sampled.
const DRIVEN: &str = "reg en_now;\nreg cs_now;\nreg [3:0] oe_now;\ninitial begin en_now = 0; cs_now = 1; oe_now = 0; end\n\
     always @(posedge drive_clock) begin en_now <= en; cs_now <= cs_n; oe_now <= oe; end\nassign cs_pin = cs_now;\n";

const SIM: &str = "reg [7:0] o_now;\nreg sck_now;\nreg [3:0] middle;\nreg [7:0] i_now;\ninitial sck_now = 0;\n\
     always @(posedge drive_clock) o_now <= o;\nalways @(posedge sck_clock) sck_now <= en_now;\n\
     assign sck = sck_now & sck_clock;\n\
     genvar k;\ngenerate for (k = 0; k < 4; k = k + 1) begin: pad\n    \
     assign pins[k] = oe_now[k] ? (drive_clock ? o_now[k + 4] : o_now[k]) : 1'bz;\nend endgenerate\n\
     always @(negedge clock) middle <= pins;\nalways @(posedge clock) i_now <= {middle, pins};\nassign i = i_now;\n";

/// `D_OUT_1` and `D_IN_1` belong to the falling edge.
const ICE40: &str = "reg [3:0] low;\nreg [3:0] high_in;\nwire [3:0] middle;\nwire [3:0] last;\n\
     always @(posedge clock) begin low <= o[3:0]; high_in <= middle; end\nassign i = {high_in, last};\n\
     SB_IO #(.PIN_TYPE(6'b0100_01)) sck_pad (.PACKAGE_PIN(sck), .CLOCK_ENABLE(1'b1), .OUTPUT_CLK(sck_clock), \
     .D_OUT_0(en_now), .D_OUT_1(1'b0));\n";

const ECP5: &str = "wire [3:0] to_pins;\nwire [3:0] from_pins;\n\
     ODDRX1F sck_pad (.SCLK(sck_clock), .RST(1'b0), .D0(en_now), .D1(1'b0), .Q(sck));\n";

impl DtrPads {
    /// Pads of this kind.
    pub fn new(kind: PadKind) -> Self {
        Self { _kind: kind, ..Default::default() }
    }

    /// The cells of data pin `k`.
    fn pad(&self, k: usize) -> String {
        let high = k + 4;
        match self._kind {
            PadKind::Sim | PadKind::Bare => String::new(),
            PadKind::Ice40 => format!(
                "SB_IO #(.PIN_TYPE(6'b1100_00), .PULLUP(1'b1)) pad{k} (.PACKAGE_PIN(pins[{k}]), .CLOCK_ENABLE(1'b1), \
                 .INPUT_CLK(clock), .OUTPUT_CLK(drive_clock), .OUTPUT_ENABLE(oe[{k}]), .D_OUT_0(o[{high}]), .D_OUT_1(low[{k}]), \
                 .D_IN_0(last[{k}]), .D_IN_1(middle[{k}]));\n"
            ),
            PadKind::Ecp5 => format!(
                "ODDRX1F out{k} (.SCLK(drive_clock), .RST(1'b0), .D0(o[{high}]), .D1(o[{k}]), .Q(to_pins[{k}]));\n\
                 IDDRX1F in{k} (.SCLK(clock), .RST(1'b0), .D(from_pins[{k}]), .Q0(i[{high}]), .Q1(i[{k}]));\n\
                 BB pad{k} (.B(pins[{k}]), .T(~oe_now[{k}]), .I(to_pins[{k}]), .O(from_pins[{k}]));\n"
            ),
        }
    }
}

impl Logic for DtrPads {
    fn update(&mut self) {
        // Two edges and a tristate: only the Verilog below says what happens, and only Verilog simulators are asked.
        self.pins.set_tristate_is_output(false);
    }
    fn connect(&mut self) {
        self.i.connect();
        self.sck.connect();
        self.cs_pin.connect();
        self.pins.connect();
    }
    fn hdl(&self) -> Verilog {
        let shared = match self._kind {
            PadKind::Sim | PadKind::Bare => SIM,
            PadKind::Ice40 => ICE40,
            PadKind::Ecp5 => ECP5,
        };
        let cells: String = (0..4).map(|k| self.pad(k)).collect();
        Verilog::Wrapper(Wrapper { code: format!("{DRIVEN}{shared}{cells}"), cores: String::new() })
    }
}

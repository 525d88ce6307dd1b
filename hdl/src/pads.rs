//! The flash's pins. The machine knows three signals per data pin (out, enable, in) and one enable for the clock pin;
//! what stands between them and the package differs per FPGA family.

use rust_hdl::prelude::*;

/// What the pads are made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum PadKind {
    /// Nothing: a simulator joins `o`, `oe` and `i` outside.
    #[default]
    Sim,
    /// `SB_IO`.
    Ice40,
    /// `BB` and `ODDRX1F`.
    Ecp5,
    /// No cell at all: the clock pin carries its enable, and a board's shell has the pads. A netlist is pure logic then.
    Bare,
}

/// The clock pin: it rises in the middle of a system clock and falls at its end, `pin = en and not clock`.
///
/// On an FPGA a double-data-rate output cell drives 0 after the rising edge and `en` after the falling one, so the pin
/// cannot glitch. ECP5's cell takes both halves at the rising edge and so adds one clock: a board top with it must
/// delay the other pins by one register too.
#[derive(LogicBlock, Default)]
pub struct ClockPad {
    /// System clock.
    pub clock: Signal<In, Clock>,
    /// Give the flash a clock in this system clock (a register of the flash reader).
    pub en: Signal<In, Bit>,
    /// The flash's clock pin.
    pub pin: Signal<Out, Bit>,
    _kind: PadKind,
}

impl ClockPad {
    /// A pad of this kind.
    pub fn new(kind: PadKind) -> Self {
        Self { _kind: kind, ..Default::default() }
    }
}

impl Logic for ClockPad {
    fn update(&mut self) {
        self.pin.next = self.en.val() && (self._kind == PadKind::Bare || !self.clock.val().clk);
    }
    fn connect(&mut self) {
        self.pin.connect();
    }
    fn hdl(&self) -> Verilog {
        let code = match self._kind {
            PadKind::Sim => "assign pin = en & ~clock;",
            PadKind::Ice40 => {
                "SB_IO #(.PIN_TYPE(6'b0100_01)) pad (.PACKAGE_PIN(pin), .CLOCK_ENABLE(1'b1), .OUTPUT_CLK(clock), \
                 .D_OUT_0(1'b0), .D_OUT_1(en));"
            }
            PadKind::Bare => "assign pin = en;\nwire unused = &{1'b0, clock};",
            PadKind::Ecp5 => "ODDRX1F pad (.SCLK(clock), .RST(1'b0), .D0(1'b0), .D1(en), .Q(pin));",
        };
        Verilog::Wrapper(Wrapper { code: code.into(), cores: String::new() })
    }
}

/// The four data pins of a board. Their input is not registered here: the flash reader's first register takes it.
///
/// A simulator needs none of them: it drives `i` and reads `o` and `oe` of the machine itself.
#[derive(LogicBlock, Default)]
pub struct QuadPads {
    /// The package's pins.
    pub pins: Signal<InOut, Bits<4>>,
    /// Value to drive, from the flash reader.
    pub o: Signal<In, Bits<4>>,
    /// Drive the pin, one enable each, from the flash reader.
    pub oe: Signal<In, Bits<4>>,
    /// Value at the pins, to the flash reader.
    pub i: Signal<Out, Bits<4>>,
    _kind: PadKind,
}

impl QuadPads {
    /// Pads of this kind; `Sim` gives plain tristate drivers.
    pub fn new(kind: PadKind) -> Self {
        Self { _kind: kind, ..Default::default() }
    }
    fn pad(&self, k: usize) -> String {
        match self._kind {
            PadKind::Sim | PadKind::Bare => format!("assign pins[{k}] = oe[{k}] ? o[{k}] : 1'bz;\nassign i[{k}] = pins[{k}];\n"),
            PadKind::Ice40 => format!(
                "SB_IO #(.PIN_TYPE(6'b1010_01), .PULLUP(1'b1)) pad{k} (.PACKAGE_PIN(pins[{k}]), .OUTPUT_ENABLE(oe[{k}]), \
                 .D_OUT_0(o[{k}]), .D_IN_0(i[{k}]));\n"
            ),
            PadKind::Ecp5 => format!("BB pad{k} (.B(pins[{k}]), .T(~oe[{k}]), .I(o[{k}]), .O(i[{k}]));\n"),
        }
    }
}

impl Logic for QuadPads {
    fn update(&mut self) {
        // rust-hdl knows one direction per signal, so its own simulator cannot tell the pins apart.
        let drive = self.oe.val().any();
        if drive {
            self.pins.next = self.o.val();
        }
        self.i.next = self.pins.val();
        self.pins.set_tristate_is_output(drive);
    }
    fn connect(&mut self) {
        self.pins.connect();
        self.i.connect();
    }
    fn hdl(&self) -> Verilog {
        let code = (0..4).map(|k| self.pad(k)).collect();
        Verilog::Wrapper(Wrapper { code, cores: String::new() })
    }
}

//! The serial line: 8 data bits, least significant first, no parity, one stop bit. A bit lasts `divisor` clocks.

use crate::register::Dff;
use rust_hdl::prelude::*;

/// Says when a bit's time is over: `first` clocks after `restart`, then every `divisor` clocks.
#[derive(LogicBlock, Default)]
struct Baud {
    /// Clock, rising edge.
    pub clock: Signal<In, Clock>,
    /// Count from here.
    pub restart: Signal<In, Bit>,
    /// The last clock of the time.
    pub tick: Signal<Out, Bit>,
    _divisor: u16,
    _first: u16,
    _left: u16,
}

impl Baud {
    fn new(divisor: u16, first: u16) -> Self {
        assert!(divisor >= 4, "a bit must last at least four clocks");
        Self { _divisor: divisor, _first: first, ..Default::default() }
    }
}

impl Logic for Baud {
    fn update(&mut self) {
        if self.clock.pos_edge() {
            self._left = match (self.restart.val(), self._left) {
                (true, _) => self._first - 1,
                (false, 0) => self._divisor - 1,
                (false, left) => left - 1,
            };
        }
        self.tick.next = self._left == 0;
    }
    fn connect(&mut self) {
        self.tick.connect();
    }
    fn hdl(&self) -> Verilog {
        // As wide as the divisor needs; a port could not be.
        let width = 16 - (self._divisor - 1).leading_zeros();
        let [first, full] = [self._first, self._divisor].map(|clocks| format!("{width}'d{}", clocks - 1));
        Verilog::Custom(format!(
            "reg [{}:0] left;\ninitial left = 0;\nalways @(posedge clock)\n    if (restart) left <= {first};\n\
             \x20   else if (tick) left <= {full};\n    else left <= left - {width}'d1;\nalways @(*) tick = left == {width}'d0;",
            width - 1
        ))
    }
}

/// Receives bytes. A byte whose stop bit is low is dropped.
#[derive(LogicBlock, Default)]
pub struct UartRx {
    /// Clock, rising edge.
    pub clock: Signal<In, Clock>,
    /// The line, from the pin; idle is high.
    pub line: Signal<In, Bit>,
    /// One clock: `data` is a received byte.
    pub valid: Signal<Out, Bit>,
    /// The byte, kept until the next one begins.
    pub data: Signal<Out, Bits<8>>,
    // The pin, inverted so that all registers power up as an idle line; the first one may be metastable.
    first: Dff<Bit>,
    low: Dff<Bit>,
    baud: Baud,
    left: Dff<Bits<4>>,
    shift: Dff<Bits<8>>,
    good: Dff<Bit>,
}

impl UartRx {
    /// A receiver whose bits last `divisor` clocks, at least 4.
    pub fn new(divisor: u16) -> Self {
        Self { baud: Baud::new(divisor, divisor / 2), ..Default::default() }
    }
}

impl Logic for UartRx {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, first, low, left, shift, good);
        clock!(self, clock, baud);
        self.first.d.next = !self.line.val();
        self.low.d.next = self.first.q.val();
        self.good.d.next = false;
        self.baud.restart.next = !self.left.q.val().any();
        if !self.left.q.val().any() {
            // The bits are then sampled half a bit after their start: start bit, eight data bits, stop bit.
            if self.low.q.val() {
                self.left.d.next = 10.into();
            }
        } else if self.baud.tick.val() {
            self.left.d.next = self.left.q.val() - 1;
            self.shift.d.next = self.shift.q.val() >> 1;
            if !self.low.q.val() {
                self.shift.d.next = (self.shift.q.val() >> 1) | 0x80;
            }
            if self.left.q.val() == 10 {
                // A start bit that is high again was a glitch.
                if !self.low.q.val() {
                    self.left.d.next = 0.into();
                }
            }
            if self.left.q.val() == 1 {
                self.shift.d.next = self.shift.q.val();
                self.good.d.next = !self.low.q.val();
            }
        }
        self.valid.next = self.good.q.val();
        self.data.next = self.shift.q.val();
    }
}

/// Sends bytes.
#[derive(LogicBlock, Default)]
pub struct UartTx {
    /// Clock, rising edge.
    pub clock: Signal<In, Clock>,
    /// One clock, only while `ready`: send `data`.
    pub start: Signal<In, Bit>,
    /// The byte, taken with `start`.
    pub data: Signal<In, Bits<8>>,
    /// The line is free; low from the clock after `start` to the end of the stop bit.
    pub ready: Signal<Out, Bit>,
    /// The line, to the pin.
    pub line: Signal<Out, Bit>,
    baud: Baud,
    // Inverted, so that the register powers up as an idle line.
    shift: Dff<Bits<9>>,
    left: Dff<Bits<4>>,
}

impl UartTx {
    /// A sender whose bits last `divisor` clocks, at least 4.
    pub fn new(divisor: u16) -> Self {
        Self { baud: Baud::new(divisor, divisor), ..Default::default() }
    }
}

impl Logic for UartTx {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, shift, left);
        clock!(self, clock, baud);
        self.baud.restart.next = self.start.val();
        if self.left.q.val().any() & self.baud.tick.val() {
            self.shift.d.next = self.shift.q.val() >> 1;
            self.left.d.next = self.left.q.val() - 1;
        }
        if self.start.val() {
            self.shift.d.next = ((bit_cast::<9, 8>(self.data.val()) ^ 0xFF) << 1) | 1;
            self.left.d.next = 10.into();
        }
        self.ready.next = !self.left.q.val().any();
        self.line.next = !self.shift.q.val().get_bit(0);
    }
}

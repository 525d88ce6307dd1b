//! The registers. Power-up values are `initial` values, which both FPGA families load from the bitstream.

use rust_hdl::prelude::*;

/// A register with power-up value and clock enable.
#[derive(Clone, Debug, LogicBlock)]
pub struct Reg<T: Synth> {
    /// Clock, rising edge.
    pub clock: Signal<In, Clock>,
    /// Clock enable.
    pub en: Signal<In, Bit>,
    /// Next value.
    pub d: Signal<In, T>,
    /// Present value.
    pub q: Signal<Out, T>,
    _init: T,
}

impl<T: Synth> Reg<T> {
    /// A register that powers up as `init`.
    pub fn new(init: T) -> Self {
        Self {
            clock: Default::default(),
            en: Default::default(),
            d: Default::default(),
            q: Signal::new_with_default(init),
            _init: init,
        }
    }
}

impl<T: Synth> Default for Reg<T> {
    fn default() -> Self {
        Self::new(T::default())
    }
}

impl<T: Synth> Logic for Reg<T> {
    fn update(&mut self) {
        if self.clock.pos_edge() && self.en.val() {
            self.q.next = self.d.val();
        }
    }
    fn connect(&mut self) {
        self.q.connect();
    }
    fn hdl(&self) -> Verilog {
        let init = self._init.verilog();
        Verilog::Custom(format!("initial q = {init};\nalways @(posedge clock) if (en) q <= d;"))
    }
}

/// A register that takes its next value on every clock; `d` follows `q` unless the kernel says otherwise.
#[derive(Clone, Debug, LogicBlock)]
pub struct Dff<T: Synth> {
    /// Clock, rising edge.
    pub clock: Signal<In, Clock>,
    /// Next value.
    pub d: Signal<In, T>,
    /// Present value.
    pub q: Signal<Out, T>,
    _init: T,
}

impl<T: Synth> Dff<T> {
    /// A register that powers up as `init`.
    pub fn new(init: T) -> Self {
        Self {
            clock: Default::default(),
            d: Default::default(),
            q: Signal::new_with_default(init),
            _init: init,
        }
    }
}

impl<T: Synth> Default for Dff<T> {
    fn default() -> Self {
        Self::new(T::default())
    }
}

impl<T: Synth> Logic for Dff<T> {
    fn update(&mut self) {
        if self.clock.pos_edge() {
            self.q.next = self.d.val();
        }
    }
    fn connect(&mut self) {
        self.q.connect();
    }
    fn hdl(&self) -> Verilog {
        let init = self._init.verilog();
        Verilog::Custom(format!("initial q = {init};\nalways @(posedge clock) q <= d;"))
    }
}

/// A stage that only a long pipeline has: a register there, and else a wire, of which the emitted Verilog keeps nothing.
#[derive(Clone, Debug, Default, LogicBlock)]
pub struct Stage<T: Synth> {
    /// Clock, rising edge.
    pub clock: Signal<In, Clock>,
    /// What enters.
    pub d: Signal<In, T>,
    /// What leaves: `d`, or `d` of the clock before.
    pub q: Signal<Out, T>,
    _registered: bool,
}

impl<T: Synth> Stage<T> {
    /// A register if it is `registered`, which powers up as zero.
    pub fn new(registered: bool) -> Self {
        Self { _registered: registered, ..Default::default() }
    }
}

impl<T: Synth> Logic for Stage<T> {
    fn update(&mut self) {
        if !self._registered || self.clock.pos_edge() {
            self.q.next = self.d.val();
        }
    }
    fn connect(&mut self) {
        self.q.connect();
    }
    fn hdl(&self) -> Verilog {
        let init = T::default().verilog();
        Verilog::Custom(match self._registered {
            true => format!("initial q = {init};\nalways @(posedge clock) q <= d;"),
            false => "always @(*) q = d;".into(),
        })
    }
}

/// Tells a linter that this configuration does not read `x`. It is nothing once synthesised.
#[derive(LogicBlock, Default)]
pub struct Unread<const N: usize> {
    /// What is not read.
    pub x: Signal<In, Bits<N>>,
}

impl<const N: usize> Logic for Unread<N> {
    fn update(&mut self) {}
    fn hdl(&self) -> Verilog {
        Verilog::Custom("wire unused = &{1'b0, x};".into())
    }
}

//! A ring: one word for each token of a pass, the present token's in front.
//!
//! The epilogue serves the tokens of a row one after another, so a word that belongs to a token needs no selector: the ring
//! turns when the next token comes, and is where it was when the row is over. Beside it: the numbers that tokens have.

use crate::register::Dff;
use rust_hdl::prelude::*;

/// Words of N bits. The front is slot 0; a turn moves it to slot `last` and all others one forward.
#[derive(LogicBlock, Default)]
pub struct Ring<const N: usize> {
    /// Clock, rising edge.
    pub clock: Signal<In, Clock>,
    /// The next token's turn.
    pub turn: Signal<In, Bit>,
    /// Tokens in the ring, minus one.
    pub last: Signal<In, Bits<4>>,
    /// The front becomes `d`, before it moves.
    pub en: Signal<In, Bit>,
    /// Its next value.
    pub d: Signal<In, Bits<N>>,
    /// The front.
    pub q: Signal<Out, Bits<N>>,
    slots: Vec<Dff<Bits<N>>>,
    front: Signal<Local, Bits<N>>,
    _slots: usize,
    _less_1: usize,
}

impl<const N: usize> Ring<N> {
    /// A ring for at most this many tokens.
    pub fn new(tokens: usize) -> Self {
        Self {
            slots: (0..tokens).map(|_| Dff::default()).collect(),
            _slots: tokens,
            _less_1: tokens - 1,
            ..Default::default()
        }
    }
}

impl<const N: usize> Logic for Ring<N> {
    #[hdl_gen]
    fn update(&mut self) {
        for i in 0..self._slots {
            self.slots[i].clock.next = self.clock.val();
            self.slots[i].d.next = self.slots[i].q.val();
        }
        self.front.next = self.slots[0].q.val();
        if self.en.val() {
            self.front.next = self.d.val();
        }
        self.slots[0].d.next = self.front.val();
        if self.turn.val() {
            for i in 0..self._less_1 {
                self.slots[i].d.next = self.slots[i + 1].q.val();
            }
            for i in 0..self._slots {
                if self.last.val().index() == i {
                    self.slots[i].d.next = self.front.val();
                }
            }
        }
        self.q.next = self.slots[0].q.val();
    }
}

/// A token's number, modulo the tokens of the machine: what can never be reached costs nothing.
#[derive(LogicBlock, Default)]
pub struct TokenNumber {
    /// Any number.
    pub x: Signal<In, Bits<4>>,
    /// x modulo the tokens of the machine.
    pub y: Signal<Out, Bits<4>>,
    _mask: u64,
}

impl TokenNumber {
    /// For a machine of this many tokens, a power of two up to 16.
    pub fn new(tokens: usize) -> Self {
        Self { _mask: tokens as u64 - 1, ..Default::default() }
    }
}

impl Logic for TokenNumber {
    fn update(&mut self) {
        self.y.next = self.x.val() & self._mask;
    }
    fn connect(&mut self) {
        self.y.connect();
    }
    fn hdl(&self) -> Verilog {
        Verilog::Custom(format!("always @(*) y = x & 4'd{};", self._mask))
    }
}

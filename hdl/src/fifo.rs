//! Eight nibbles, or bytes, between the flash and the machine: a shift register that is read at its oldest entry.

use crate::register::Dff;
use rust_hdl::prelude::*;

/// The entries, newest first; `oldest` selects the one that is read.
#[derive(LogicBlock, Default)]
struct Entries<const N: usize> {
    /// Clock, rising edge.
    pub clock: Signal<In, Clock>,
    /// Take `data` in.
    pub push: Signal<In, Bit>,
    /// The entry to take in.
    pub data: Signal<In, Bits<N>>,
    /// Which entry to read.
    pub oldest: Signal<In, Bits<3>>,
    /// That entry.
    pub nibble: Signal<Out, Bits<N>>,
    _entries: [u8; 8],
}

impl<const N: usize> Logic for Entries<N> {
    fn update(&mut self) {
        if self.clock.pos_edge() && self.push.val() {
            self._entries.rotate_right(1);
            self._entries[0] = self.data.val().to_u8();
        }
        self.nibble.next = u64::from(self._entries[self.oldest.val().index()]).into();
    }
    fn connect(&mut self) {
        self.nibble.connect();
    }
    fn hdl(&self) -> Verilog {
        let (last, kept) = (8 * N - 1, 7 * N - 1);
        let zeros = N.trailing_zeros();
        Verilog::Custom(format!(
            "reg [{last}:0] held;\ninitial held = 0;\n\
             always @(posedge clock) if (push) held <= {{held[{kept}:0], data}};\n\
             always @(*) nibble = held[{{oldest, {zeros}'b{:0width$}}} +: {N}];",
            0,
            width = zeros as usize
        ))
    }
}

/// The FIFO of entries of `N` bits, 4 or 8. It never refuses: whoever fills it asks `room` before it starts a nibble.
#[derive(LogicBlock)]
pub struct NibbleFifo<const N: usize> {
    /// Clock, rising edge.
    pub clock: Signal<In, Clock>,
    /// Forget everything, a nibble pushed in the same clock included.
    pub flush: Signal<In, Bit>,
    /// Take `data` in.
    pub push: Signal<In, Bit>,
    /// The nibble to take in; a byte where `N` is 8.
    pub data: Signal<In, Bits<N>>,
    /// The consumer takes `nibble` in this clock; it counts only while `valid`.
    pub pop: Signal<In, Bit>,
    /// A nibble is there.
    pub valid: Signal<Out, Bit>,
    /// The oldest nibble.
    pub nibble: Signal<Out, Bits<N>>,
    /// Few enough are there: with all that may be under way, another still fits.
    pub room: Signal<Out, Bit>,
    entries: Entries<N>,
    // One less than the number of nibbles: its low bits point at the oldest, its sign says that there is none.
    oldest: Dff<Bits<4>>,
    taken: Signal<Local, Bit>,
    _room: usize,
}

impl<const N: usize> NibbleFifo<N> {
    /// A FIFO that up to `under_way` nibbles are on their way to. So that none is missed while it refills, it has room for more than that.
    pub fn new(under_way: usize) -> Self {
        Self {
            clock: Default::default(),
            flush: Default::default(),
            push: Default::default(),
            data: Default::default(),
            pop: Default::default(),
            valid: Default::default(),
            nibble: Default::default(),
            room: Default::default(),
            entries: Default::default(),
            oldest: Dff::new(15.into()),
            taken: Default::default(),
            _room: 7 - under_way,
        }
    }
}

impl<const N: usize> Default for NibbleFifo<N> {
    fn default() -> Self {
        Self::new(2)
    }
}

impl<const N: usize> Logic for NibbleFifo<N> {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, oldest);
        clock!(self, clock, entries);
        self.entries.push.next = self.push.val();
        self.entries.data.next = self.data.val();
        self.entries.oldest.next = self.oldest.q.val().get_bits::<3>(0);
        self.nibble.next = self.entries.nibble.val();
        self.valid.next = !self.oldest.q.val().get_bit(3);
        self.taken.next = self.pop.val() & !self.oldest.q.val().get_bit(3);
        for k in self._room..(self._room + 1) {
            self.room.next = self.oldest.q.val().get_bit(3) | (self.oldest.q.val().index() < k);
        }
        if self.push.val() & !self.taken.val() {
            self.oldest.d.next = self.oldest.q.val() + 1;
        }
        if self.taken.val() & !self.push.val() {
            self.oldest.d.next = self.oldest.q.val() - 1;
        }
        if self.flush.val() {
            self.oldest.d.next = 15.into();
        }
    }
}

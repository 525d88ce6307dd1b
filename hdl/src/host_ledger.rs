//! The two numbers a command keeps, a count and a state address, and every comparison of an argument with the image.

use crate::register::Dff;
use rust_hdl::prelude::*;

/// The numbers. At most one of `load_*` and `count_*` of the same number comes in a clock.
#[derive(LogicBlock, Default)]
pub struct Ledger {
    /// Clock, rising edge.
    pub clock: Signal<In, Clock>,
    /// The argument: its last two bytes, or all four.
    pub word: Signal<In, Bits<32>>,
    /// One clock: the count becomes the argument.
    pub load_count: Signal<In, Bit>,
    /// One clock: one more.
    pub count_up: Signal<In, Bit>,
    /// One clock: one less.
    pub count_down: Signal<In, Bit>,
    /// One clock: the address becomes the argument.
    pub load_addr: Signal<In, Bit>,
    /// One clock: the next address.
    pub addr_up: Signal<In, Bit>,
    /// Image: size of the vocabulary, less one.
    pub vocab_minus_1: Signal<In, Bits<16>>,
    /// Image: words of a state.
    pub state_words: Signal<In, Bits<32>>,
    /// Image: its identity.
    pub model_id: Signal<In, Bits<32>>,
    /// Image: number of stored states.
    pub states: Signal<In, Bits<16>>,
    /// The count.
    pub count: Signal<Out, Bits<16>>,
    /// It is not zero.
    pub some: Signal<Out, Bit>,
    /// The address. One bit more than the largest memory needs, so that a range's end is there too.
    pub addr: Signal<Out, Bits<21>>,
    /// The address is beyond the image's state.
    pub beyond: Signal<Out, Bit>,
    /// The argument is outside the vocabulary.
    pub no_token: Signal<Out, Bit>,
    /// The argument is no stored state.
    pub no_state: Signal<Out, Bit>,
    /// The argument is another model's identity.
    pub no_model: Signal<Out, Bit>,
    /// The argument is no address at all.
    pub no_address: Signal<Out, Bit>,
    /// The argument is more words than one response may have (4096).
    pub too_many: Signal<Out, Bit>,
    counter: Dff<Bits<16>>,
    address: Dff<Bits<21>>,
    low: Signal<Local, Bits<16>>,
    change: Signal<Local, Bits<16>>,
    last_word: Signal<Local, Bits<21>>,
}

impl Logic for Ledger {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, counter, address);
        self.low.next = self.word.val().get_bits::<16>(0);
        self.last_word.next = self.state_words.val().get_bits::<21>(0);
        // One adder for both directions.
        self.change.next = 0xFFFF.into();
        if self.count_up.val() {
            self.change.next = 1.into();
        }
        if self.count_up.val() | self.count_down.val() {
            self.counter.d.next = self.counter.q.val() + self.change.val();
        }
        if self.load_count.val() {
            self.counter.d.next = self.low.val();
        }
        if self.addr_up.val() {
            self.address.d.next = self.address.q.val() + 1;
        }
        if self.load_addr.val() {
            self.address.d.next = self.word.val().get_bits::<21>(0);
        }
        self.count.next = self.counter.q.val();
        self.some.next = self.counter.q.val().any();
        self.addr.next = self.address.q.val();
        self.beyond.next = self.address.q.val() > self.last_word.val();
        self.no_token.next = self.low.val() > self.vocab_minus_1.val();
        self.no_state.next = self.low.val() >= self.states.val();
        self.no_model.next = self.word.val() != self.model_id.val();
        self.no_address.next = self.word.val().get_bits::<12>(20).any();
        self.too_many.next = self.low.val() > 4096;
    }
}

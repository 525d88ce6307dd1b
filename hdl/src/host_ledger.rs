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
    /// One clock: `limit` more.
    pub count_limit: Signal<In, Bit>,
    /// One clock: the address becomes the argument.
    pub load_addr: Signal<In, Bit>,
    /// One clock: the next address.
    pub addr_up: Signal<In, Bit>,
    /// What the argument's low half is compared with: a field of the image.
    pub limit: Signal<In, Bits<16>>,
    /// Compare whether it is at least the limit, rather than above it.
    pub or_equal: Signal<In, Bit>,
    /// Image: words of a state.
    pub state_words: Signal<In, Bits<21>>,
    /// The count.
    pub count: Signal<Out, Bits<16>>,
    /// It is not zero.
    pub some: Signal<Out, Bit>,
    /// The address. One bit more than the largest memory needs, so that a range's end is there too.
    pub addr: Signal<Out, Bits<21>>,
    /// The address is beyond the image's state.
    pub beyond: Signal<Out, Bit>,
    /// The argument is above the limit.
    pub above: Signal<Out, Bit>,
    /// The argument is not the limit.
    pub differs: Signal<Out, Bit>,
    /// The argument is no address at all.
    pub no_address: Signal<Out, Bit>,
    /// The argument is more words than one response may have (4096).
    pub too_many: Signal<Out, Bit>,
    counter: Dff<Bits<16>>,
    address: Dff<Bits<21>>,
    low: Signal<Local, Bits<16>>,
    change: Signal<Local, Bits<16>>,
    argument: Signal<Local, Bits<17>>,
    bound: Signal<Local, Bits<17>>,
}

impl Logic for Ledger {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, counter, address);
        self.low.next = self.word.val().get_bits::<16>(0);
        // One adder for all.
        self.change.next = 0xFFFF.into();
        if self.count_up.val() {
            self.change.next = 1.into();
        }
        if self.count_limit.val() {
            self.change.next = self.limit.val();
        }
        if self.count_up.val() | self.count_down.val() | self.count_limit.val() {
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
        self.beyond.next = self.address.q.val() > self.state_words.val();
        // One comparison for both kinds: a last bit decides between equals.
        self.argument.next = bit_cast::<17, 16>(self.low.val()) << 1;
        if self.or_equal.val() {
            self.argument.next = (bit_cast::<17, 16>(self.low.val()) << 1) | 1;
        }
        self.bound.next = bit_cast::<17, 16>(self.limit.val()) << 1;
        self.above.next = self.argument.val() > self.bound.val();
        self.differs.next = self.low.val() != self.limit.val();
        self.no_address.next = self.word.val().get_bits::<12>(20).any();
        self.too_many.next = self.low.val() > 4096;
    }
}

//! The counters that the host reads (docs/host.md), 32 bits each, wrapping.
//!
//! They live in a memory, two words each. Only the six low bits of each count events as they come; a walk over all counters
//! copies them, and carries one if they have wrapped since the last visit: 4 clocks a counter, 52 in all, so they cannot wrap
//! twice, and a counter is exact 52 clocks after its last event.

use crate::memory::{DualPort, RamStyle};
use crate::num::ToSigned;
use crate::register::Dff;
use rust_hdl::prelude::*;

/// Counters.
const COUNTERS: usize = 13;

/// All counters and the window the host reads them through.
#[derive(LogicBlock, Default)]
pub struct Counters {
    /// Clock, rising edge.
    pub clock: Signal<In, Clock>,
    /// The host sets all to zero.
    pub clear: Signal<In, Bit>,
    /// A nibble was asked of the flash.
    pub beat: Signal<In, Bit>,
    /// A pass starts.
    pub pass: Signal<In, Bit>,
    /// A request is over.
    pub done: Signal<In, Bit>,
    /// Waiting for the epilogue.
    pub stall_epilogue: Signal<In, Bit>,
    /// Waiting for the section before.
    pub stall_barrier: Signal<In, Bit>,
    /// Waiting for the host to take a logit.
    pub stall_host: Signal<In, Bit>,
    /// A CRC was wrong.
    pub crc_error: Signal<In, Bit>,
    /// A result was clamped.
    pub clamped: Signal<In, Bit>,
    /// A token was guessed.
    pub guess: Signal<In, Bit>,
    /// The guess was right.
    pub accept: Signal<In, Bit>,
    /// Which counter and which half of it: twice the counter's number, plus 1 for the low half.
    pub select: Signal<In, Bits<5>>,
    /// That half, a clock later.
    pub value: Signal<Out, Bits<16>>,
    happens: Vec<Signal<Local, Bit>>,
    latest: Vec<Dff<Bits<6>>>,
    odd_beat: Dff<Bit>,
    in_pass: Dff<Bit>,
    at: Dff<Bits<4>>,
    step: Dff<Bits<2>>,
    carry: Dff<Bit>,
    sweep: Dff<Bit>,
    renew: Dff<Bit>,
    renew_beats: Dff<Bit>,
    some: Signal<Local, Bits<6>>,
    anew: Signal<Local, Bit>,
    word: Signal<Local, Bits<16>>,
    low: Signal<Local, Bits<6>>,
    wrapped: Signal<Local, Bit>,
    old: Signal<Local, Bits<17>>,
    addend: Signal<Local, Bits<17>>,
    sum: Signal<Local, Bits<17>>,
    sums: DualPort<5>,
    window: DualPort<5>,
    _counters: usize,
    _whole_bytes: usize,
}

impl Counters {
    /// All zero at power-up.
    pub fn new() -> Self {
        Self {
            happens: (0..COUNTERS).map(|_| Signal::default()).collect(),
            latest: (0..COUNTERS).map(|_| Dff::default()).collect(),
            sweep: Dff::new(true),
            sums: DualPort::new(RamStyle::Plain),
            window: DualPort::new(RamStyle::Plain),
            _counters: COUNTERS,
            ..Default::default()
        }
    }

    /// The same, of a flash that sends so many bits a clock, 4 or 8.
    pub fn of_bus(bits: usize) -> Self {
        Self { _whole_bytes: usize::from(bits == 8), ..Self::new() }
    }
}

impl Logic for Counters {
    // Over 100 lines: the events in the protocol's order, and the walk that adds them up.
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, odd_beat, in_pass, at, step, carry, sweep, renew, renew_beats);
        clock!(self, clock, sums, window);
        if self.done.val() {
            self.in_pass.d.next = false;
        }
        if self.pass.val() {
            self.in_pass.d.next = true;
        }
        // bytes are two beats
        if self.beat.val() {
            self.odd_beat.d.next = !self.odd_beat.q.val();
        }
        if self.clear.val() {
            self.odd_beat.d.next = false;
        }
        self.happens[0].next = true;
        self.happens[1].next = self.beat.val();
        self.happens[2].next = self.beat.val() & self.odd_beat.q.val();
        for _k in 0..self._whole_bytes {
            self.happens[2].next = self.beat.val();
        }
        self.happens[3].next = self.pass.val();
        self.happens[4].next = self.stall_epilogue.val();
        self.happens[5].next = self.stall_barrier.val();
        self.happens[6].next = self.stall_host.val();
        self.happens[7].next = self.crc_error.val();
        self.happens[8].next = self.clamped.val();
        self.happens[9].next = self.in_pass.q.val();
        self.happens[10].next = self.in_pass.q.val() & self.beat.val();
        self.happens[11].next = self.guess.val();
        self.happens[12].next = self.accept.val();

        // the walk: read the low half, add, read the high half, carry
        self.step.d.next = self.step.q.val() + 1;
        if self.step.q.val() == 3 {
            self.at.d.next = self.at.q.val() + 1;
            if self.at.q.val() == 9 {
                self.renew.d.next = false;
            }
            if self.at.q.val() == 10 {
                self.renew_beats.d.next = false;
            }
            if self.at.q.val() == 12 {
                self.at.d.next = 0.into();
                self.sweep.d.next = false;
            }
        }
        // A pass begins, and with it two counters: when the walk comes by. A visit that goes on is begun again.
        if self.pass.val() {
            self.renew.d.next = true;
            self.renew_beats.d.next = true;
            self.step.d.next = 0.into();
        }
        // CLEAR: all of them begin anew in the walk that starts now.
        if self.clear.val() {
            self.sweep.d.next = true;
            self.at.d.next = 0.into();
            self.step.d.next = 0.into();
        }
        self.some.next = 0.into();
        for i in 0..self._counters {
            self.latest[i].clock.next = self.clock.val();
            self.latest[i].d.next = self.latest[i].q.val();
            if self.happens[i].val() {
                self.latest[i].d.next = self.latest[i].q.val() + 1;
            }
            if self.at.q.val().index() == i {
                self.some.next = self.latest[i].q.val();
            }
            if self.clear.val() {
                self.latest[i].d.next = 0.into();
            }
        }
        if self.pass.val() {
            for i in 9..11 {
                self.latest[i].d.next = 0.into();
            }
        }
        self.anew.next = self.sweep.q.val()
            | (self.renew.q.val() & (self.at.q.val() == 9))
            | (self.renew_beats.q.val() & (self.at.q.val() == 10));
        self.word.next = self.sums.rdata.val().get_bits::<16>(0);
        if self.anew.val() {
            self.word.next = 0.into();
        }
        // the low six bits of a counter are its latest: they have wrapped if they are less than at the last visit
        self.low.next = self.word.val().get_bits::<6>(0);
        self.wrapped.next = self.some.val() < self.low.val();
        self.old.next = bit_cast::<17, 16>(self.word.val());
        self.addend.next = 0.into();
        if self.carry.q.val() {
            self.addend.next = 1.into();
        }
        if !self.step.q.val().get_bit(1) {
            self.old.next = (bit_cast::<17, 10>(self.word.val().get_bits::<10>(6)) << 6)
                | bit_cast::<17, 6>(self.some.val());
            self.addend.next = 0.into();
            if self.wrapped.val() {
                self.addend.next = 64.into();
            }
        }
        self.sum.next = self.old.val() + self.addend.val();
        if self.step.q.val() == 1 {
            self.carry.d.next = self.sum.val().get_bit(16);
        }
        self.sums.raddr.next = (bit_cast::<5, 4>(self.at.q.val()) << 1) | 1;
        if self.step.q.val().get_bit(1) {
            self.sums.raddr.next = bit_cast::<5, 4>(self.at.q.val()) << 1;
        }
        self.sums.waddr.next = self.sums.raddr.val();
        self.sums.we.next = self.step.q.val().get_bit(0);
        self.sums.wdata.next = self.sum.val().get_bits::<16>(0).to_signed_bits();
        self.window.waddr.next = self.sums.raddr.val();
        // not the word that the host looks at: it is read and written in the same clock, and the walk comes again
        self.window.we.next = self.step.q.val().get_bit(0) & (self.sums.raddr.val() != self.select.val());
        self.window.wdata.next = self.sum.val().get_bits::<16>(0).to_signed_bits();
        self.window.raddr.next = self.select.val();
        self.value.next = self.window.rdata.val().get_bits::<16>(0);
    }
}

//! The counters that the host reads (docs/host.md), 32 bits each, wrapping.
//!
//! They live in a memory, two words each. Events are collected in six bits per counter, and a walk over all counters adds
//! them up: 4 clocks each, 52 in all, so six bits never overflow, and a counter is exact 52 clocks after its last event.

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
    collected: Vec<Dff<Bits<6>>>,
    zeroed: Vec<Dff<Bit>>,
    odd_beat: Dff<Bit>,
    in_pass: Dff<Bit>,
    at: Dff<Bits<4>>,
    step: Dff<Bits<2>>,
    carry: Dff<Bit>,
    afresh: Dff<Bit>,
    some: Signal<Local, Bits<6>>,
    anew: Signal<Local, Bit>,
    word: Signal<Local, Bits<16>>,
    addend: Signal<Local, Bits<6>>,
    sum: Signal<Local, Bits<17>>,
    sums: DualPort<5>,
    window: DualPort<5>,
    _counters: usize,
}

impl Counters {
    /// All zero at power-up.
    pub fn new() -> Self {
        Self {
            happens: (0..COUNTERS).map(|_| Signal::default()).collect(),
            collected: (0..COUNTERS).map(|_| Dff::default()).collect(),
            zeroed: (0..COUNTERS).map(|_| Dff::new(true)).collect(),
            sums: DualPort::new(RamStyle::Plain),
            window: DualPort::new(RamStyle::Plain),
            _counters: COUNTERS,
            ..Default::default()
        }
    }
}

impl Logic for Counters {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, odd_beat, in_pass, at, step, carry, afresh);
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
            if self.at.q.val() == 12 {
                self.at.d.next = 0.into();
            }
        }
        self.some.next = 0.into();
        self.anew.next = false;
        for i in 0..self._counters {
            self.collected[i].clock.next = self.clock.val();
            self.zeroed[i].clock.next = self.clock.val();
            self.zeroed[i].d.next = self.zeroed[i].q.val();
            self.collected[i].d.next = self.collected[i].q.val();
            if self.happens[i].val() {
                self.collected[i].d.next = self.collected[i].q.val() + 1;
            }
            if self.at.q.val().index() == i {
                self.some.next = self.collected[i].q.val();
                self.anew.next = self.zeroed[i].q.val();
                if self.step.q.val() == 1 {
                    self.collected[i].d.next = 0.into();
                    if self.happens[i].val() {
                        self.collected[i].d.next = 1.into();
                    }
                    self.zeroed[i].d.next = false;
                }
            }
            if self.clear.val() {
                self.collected[i].d.next = 0.into();
                self.zeroed[i].d.next = true;
            }
        }
        if self.pass.val() {
            for i in 9..11 {
                self.collected[i].d.next = 0.into();
                self.zeroed[i].d.next = true;
            }
        }
        self.word.next = self.sums.rdata.val().get_bits::<16>(0);
        self.addend.next = self.some.val();
        if self.step.q.val().get_bit(1) {
            self.anew.next = self.afresh.q.val();
            self.addend.next = 0.into();
            if self.carry.q.val() {
                self.addend.next = 1.into();
            }
        }
        if self.anew.val() {
            self.word.next = 0.into();
        }
        self.sum.next = bit_cast::<17, 16>(self.word.val()) + bit_cast::<17, 6>(self.addend.val());
        if self.step.q.val() == 1 {
            self.afresh.d.next = self.anew.val();
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
        self.window.we.next = self.step.q.val().get_bit(0);
        self.window.wdata.next = self.sum.val().get_bits::<16>(0).to_signed_bits();
        self.window.raddr.next = self.select.val();
        self.value.next = self.window.rdata.val().get_bits::<16>(0);
    }
}

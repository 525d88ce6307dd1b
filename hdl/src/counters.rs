//! The counters that the host reads (docs/host.md), 32 bits each, wrapping.

use crate::register::Dff;
use rust_hdl::prelude::*;

/// Counts while `en`; `clear` goes before.
#[derive(LogicBlock, Default)]
pub struct Counter {
    /// Clock, rising edge.
    pub clock: Signal<In, Clock>,
    /// Back to zero.
    pub clear: Signal<In, Bit>,
    /// One more.
    pub en: Signal<In, Bit>,
    /// How many.
    pub value: Signal<Out, Bits<32>>,
    count: Dff<Bits<32>>,
}

impl Logic for Counter {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, count);
        if self.en.val() {
            self.count.d.next = self.count.q.val() + 1;
        }
        if self.clear.val() {
            self.count.d.next = 0.into();
        }
        self.value.next = self.count.q.val();
    }
}

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
    /// Which counter.
    pub select: Signal<In, Bits<4>>,
    /// Its value.
    pub value: Signal<Out, Bits<32>>,
    cycles: Counter,
    beats: Counter,
    passes: Counter,
    epilogue: Counter,
    barrier: Counter,
    host: Counter,
    crc: Counter,
    saturations: Counter,
    pass_cycles: Counter,
    pass_beats: Counter,
    drafted: Counter,
    accepted: Counter,
    in_pass: Dff<Bit>,
}

impl Logic for Counters {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, in_pass);
        clock!(
            self,
            clock,
            cycles,
            beats,
            passes,
            epilogue,
            barrier,
            host,
            crc,
            saturations,
            pass_cycles,
            pass_beats,
            drafted,
            accepted
        );
        if self.done.val() {
            self.in_pass.d.next = false;
        }
        if self.pass.val() {
            self.in_pass.d.next = true;
        }
        self.cycles.clear.next = self.clear.val();
        self.beats.clear.next = self.clear.val();
        self.passes.clear.next = self.clear.val();
        self.epilogue.clear.next = self.clear.val();
        self.barrier.clear.next = self.clear.val();
        self.host.clear.next = self.clear.val();
        self.crc.clear.next = self.clear.val();
        self.saturations.clear.next = self.clear.val();
        self.pass_cycles.clear.next = self.clear.val() | self.pass.val();
        self.pass_beats.clear.next = self.clear.val() | self.pass.val();
        self.drafted.clear.next = self.clear.val();
        self.accepted.clear.next = self.clear.val();
        self.drafted.en.next = self.guess.val();
        self.accepted.en.next = self.accept.val();
        self.cycles.en.next = true;
        self.beats.en.next = self.beat.val();
        self.passes.en.next = self.pass.val();
        self.epilogue.en.next = self.stall_epilogue.val();
        self.barrier.en.next = self.stall_barrier.val();
        self.host.en.next = self.stall_host.val();
        self.crc.en.next = self.crc_error.val();
        self.saturations.en.next = self.clamped.val();
        self.pass_cycles.en.next = self.in_pass.q.val();
        self.pass_beats.en.next = self.in_pass.q.val() & self.beat.val();
        self.value.next = self.cycles.value.val();
        match self.select.val().index() {
            1 => {
                self.value.next = self.beats.value.val();
            }
            2 => {
                self.value.next = self.beats.value.val() >> 1;
            }
            3 => {
                self.value.next = self.passes.value.val();
            }
            4 => {
                self.value.next = self.epilogue.value.val();
            }
            5 => {
                self.value.next = self.barrier.value.val();
            }
            6 => {
                self.value.next = self.host.value.val();
            }
            7 => {
                self.value.next = self.crc.value.val();
            }
            8 => {
                self.value.next = self.saturations.value.val();
            }
            9 => {
                self.value.next = self.pass_cycles.value.val();
            }
            10 => {
                self.value.next = self.pass_beats.value.val();
            }
            11 => {
                self.value.next = self.drafted.value.val();
            }
            12 => {
                self.value.next = self.accepted.value.val();
            }
            _ => {}
        }
    }
}

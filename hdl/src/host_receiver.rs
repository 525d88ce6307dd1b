//! Frames in: finds `A5 cmd len payload crc`, keeps the payload, and holds the frame until it has been answered.

use crate::memory::{RamStyle, SinglePort};
use crate::num::ToSigned;
use crate::register::Dff;
use rust_hdl::prelude::*;

/// Which byte of a frame comes next.
#[derive(Copy, Clone, Debug, PartialEq, LogicState)]
enum Next {
    Mark,
    Command,
    LengthHigh,
    LengthLow,
    Payload,
    CheckHigh,
    CheckLow,
    // Nothing: a whole frame is held.
    Held,
    // The length cannot be: nothing is believed until the line pauses.
    Pause,
}

/// The receiver of frames.
#[derive(LogicBlock)]
pub struct Receiver {
    /// Clock, rising edge.
    pub clock: Signal<In, Clock>,
    /// One clock: `data` is a byte from the line.
    pub valid: Signal<In, Bit>,
    /// The byte.
    pub data: Signal<In, Bits<8>>,
    /// One clock: the held frame has been answered.
    pub answered: Signal<In, Bit>,
    /// One clock: the next payload byte to read is the first.
    pub rewind: Signal<In, Bit>,
    /// One clock: the next payload byte to read is the following one.
    pub advance: Signal<In, Bit>,
    /// To the CRC: start anew.
    pub crc_clear: Signal<Out, Bit>,
    /// To the CRC: `data` is the next byte.
    pub crc_en: Signal<Out, Bit>,
    /// A frame is held; its CRC has been fed too.
    pub held: Signal<Out, Bit>,
    /// The held frame's length cannot be.
    pub overlong: Signal<Out, Bit>,
    /// The held frame's command.
    pub command: Signal<Out, Bits<8>>,
    /// Bytes of payload.
    pub length: Signal<Out, Bits<8>>,
    /// All payload bytes have been read.
    pub at_end: Signal<Out, Bit>,
    /// The payload byte that was the next in the clock before.
    pub payload: Signal<Out, Bits<8>>,
    next: Dff<Next>,
    kind: Dff<Bits<8>>,
    size: Dff<Bits<8>>,
    long: Dff<Bit>,
    at: Dff<Bits<8>>,
    // Clocks since the last byte; its top bit drops the frame.
    pause: Dff<Bits<17>>,
    buffer: SinglePort<8>,
    through: Signal<Local, Bit>,
}

impl Default for Receiver {
    fn default() -> Self {
        Self {
            clock: Default::default(),
            valid: Default::default(),
            data: Default::default(),
            answered: Default::default(),
            rewind: Default::default(),
            advance: Default::default(),
            crc_clear: Default::default(),
            crc_en: Default::default(),
            held: Default::default(),
            overlong: Default::default(),
            command: Default::default(),
            length: Default::default(),
            at_end: Default::default(),
            payload: Default::default(),
            next: Default::default(),
            kind: Default::default(),
            size: Default::default(),
            long: Default::default(),
            at: Default::default(),
            pause: Default::default(),
            buffer: SinglePort::new(RamStyle::Block, 1),
            through: Default::default(),
        }
    }
}

impl Logic for Receiver {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, next, kind, size, long, at, pause);
        clock!(self, clock, buffer);
        self.through.next = self.at.q.val() == self.size.q.val();
        self.held.next = self.next.q.val() == Next::Held;
        self.crc_clear.next = self.next.q.val() == Next::Mark;
        self.crc_en.next =
            self.valid.val() & (self.next.q.val() != Next::Mark) & (self.next.q.val() != Next::Held);
        self.overlong.next = self.long.q.val();
        self.command.next = self.kind.q.val();
        self.length.next = self.size.q.val();
        self.at_end.next = self.through.val();

        self.buffer.bank.next = 0.into();
        self.buffer.addr.next = self.at.q.val();
        self.buffer.wdata.next = self.data.val().to_signed_bits();
        self.buffer.we.next = self.valid.val() & (self.next.q.val() == Next::Payload);
        self.payload.next = self.buffer.rdata.val().get_bits::<8>(0);

        self.pause.d.next = self.pause.q.val() + 1;
        if self.valid.val() | (self.next.q.val() == Next::Mark) | (self.next.q.val() == Next::Held) {
            self.pause.d.next = 0.into();
        }
        if self.advance.val() {
            self.at.d.next = self.at.q.val() + 1;
        }
        if self.rewind.val() {
            self.at.d.next = 0.into();
        }
        match self.next.q.val() {
            Next::Mark => {
                self.at.d.next = 0.into();
                self.long.d.next = false;
                if self.valid.val() & (self.data.val() == 0xA5) {
                    self.next.d.next = Next::Command;
                }
            }
            Next::Command => {
                if self.valid.val() {
                    self.kind.d.next = self.data.val();
                    self.next.d.next = Next::LengthHigh;
                }
            }
            Next::LengthHigh => {
                if self.valid.val() {
                    self.long.d.next = self.data.val().any();
                    self.next.d.next = Next::LengthLow;
                }
            }
            Next::LengthLow => {
                if self.valid.val() {
                    self.size.d.next = self.data.val();
                    self.next.d.next = Next::Payload;
                    if self.long.q.val() | (self.data.val() > 252) {
                        self.long.d.next = true;
                        self.next.d.next = Next::Pause;
                    }
                }
            }
            Next::Payload => {
                if self.valid.val() {
                    self.at.d.next = self.at.q.val() + 1;
                }
                if self.through.val() {
                    self.next.d.next = Next::CheckHigh;
                }
            }
            Next::CheckHigh => {
                if self.valid.val() {
                    self.next.d.next = Next::CheckLow;
                }
            }
            Next::CheckLow => {
                if self.valid.val() {
                    self.next.d.next = Next::Held;
                }
            }
            Next::Held => {
                if self.answered.val() {
                    self.next.d.next = Next::Mark;
                }
            }
            Next::Pause => {}
        }
        if self.pause.q.val().get_bit(16) & (self.next.q.val() != Next::Held) {
            self.next.d.next = Next::Mark;
            if self.next.q.val() == Next::Pause {
                self.next.d.next = Next::Held;
            }
        }
    }
}

//! Frames out: header, the fields of the payload one after another, CRC. Each field is loaded into the low half of a
//! 32-bit shift register and leaves it byte by byte. While nothing is sent the register collects a request's bytes.

use crate::register::Dff;
use rust_hdl::prelude::*;

/// What the sender does.
#[derive(Copy, Clone, Debug, PartialEq, LogicState)]
enum Sending {
    Rest,
    // The selected field settles: three clocks, for the state memory behind it.
    Settle,
    Load,
    Bytes,
    Advance,
}

/// The sender of frames.
#[derive(LogicBlock, Default)]
pub struct Sender {
    /// Clock, rising edge.
    pub clock: Signal<In, Clock>,
    /// One clock, at rest: send a frame.
    pub send: Signal<In, Bit>,
    /// First field of its payload; 24 (the CRC) if it has none.
    pub first: Signal<In, Bits<6>>,
    /// At rest: the field to load into `word`.
    pub pick: Signal<In, Bits<6>>,
    /// One clock, at rest: load it.
    pub load: Signal<In, Bit>,
    /// One clock, at rest: shift `payload` into `word`.
    pub shift: Signal<In, Bit>,
    /// The byte.
    pub payload: Signal<In, Bits<8>>,
    /// Set `word` to zero; only at rest.
    pub clear: Signal<In, Bit>,
    /// The next logit is not there yet.
    pub hold: Signal<In, Bit>,
    /// After this logit or state word comes another.
    pub more: Signal<In, Bit>,
    /// The selected field, combinational.
    pub value: Signal<In, Bits<16>>,
    /// The payload ends with it.
    pub last: Signal<In, Bit>,
    /// The UART is free.
    pub tx_ready: Signal<In, Bit>,
    /// Selects the field.
    pub select: Signal<Out, Bits<6>>,
    /// The shift register.
    pub word: Signal<Out, Bits<32>>,
    /// One clock: a logit has been loaded.
    pub logit_taken: Signal<Out, Bit>,
    /// One clock: a state word has been loaded.
    pub state_taken: Signal<Out, Bit>,
    /// Nothing is being sent.
    pub rest: Signal<Out, Bit>,
    /// To the UART: send `tx_data`.
    pub tx_start: Signal<Out, Bit>,
    /// The byte.
    pub tx_data: Signal<Out, Bits<8>>,
    /// To the CRC: start anew.
    pub crc_clear: Signal<Out, Bit>,
    /// To the CRC: `tx_data` is the next byte.
    pub crc_en: Signal<Out, Bit>,
    state: Dff<Sending>,
    field: Dff<Bits<6>>,
    register: Dff<Bits<32>>,
    left: Dff<Bits<2>>,
    // The register takes a field, or rolls on by a byte.
    take: Signal<Local, Bit>,
    roll: Signal<Local, Bit>,
    enter: Signal<Local, Bits<8>>,
    header: Signal<Local, Bit>,
    repeats: Signal<Local, Bit>,
}

impl Logic for Sender {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, state, field, register, left);
        self.header.next = self.field.q.val() == 26;
        self.repeats.next = (self.field.q.val() == 22) | (self.field.q.val() == 23);
        self.rest.next = self.state.q.val() == Sending::Rest;
        self.select.next = self.field.q.val();
        self.word.next = self.register.q.val();
        self.tx_data.next = self.register.q.val().get_bits::<8>(8);
        self.logit_taken.next = false;
        self.state_taken.next = false;
        self.tx_start.next = false;
        self.crc_clear.next = false;
        self.crc_en.next = false;
        self.take.next = false;
        self.roll.next = false;
        self.enter.next = 0.into();
        match self.state.q.val() {
            Sending::Rest => {
                self.select.next = self.pick.val();
                self.take.next = self.load.val();
                self.roll.next = self.shift.val();
                self.enter.next = self.payload.val();
                self.field.d.next = 25.into();
                self.left.d.next = 0.into();
                if self.send.val() {
                    self.state.d.next = Sending::Settle;
                }
            }
            Sending::Settle => {
                self.left.d.next = self.left.q.val() + 1;
                if self.left.q.val() == 2 {
                    self.state.d.next = Sending::Load;
                }
            }
            Sending::Load => {
                if !(self.hold.val() & (self.field.q.val() == 22)) {
                    self.take.next = true;
                    self.left.d.next = 1.into();
                    self.logit_taken.next = self.field.q.val() == 22;
                    self.state_taken.next = self.field.q.val() == 23;
                    self.state.d.next = Sending::Bytes;
                }
            }
            Sending::Bytes => {
                if self.tx_ready.val() {
                    // The mark that begins a frame is not covered by its CRC.
                    self.crc_clear.next = (self.field.q.val() == 25) & self.left.q.val().any();
                    self.crc_en.next = true;
                    self.tx_start.next = true;
                    self.roll.next = true;
                    self.left.d.next = self.left.q.val() - 1;
                    if !self.left.q.val().any() {
                        self.left.d.next = 0.into();
                        self.state.d.next = Sending::Advance;
                    }
                }
            }
            Sending::Advance => {
                self.state.d.next = Sending::Settle;
                self.field.d.next = self.field.q.val() + 1;
                if self.repeats.val() & self.more.val() {
                    self.field.d.next = self.field.q.val();
                }
                if self.last.val() | (self.repeats.val() & !self.more.val()) {
                    self.field.d.next = 24.into();
                }
                if self.header.val() {
                    self.field.d.next = self.first.val();
                }
                if self.field.q.val() == 24 {
                    self.state.d.next = Sending::Rest;
                }
            }
        }
        if self.roll.val() {
            self.register.d.next = (self.register.q.val() << 8) | bit_cast::<32, 8>(self.enter.val());
        }
        if self.take.val() {
            self.register.d.next =
                (self.register.q.val() & 0xFFFF_0000_u64) | bit_cast::<32, 16>(self.value.val());
        }
        if self.clear.val() {
            self.register.d.next = 0.into();
        }
    }
}

//! What can be sent: every field of every response and event, by number. Kernels can only name numbers, so here is the list:
//!
//! | number | field | bytes |
//! |---|---|---|
//! | 0-13 | INFO, in the order of the protocol | 2, of which 4, 7, 10 and 11: 4 |
//! | 14, 15 | boot code, address of the error | 2, 4 |
//! | 16-26 | counters 0-10 | 4 |
//! | 27 | token: during an event the one being consumed, otherwise the next | 2 |
//! | 28, 29 | a logit, a state word (repeated) | 2 |
//! | 30, 31 | header `5A code len`, CRC | 4, 2 |

use crate::num::S;
use crate::table::Table;
use rust_hdl::prelude::*;

/// What a configuration was generated with: sent by INFO, and the UART's speed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HostLimits {
    /// T: tokens that share one pass.
    pub tokens: u16,
    /// Largest d.
    pub d: u16,
    /// Words of vector memory.
    pub vector: u16,
    /// Words of state memory, at most 2^20.
    pub state: u32,
    /// Parameter words per row.
    pub params: u16,
    /// Where the image begins in the flash, in bytes.
    pub image_base: u32,
    /// Clocks per bit of the UART, at least 4 and at most 6000 (the pause between bytes is limited to 2^16 clocks).
    pub uart_divisor: u16,
}

const PROTOCOL_VERSION: u64 = 1;
/// Bit 0: four bytes. Bit 1: the last field of its payload.
const SHAPES: [u64; 32] = {
    let mut shapes = [0; 32];
    let wide = [4, 7, 10, 11, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 30];
    let mut i = 0;
    while i < wide.len() {
        shapes[wide[i]] |= 1;
        i += 1;
    }
    let last = [13, 15, 26, 27];
    let mut i = 0;
    while i < last.len() {
        shapes[last[i]] |= 2;
        i += 1;
    }
    shapes
};

/// Selects a field. Two-byte fields are in the low half.
#[derive(LogicBlock, Default)]
pub struct Fields {
    /// Its number.
    pub select: Signal<In, Bits<5>>,
    /// Code of the response or event.
    pub status: Signal<In, Bits<8>>,
    /// Bytes of its payload.
    pub size: Signal<In, Bits<16>>,
    /// CRC of what has been sent.
    pub crc: Signal<In, Bits<16>>,
    /// The token that the running pass consumes.
    pub consumed: Signal<In, Bits<16>>,
    /// The next token, from the core.
    pub token: Signal<In, Bits<16>>,
    /// The logit offered by the core.
    pub logit: Signal<In, S<16>>,
    /// The state word read by the core.
    pub state_rdata: Signal<In, S<16>>,
    /// The selected counter.
    pub counter_value: Signal<In, Bits<32>>,
    /// Outcome of the boot.
    pub boot_code: Signal<In, Bits<8>>,
    /// Where the last error was.
    pub error_address: Signal<In, Bits<32>>,
    /// Image: channels of h.
    pub d: Signal<In, Bits<16>>,
    /// Image: size of the vocabulary, less one.
    pub vocab_minus_1: Signal<In, Bits<16>>,
    /// Image: words of a state.
    pub state_words: Signal<In, Bits<32>>,
    /// Image: its identity.
    pub model_id: Signal<In, Bits<32>>,
    /// Image: fraction bits of a logit.
    pub logit_frac: Signal<In, Bits<16>>,
    /// Image: number of stored states.
    pub states: Signal<In, Bits<16>>,
    /// The field.
    pub value: Signal<Out, Bits<32>>,
    /// It has four bytes.
    pub wide: Signal<Out, Bit>,
    /// The payload ends with it.
    pub last: Signal<Out, Bit>,
    constants: Table<5, 32>,
    shapes: Table<5, 2>,
    kept: Signal<Local, Bits<16>>,
}

impl Fields {
    /// The fields of this configuration.
    pub fn new(limits: HostLimits) -> Self {
        let HostLimits { tokens, d, vector, state, params, image_base, .. } = limits;
        let constants = [
            PROTOCOL_VERSION,
            tokens.into(),
            d.into(),
            vector.into(),
            state.into(),
            params.into(),
            0,
            image_base.into(),
        ];
        Self { constants: Table::new(&constants), shapes: Table::new(&SHAPES), ..Default::default() }
    }
}

impl Logic for Fields {
    #[hdl_gen]
    fn update(&mut self) {
        self.constants.at.next = self.select.val();
        self.shapes.at.next = self.select.val();
        self.wide.next = self.shapes.value.val().get_bit(0);
        self.last.next = self.shapes.value.val().get_bit(1);
        self.kept.next = self.token.val();
        if self.status.val().get_bit(7) {
            self.kept.next = self.consumed.val();
        }
        self.value.next = self.constants.value.val();
        if self.select.val().get_bit(4) {
            self.value.next = self.counter_value.val();
        }
        match self.select.val().index() {
            6 => {
                self.value.next = bit_cast::<32, 8>(self.boot_code.val());
            }
            8 => {
                self.value.next = bit_cast::<32, 16>(self.d.val());
            }
            9 => {
                self.value.next = bit_cast::<32, 16>(self.vocab_minus_1.val());
            }
            10 => {
                self.value.next = self.state_words.val();
            }
            11 => {
                self.value.next = self.model_id.val();
            }
            12 => {
                self.value.next = bit_cast::<32, 16>(self.logit_frac.val());
            }
            13 => {
                self.value.next = bit_cast::<32, 16>(self.states.val());
            }
            14 => {
                self.value.next = bit_cast::<32, 8>(self.boot_code.val());
            }
            15 => {
                self.value.next = self.error_address.val();
            }
            27 => {
                self.value.next = bit_cast::<32, 16>(self.kept.val());
            }
            28 => {
                self.value.next = bit_cast::<32, 16>(self.logit.val().get_bits::<16>(0));
            }
            29 => {
                self.value.next = bit_cast::<32, 16>(self.state_rdata.val().get_bits::<16>(0));
            }
            30 => {
                self.value.next = (bit_cast::<32, 8>(self.status.val()) << 16)
                    | bit_cast::<32, 16>(self.size.val())
                    | 0x5A00_0000;
            }
            31 => {
                self.value.next = bit_cast::<32, 16>(self.crc.val());
            }
            _ => {}
        }
    }
}

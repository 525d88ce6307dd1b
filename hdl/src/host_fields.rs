//! What can be sent: every 16-bit field of every response and event, by number; a 32-bit value is two fields, the high
//! half first. Kernels can only name numbers, so here is the list:
//!
//! | number | field |
//! |---|---|
//! | 0-17 | INFO, in the order of the protocol |
//! | 18, 19-20 | boot code, address of the error |
//! | 21 | token: during an event the one being consumed, otherwise the next |
//! | 22, 23 | a logit, a state word (repeated) |
//! | 24 | CRC |
//! | 25, 26 | header: `5A code`, `len` |
//! | 27 | a guess that was kept (loaded, never sent from here) |
//! | 32-57 | counters 0-12 |

use crate::num::S;
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

const PROTOCOL_VERSION: u16 = 2;
/// INFO's field that is no constant among the first ten.
const BOOT_CODE: usize = 7;
/// The fields that are words of the header: from number 10 on, d, vocabulary, the state's words, model id, fraction bits of a
/// logit, stored states.
const HEADER: [(usize, u64); 8] =
    [(10, 6), (11, 7), (12, 10), (13, 11), (14, 4), (15, 5), (16, 26), (17, 20)];
/// The fields that end a payload.
const LAST: [usize; 4] = [17, 20, 21, 57];

/// The high and the low half of a constant.
fn halves(x: u32) -> [u16; 2] {
    [(x >> 16) as u16, x as u16]
}

/// Selects a field.
#[derive(LogicBlock, Default)]
pub struct Fields {
    /// Its number.
    pub select: Signal<In, Bits<6>>,
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
    /// A guess that was kept, from the core.
    pub guess: Signal<In, Bits<16>>,
    /// The logit offered by the core.
    pub logit: Signal<In, S<16>>,
    /// The state word read by the core.
    pub state_rdata: Signal<In, S<16>>,
    /// The selected half of a counter.
    pub counter_value: Signal<In, Bits<16>>,
    /// Outcome of the boot.
    pub boot_code: Signal<In, Bits<8>>,
    /// Where the last error was.
    pub error_address: Signal<In, Bits<32>>,
    /// The header's word that was asked for a clock before.
    pub header_value: Signal<In, Bits<16>>,
    /// Which word of the header the selected field is.
    pub header_field: Signal<Out, Bits<5>>,
    /// The argument is a number of tokens that may share a pass.
    pub grouping: Signal<In, Bit>,
    /// What the argument is compared with: T when `grouping`, otherwise the word of the header. Not the selected field: the
    /// selector in front of a comparison would be the longest path of the machine.
    pub limit: Signal<Out, Bits<16>>,
    /// The field.
    pub value: Signal<Out, Bits<16>>,
    /// The payload ends with it.
    pub last: Signal<Out, Bit>,
    _constants: Vec<u16>,
}

impl Fields {
    /// The fields of this configuration.
    pub fn new(limits: HostLimits) -> Self {
        let HostLimits { tokens, d, vector, state, params, image_base, .. } = limits;
        let [state_high, state_low] = halves(state);
        let [base_high, base_low] = halves(image_base);
        let constants =
            vec![PROTOCOL_VERSION, tokens, d, vector, state_high, state_low, params, 0, base_high, base_low];
        Self { _constants: constants, ..Default::default() }
    }

    /// What field `at` is in Verilog.
    fn expression(&self, at: usize) -> String {
        if let Some(constant) = self._constants.get(at).filter(|_| at != BOOT_CODE) {
            return format!("16'd{constant}");
        }
        let fixed = match at {
            BOOT_CODE | 18 => "{8'd0, boot_code}",
            10..=17 => "header_value",
            19 => "error_address[31:16]",
            20 => "error_address[15:0]",
            21 => "(status[7] ? consumed : token)",
            22 => "logit",
            23 => "state_rdata",
            24 => "crc",
            25 => "{8'h5a, status}",
            26 => "size",
            27 => "guess",
            _ => "16'd0",
        };
        fixed.into()
    }

    /// The same, now.
    fn now(&self, at: usize) -> u64 {
        let high = |x: u64| x >> 16;
        let low = |x: u64| x & 0xFFFF;
        match at {
            BOOT_CODE | 18 => self.boot_code.val().to_u64(),
            0..10 => self._constants[at].into(),
            10..18 => self.header_value.val().to_u64(),
            19 => high(self.error_address.val().to_u64()),
            20 => low(self.error_address.val().to_u64()),
            21 if self.status.val().get_bit(7) => self.consumed.val().to_u64(),
            21 => self.token.val().to_u64(),
            22 => low(self.logit.val().0 as u64),
            23 => low(self.state_rdata.val().0 as u64),
            24 => self.crc.val().to_u64(),
            25 => 0x5A00 | self.status.val().to_u64(),
            26 => self.size.val().to_u64(),
            27 => self.guess.val().to_u64(),
            32..64 => self.counter_value.val().to_u64(),
            _ => 0,
        }
    }
}

// By hand: from `fields[16 * select +: 16]` the synthesiser builds a binary tree of selectors, less than half the size of
// what it makes of a `case` of as many arms.
impl Logic for Fields {
    fn update(&mut self) {
        let at = self.select.val().index();
        self.value.next = self.now(at).into();
        self.limit.next = self.header_value.val();
        if self.grouping.val() {
            self.limit.next = u64::from(self._constants[1]).into();
        }
        self.last.next = LAST.contains(&at);
        let word = HEADER.iter().find(|(field, _)| *field == at);
        self.header_field.next = word.map_or(0, |(_, word)| *word).into();
    }
    fn connect(&mut self) {
        self.value.connect();
        self.last.connect();
        self.limit.connect();
        self.header_field.connect();
    }
    fn hdl(&self) -> Verilog {
        let all: Vec<String> = (0..32).rev().map(|at| self.expression(at)).collect();
        let last = LAST.map(|at| format!("(select == 6'd{at})"));
        let words = HEADER.map(|(field, word)| format!("        6'd{field}: header_field = 5'd{word};\n"));
        Verilog::Custom(format!(
            "wire [511:0] all = {{\n    {}\n}};\nalways @(*) begin\n    case (select)\n{}        default: header_field = 5'd0;\n    endcase\n    value = select[5] ? counter_value : all[{{select[4:0], 4'd0}} +: 16];\n    limit = grouping ? 16'd{} : header_value;\n    last = {};\nend",
            all.join(",\n    "),
            words.concat(),
            self._constants[1],
            last.join(" | ")
        ))
    }
}

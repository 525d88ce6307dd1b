//! The protocol's table of commands, and what is wrong with a request before its arguments are looked at.

use crate::table::Table;
use rust_hdl::prelude::*;

/// One command. The bits are read by number in the kernel below.
struct Rule {
    /// Bits 0-2: bytes of payload, at least.
    shortest: u64,
    /// Bit 3: two-byte words may follow.
    more: bool,
    /// Bit 4: the first argument has four bytes, not two.
    wide_first: bool,
    /// Bit 5: the second argument has four bytes, not two.
    wide_second: bool,
    /// Bit 6: works without an image, and before INFO.
    offline: bool,
    /// Bit 7: needs a valid state.
    stateful: bool,
    /// Bit 8: its arguments are a range of state words.
    range: bool,
    /// Bits 9-12: the code for arguments that cannot be.
    refusal: u64,
}

const NONE: Rule = Rule {
    shortest: 0,
    more: false,
    wide_first: false,
    wide_second: false,
    offline: false,
    stateful: false,
    range: false,
    refusal: 0,
};
const TOKEN: u64 = 6;
const RANGE: u64 = 7;
const MODEL: u64 = 8;

/// From command 1 on, in the protocol's order.
const RULES: [Rule; 12] = [
    Rule { offline: true, ..NONE },
    NONE,
    Rule { shortest: 4, more: true, stateful: true, refusal: TOKEN, ..NONE },
    Rule { shortest: 2, stateful: true, refusal: TOKEN, ..NONE },
    Rule { shortest: 6, wide_second: true, ..NONE },
    Rule { shortest: 6, wide_first: true, range: true, refusal: RANGE, ..NONE },
    Rule { shortest: 6, more: true, wide_first: true, range: true, refusal: RANGE, ..NONE },
    Rule { shortest: 4, refusal: MODEL, ..NONE },
    Rule { shortest: 2, refusal: RANGE, ..NONE },
    Rule { offline: true, ..NONE },
    Rule { offline: true, ..NONE },
    Rule { shortest: 2, refusal: RANGE, ..NONE },
];

impl Rule {
    fn bits(&self) -> u64 {
        let flags = [self.more, self.wide_first, self.wide_second, self.offline, self.stateful, self.range];
        let flags = flags.iter().enumerate().map(|(k, flag)| u64::from(*flag) << (k + 3));
        self.shortest | flags.sum::<u64>() | self.refusal << 9
    }
}

/// Looks a request up.
#[derive(LogicBlock, Default)]
pub struct Rules {
    /// The request's command.
    pub command: Signal<In, Bits<8>>,
    /// Its bytes of payload.
    pub length: Signal<In, Bits<8>>,
    /// Its length cannot be.
    pub overlong: Signal<In, Bit>,
    /// The CRC register after the request; zero if its CRC is right.
    pub crc: Signal<In, Bits<16>>,
    /// Outcome of the boot, 0: there is an image.
    pub boot_code: Signal<In, Bits<8>>,
    /// INFO was answered since power-up: the host knows with whom it talks.
    pub met: Signal<In, Bit>,
    /// The core's state can be used.
    pub state_valid: Signal<In, Bit>,
    /// 0, or the code that answers the request at once.
    pub verdict: Signal<Out, Bits<8>>,
    /// The first argument has four bytes, not two.
    pub wide_first: Signal<Out, Bit>,
    /// The second argument has four bytes, not two.
    pub wide_second: Signal<Out, Bit>,
    /// The arguments are a range of state words.
    pub range: Signal<Out, Bit>,
    /// The code for arguments that cannot be.
    pub refusal: Signal<Out, Bits<4>>,
    rules: Table<4, 13>,
    shortest: Signal<Local, Bits<8>>,
    fits: Signal<Local, Bit>,
}

impl Rules {
    /// The protocol's rules.
    pub fn new() -> Self {
        let mut rows = vec![0];
        rows.extend(RULES.iter().map(Rule::bits));
        Self { rules: Table::new(&rows), ..Default::default() }
    }
}

impl Logic for Rules {
    #[hdl_gen]
    fn update(&mut self) {
        self.rules.at.next = self.command.val().get_bits::<4>(0);
        self.wide_first.next = self.rules.value.val().get_bit(4);
        self.wide_second.next = self.rules.value.val().get_bit(5);
        self.range.next = self.rules.value.val().get_bit(8);
        self.refusal.next = self.rules.value.val().get_bits::<4>(9);

        self.shortest.next = bit_cast::<8, 3>(self.rules.value.val().get_bits::<3>(0));
        self.fits.next = self.length.val() == self.shortest.val();
        if self.rules.value.val().get_bit(3) {
            self.fits.next = (self.length.val() >= self.shortest.val()) & !self.length.val().get_bit(0);
        }

        self.verdict.next = 0.into();
        if self.rules.value.val().get_bit(7) & !self.state_valid.val() {
            self.verdict.next = 5.into();
        }
        if (self.boot_code.val().any() | !self.met.val()) & !self.rules.value.val().get_bit(6) {
            self.verdict.next = 4.into();
        }
        if !self.fits.val() {
            self.verdict.next = 3.into();
        }
        if !self.command.val().any() | (self.command.val() > 12) {
            self.verdict.next = 2.into();
        }
        if self.crc.val().any() {
            self.verdict.next = 1.into();
        }
        if self.overlong.val() {
            self.verdict.next = 3.into();
        }
    }
}

/// The payload of a response or event: its first field and its size.
#[derive(LogicBlock, Default)]
pub struct Reply {
    /// Code of the response or event.
    pub status: Signal<In, Bits<8>>,
    /// The request's command.
    pub command: Signal<In, Bits<8>>,
    /// Words to send, where their number is not fixed.
    pub count: Signal<In, Bits<16>>,
    /// The field's number, 24 (the CRC) if there is none.
    pub first: Signal<Out, Bits<6>>,
    /// Bytes.
    pub size: Signal<Out, Bits<16>>,
    words: Signal<Local, Bits<16>>,
}

impl Logic for Reply {
    #[hdl_gen]
    fn update(&mut self) {
        // A code from 16 on carries the address of the record.
        self.first.next = 19.into();
        self.size.next = 4.into();
        self.words.next = self.count.val() << 1;
        if !self.status.val().get_bits::<4>(4).any() {
            self.first.next = 24.into();
            self.size.next = 0.into();
        }
        if self.status.val() == 4 {
            self.first.next = 18.into();
            self.size.next = 6.into();
        }
        if !self.status.val().any() {
            match self.command.val().index() {
                1 => {
                    self.first.next = 0.into();
                    self.size.next = 36.into();
                }
                3 => {
                    self.first.next = 21.into();
                    self.size.next = 2.into();
                }
                4 => {
                    self.first.next = 21.into();
                    self.size.next = 2.into();
                }
                6 => {
                    self.size.next = self.words.val();
                    if self.count.val().any() {
                        self.first.next = 23.into();
                    }
                }
                10 => {
                    self.first.next = 32.into();
                    self.size.next = 52.into();
                }
                _ => {}
            }
        }
        if self.status.val() == 0xE1 {
            self.first.next = 21.into();
            self.size.next = 2.into();
        }
        if self.status.val() == 0xE2 {
            self.first.next = 22.into();
            self.size.next = self.words.val();
        }
    }
}

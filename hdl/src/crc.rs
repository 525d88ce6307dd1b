//! The two checks: CRC-32 over records, CRC-16 over the host's frames. Both take a byte a clock:
//! `r' = T[(r ^ byte) mod 256] ^ (r >> 8)` (reflected), `r' = T[(r >> W-8) ^ byte] ^ (r << 8)` (not reflected).

use crate::register::Dff;
use rust_hdl::prelude::*;

/// A polynomial, and the end its bits are shifted in at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Code {
    width: usize,
    polynomial: u64,
    reflected: bool,
}

/// IEEE 802.3, as zlib; the polynomial is written reflected.
const CRC_32: Code = Code { width: 32, polynomial: 0xEDB8_8320, reflected: true };
/// CRC-16/IBM-3740, also called CCITT-FALSE.
const CRC_16: Code = Code { width: 16, polynomial: 0x1021, reflected: false };

impl Code {
    /// The register after the eight bits of `data`.
    fn step(self, register: u64, data: u64) -> u64 {
        let all = (1 << self.width) - 1;
        let (enter, leave) =
            if self.reflected { (data, 1) } else { (data << (self.width - 8), 1 << (self.width - 1)) };
        (0..8).fold(register ^ enter, |r, _| {
            let shifted = if self.reflected { r >> 1 } else { (r << 1) & all };
            shifted ^ if r & leave == 0 { 0 } else { self.polynomial }
        })
    }

    /// What bit `at` of the next register is the exclusive or of: the step is linear, so each input bit alone tells.
    fn equation(self, at: usize) -> String {
        let names = |name, count, step: &dyn Fn(u64) -> u64| {
            let feeds = (0..count).filter(|k| step(1 << k) >> at & 1 == 1);
            feeds.map(|k| format!("{name}[{k}]")).collect::<Vec<_>>()
        };
        let mut terms = names("register", self.width, &|r| self.step(r, 0));
        terms.extend(names("data", 8, &|d| self.step(0, d)));
        format!("    next_register[{at}] = {};\n", terms.join(" ^ "))
    }
}

/// One step of a CRC of `W` bits: exclusive ors only.
#[derive(LogicBlock, Default)]
struct Step<const W: usize> {
    /// The register now.
    pub register: Signal<In, Bits<W>>,
    /// The byte that enters.
    pub data: Signal<In, Bits<8>>,
    /// The register after it.
    pub next_register: Signal<Out, Bits<W>>,
    _code: Code,
    _effect: Vec<u64>,
}

impl<const W: usize> Step<W> {
    fn new(code: Code) -> Self {
        let effect = if code.reflected {
            |c: Code, k| c.step(k, 0)
        } else {
            |c: Code, k| c.step(k << (c.width - 8), 0)
        };
        Self { _code: code, _effect: (0..256).map(|k| effect(code, k)).collect(), ..Default::default() }
    }
}

impl<const W: usize> Logic for Step<W> {
    fn update(&mut self) {
        let register = self.register.val().to_u64();
        let data = self.data.val().to_u64();
        let next = if self._code.reflected {
            self._effect[((register ^ data) & 255) as usize] ^ (register >> 8)
        } else {
            self._effect[((register >> (W - 8)) ^ data) as usize] ^ ((register << 8) & ((1 << W) - 1))
        };
        self.next_register.next = next.into();
    }
    fn connect(&mut self) {
        self.next_register.connect();
    }
    fn hdl(&self) -> Verilog {
        let lines: String = (0..W).map(|at| self._code.equation(at)).collect();
        Verilog::Custom(format!("always @(*) begin\n{lines}end"))
    }
}

/// CRC-32 of a record, and its comparison with the four bytes (most significant first) that follow the record: the CRC, exclusive or
/// the record's place.
///
/// A fourth `check` starts the register anew, so records may follow each other without a `clear`.
#[derive(LogicBlock)]
pub struct Crc32 {
    /// Clock, rising edge.
    pub clock: Signal<In, Clock>,
    /// Start anew (goes before `en`).
    pub clear: Signal<In, Bit>,
    /// `data` is the record's next byte.
    pub en: Signal<In, Bit>,
    /// `data` is the next byte of the CRC sent; never together with `en`.
    pub check: Signal<In, Bit>,
    /// The byte.
    pub data: Signal<In, Bits<8>>,
    /// The record's offset in the image, bytes; stands still while the CRC is compared.
    pub place: Signal<In, Bits<24>>,
    /// From the clock after the fourth `check` until the next `clear` or `en`: all four bytes were right.
    pub ok: Signal<Out, Bit>,
    step: Step<32>,
    register: Dff<Bits<32>>,
    checked: Dff<Bits<3>>,
    wrong: Dff<Bit>,
    expected: Signal<Local, Bits<8>>,
}

impl Default for Crc32 {
    fn default() -> Self {
        Self {
            clock: Default::default(),
            clear: Default::default(),
            en: Default::default(),
            check: Default::default(),
            data: Default::default(),
            place: Default::default(),
            ok: Default::default(),
            step: Step::new(CRC_32),
            register: Dff::new(0xFFFF_FFFF_u64.into()),
            checked: Default::default(),
            wrong: Default::default(),
            expected: Default::default(),
        }
    }
}

impl Logic for Crc32 {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, register, checked, wrong);
        self.step.register.next = self.register.q.val();
        self.step.data.next = self.data.val();
        // What is sent is the register inverted, so a right byte is this one's complement.
        self.expected.next = self.register.q.val().get_bits::<8>(24);
        match self.checked.q.val().index() {
            1 => {
                self.expected.next =
                    self.register.q.val().get_bits::<8>(16) ^ self.place.val().get_bits::<8>(16);
            }
            2 => {
                self.expected.next =
                    self.register.q.val().get_bits::<8>(8) ^ self.place.val().get_bits::<8>(8);
            }
            3 => {
                self.expected.next =
                    self.register.q.val().get_bits::<8>(0) ^ self.place.val().get_bits::<8>(0);
            }
            _ => {}
        }
        if self.en.val() {
            self.register.d.next = self.step.next_register.val();
        }
        if self.check.val() {
            self.checked.d.next = self.checked.q.val() + 1;
            if !(self.expected.val() ^ self.data.val()).all() {
                self.wrong.d.next = true;
            }
        }
        if self.clear.val() | self.en.val() {
            self.checked.d.next = 0.into();
            self.wrong.d.next = false;
        }
        if self.clear.val() | (self.check.val() & (self.checked.q.val() == 3)) {
            self.register.d.next = 0xFFFF_FFFF_u64.into();
        }
        self.ok.next = self.checked.q.val().get_bit(2) & !self.wrong.q.val();
    }
}

/// CRC-16 of a frame. Its register is zero after the CRC itself, most significant byte first, has been fed too.
#[derive(LogicBlock)]
pub struct Crc16 {
    /// Clock, rising edge.
    pub clock: Signal<In, Clock>,
    /// Start anew (goes before `en`).
    pub clear: Signal<In, Bit>,
    /// `data` is the next byte.
    pub en: Signal<In, Bit>,
    /// The byte.
    pub data: Signal<In, Bits<8>>,
    /// The CRC of the bytes so far.
    pub value: Signal<Out, Bits<16>>,
    step: Step<16>,
    register: Dff<Bits<16>>,
}

impl Default for Crc16 {
    fn default() -> Self {
        Self {
            clock: Default::default(),
            clear: Default::default(),
            en: Default::default(),
            data: Default::default(),
            value: Default::default(),
            step: Step::new(CRC_16),
            register: Dff::new(0xFFFF.into()),
        }
    }
}

impl Logic for Crc16 {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, register);
        self.step.register.next = self.register.q.val();
        self.step.data.next = self.data.val();
        if self.en.val() {
            self.register.d.next = self.step.next_register.val();
        }
        if self.clear.val() {
            self.register.d.next = 0xFFFF.into();
        }
        self.value.next = self.register.q.val();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fold(code: Code, bytes: &[u8]) -> u64 {
        bytes.iter().fold((1 << code.width) - 1, |r, b| code.step(r, u64::from(*b)))
    }

    #[test]
    fn both_codes_give_their_published_check_values() {
        assert_eq!(fold(CRC_32, b"123456789") ^ 0xFFFF_FFFF, 0xCBF4_3926);
        assert_eq!(fold(CRC_16, b"123456789"), 0x29B1);
    }
}

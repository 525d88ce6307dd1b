//! What is wrong with the record that has just ended: the error codes of docs/host.md.

use rust_hdl::prelude::*;

/// Combinational: asked in the one clock in which a record's CRC has become known.
#[derive(LogicBlock, Default)]
pub struct Verdict {
    /// A record has just ended.
    pub asked: Signal<In, Bit>,
    /// Its CRC was right.
    pub crc_ok: Signal<In, Bit>,
    /// It was the header.
    pub of_header: Signal<In, Bit>,
    /// It was a section record.
    pub of_section: Signal<In, Bit>,
    /// Faults of the header.
    pub bad_magic: Signal<In, Bit>,
    /// See `bad_magic`.
    pub bad_version: Signal<In, Bit>,
    /// See `bad_magic`.
    pub too_large: Signal<In, Bit>,
    /// An epilogue serves the section.
    pub known: Signal<In, Bit>,
    /// 0, or the error code.
    pub code: Signal<Out, Bits<8>>,
}

impl Logic for Verdict {
    #[hdl_gen]
    fn update(&mut self) {
        self.code.next = 0.into();
        if self.asked.val() {
            if self.of_section.val() & !self.known.val() {
                self.code.next = 0x11.into();
            }
            if self.of_header.val() & self.too_large.val() {
                self.code.next = 0x14.into();
            }
            if self.of_header.val() & self.bad_version.val() {
                self.code.next = 0x13.into();
            }
            if !self.crc_ok.val() {
                self.code.next = 0x10.into();
            }
            // an erased flash has no magic and no CRC: the magic says more
            if self.of_header.val() & self.bad_magic.val() {
                self.code.next = 0x12.into();
            }
        }
    }
}

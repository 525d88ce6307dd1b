//! The flash reader: quad SPI, one nibble or one byte per system clock.
//!
//! ```text
//! boot  AB release  FF leave continuous mode  66 99 reset  EB 000000 A0 (enter continuous mode)
//! seek  cs high  a5 a4 a3 a2 a1 a0 A 0  x x x x  data data data ...          one chip, or two in lockstep
//! seek  cs high  a5a4 a3a2 a1a0 A0  x x x x x x x  data data data ...        double transfer rate, opcode ED
//! ```
//! Only the first read carries its opcode: mode byte A0 makes the flash take every later transaction as another read.
//! Opcodes come from [`opcodes`] alone, none of which writes or erases.
//!
//! Time: `valid` with the first nibble comes [`latency`] clocks after the clock of `seek`, always, unless `seek` meets
//! a transaction whose address is still going out; that one is finished first, because a flash that loses its select
//! before the mode nibble may leave continuous mode.
//!
//! Two chips hold a nibble of every byte each and get half of its address. The byte of an even address is ready a clock
//! before that of an odd one, behind which it lies in the chips; the reader waits that clock, so that time knows no addresses.
//!
//! Double transfer rate: the pads turn two nibbles into one clock's two halves and back, and take a clock each way
//! (`DtrPads`). Dummy clocks: W25Q128JV-DTR data sheet, instruction set table 4, "DTR Fast Read Quad I/O": seven behind the mode byte.

use crate::fifo::NibbleFifo;
use crate::register::{Dff, Reg, Unread};
use crate::table::Table;
use rust_hdl::prelude::*;
use statestream_image::config::FlashBus;

/// Release from power-down, leave continuous mode, enable reset, reset, quad read: all that is ever sent.
pub const fn opcodes(bus: FlashBus) -> [u8; 5] {
    let read = match bus {
        FlashBus::Quad | FlashBus::Dual => 0xEB,
        FlashBus::Dtr => 0xED,
    };
    [0xAB, 0xFF, 0x66, 0x99, read]
}

/// The waits, in clocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FlashTiming {
    /// After release from power-down (tRES1, 3 us), at most 4096.
    pub wake: u16,
    /// After the reset (tRST, 30 us), at most 4096.
    pub reset: u16,
    /// Between two transactions (tSHSL, 50 ns after a read), at most 4096.
    pub cs_high: u16,
}

/// From the clock of `seek` to the clock of the first `valid`: two clocks of decisions, address, mode and dummies, and the way in.
pub const fn latency(bus: FlashBus, timing: FlashTiming) -> usize {
    timing.cs_high as usize
        + match bus {
            FlashBus::Quad => 2 + 8 + 4 + 2,
            FlashBus::Dual => 2 + 8 + 4 + 2 + 1,
            FlashBus::Dtr => 2 + 4 + 7 + 3,
        }
}

/// What the pins carry in the next clock.
#[derive(Copy, Clone, Debug, PartialEq, LogicState)]
enum Phase {
    High,
    Opcode,
    Address,
    Dummy,
    Data,
}

/// The reader: `N` bits come from the flash in a clock, `M` go to it (4 and 4, two chips 8 and 4, double transfer rate 8 and 8).
#[derive(LogicBlock, Default)]
pub struct FlashReader<const N: usize, const M: usize> {
    /// Clock, rising edge.
    pub clock: Signal<In, Clock>,
    /// One clock: read from `address`. Everything buffered or under way is discarded. Before `awake` it waits for the boot.
    pub seek: Signal<In, Bit>,
    /// Byte address, taken with `seek`.
    pub address: Signal<In, Bits<24>>,
    /// One clock: end the transaction and discard what was read. `seek` in the same clock wins.
    pub stop: Signal<In, Bit>,
    /// The consumer takes `nibble` in this clock; it counts only while `valid`.
    pub ready: Signal<In, Bit>,
    /// The flash has been woken and reset.
    pub awake: Signal<Out, Bit>,
    /// `nibble` is there.
    pub valid: Signal<Out, Bit>,
    /// The next nibble, high half of each byte first; the next byte where `N` is 8.
    pub nibble: Signal<Out, Bits<N>>,
    /// The flash gets a data clock in this clock (counted as busy).
    pub beat: Signal<Out, Bit>,
    /// To the clock pad: the flash gets a clock in this clock.
    pub sck_en: Signal<Out, Bit>,
    /// To the select pin, active low.
    pub cs_n: Signal<Out, Bit>,
    /// To the data pads; where `M` is 8, the high half is for the clock's first half.
    pub io_o: Signal<Out, Bits<M>>,
    /// To the data pads, one enable per pin.
    pub io_oe: Signal<Out, Bits<4>>,
    /// From the data pads; where `N` is 8, the high half comes from the first chip, or came first.
    pub io_i: Signal<In, Bits<N>>,
    phase: Dff<Phase>,
    count: Dff<Bits<12>>,
    number: Dff<Bits<3>>,
    wanted: Dff<Bit>,
    leave: Dff<Bit>,
    place: Reg<Bits<24>>,
    sck: Dff<Bit>,
    deselect: Dff<Bit>,
    out: Dff<Bits<M>>,
    drive: Dff<Bits<4>>,
    under_way: Dff<Bit>,
    arrived: Dff<Bit>,
    sample: Dff<Bits<N>>,
    fifo: NibbleFifo<N>,
    opcodes: Table<6, 1>,
    waits: Table<3, 12>,
    limit: Signal<Local, Bits<12>>,
    step: Signal<Local, Bits<3>>,
    last: Signal<Local, Bit>,
    strobe: Signal<Local, Bit>,
    // two chips: the byte wanted lies behind another one, which is dropped
    odd: Vec<Reg<Bit>>,
    drop_one: Vec<Dff<Bit>>,
    // double transfer rate: in the pads
    in_pads: Vec<Dff<Bit>>,
    unread: Vec<Unread<N>>,
    _nibbles: usize,
    _chips_less_1: usize,
    _double: usize,
}

impl<const N: usize, const M: usize> FlashReader<N, M> {
    /// A reader of such a flash, whose widths are `N` and `M`, with these waits.
    pub fn new(bus: FlashBus, timing: FlashTiming) -> Self {
        let FlashTiming { wake, reset, cs_high } = timing;
        // The opcode's bits in the order they go out.
        let bits: Vec<u64> =
            opcodes(bus).iter().flat_map(|op| (0..8).rev().map(move |k| u64::from(op >> k & 1))).collect();
        let waits =
            [cs_high, wake, cs_high, cs_high, reset, cs_high].map(|clocks| u64::from(clocks.max(1) - 1));
        let (double, chips_less_1) = (usize::from(bus == FlashBus::Dtr), usize::from(bus == FlashBus::Dual));
        Self {
            opcodes: Table::new(&bits),
            waits: Table::new(&waits),
            deselect: Dff::new(true),
            fifo: NibbleFifo::new(2 + double),
            odd: (0..chips_less_1).map(|_| Reg::default()).collect(),
            drop_one: (0..chips_less_1).map(|_| Dff::default()).collect(),
            in_pads: (0..double).map(|_| Dff::default()).collect(),
            unread: (0..double).map(|_| Unread::default()).collect(),
            _nibbles: 6 - 6 * double,
            _chips_less_1: chips_less_1,
            _double: double,
            ..Default::default()
        }
    }
}

impl<const N: usize, const M: usize> Logic for FlashReader<N, M> {
    // Over 100 lines: the phases of one transaction, which share their defaults.
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, phase, count, number, wanted, leave);
        dff_setup!(self, clock, sck, deselect, out, drive, under_way, arrived, sample);
        clock!(self, clock, place, fifo);
        self.strobe.next = self.seek.val() | self.stop.val();
        self.awake.next = self.number.q.val() == 5;

        // `seek` and `stop` are kept until the pins can follow them.
        self.place.en.next = self.seek.val();
        self.place.d.next = self.address.val();
        for k in 0..self._chips_less_1 {
            self.odd[k].clock.next = self.clock.val();
            self.drop_one[k].clock.next = self.clock.val();
            self.odd[k].en.next = self.seek.val();
            self.odd[k].d.next = self.address.val().get_bit(0);
            self.drop_one[k].d.next = self.drop_one[k].q.val();
            self.place.d.next = self.address.val() >> 1;
        }
        if self.strobe.val() {
            self.wanted.d.next = self.seek.val();
        }
        self.leave.d.next = false;

        // Every phase ends when `count` reaches its limit; the waits of the boot are those of the transaction before.
        self.step.next = self.count.q.val().get_bits::<3>(0);
        self.opcodes.at.next =
            (bit_cast::<6, 3>(self.number.q.val()) << 3) | bit_cast::<6, 3>(self.step.val());
        self.waits.at.next = self.number.q.val();
        self.limit.next = self.waits.value.val();
        if (self.phase.q.val() == Phase::Opcode) | (self.phase.q.val() == Phase::Address) {
            self.limit.next = 7.into();
        }
        if self.phase.q.val() == Phase::Dummy {
            self.limit.next = 3.into();
        }
        for k in 0..self._chips_less_1 {
            if (self.phase.q.val() == Phase::High) & self.awake.val() & !self.odd[k].q.val() {
                self.limit.next = self.waits.value.val() + 1;
            }
        }
        for _k in 0..self._double {
            if self.phase.q.val() == Phase::Address {
                self.limit.next = 3.into();
            }
            if self.phase.q.val() == Phase::Dummy {
                self.limit.next = 6.into();
            }
        }
        self.last.next = self.count.q.val() == self.limit.val();
        self.count.d.next = self.count.q.val() + 1;

        self.sck.d.next = true;
        self.deselect.d.next = false;
        self.under_way.d.next = false;
        self.out.d.next = 12.into();
        self.drive.d.next = 0.into();
        match self.phase.q.val() {
            Phase::High => {
                self.sck.d.next = false;
                self.deselect.d.next = true;
                if self.last.val() {
                    self.count.d.next = self.count.q.val();
                    if !self.awake.val() {
                        self.phase.d.next = Phase::Opcode;
                        self.count.d.next = 0.into();
                        for _k in 0..self._double {
                            self.deselect.d.next = false;
                        }
                    } else if self.wanted.q.val() {
                        self.phase.d.next = Phase::Address;
                        self.count.d.next = 0.into();
                        self.wanted.d.next = false;
                        // A quarter of a clock is less than tSLCH (5 ns): select a clock early.
                        for _k in 0..self._double {
                            self.deselect.d.next = false;
                        }
                    }
                }
                if self.strobe.val() & self.awake.val() {
                    self.phase.d.next = Phase::High;
                    self.count.d.next = 0.into();
                    self.wanted.d.next = self.seek.val();
                    for _k in 0..self._double {
                        self.deselect.d.next = true;
                    }
                }
            }
            Phase::Opcode => {
                // One bit at a time on io0; io2 and io3 are write-protect and hold of a flash not yet in quad mode.
                self.drive.d.next = 13.into();
                self.out.d.next = bit_cast::<M, 1>(self.opcodes.value.val()) | 12;
                for _k in 0..self._double {
                    self.out.d.next = (bit_cast::<M, 1>(self.opcodes.value.val()) << 4)
                        | bit_cast::<M, 1>(self.opcodes.value.val())
                        | 204;
                }
                if self.last.val() {
                    self.count.d.next = 0.into();
                    self.number.d.next = self.number.q.val() + 1;
                    self.phase.d.next = Phase::High;
                    if self.number.q.val() == 4 {
                        self.number.d.next = self.number.q.val();
                        self.phase.d.next = Phase::Address;
                    }
                }
            }
            Phase::Address => {
                self.drive.d.next = 15.into();
                self.leave.d.next = self.leave.q.val() | self.strobe.val();
                // Six nibbles of address, then the mode byte A0.
                self.out.d.next = 0.into();
                for k in 0..self._nibbles {
                    if self.step.val().index() == k {
                        self.out.d.next = self.place.q.val().get_bits::<M>(20 - k * 4);
                    }
                }
                if self.step.val() == 6 {
                    self.out.d.next = 10.into();
                }
                for _k in 0..self._double {
                    for k in 0..3 {
                        if self.step.val().index() == k {
                            self.out.d.next = self.place.q.val().get_bits::<M>(16 - k * 8);
                        }
                    }
                    if self.step.val() == 3 {
                        self.out.d.next = 160.into();
                    }
                }
                if self.last.val() {
                    self.count.d.next = 0.into();
                    self.phase.d.next = Phase::Dummy;
                }
            }
            Phase::Dummy => {
                self.leave.d.next = self.leave.q.val() | self.strobe.val();
                if self.last.val() {
                    self.count.d.next = 0.into();
                    self.phase.d.next = Phase::Data;
                    for k in 0..self._chips_less_1 {
                        self.drop_one[k].d.next = self.odd[k].q.val();
                    }
                }
            }
            Phase::Data => {
                self.count.d.next = 0.into();
                self.sck.d.next = self.fifo.room.val() & self.awake.val();
                self.under_way.d.next = self.fifo.room.val() & self.awake.val();
                if self.leave.q.val() | self.strobe.val() | !self.awake.val() {
                    self.sck.d.next = false;
                    self.under_way.d.next = false;
                    self.number.d.next = 5.into();
                    self.phase.d.next = Phase::High;
                }
            }
        }

        // A nibble under way is at the pins now, in `sample` a clock later, then in the FIFO.
        self.sample.d.next = self.io_i.val();
        self.arrived.d.next = self.under_way.q.val() & !self.strobe.val();
        self.fifo.push.next = self.arrived.q.val();
        self.fifo.data.next = self.sample.q.val();
        for k in 0..self._chips_less_1 {
            if self.arrived.q.val() & self.drop_one[k].q.val() {
                self.fifo.push.next = false;
                self.drop_one[k].d.next = false;
            }
        }
        // The pads are registers themselves, at their input too.
        for k in 0..self._double {
            self.in_pads[k].clock.next = self.clock.val();
            self.in_pads[k].d.next = self.under_way.q.val() & !self.strobe.val();
            self.arrived.d.next = self.in_pads[k].q.val() & !self.strobe.val();
            self.fifo.data.next = self.io_i.val();
            self.unread[k].x.next = self.sample.q.val();
        }
        self.fifo.flush.next = self.strobe.val();
        self.fifo.pop.next = self.ready.val();
        self.valid.next = self.fifo.valid.val();
        self.nibble.next = self.fifo.nibble.val();
        self.beat.next = self.under_way.q.val();

        self.sck_en.next = self.sck.q.val();
        self.cs_n.next = self.deselect.q.val();
        self.io_o.next = self.out.q.val();
        self.io_oe.next = self.drive.q.val();
    }
}

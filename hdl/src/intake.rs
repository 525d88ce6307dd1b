//! Whether the next nibble of the flash is taken, and if not, why.

use crate::phase::Phase;
use rust_hdl::prelude::*;

/// Combinational.
#[derive(LogicBlock, Default)]
pub struct Intake {
    /// What the next nibble means.
    pub phase: Signal<In, Phase>,
    /// There is one.
    pub valid: Signal<In, Bit>,
    /// None is taken: whoever throttles the machine from outside.
    pub pause: Signal<In, Bit>,
    /// The next weight is its row's first.
    pub fresh: Signal<In, Bit>,
    /// The row is its section's first.
    pub first_row: Signal<In, Bit>,
    /// A job waits.
    pub pending: Signal<In, Bit>,
    /// The epilogue is busy.
    pub epilogue_busy: Signal<In, Bit>,
    /// It still needs what the lanes hold.
    pub heading: Signal<In, Bit>,
    /// The nibble is part of a word.
    pub in_words: Signal<Out, Bit>,
    /// The nibble is part of a weight.
    pub in_rows: Signal<Out, Bit>,
    /// The nibble is taken.
    pub take: Signal<Out, Bit>,
    /// It waits because a job waits for the epilogue, or a row for the lanes.
    pub stall_epilogue: Signal<Out, Bit>,
    /// It waits because a section's first row waits for the section before it.
    pub stall_barrier: Signal<Out, Bit>,
    words: Signal<Local, Bit>,
    rows: Signal<Local, Bit>,
    reading: Signal<Local, Bit>,
    blocked: Signal<Local, Bit>,
    barrier: Signal<Local, Bit>,
    lanes_taken: Signal<Local, Bit>,
}

impl Logic for Intake {
    #[hdl_gen]
    fn update(&mut self) {
        self.words.next = (self.phase.val() == Phase::Header)
            | (self.phase.val() == Phase::Tables)
            | (self.phase.val() == Phase::State)
            | (self.phase.val() == Phase::Guess)
            | (self.phase.val() == Phase::Embed)
            | (self.phase.val() == Phase::Section)
            | (self.phase.val() == Phase::Params);
        self.rows.next = (self.phase.val() == Phase::RowA) | (self.phase.val() == Phase::RowB);
        self.reading.next = self.words.val()
            | self.rows.val()
            | (self.phase.val() == Phase::PadA)
            | (self.phase.val() == Phase::PadB)
            | (self.phase.val() == Phase::Crc);
        self.blocked.next = self.pending.val() & self.epilogue_busy.val();
        self.barrier.next = (self.phase.val() == Phase::RowA)
            & self.first_row.val()
            & (self.epilogue_busy.val() | self.pending.val());
        self.lanes_taken.next = (self.phase.val() == Phase::RowA) & self.fresh.val() & self.heading.val();
        self.in_words.next = self.words.val();
        self.in_rows.next = self.rows.val();
        self.take.next = self.valid.val()
            & self.reading.val()
            & !self.pause.val()
            & !self.blocked.val()
            & !self.lanes_taken.val()
            & !self.barrier.val();
        self.stall_barrier.next = !self.blocked.val() & self.barrier.val();
        self.stall_epilogue.next =
            (self.reading.val() & self.blocked.val()) | (self.lanes_taken.val() & !self.barrier.val());
    }
}

//! The sequencer: walks the image record by record. It decides what each nibble of the flash means and who gets it, and hands
//! every finished row to the epilogue as a job. A record's CRC is known one clock after its last nibble; a job starts only then. While
//! a job waits for the epilogue no nibble is taken, so one bank of parameters belongs to it, the other to the row that streams.

mod walk;

use crate::address::Address;
use crate::crc::Crc32;
use crate::intake::Intake;
use crate::memory::RamStyle;
use crate::phase::Phase;
use crate::register::Dff;
use crate::unpack::Unpack;
use crate::verdict::Verdict;
use crate::whereabouts::Whereabouts;
use rust_hdl::prelude::*;

/// See the module. Where `N` is 8, a byte comes where it says nibble.
#[derive(LogicBlock, Default)]
pub struct Sequencer<const N: usize> {
    /// Clock, rising edge.
    pub clock: Signal<In, Clock>,
    // the flash
    /// The flash is awake.
    pub awake: Signal<In, Bit>,
    /// There is a nibble.
    pub valid: Signal<In, Bit>,
    /// The nibble.
    pub nibble: Signal<In, Bits<N>>,
    /// It is taken.
    pub ready: Signal<Out, Bit>,
    /// Read from `address`.
    pub seek: Signal<Out, Bit>,
    /// Stop reading.
    pub stop: Signal<Out, Bit>,
    /// Flash address, bytes.
    pub address: Signal<Out, Bits<24>>,
    /// No nibble is taken: whoever throttles the machine from outside.
    pub pause: Signal<In, Bit>,
    // the host
    /// A request starts: 1 LOAD, 2 PASS, 3 PASS with guesses.
    pub start: Signal<In, Bit>,
    /// Which.
    pub request: Signal<In, Bits<4>>,
    /// LOAD's state index.
    pub arg: Signal<In, Bits<16>>,
    /// The pass reaches the head.
    pub want_head: Signal<In, Bit>,
    /// Not idle.
    pub busy: Signal<Out, Bit>,
    /// The request is over (one clock).
    pub done: Signal<Out, Bit>,
    /// How it ended: 0, or an error code of docs/host.md; held until the next request.
    pub code: Signal<Out, Bits<8>>,
    /// The record that ended it, or the boot, bytes in the flash.
    pub error_address: Signal<Out, Bits<24>>,
    /// Boot is over.
    pub booted: Signal<Out, Bit>,
    /// How it ended.
    pub boot_code: Signal<Out, Bits<8>>,
    // the tokens of the pass
    /// A slot of the draft table is to be read.
    pub asking: Signal<In, Bit>,
    /// Its address.
    pub asked_at: Signal<In, Bits<24>>,
    /// `word` is that slot.
    pub answer: Signal<Out, Bit>,
    /// The tokens are complete.
    pub complete: Signal<In, Bit>,
    /// The token whose embedding comes next, valid two clocks after `embed`.
    pub token: Signal<In, Bits<16>>,
    /// There is one.
    pub more: Signal<In, Bit>,
    /// Its embedding is read from now on.
    pub embed: Signal<Out, Bit>,
    /// The pass has succeeded.
    pub keep: Signal<Out, Bit>,
    /// The pass has failed.
    pub drop: Signal<Out, Bit>,
    /// What is kept of it is known.
    pub settled: Signal<In, Bit>,
    // the header
    /// A header word.
    pub header_strobe: Signal<Out, Bit>,
    /// Faults of the header.
    pub bad_magic: Signal<In, Bit>,
    /// See `bad_magic`.
    pub bad_version: Signal<In, Bit>,
    /// See `bad_magic`.
    pub too_large: Signal<In, Bit>,
    /// Channels.
    pub d: Signal<In, Bits<16>>,
    /// Words of the state.
    pub state_words: Signal<In, Bits<20>>,
    // the section
    /// A section word.
    pub section_strobe: Signal<Out, Bit>,
    /// An epilogue serves it.
    pub known: Signal<In, Bit>,
    /// It ends the tape.
    pub is_end: Signal<In, Bit>,
    /// It is a job without rows.
    pub is_norm: Signal<In, Bit>,
    /// It holds logits.
    pub is_logit: Signal<In, Bit>,
    /// Two rows per record.
    pub pair: Signal<In, Bit>,
    /// Where rows may be ternary: those that are not W8 are.
    pub ternary: Vec<Signal<In, Bit>>,
    /// Row b's length and base come next.
    pub second: Signal<Out, Bit>,
    /// Elements of the row that comes next, minus one.
    pub length: Signal<In, Bits<16>>,
    /// Its vector base.
    pub base: Signal<In, Bits<16>>,
    /// Parameter words per row.
    pub params: Signal<In, Bits<8>>,
    // words to memories
    /// The word that the present nibble completes.
    pub word: Signal<Out, Bits<16>>,
    /// Its number in the record.
    pub index: Signal<Out, Bits<20>>,
    /// It goes to the tables.
    pub table_write: Signal<Out, Bit>,
    /// It goes to h.
    pub h_write: Signal<Out, Bit>,
    /// It goes to the state.
    pub state_write: Signal<Out, Bit>,
    /// It goes to the parameters.
    pub param_write: Signal<Out, Bit>,
    /// Bank of the row that streams.
    pub bank: Signal<Out, Bit>,
    // weights to lanes
    /// A weight.
    pub weight: Signal<Out, Bits<8>>,
    /// Where `N` is 8: the narrow weight after it, which goes with the vector word after its own, or 0.
    pub weight_after: Vec<Signal<Out, Bits<8>>>,
    /// There is one.
    pub weight_valid: Signal<Out, Bit>,
    /// It is its row's first.
    pub weight_first: Signal<Out, Bit>,
    /// Where rows may be ternary: it is a byte of such a row, whose vector words somebody else counts.
    pub weight_ternary: Vec<Signal<Out, Bit>>,
    /// That byte, which is there earlier than `weight`: that one depends on the row's width.
    pub weight_code: Vec<Signal<Out, Bits<8>>>,
    /// And it is its row's last.
    pub weight_last: Vec<Signal<Out, Bit>>,
    /// Vector word that goes with it; in the first weight's clock the row's vector base.
    pub vector_address: Signal<Out, Bits<16>>,
    // jobs to the epilogue
    /// A job starts.
    pub job: Signal<Out, Bit>,
    /// The epilogue is busy.
    pub epilogue_busy: Signal<In, Bit>,
    /// It still needs what the lanes hold.
    pub heading: Signal<In, Bit>,
    /// qa.s
    pub shift_a: Signal<Out, Bits<5>>,
    /// qb.s
    pub shift_b: Signal<Out, Bits<5>>,
    /// A pass starts.
    pub rewind: Signal<Out, Bit>,
    /// The head starts.
    pub head: Signal<Out, Bit>,
    /// Section number in the tape, for the trace.
    pub section: Signal<Out, Bits<16>>,
    /// Row number of the next job in its section, for the trace.
    pub row: Signal<Out, Bits<16>>,
    // stalls
    /// A nibble waits because a job waits for the epilogue, or a row for the lanes.
    pub stall_epilogue: Signal<Out, Bit>,
    /// A nibble waits because a section's first row waits for the section before it.
    pub stall_barrier: Signal<Out, Bit>,
    /// A CRC was wrong.
    pub crc_error: Signal<Out, Bit>,
    /// A stored state is in place.
    pub loaded: Signal<Out, Bit>,

    intake: Intake,
    locate: Address,
    crc: Crc32,
    unpack: Unpack<N>,
    verdict: Verdict,
    whereabouts: Whereabouts,
    phase: Dff<Phase>,
    after: Dff<Phase>,
    left: Dff<Bits<20>>,
    count: Dff<Bits<20>>,
    weights_left: Dff<Bits<16>>,
    weight_at: Dff<Bits<16>>,
    fresh: Dff<Bit>,
    first_row: Dff<Bit>,
    rows_left: Dff<Bits<16>>,
    wide_a: Dff<Bit>,
    wide_b: Dff<Bit>,
    qa: Dff<Bits<5>>,
    qb: Dff<Bits<5>>,
    in_bank: Dff<Bit>,
    verify: Dff<Bit>,
    pending: Dff<Bit>,
    crc_left: Dff<Bits<2>>,
    is_pass: Dff<Bit>,
    head_wanted: Dff<Bit>,
    status: Dff<Bits<8>>,
    boot_over: Dff<Bit>,
    boot_status: Dff<Bits<8>>,
    section_number: Dff<Bits<16>>,
    row_number: Dff<Bits<16>>,
    head_begun: Dff<Bit>,
    sought: Dff<Bit>,
    sought_before: Dff<Bit>,
    last_word: Signal<Local, Bit>,
    wide: Signal<Local, Bit>,
    a_weight: Signal<Local, Bit>,
    last_weight: Signal<Local, Bit>,
    record_done: Signal<Local, Bit>,
    launch: Signal<Local, Bit>,
}

impl<const N: usize> Sequencer<N> {
    /// A sequencer for an image at this flash address, whose rows may be `ternary`.
    pub fn new(flash_base: u32, style: RamStyle, ternary: bool) -> Self {
        let (locate, phase) = (Address::new(flash_base, style), Dff::new(Phase::Boot));
        let whereabouts = Whereabouts::new(flash_base);
        let weight_after = (0..N / 8).map(|_| Signal::default()).collect();
        let optional = usize::from(ternary);
        Self {
            locate,
            whereabouts,
            phase,
            weight_after,
            ternary: (0..optional).map(|_| Signal::default()).collect(),
            weight_ternary: (0..optional).map(|_| Signal::default()).collect(),
            weight_code: (0..optional).map(|_| Signal::default()).collect(),
            weight_last: (0..optional).map(|_| Signal::default()).collect(),
            ..Default::default()
        }
    }
}

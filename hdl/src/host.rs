//! The host's side of the machine: frames from the UART become requests to the core, `docs/host.md` is the protocol.
//!
//! `Receiver` holds one frame, `Rules` and `Executor` execute it, `Sender` sends responses and events; the CRC-16 is
//! shared, since a request is over before its response begins. Whatever arrives, the core sees a request only after the
//! frame's CRC and all of its arguments have been checked.

use crate::crc::Crc16;
use crate::host_executor::Executor;
use crate::host_fields::Fields;
pub use crate::host_fields::HostLimits;
use crate::host_ledger::Ledger;
use crate::host_receiver::Receiver;
use crate::host_rules::{Reply, Rules};
use crate::host_sender::Sender;
use crate::num::{ToSigned, S};
use crate::register::Dff;
use crate::uart::{UartRx, UartTx};
use rust_hdl::prelude::*;

/// The host block.
#[derive(LogicBlock, Default)]
pub struct Host {
    /// Clock, rising edge.
    pub clock: Signal<In, Clock>,
    /// UART, from the pin.
    pub rx: Signal<In, Bit>,
    /// UART, to the pin.
    pub tx: Signal<Out, Bit>,

    /// One clock: token `arg` joins the next pass; with the `start` of that pass at the latest.
    pub push: Signal<Out, Bit>,
    /// No further token fits it.
    pub full: Signal<In, Bit>,
    /// Last token of the pass, from 0.
    pub last_token: Signal<In, Bits<4>>,
    /// One clock: the core begins `request`.
    pub start: Signal<Out, Bit>,
    /// With `start`: 1 LOAD stored state `arg`, 2 PASS, 3 PASS whose first token is followed by guesses.
    pub request: Signal<Out, Bits<4>>,
    /// With `start` and `push` only.
    pub arg: Signal<Out, Bits<16>>,
    /// Guesses at most.
    pub room: Signal<Out, Bits<4>>,
    /// While the core is not busy: `guess` was kept and has not been taken.
    pub extra: Signal<In, Bit>,
    /// The token.
    pub guess: Signal<In, Bits<16>>,
    /// One clock: it is taken.
    pub taken: Signal<Out, Bit>,
    /// One clock: at most `group` tokens share a pass, 0: as many as there is room for.
    pub set_group: Signal<Out, Bit>,
    /// See `set_group`.
    pub group: Signal<Out, Bits<4>>,
    /// With `start` only: the pass reaches the head and sets the next token.
    pub want_head: Signal<Out, Bit>,
    /// With `start` only: the pass offers every logit.
    pub stream_logits: Signal<Out, Bit>,
    /// The core works on a request: from the clock after `start` until everything it does, logits included, is over.
    pub busy: Signal<In, Bit>,
    /// How the last request ended: 0 or a code of the protocol. Valid when `busy` falls and held until the next `start`.
    pub code: Signal<In, Bits<8>>,
    /// Where the error was, boot included; held like `code`.
    pub error_address: Signal<In, Bits<32>>,
    /// The next token.
    pub token: Signal<In, Bits<16>>,
    /// There is one.
    pub token_valid: Signal<In, Bit>,
    /// The state can be used.
    pub state_valid: Signal<In, Bit>,

    /// With `set_sampling` only: temperature word.
    pub temperature: Signal<Out, S<16>>,
    /// With `set_sampling` only.
    pub seed: Signal<Out, Bits<32>>,
    /// One clock: take temperature and seed.
    pub set_sampling: Signal<Out, Bit>,
    /// One clock: the written state is valid.
    pub commit: Signal<Out, Bit>,
    /// One clock, before the first `state_we`: the state is no longer valid.
    pub invalidate: Signal<Out, Bit>,
    /// One clock: the counters become zero.
    pub clear_counters: Signal<Out, Bit>,

    /// State memory, used only while the core is not busy.
    pub state_addr: Signal<Out, Bits<20>>,
    /// One clock: write `state_wdata`.
    pub state_we: Signal<Out, Bit>,
    /// Word to write.
    pub state_wdata: Signal<Out, S<16>>,
    /// The word at `state_addr` of at most three clocks earlier.
    pub state_rdata: Signal<In, S<16>>,

    /// A logit of a pass with `stream_logits`.
    pub logit: Signal<In, S<16>>,
    /// It is there; held, `busy` too, until `logit_ready`.
    pub logit_valid: Signal<In, Bit>,
    /// One clock: it has been taken.
    pub logit_ready: Signal<Out, Bit>,

    /// Which counter (0 to 12) and which half of it: twice its number, plus 1 for the low half.
    pub counter: Signal<Out, Bits<5>>,
    /// That half, at most two clocks later.
    pub counter_value: Signal<In, Bits<16>>,

    /// The boot has ended, with or without an image.
    pub ready: Signal<In, Bit>,
    /// 0 or what went wrong.
    pub boot_code: Signal<In, Bits<8>>,
    /// A word of the image's header is asked for.
    pub header_field: Signal<Out, Bits<5>>,
    /// The word that was asked for a clock before.
    pub header_value: Signal<In, Bits<16>>,
    /// Image: there are more than 2,047 tokens.
    pub many_tokens: Signal<In, Bit>,
    /// Image: words of a state, at most 2^20.
    pub state_words: Signal<In, Bits<21>>,

    uart_in: UartRx,
    uart_out: UartTx,
    crc: Crc16,
    receiver: Receiver,
    rules: Rules,
    executor: Executor,
    ledger: Ledger,
    reply: Reply,
    fields: Fields,
    sender: Sender,
    // INFO was answered since power-up.
    met: Dff<Bit>,
}

impl Host {
    /// The host block of a configuration.
    pub fn new(limits: HostLimits) -> Self {
        Self {
            uart_in: UartRx::new(limits.uart_divisor),
            uart_out: UartTx::new(limits.uart_divisor),
            rules: Rules::new(),
            fields: Fields::new(limits),
            ..Default::default()
        }
    }
}

impl Logic for Host {
    // One kernel, over a hundred lines: nothing but the wires between the blocks.
    // Over 100 lines: nothing but wires between the host's blocks, in the order of a frame.
    #[hdl_gen]
    fn update(&mut self) {
        clock!(self, clock, uart_in, uart_out, crc, receiver, executor, ledger, sender);
        dff_setup!(self, clock, met);

        // The line and the CRC.
        self.uart_in.line.next = self.rx.val();
        self.tx.next = self.uart_out.line.val();
        self.uart_out.start.next = self.sender.tx_start.val();
        self.uart_out.data.next = self.sender.tx_data.val();
        self.crc.clear.next = self.receiver.crc_clear.val() | self.sender.crc_clear.val();
        self.crc.en.next = self.receiver.crc_en.val() | self.sender.crc_en.val();
        self.crc.data.next = self.sender.tx_data.val();
        if !self.receiver.held.val() {
            self.crc.data.next = self.uart_in.data.val();
        }

        // The request.
        self.receiver.valid.next = self.uart_in.valid.val();
        self.receiver.data.next = self.uart_in.data.val();
        self.receiver.answered.next = self.executor.answered.val();
        self.receiver.rewind.next = self.executor.rewind.val();
        self.receiver.advance.next = self.executor.advance.val();
        self.rules.command.next = self.receiver.command.val();
        self.rules.length.next = self.receiver.length.val();
        self.rules.overlong.next = self.receiver.overlong.val();
        self.rules.crc.next = self.crc.value.val();
        self.rules.boot_code.next = self.boot_code.val();
        self.rules.state_valid.next = self.state_valid.val();
        self.rules.met.next = self.met.q.val();
        if self.executor.answered.val()
            & (self.receiver.command.val() == 1)
            & !self.executor.status.val().any()
        {
            self.met.d.next = true;
        }

        // Its execution.
        self.executor.held.next = self.receiver.held.val() & self.ready.val();
        self.executor.command.next = self.receiver.command.val();
        self.executor.length.next = self.receiver.length.val();
        self.executor.at_end.next = self.receiver.at_end.val();
        self.executor.verdict.next = self.rules.verdict.val();
        self.executor.wide_first.next = self.rules.wide_first.val();
        self.executor.wide_second.next = self.rules.wide_second.val();
        self.executor.range.next = self.rules.range.val();
        self.executor.refusal.next = self.rules.refusal.val();
        self.executor.some.next = self.ledger.some.val();
        self.executor.beyond.next = self.ledger.beyond.val();
        self.executor.above.next = self.ledger.above.val();
        self.executor.differs.next = self.ledger.differs.val();
        self.executor.no_address.next = self.ledger.no_address.val();
        self.executor.too_many.next = self.ledger.too_many.val();
        self.executor.flag.next = self.sender.word.val().get_bit(0);
        self.executor.rest.next = self.sender.rest.val();
        self.executor.busy.next = self.busy.val();
        self.executor.code.next = self.code.val();
        self.executor.token_valid.next = self.token_valid.val();
        self.executor.logit_valid.next = self.logit_valid.val();
        self.executor.full.next = self.full.val();
        self.executor.last_token.next = self.last_token.val();
        self.executor.extra.next = self.extra.val();
        // E2's length has 16 bits: 2 bytes for up to 16 tokens of this many logits
        self.executor.many_logits.next = self.many_tokens.val();

        // Its numbers.
        self.ledger.word.next = self.sender.word.val();
        self.ledger.load_count.next = self.executor.load_count.val();
        self.ledger.count_up.next = self.executor.count_up.val();
        self.ledger.count_limit.next = self.executor.count_limit.val();
        self.ledger.count_down.next =
            self.executor.count_down.val() | self.sender.logit_taken.val() | self.sender.state_taken.val();
        self.ledger.load_addr.next = self.executor.load_addr.val();
        self.ledger.addr_up.next = self.executor.addr_up.val() | self.sender.state_taken.val();
        self.ledger.limit.next = self.fields.limit.val();
        self.fields.grouping.next = self.executor.groups.val();
        self.ledger.or_equal.next = self.executor.or_equal.val();
        self.ledger.state_words.next = self.state_words.val();

        // Responses and events.
        self.reply.status.next = self.executor.status.val();
        self.reply.command.next = self.receiver.command.val();
        self.reply.count.next = self.ledger.count.val();
        self.sender.send.next = self.executor.send.val();
        self.sender.first.next = self.reply.first.val();
        self.sender.pick.next = self.executor.pick.val();
        self.sender.load.next = self.executor.load.val();
        self.sender.shift.next = self.executor.shift.val();
        self.sender.payload.next = self.receiver.payload.val();
        self.sender.clear.next = self.executor.clear.val();
        // A pass that fails leaves logits out; the event is then filled up with whatever is there.
        self.sender.hold.next = self.busy.val() & !self.logit_valid.val();
        self.sender.more.next = self.ledger.some.val();
        self.sender.value.next = self.fields.value.val();
        self.sender.last.next = self.fields.last.val();
        self.sender.tx_ready.next = self.uart_out.ready.val();

        self.fields.select.next = self.sender.select.val();
        self.fields.status.next = self.executor.status.val();
        self.fields.size.next = self.reply.size.val();
        self.fields.crc.next = self.crc.value.val();
        self.fields.consumed.next = self.ledger.addr.val().get_bits::<16>(0);
        self.fields.token.next = self.token.val();
        self.fields.guess.next = self.guess.val();
        self.fields.logit.next = self.logit.val();
        self.fields.state_rdata.next = self.state_rdata.val();
        self.fields.counter_value.next = self.counter_value.val();
        self.fields.boot_code.next = self.boot_code.val();
        self.fields.error_address.next = self.error_address.val();
        self.fields.header_value.next = self.header_value.val();
        self.header_field.next = self.fields.header_field.val();

        // The core.
        self.push.next = self.executor.push.val();
        self.start.next = self.executor.start.val();
        self.taken.next = self.executor.taken.val();
        self.set_group.next = self.executor.set_group.val();
        self.group.next = self.ledger.count.val().get_bits::<4>(0);
        self.room.next = self.ledger.count.val().get_bits::<4>(0);
        if self.ledger.count.val().get_bits::<12>(4).any() {
            self.room.next = 15.into();
        }
        self.request.next = self.executor.request.val();
        self.arg.next = self.sender.word.val().get_bits::<16>(0);
        self.want_head.next = self.executor.want_head.val();
        self.stream_logits.next = self.executor.stream_logits.val();
        self.temperature.next = self.ledger.count.val().to_signed_bits();
        self.seed.next = self.sender.word.val();
        self.set_sampling.next = self.executor.set_sampling.val();
        self.commit.next = self.executor.commit.val();
        self.invalidate.next = self.executor.invalidate.val();
        self.clear_counters.next = self.executor.clear_counters.val();
        self.state_addr.next = self.ledger.addr.val().get_bits::<20>(0);
        self.state_we.next = self.executor.state_we.val();
        self.state_wdata.next = self.sender.word.val().get_bits::<16>(0).to_signed_bits();
        self.logit_ready.next = self.executor.drop_logit.val() | self.sender.logit_taken.val();
        self.counter.next = self.sender.select.val().get_bits::<5>(0);
    }
}

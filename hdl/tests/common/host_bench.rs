//! The host block on its bench: a serial line on one side, a stand-in for the core on the other, every clock recorded.

use super::common::{settle, tick, Clocked, Port, Recording};
use super::core_model::CoreModel;
use super::serial::{frame, reply, Reply, Serial};
use rust_hdl::prelude::*;
use statestream_hdl::host::{Host, HostLimits};

impl Clocked for Host {
    fn clock(&mut self) -> &mut Signal<In, Clock> {
        &mut self.clock
    }
}

pub const LIMITS: HostLimits = HostLimits {
    tokens: 8,
    d: 128,
    vector: 2048,
    state: 0x1_2000,
    params: 44,
    image_base: 0x0010_0000,
    uart_divisor: 4,
};
pub const VOCAB: u16 = 50;
pub const WORDS: usize = 5000;

pub const INPUTS: &[Port] = &[
    ("rx", 1),
    ("busy", 1),
    ("code", 8),
    ("error_address", 32),
    ("token", 16),
    ("token_valid", 1),
    ("state_valid", 1),
    ("state_rdata", 16),
    ("logit", 16),
    ("logit_valid", 1),
    ("counter_value", 16),
    ("ready", 1),
    ("boot_code", 8),
    ("header_value", 16),
    ("many_tokens", 1),
    ("state_words", 21),
    ("full", 1),
    ("last_token", 4),
    ("extra", 1),
    ("guess", 16),
];
pub const OUTPUTS: &[Port] = &[
    ("tx", 1),
    ("start", 1),
    ("request", 4),
    ("arg", 16),
    ("want_head", 1),
    ("stream_logits", 1),
    ("temperature", 16),
    ("seed", 32),
    ("set_sampling", 1),
    ("commit", 1),
    ("invalidate", 1),
    ("clear_counters", 1),
    ("state_addr", 20),
    ("state_we", 1),
    ("state_wdata", 16),
    ("logit_ready", 1),
    ("counter", 5),
    ("header_field", 5),
    ("push", 1),
    ("room", 4),
    ("taken", 1),
    ("set_group", 1),
    ("group", 4),
];

fn half(x: S16) -> u64 {
    u64::from(x.0 as u16)
}
type S16 = statestream_hdl::num::S<16>;

/// See the module.
pub struct Bench {
    pub uut: Host,
    pub core: CoreModel,
    pub serial: Serial,
    pub recording: Recording,
    pub recorded: bool,
}

impl Bench {
    pub fn new() -> Self {
        Self::with_divisor(LIMITS.uart_divisor)
    }

    /// A host that asked INFO.
    pub fn with_divisor(uart_divisor: u16) -> Self {
        let mut bench = Self::strange(uart_divisor);
        bench.core.ready = true;
        bench.response(0x01, &[]);
        bench
    }

    /// A machine that nobody asked anything.
    pub fn strange(uart_divisor: u16) -> Self {
        let mut uut = Host::new(HostLimits { uart_divisor, ..LIMITS });
        uut.connect_all();
        uut.rx.next = true;
        settle(&mut uut);
        let core = CoreModel::new(VOCAB, WORDS);
        let recording = Recording::new(INPUTS, OUTPUTS);
        Self { uut, core, serial: Serial::new(uart_divisor), recording, recorded: true }
    }

    /// A core that has been reset and has consumed a token.
    pub fn fed() -> Self {
        let mut bench = Self::new();
        bench.core.state_valid = true;
        bench.core.token = Some(9);
        bench
    }

    pub fn clock(&mut self) {
        self.core.drive(&mut self.uut);
        self.uut.rx.next = self.serial.drive();
        settle(&mut self.uut);
        if self.recorded {
            self.record();
        }
        self.serial.listen(self.uut.tx.val());
        self.core.clock(&self.uut);
        tick(&mut self.uut);
    }

    fn record(&mut self) {
        let u = &self.uut;
        self.recording.row(&[
            u.rx.val().into(),
            u.busy.val().into(),
            u.code.val().to_u64(),
            u.error_address.val().to_u64(),
            u.token.val().to_u64(),
            u.token_valid.val().into(),
            u.state_valid.val().into(),
            half(u.state_rdata.val()),
            half(u.logit.val()),
            u.logit_valid.val().into(),
            u.counter_value.val().to_u64(),
            u.ready.val().into(),
            u.boot_code.val().to_u64(),
            u.header_value.val().to_u64(),
            u.many_tokens.val().into(),
            u.state_words.val().to_u64(),
            u.full.val().into(),
            u.last_token.val().to_u64(),
            u.extra.val().into(),
            u.guess.val().to_u64(),
            u.tx.val().into(),
            u.start.val().into(),
            u.request.val().to_u64(),
            u.arg.val().to_u64(),
            u.want_head.val().into(),
            u.stream_logits.val().into(),
            half(u.temperature.val()),
            u.seed.val().to_u64(),
            u.set_sampling.val().into(),
            u.commit.val().into(),
            u.invalidate.val().into(),
            u.clear_counters.val().into(),
            u.state_addr.val().to_u64(),
            u.state_we.val().into(),
            half(u.state_wdata.val()),
            u.logit_ready.val().into(),
            u.counter.val().to_u64(),
            u.header_field.val().to_u64(),
            u.push.val().into(),
            u.room.val().to_u64(),
            u.taken.val().into(),
            u.set_group.val().into(),
            u.group.val().to_u64(),
        ]);
    }

    pub fn idle(&mut self, clocks: usize) {
        for _ in 0..clocks {
            self.clock();
        }
    }

    /// Sends bytes, to the last stop bit.
    pub fn send(&mut self, bytes: &[u8]) {
        self.serial.send(bytes);
        while !self.serial.idle() {
            self.clock();
        }
    }

    /// The next response or event.
    pub fn next(&mut self) -> Reply {
        for _ in 0..1_000_000 {
            if let Some(reply) = reply(&mut self.serial.received) {
                return reply;
            }
            self.clock();
        }
        panic!("no reply; received {:02x?}", self.serial.received);
    }

    /// Sends a request; its events and its response.
    pub fn ask(&mut self, command: u8, payload: &[u8]) -> (Vec<Reply>, Reply) {
        self.send(&frame(0xA5, command, payload));
        let mut events = Vec::new();
        loop {
            let reply = self.next();
            if reply.code < 0xE0 {
                return (events, reply);
            }
            events.push(reply);
        }
    }

    /// The response to a request without events.
    pub fn response(&mut self, command: u8, payload: &[u8]) -> (u8, Vec<u8>) {
        let (events, response) = self.ask(command, payload);
        assert_eq!(events, []);
        (response.code, response.payload)
    }

    /// Nothing is sent, nothing is done, and the next request is understood.
    pub fn still_answers(&mut self) {
        self.idle(1000);
        assert!(self.serial.received.is_empty(), "an answer nobody asked for");
        let asked = self.core.asked.len();
        assert_eq!(self.response(INFO, &[]).0, 0);
        assert_eq!(self.core.asked.len(), asked);
    }

    pub fn replay(&self, name: &str) {
        self.recording.replay(name, &generate_verilog(&self.uut));
    }
}

pub const INFO: u8 = 1;
pub const RESET: u8 = 2;
pub const FEED: u8 = 3;
pub const GENERATE: u8 = 4;
pub const SAMPLE: u8 = 5;
pub const STATE_READ: u8 = 6;
pub const STATE_WRITE: u8 = 7;
pub const STATE_COMMIT: u8 = 8;
pub const STATE_LOAD: u8 = 9;
pub const COUNTERS: u8 = 10;
pub const CLEAR: u8 = 11;
pub const GROUP: u8 = 12;

pub fn words(list: &[u16]) -> Vec<u8> {
    list.iter().flat_map(|word| word.to_be_bytes()).collect()
}

pub fn range(start: u32, rest: &[u16]) -> Vec<u8> {
    [start.to_be_bytes().to_vec(), words(rest)].concat()
}

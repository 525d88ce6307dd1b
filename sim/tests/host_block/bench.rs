//! The host block on its bench: a serial line on one side, a stand-in for the core on the other.

use super::core_model::CoreModel;
use super::pins::{Inputs, Pins, LIMITS};
use super::serial::{frame, reply, Reply, Serial};

pub const VOCAB: u16 = 50;
pub const WORDS: usize = 5000;

/// See the module.
pub struct Bench {
    pins: Pins,
    inputs: Inputs,
    pub core: CoreModel,
    pub serial: Serial,
}

impl Bench {
    pub fn new() -> Self {
        Self::with_divisor(LIMITS.uart_divisor)
    }

    /// A host that asked INFO.
    pub fn with_divisor(uart_divisor: u16) -> Self {
        let mut bench = Self::strange(uart_divisor);
        bench.core.ready = true;
        bench.response(INFO, &[]);
        bench
    }

    /// A machine that nobody asked anything.
    pub fn strange(uart_divisor: u16) -> Self {
        let (pins, inputs) = (Pins::new(uart_divisor), Inputs::default());
        Self { pins, inputs, core: CoreModel::new(VOCAB, WORDS), serial: Serial::new(uart_divisor) }
    }

    /// A core that has been reset and has consumed a token.
    pub fn fed() -> Self {
        let mut bench = Self::new();
        bench.core.state_valid = true;
        bench.core.token = Some(9);
        bench
    }

    pub fn clock(&mut self) {
        self.core.drive(&mut self.inputs);
        self.inputs.rx = self.serial.drive().into();
        let outputs = self.pins.settle(&self.inputs);
        self.serial.listen(outputs.tx == 1);
        self.core.clock(&outputs);
        self.pins.edge();
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

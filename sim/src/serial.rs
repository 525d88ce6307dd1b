//! A port of this computer with a board behind it.
//!
//! Whoever used the board before may have left it in the middle of something. So the line must be quiet before the first request, and
//! the first request is asked again where its answer is none.

use std::collections::VecDeque;
use std::io::ErrorKind;
use std::time::{Duration, Instant};

use serial2::SerialPort;

use crate::engine::{EngineError, Listener};
use crate::remote::{Line, Remote};

/// How long a read waits.
const MOMENT: Duration = Duration::from_millis(20);
/// A line without a byte for so long has nothing under way: a pass takes less, and a machine that writes tells a token in each.
const QUIET: Duration = Duration::from_millis(300);
/// The longest wait for that.
const SETTLES: Duration = Duration::from_secs(10);
/// A board that is there answers the first request within this time.
const FIRST: Duration = Duration::from_secs(1);
/// A FEED of many tokens answers when all have passed.
const LATER: Duration = Duration::from_secs(120);
/// Seconds of work for a board that nobody listens to any more, not minutes.
const BURST: u16 = 64;
/// How often the first request is asked.
const ATTEMPTS: usize = 3;

/// A port, opened.
#[derive(Debug)]
pub struct Serial {
    port: SerialPort,
    name: String,
    baud: u32,
    received: VecDeque<u8>,
    /// When something last came or went.
    active: Instant,
    /// Silence of this length is an error,
    patience: Duration,
    /// as many times as passes are awaited.
    awaited: u32,
}

/// A board.
pub type Board = Remote<Serial>;

impl Remote<Serial> {
    /// The board behind this port, whose UART has this many bits per second.
    pub fn open(port: &str, baud: u32) -> Result<Board, EngineError> {
        let mut outcome = Serial::open(port, baud).and_then(Remote::connect);
        for _ in 1..ATTEMPTS {
            match outcome {
                // Half an answer to someone else, or noise.
                Err(EngineError::Host(_)) => outcome = Serial::open(port, baud).and_then(Remote::connect),
                _ => break,
            }
        }
        let mut board = outcome?;
        board.line.patience = LATER;
        Ok(board)
    }
}

impl Serial {
    /// Opens the port and waits until nothing comes from it.
    pub fn open(name: &str, baud: u32) -> Result<Serial, EngineError> {
        let opened =
            SerialPort::open(name, baud).and_then(|mut port| port.set_read_timeout(MOMENT).map(|()| port));
        let port = opened.map_err(|error| EngineError::Port {
            port: name.into(),
            reason: format!("cannot be opened: {error}; connect the board and name its port with --port"),
        })?;
        let (name, active) = (name.into(), Instant::now());
        let mut serial =
            Serial { port, name, baud, received: VecDeque::new(), active, patience: FIRST, awaited: 1 };
        serial.settle()?;
        Ok(serial)
    }

    fn settle(&mut self) -> Result<(), EngineError> {
        let start = Instant::now();
        while self.active.elapsed() < QUIET {
            self.fill()?;
            self.received.clear();
            if start.elapsed() > SETTLES {
                return Err(self.fault(
                    "sends without an end and was asked nothing; reset the board and try again".into(),
                ));
            }
        }
        Ok(())
    }

    /// Waits a moment for bytes.
    fn fill(&mut self) -> Result<(), EngineError> {
        let mut bytes = [0; 256];
        match self.port.read(&mut bytes) {
            Ok(0) => Err(self.gone("it was closed")),
            Ok(count) => {
                self.received.extend(&bytes[..count]);
                self.active = Instant::now();
                Ok(())
            }
            Err(error)
                if matches!(
                    error.kind(),
                    ErrorKind::TimedOut | ErrorKind::WouldBlock | ErrorKind::Interrupted
                ) =>
            {
                Ok(())
            }
            Err(error) => Err(self.gone(&error.to_string())),
        }
    }

    fn gone(&self, reason: &str) -> EngineError {
        self.fault(format!("the port is gone: {reason}; connect the board again and repeat the command"))
    }

    fn fault(&self, reason: String) -> EngineError {
        EngineError::Port { port: self.name.clone(), reason }
    }

    fn allowed(&self) -> Duration {
        self.patience.saturating_mul(self.awaited)
    }

    fn silence(&self) -> EngineError {
        let (seconds, baud) = (self.allowed().as_secs(), self.baud);
        self.fault(format!(
            "no answer within {seconds} s at {baud} bit/s; load the board's bitstream, and see that --port and --config are its own"
        ))
    }
}

impl Line for Serial {
    fn name(&self) -> &'static str {
        "board"
    }

    fn send(&mut self, bytes: &[u8]) -> Result<(), EngineError> {
        self.received.clear();
        self.active = Instant::now();
        self.port.write_all(bytes).map_err(|error| self.gone(&error.to_string()))
    }

    fn receive(&mut self, _: &mut dyn Listener) -> Result<Option<u8>, EngineError> {
        if self.received.is_empty() {
            self.fill()?;
        }
        match self.received.pop_front() {
            None if self.active.elapsed() > self.allowed() => Err(self.silence()),
            byte => Ok(byte),
        }
    }

    fn expect(&mut self, passes: u32) {
        self.awaited = passes;
    }

    /// Counted in time, not in moments.
    fn patience(&self) -> u64 {
        u64::MAX
    }

    fn burst(&self) -> u16 {
        BURST
    }

    fn is_traced(&self) -> bool {
        false
    }
}

//! The host's side of the protocol in `docs/host.md`: typed requests to bytes, bytes to typed answers.
//!
//! Nothing here knows how bytes travel: the simulator's engine moves them through a UART model, a board's through a
//! serial port. [`Exchange`] follows one request to its final response; [`Exchange::wait`] bounds the waiting.
//! Arbitrary bytes from the other side lead to an error, never to a panic or to unbounded memory.

mod frame;
mod message;

pub use frame::{crc, Decoder, Frame, Mark};
pub use message::{Counters, DeviceError, Event, Info, Request, Response};

/// A request that cannot be sent, or an answer that is not one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HostError {
    /// More than one request can carry.
    #[error("{what}: {given} in one request, at most {most} fit; send several")]
    TooMany {
        /// What there is too much of.
        what: &'static str,
        /// How many were given.
        given: usize,
        /// How many fit.
        most: usize,
    },
    /// An answer's CRC is wrong.
    #[error("frame with code {code:02x} and {length} bytes has CRC {found:04x}, computed {computed:04x}; ask again")]
    Crc {
        /// The frame's code.
        code: u8,
        /// Its payload's length.
        length: usize,
        /// The CRC in the frame.
        found: u16,
        /// The CRC of its bytes.
        computed: u16,
    },
    /// The machine answered with an error.
    #[error("the machine answers: {0}")]
    Device(#[from] DeviceError),
    /// A code that is neither a final response nor an event of this protocol.
    #[error("code {code:02x} with {length} bytes is no answer of this protocol; is the bitstream of this version?")]
    Code {
        /// The code.
        code: u8,
        /// Its payload's length.
        length: usize,
    },
    /// An answer of the wrong length.
    #[error("{what} has {found} bytes, the protocol asks for {expected}")]
    Length {
        /// Which answer.
        what: &'static str,
        /// Bytes received.
        found: usize,
        /// Bytes expected.
        expected: usize,
    },
    /// Less than was asked for came before the final answer, or more.
    #[error("{found} of {expected} {what} came before the final answer: the line lost an event; reset and ask again")]
    Lost {
        /// What the events hold.
        what: &'static str,
        /// How many came.
        found: usize,
        /// How many were asked for.
        expected: usize,
    },
    /// The machine speaks another version.
    #[error("the machine speaks protocol version {found}, this program version {expected}; load its bitstream again")]
    Version {
        /// The machine's version.
        found: u16,
        /// This program's.
        expected: u16,
    },
    /// Silence.
    #[error("no byte within {limit} clocks after {bytes} bytes of the answer to {request}")]
    Timeout {
        /// The request's name.
        request: &'static str,
        /// Clocks waited since the last byte.
        limit: u64,
        /// Bytes received before.
        bytes: u64,
    },
}

/// One request and what comes back.
#[derive(Debug, Clone)]
pub struct Exchange {
    request: Request,
    decoder: Decoder,
    bytes: u64,
}

/// What one more byte completed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// An event: the final response still follows.
    Event(Event),
    /// The final response.
    Done(Response),
}

impl Exchange {
    /// Waits for the answer to this request, which the caller sends.
    pub fn new(request: Request) -> Exchange {
        Exchange { request, decoder: Decoder::new(Mark::Response), bytes: 0 }
    }

    /// Takes one byte from the machine.
    pub fn take(&mut self, byte: u8) -> Result<Option<Step>, HostError> {
        self.bytes += 1;
        match self.decoder.push(byte) {
            None => Ok(None),
            Some(frame) => self.understand(&frame?).map(Some),
        }
    }

    /// Calls `clock` until the final response is there. `clock` lets one clock pass and returns the byte it completed,
    /// if any, or why to stop; after `limit` calls in a row without a byte the answer is a timeout.
    pub fn wait<E: From<HostError>>(
        mut self,
        limit: u64,
        mut clock: impl FnMut() -> Result<Option<u8>, E>,
        mut on_event: impl FnMut(Event),
    ) -> Result<Response, E> {
        let mut silence = 0;
        while silence < limit {
            silence += 1;
            let Some(byte) = clock()? else { continue };
            silence = 0;
            match self.take(byte)? {
                Some(Step::Done(response)) => return Ok(response),
                Some(Step::Event(event)) => on_event(event),
                None => {}
            }
        }
        Err(self.timeout(limit).into())
    }

    /// The error of a line that has been silent for so many clocks.
    pub fn timeout(&self, limit: u64) -> HostError {
        HostError::Timeout { request: self.request.name(), limit, bytes: self.bytes }
    }

    fn understand(&self, frame: &Frame) -> Result<Step, HostError> {
        match Event::decode(frame)? {
            Some(event) => Ok(Step::Event(event)),
            None => self.request.answer(frame).map(Step::Done),
        }
    }
}

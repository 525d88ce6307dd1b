//! Frames: mark, code, length, payload, CRC-16.

use crc::{Crc, CRC_16_IBM_3740};

use super::HostError;

const CRC16: Crc<u16> = Crc::<u16>::new(&CRC_16_IBM_3740);
/// Code and length.
const HEAD: usize = 3;

/// The byte that begins a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// From the host.
    Request,
    /// From the machine.
    Response,
}

impl Mark {
    /// The byte on the line.
    pub fn byte(self) -> u8 {
        match self {
            Mark::Request => 0xa5,
            Mark::Response => 0x5a,
        }
    }
}

/// The protocol's CRC over code, length and payload.
pub fn crc(bytes: &[u8]) -> u16 {
    CRC16.checksum(bytes)
}

/// A code and its payload, CRC checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// A request's command or a response's code.
    pub code: u8,
    /// At most 65535 bytes.
    pub payload: Vec<u8>,
}

impl Frame {
    /// The frame as it goes over the line; a payload beyond 65535 bytes is refused.
    pub fn encode(&self, mark: Mark) -> Result<Vec<u8>, HostError> {
        let given = self.payload.len();
        let most = usize::from(u16::MAX);
        let length = u16::try_from(given);
        let length = length.map_err(|_| HostError::TooMany { what: "payload bytes", given, most })?;
        let mut bytes = vec![mark.byte(), self.code];
        bytes.extend(length.to_be_bytes());
        bytes.extend(&self.payload);
        bytes.extend(crc(&bytes[1..]).to_be_bytes());
        Ok(bytes)
    }
}

/// Finds frames in a stream of bytes. It holds one frame at most, 65540 bytes.
///
/// Bytes between frames are skipped, as the machine skips them. After a wrong CRC the search goes on behind the frame.
#[derive(Debug, Clone)]
pub struct Decoder {
    mark: Mark,
    inside: bool,
    bytes: Vec<u8>,
}

impl Decoder {
    /// A decoder of frames that begin with this mark.
    pub fn new(mark: Mark) -> Decoder {
        Decoder { mark, inside: false, bytes: Vec::new() }
    }

    /// Takes a byte; returns the frame it completes, or why that frame is none.
    pub fn push(&mut self, byte: u8) -> Option<Result<Frame, HostError>> {
        if !self.inside {
            self.inside = byte == self.mark.byte();
            return None;
        }
        self.bytes.push(byte);
        match self.bytes.len() == self.length()? {
            true => Some(self.finish()),
            false => None,
        }
    }

    /// Bytes from the code to the CRC, once the head is there.
    fn length(&self) -> Option<usize> {
        let length = self.bytes.get(1..HEAD)?;
        Some(HEAD + usize::from(u16::from_be_bytes([length[0], length[1]])) + 2)
    }

    fn finish(&mut self) -> Result<Frame, HostError> {
        self.inside = false;
        let mut bytes = std::mem::take(&mut self.bytes);
        let tail = bytes.split_off(bytes.len() - 2);
        let (found, computed) = (u16::from_be_bytes([tail[0], tail[1]]), crc(&bytes));
        let (code, payload) = (bytes[0], bytes.split_off(HEAD));
        match found == computed {
            true => Ok(Frame { code, payload }),
            false => Err(HostError::Crc { code, length: payload.len(), found, computed }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn decode(bytes: &[u8]) -> Vec<Result<Frame, HostError>> {
        let mut decoder = Decoder::new(Mark::Request);
        bytes.iter().filter_map(|&byte| decoder.push(byte)).collect()
    }

    #[test]
    fn the_crc_is_the_catalogues() {
        assert_eq!(crc(b"123456789"), 0x29b1);
    }

    #[test]
    fn an_empty_request_is_six_bytes() {
        let frame = Frame { code: 1, payload: vec![] };
        let bytes = frame.encode(Mark::Request).expect("short");
        assert_eq!(bytes[..4], [0xa5, 1, 0, 0]);
        assert_eq!(bytes[4..], crc(&[1, 0, 0]).to_be_bytes());
    }

    #[test]
    fn a_payload_that_the_length_cannot_say_is_refused() {
        let frame = Frame { code: 1, payload: vec![0; 65536] };
        assert!(matches!(frame.encode(Mark::Request), Err(HostError::TooMany { given: 65536, .. })));
    }

    proptest! {
        #[test]
        fn frames_survive_the_line_and_noise_before_them(
            frames in prop::collection::vec((any::<u8>(), prop::collection::vec(any::<u8>(), 0..300)), 1..4),
            noise in prop::collection::vec(any::<u8>().prop_filter("no mark", |b| *b != 0xa5), 0..20),
        ) {
            let frames: Vec<Frame> = frames.into_iter().map(|(code, payload)| Frame { code, payload }).collect();
            let encode = |frame: &Frame| [noise.clone(), frame.encode(Mark::Request).expect("short")].concat();
            let seen = decode(&frames.iter().flat_map(encode).collect::<Vec<u8>>());
            prop_assert_eq!(seen, frames.into_iter().map(Ok).collect::<Vec<_>>());
        }

        #[test]
        fn a_flipped_bit_behind_the_length_never_yields_a_frame(payload in prop::collection::vec(any::<u8>(), 0..40), at in any::<u16>()) {
            let frame = Frame { code: 7, payload };
            let mut bytes = frame.encode(Mark::Request).expect("short");
            // Code, payload and CRC: a wrong length would turn the CRC into chance.
            let bit = 8 * 4 + usize::from(at) % (8 * (bytes.len() - 4));
            bytes[bit / 8] ^= 1 << (bit % 8);
            prop_assert!(decode(&bytes).iter().all(|seen| seen.is_err()));
        }

        #[test]
        fn arbitrary_bytes_are_survived(bytes in prop::collection::vec(any::<u8>(), 0..2000)) {
            decode(&bytes);
        }
    }
}

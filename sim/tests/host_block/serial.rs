//! The other end of the UART, and the frames of `docs/host.md`.

use std::collections::VecDeque;

/// CRC-16/IBM-3740, bit by bit.
pub fn crc16(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0xFFFF, |crc, byte| {
        (0..8).fold(crc ^ u16::from(*byte) << 8, |r, _| r << 1 ^ if r & 0x8000 == 0 { 0 } else { 0x1021 })
    })
}

/// A frame: mark, command or code, length, payload, CRC.
pub fn frame(mark: u8, kind: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = vec![mark, kind];
    bytes.extend((payload.len() as u16).to_be_bytes());
    bytes.extend(payload);
    bytes.extend(crc16(&bytes[1..]).to_be_bytes());
    bytes
}

/// A response or event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// Its code.
    pub code: u8,
    /// Its payload.
    pub payload: Vec<u8>,
}

/// Takes the first whole reply off the bytes received.
pub fn reply(bytes: &mut Vec<u8>) -> Option<Reply> {
    let length = usize::from(u16::from_be_bytes([*bytes.get(2)?, *bytes.get(3)?]));
    if bytes.len() < length + 6 {
        return None;
    }
    let whole: Vec<u8> = bytes.drain(..length + 6).collect();
    assert_eq!(whole, frame(0x5A, whole[1], &whole[4..length + 4]), "a malformed reply");
    Some(Reply { code: whole[1], payload: whole[4..length + 4].to_vec() })
}

/// Both directions of the line.
pub struct Serial {
    divisor: usize,
    to_send: VecDeque<bool>,
    phase: usize,
    level: bool,
    left: usize,
    byte: u8,
    /// Received and not yet taken.
    pub received: Vec<u8>,
}

impl Serial {
    /// A quiet line.
    pub fn new(divisor: u16) -> Self {
        let divisor = divisor.into();
        Self {
            divisor,
            to_send: VecDeque::new(),
            phase: 0,
            level: true,
            left: 0,
            byte: 0,
            received: Vec::new(),
        }
    }

    /// Queues bytes.
    pub fn send(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.to_send.push_back(false);
            self.to_send.extend((0..8).map(|k| byte >> k & 1 == 1));
            self.to_send.push_back(true);
        }
    }

    /// Queues one bit time of each level, whatever it may mean.
    pub fn send_levels(&mut self, levels: impl IntoIterator<Item = bool>) {
        self.to_send.extend(levels);
    }

    /// All bytes have left.
    pub fn idle(&self) -> bool {
        self.to_send.is_empty() && self.phase == 0
    }

    /// The level to the device for the next clock.
    pub fn drive(&mut self) -> bool {
        if self.phase == 0 {
            self.level = match self.to_send.pop_front() {
                Some(level) => level,
                None => return true,
            };
        }
        self.phase = (self.phase + 1) % self.divisor;
        self.level
    }

    /// The level from the device in this clock.
    pub fn listen(&mut self, level: bool) {
        if self.left == 0 {
            self.left = if level { 0 } else { self.divisor * 10 - 1 };
            return;
        }
        self.left -= 1;
        let since = self.divisor * 10 - 1 - self.left;
        if since % self.divisor != self.divisor / 2 {
            return;
        }
        match since / self.divisor {
            0 => assert!(!level, "a glitch"),
            9 => {
                assert!(level, "no stop bit");
                self.received.push(self.byte);
            }
            _ => self.byte = self.byte >> 1 | u8::from(level) << 7,
        }
    }
}

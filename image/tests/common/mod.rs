//! Damage that a CRC cannot see.
#![allow(dead_code, reason = "each test binary uses a part")]

use statestream_image::layout::Image;

/// What the reader says about bytes that are no image.
pub fn error(bytes: &[u8]) -> String {
    Image::parse(bytes).unwrap_err().to_string()
}

/// Sets a word.
pub fn put(bytes: &mut [u8], at: usize, word: u16) {
    bytes[at..at + 2].copy_from_slice(&word.to_be_bytes());
}

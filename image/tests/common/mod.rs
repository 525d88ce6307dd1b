//! Damage that a CRC cannot see.
#![allow(dead_code, reason = "each test binary uses a part")]

use statestream_image::layout::Image;
use statestream_image::records::{Record, Span};

/// What the reader says about bytes that are no image.
pub fn error(bytes: &[u8]) -> String {
    Image::parse(bytes).unwrap_err().to_string()
}

/// Every CRC and the model id as the bytes ask for, records where `image` has them.
pub fn reseal(image: &Image, bytes: &mut [u8]) {
    let spans = image.records();
    spans.iter().for_each(|span| seal(bytes, *span));
    let end = spans.iter().find(|s| s.record == Record::End).map_or(0, |s| s.at + s.bytes);
    let embedding = image.header.embedding_at;
    let model = crc32fast::hash(&[&bytes[64..848], &bytes[embedding..end]].concat());
    bytes[8..12].copy_from_slice(&model.to_be_bytes());
    seal(bytes, spans[0]);
}

/// The CRC of one record as its bytes ask for.
pub fn seal(bytes: &mut [u8], span: Span) {
    let crc = span.at + span.bytes - 4;
    let value = crc32fast::hash(&bytes[span.at..crc]);
    bytes[crc..crc + 4].copy_from_slice(&value.to_be_bytes());
}

/// Sets a word.
pub fn put(bytes: &mut [u8], at: usize, word: u16) {
    bytes[at..at + 2].copy_from_slice(&word.to_be_bytes());
}

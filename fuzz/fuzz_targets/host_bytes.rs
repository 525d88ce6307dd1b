//! Whatever arrives over the serial line, and whatever a file claims to be a state, is understood or refused.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use statestream_fuzz::host::{Decoder, Exchange, Frame, Mark, Request};
use statestream_golden::{Model, State};
use statestream_image::testing::{random_image, small};

static MODEL: LazyLock<Model> =
    LazyLock::new(|| Model::new(&random_image(1, &small())).expect("a valid image"));

fuzz_target!(|bytes: &[u8]| {
    for request in requests() {
        let mut exchange = Exchange::new(request);
        bytes.iter().for_each(|byte| drop(exchange.take(*byte)));
    }
    answered(bytes);
    state(bytes);
    state(&edited(bytes));
});

fn requests() -> [Request; 5] {
    [
        Request::Info,
        Request::Counters,
        Request::Reset,
        Request::Feed { tokens: vec![0], logits: true },
        Request::StateRead { word: 0, count: 2 },
    ]
}

/// The bytes as the payload of a right frame: the decoder must give them back, and every request must cope.
fn answered(bytes: &[u8]) {
    let Some((code, payload)) = bytes.split_first() else { return };
    let frame = Frame { code: *code, payload: payload.to_vec() };
    let Ok(line) = frame.encode(Mark::Response) else { return };
    let mut decoder = Decoder::new(Mark::Response);
    let decoded: Vec<_> = line.iter().filter_map(|byte| decoder.push(*byte)).collect();
    assert_eq!(decoded, [Ok(frame)]);
    for request in requests() {
        let mut exchange = Exchange::new(request);
        line.iter().for_each(|byte| drop(exchange.take(*byte)));
    }
}

/// What is read as a state is written as it was.
fn state(bytes: &[u8]) {
    let Ok(state) = State::from_blob(&MODEL, bytes) else { return };
    assert_eq!(state.to_blob(), bytes);
}

/// A valid state with some of its bytes changed and its CRC right.
fn edited(edits: &[u8]) -> Vec<u8> {
    let mut bytes = State::initial(&MODEL).to_blob();
    let end = bytes.len() - 4;
    for edit in edits.chunks_exact(3) {
        let at = usize::from(u16::from_be_bytes([edit[0], edit[1]])) % end;
        bytes[at] = edit[2];
    }
    let crc = crc32fast::hash(&bytes[..end]);
    bytes[end..].copy_from_slice(&crc.to_be_bytes());
    bytes
}

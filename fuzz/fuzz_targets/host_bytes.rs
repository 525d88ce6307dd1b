//! Whatever arrives over the serial line, and whatever a file claims to be a state, is understood or refused.
#![no_main]

use libfuzzer_sys::fuzz_target;
use statestream_golden::{Model, State};
use statestream_image::testing::{random_image, small};
use statestream_sim::host::{Decoder, Exchange, Frame, Mark, Request};

fuzz_target!(|bytes: &[u8]| {
    for request in requests() {
        let mut exchange = Exchange::new(request);
        bytes.iter().for_each(|byte| drop(exchange.take(*byte)));
    }
    answered(bytes);
    let model = Model::new(&random_image(1, &small())).expect("a valid image");
    drop(State::from_blob(&model, bytes));
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

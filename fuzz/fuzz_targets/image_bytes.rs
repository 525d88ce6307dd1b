//! An image is read or refused, is written back as it was, and runs without an overflow once its bounds are proved.
#![no_main]

use libfuzzer_sys::fuzz_target;
use statestream_golden::{Model, Session};
use statestream_image::bounds::prove;
use statestream_image::layout::Image;
use statestream_image::testing::{random_image, reseal, shapes};

fuzz_target!(|bytes: &[u8]| {
    read(bytes);
    if let Some((kind, edits)) = bytes.split_first() {
        read(&edited(*kind, edits));
    }
});

fn read(bytes: &[u8]) {
    let Ok(image) = Image::parse(bytes) else { return };
    let mut again = Image::parse(&image.to_bytes()).expect("what was read can be written and read");
    // Metadata is JSON, and one value has many texts: only its length may differ.
    again.header.bytes = image.header.bytes;
    assert_eq!(again, image);
    if prove(&image).is_err() {
        return;
    }
    let Ok(model) = Model::new(&image) else { return };
    let mut session = Session::new(&model);
    // Debug assertions check every sum of the pass.
    let next = session.feed(0, true, None).expect("token 0 is in every vocabulary");
    assert!(next.is_some_and(|token| usize::from(token) < image.header.vocab));
}

/// A valid image with some of its bytes changed and every CRC and the model id right.
fn edited(kind: u8, edits: &[u8]) -> Vec<u8> {
    let shapes = shapes();
    let image = random_image(u64::from(kind), &shapes[usize::from(kind) % shapes.len()]);
    let mut bytes = image.to_bytes();
    for edit in edits.chunks_exact(3) {
        let at = usize::from(u16::from_be_bytes([edit[0], edit[1]])) % bytes.len();
        bytes[at] = edit[2];
    }
    reseal(&image, &mut bytes);
    bytes
}

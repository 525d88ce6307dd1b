//! A checkpoint is read or refused, and what is read survives being written and read again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use statestream_image::checkpoint::Checkpoint;
use statestream_image::testing::{random_checkpoint, small};

fuzz_target!(|bytes: &[u8]| {
    read(bytes);
    read(&edited(bytes));
});

fn read(bytes: &[u8]) {
    let Ok(checkpoint) = Checkpoint::parse(bytes) else { return };
    let written = checkpoint.to_safetensors().expect("a checkpoint that was read can be written");
    Checkpoint::parse(&written).expect("a checkpoint that was written can be read");
}

fn edited(edits: &[u8]) -> Vec<u8> {
    let mut bytes = random_checkpoint(1, &small()).to_safetensors().expect("a valid checkpoint");
    for edit in edits.chunks_exact(3) {
        let at = usize::from(u16::from_be_bytes([edit[0], edit[1]])) % bytes.len();
        bytes[at] = edit[2];
    }
    bytes
}

//! Writes the seeds of the three corpora, valid files of every kind, smallest sizes: `cargo run --release --example seeds` in `fuzz/`.

use std::fs;
use std::io::Result;
use std::path::Path;

use statestream_fuzz::host::{crc, Frame, Mark};
use statestream_golden::{Model, State};
use statestream_image::layout::Image;
use statestream_image::model::{Block, Shape, Ssm};
use statestream_image::testing::{
    random_checkpoint, random_draft, random_image, random_ternary, shapes, small,
};

fn main() -> Result<()> {
    write("image_bytes", images().iter().map(Image::to_bytes))?;
    let checkpoints = smallest().into_iter().map(|shape| random_checkpoint(1, &shape).to_safetensors());
    write("checkpoint_bytes", checkpoints.map(|file| file.expect("a valid checkpoint")))?;
    write("host_bytes", states().into_iter().chain(frames()))
}

fn write(target: &str, seeds: impl Iterator<Item = Vec<u8>>) -> Result<()> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target);
    fs::create_dir_all(&folder)?;
    seeds.enumerate().try_for_each(|(i, bytes)| fs::write(folder.join(format!("seed-{i:02}")), bytes))
}

fn smallest() -> Vec<Shape> {
    let mut all = shapes();
    for config in all.iter_mut().map(|shape| &mut shape.config) {
        (config.channels, config.vocab_size, config.num_blocks) = (2, 3, 1);
        config.d_inner = if config.block == Block::Gated { 2 } else { 0 };
        config.num_states = if config.ssm == Ssm::S5 { 2 } else { config.num_states };
    }
    all
}

fn images() -> Vec<Image> {
    let shapes = smallest();
    let mut images: Vec<Image> = shapes.iter().map(|shape| random_image(1, shape)).collect();
    images.push(random_ternary(1, &shapes[0]));
    random_draft(&mut images[0], 1, 4);
    images
}

fn states() -> Vec<Vec<u8>> {
    let model = Model::new(&random_image(1, &small())).expect("a valid image");
    vec![State::initial(&model).to_blob()]
}

/// Answers and events of every length that the protocol knows, the errors, and a length that the bytes do not keep.
fn frames() -> Vec<Vec<u8>> {
    let frame = |code: u8, bytes: usize| {
        let payload = (0..bytes).map(|i| i as u8).collect();
        Frame { code, payload }.encode(Mark::Response).expect("a short payload")
    };
    let mut info = frame(0, 36);
    (info[4], info[5]) = (0, 2);
    let end = info.len() - 2;
    let right = crc(&info[1..end]);
    info[end..].copy_from_slice(&right.to_be_bytes());
    let errors = [(0x04, 6), (0x05, 0), (0x10, 4), (0x14, 4)].map(|(code, bytes)| frame(code, bytes));
    let events = [frame(0xe1, 2), [frame(0xe2, 22), frame(0, 2)].concat()];
    let answers = [info, frame(0, 52), frame(0, 0), frame(0, 2), frame(0, 4), vec![0x5a, 0, 0xff, 0xff, 1]];
    [errors.to_vec(), events.to_vec(), answers.to_vec()].concat()
}

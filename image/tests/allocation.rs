//! Untrusted sizes never make the readers of images and checkpoints hold more than the file warrants. One test alone in its binary: others
//! would allocate beside it.

mod common;

use std::fs;
use std::path::Path;

use common::put;
use peak_alloc::PeakAlloc;
use serde_json::{json, Value};
use statestream_image::checkpoint::Checkpoint;
use statestream_image::layout::{Image, Row};
use statestream_image::records::{Record, Span};
use statestream_image::testing::{
    random_checkpoint, random_draft, random_image, random_ternary, reseal, shapes, small,
};

#[global_allocator]
static HEAP: PeakAlloc = PeakAlloc;

/// Bytes of heap that a byte of a file may take whose sizes are absurd.
const STATED: usize = 4;
/// Bytes of heap that a byte of any file may take: the JSON of `[0,0,0]` becomes 32 bytes for every 2, in a list that doubles.
const ANY: usize = 64;
/// Bytes of heap that any file may take: messages, and what a parser sets out with.
const CONSTANT: usize = 16 << 10;

/// Values in a list that has just doubled: old and new are held at once.
const MANY: usize = (1 << 17) + 1;

/// A name for the message, and the bytes of a file.
type Case = (String, Vec<u8>);

#[test]
fn no_file_makes_its_reader_hold_more_than_it_warrants() {
    let image = |bytes: &[u8]| drop(Image::parse(bytes));
    let checkpoint = |bytes: &[u8]| drop(Checkpoint::parse(bytes));
    let images = [kept("image_bytes"), wide_images()].concat();
    let checkpoints = [kept("checkpoint_bytes"), wide_checkpoints()].concat();
    sizes_of_images().iter().for_each(|case| judge(case, STATED, image));
    numbers_of_checkpoints().iter().for_each(|case| judge(case, STATED, checkpoint));
    images.iter().for_each(|case| judge(case, ANY, image));
    checkpoints.iter().for_each(|case| judge(case, ANY, checkpoint));
}

fn judge((name, bytes): &Case, multiple: usize, read: impl Fn(&[u8])) {
    let before = HEAP.current_usage();
    HEAP.reset_peak_usage();
    read(bytes);
    let held = HEAP.peak_usage() - before;
    let most = multiple * bytes.len() + CONSTANT;
    let given = bytes.len();
    assert!(held <= most, "{name}: {given} bytes made the reader hold {held}, at most {most} are right");
}

/// The corpus of a fuzz target.
fn kept(target: &str) -> Vec<Case> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus").join(target);
    let files = fs::read_dir(&folder).expect("the corpus is kept").map(|file| file.expect("a file").path());
    let cases: Vec<Case> =
        files.map(|path| (path.display().to_string(), fs::read(path).expect("a file"))).collect();
    assert!(!cases.is_empty(), "{}: no file", folder.display());
    cases
}

/// An image of every kind, with every word and pair of words of its header and sections, and its metadata's length, at sizes from large
/// to absurd, under right CRCs.
fn sizes_of_images() -> Vec<Case> {
    let mut images: Vec<Image> = shapes().iter().map(|shape| random_image(1, shape)).collect();
    images.push(random_ternary(1, &small()));
    random_draft(&mut images[0], 1, 16);
    images.iter().flat_map(sizes_of).collect()
}

fn sizes_of(image: &Image) -> Vec<Case> {
    let spans = image.records();
    let held = |span: &&Span| matches!(span.record, Record::Header | Record::Section(_));
    let words = spans.iter().filter(held).flat_map(|span| (span.at..span.at + span.bytes - 4).step_by(2));
    let lengths = spans.iter().filter(|span| span.record == Record::Metadata).map(|span| span.at);
    let places: Vec<usize> = words.chain(lengths).collect();
    let whole = image.to_bytes();
    let changed = |at: usize, words: [u16; 2]| {
        let mut bytes = whole.clone();
        put(&mut bytes, at, words[0]);
        put(&mut bytes, at + 2, words[1]);
        reseal(image, &mut bytes);
        (format!("an image with {words:04x?} at {at}"), bytes)
    };
    let next = |at: usize| u16::from_be_bytes([whole[at + 2], whole[at + 3]]);
    let at_all = |at: usize| {
        let single = [0xffff, 0x8000, 0x7fff].map(|word| changed(at, [word, next(at)]));
        let pair = [[0xffff; 2], [0x8000, 0], [0x0100, 0]].map(|words| changed(at, words));
        [single, pair].concat()
    };
    [vec![("an image".to_string(), whole.clone())], places.into_iter().flat_map(at_all).collect()].concat()
}

/// What takes the most heap for a byte of an image: rows without a weight, states of few words, metadata of many small values.
fn wide_images() -> Vec<Case> {
    let of = |name: &str, change: &dyn Fn(&mut Image)| {
        let mut image = random_image(1, &small());
        change(&mut image);
        (name.to_string(), image.seal())
    };
    let rows = |image: &mut Image| {
        let section = &mut image.sections[1];
        (section.a.len, section.b.len) = (0, 0);
        let row = Row { params: section.rows[0].params.clone(), ..Row::default() };
        section.rows = vec![row; 65535];
    };
    let states = |image: &mut Image| {
        image.header.state_words = 1;
        image.states = vec![vec![1]; 65535];
    };
    let values = |image: &mut Image| image.meta.config = vec![Value::from(0); MANY].into();
    vec![
        of("an image of 65535 empty rows", &rows),
        of("an image of 65535 states", &states),
        of("an image with metadata of many numbers", &values),
    ]
}

/// A checkpoint with every number of its header (lengths, shapes, offsets, sizes of the configuration), and the header's own length, at
/// sizes from large to absurd.
fn numbers_of_checkpoints() -> Vec<Case> {
    let kinds = shapes();
    kinds
        .iter()
        .flat_map(|shape| numbers_of(&random_checkpoint(1, shape).to_safetensors().expect("valid")))
        .collect()
}

const ABSURD: [u64; 7] = [4096, 65536, 1 << 24, 1 << 31, 1 << 32, 1 << 40, u64::MAX];

fn numbers_of(whole: &[u8]) -> Vec<Case> {
    let (header, data) = parts(whole);
    let mut cases = vec![("a checkpoint".to_string(), whole.to_vec())];
    for value in ABSURD {
        let name = format!("a checkpoint whose header's length is {value}");
        cases.push((name, [&value.to_le_bytes(), &whole[8..]].concat()));
        for (at, length) in numbers(header) {
            let changed = format!("{}{value}{}", &header[..at], &header[at + length..]);
            let name = format!("a checkpoint with {value} at {at} of its header");
            cases.push((name, checkpoint(&changed, data)));
        }
    }
    cases
}

/// Header and data of a safetensors file.
fn parts(whole: &[u8]) -> (&str, &[u8]) {
    let (length, rest) = whole.split_first_chunk().expect("a length");
    let (header, data) = rest.split_at(u64::from_le_bytes(*length) as usize);
    (std::str::from_utf8(header).expect("JSON"), data)
}

fn checkpoint(header: &str, data: &[u8]) -> Vec<u8> {
    [&(header.len() as u64).to_le_bytes(), header.as_bytes(), data].concat()
}

/// Where the decimal numbers of a text are, and how long.
fn numbers(text: &str) -> Vec<(usize, usize)> {
    let digits = |part: &str| part.len() - part.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let begins = |at: &usize| *at == 0 || !text.as_bytes()[at - 1].is_ascii_digit();
    let all = (0..text.len()).filter(|at| text.as_bytes()[*at].is_ascii_digit()).filter(begins);
    all.map(|at| (at, digits(&text[at..]))).collect()
}

/// What takes the most heap for a byte of a checkpoint: JSON of many small values, or nested deep, wherever JSON is read.
fn wide_checkpoints() -> Vec<Case> {
    let many = |part: &str| format!("[{}{part}]", format!("{part},").repeat(MANY));
    let deep = |open: &str| open.repeat(MANY);
    let values = [many("0"), many("[]"), many("{}"), many("\"\""), deep("["), deep("{\"a\":")];
    let config = serde_json::to_string(&small().config).expect("a configuration");
    let places: [&dyn Fn(&str) -> String; 4] = [
        &str::to_string,
        &|value| json!({ "__metadata__": { "config": value } }).to_string(),
        &|value| json!({ "__metadata__": { "config": config, "vocab": value } }).to_string(),
        &|value| format!("{{\"a\":{}}}", tensor(value)),
    ];
    let tensors: Vec<String> = (0..10_000).map(|i| format!("\"{i}\":{}", tensor("[0]"))).collect();
    let mut headers: Vec<String> = places.iter().flat_map(|place| values.iter().map(|v| place(v))).collect();
    headers.push(format!("{{{}}}", tensors.join(",")));
    headers
        .iter()
        .map(|header| (format!("a checkpoint of {header:.80}..."), checkpoint(header, &[])))
        .collect()
}

fn tensor(shape: &str) -> String {
    format!("{{\"dtype\":\"U8\",\"shape\":{shape},\"data_offsets\":[0,0]}}")
}

//! Lengths that frames and saved states claim never make the host hold more than came. One test alone in its binary: others would allocate
//! beside it.

use std::fs;
use std::path::Path;

use peak_alloc::PeakAlloc;
use statestream_golden::{Model, State};
use statestream_image::testing::{random_image, small};
use statestream_sim::host::{Exchange, Frame, Mark, Request};

#[global_allocator]
static HEAP: PeakAlloc = PeakAlloc;

/// Bytes of heap that a byte of the line or the file may take: a buffer that doubles, its payload apart, and its words.
const MULTIPLE: usize = 8;
/// Bytes of heap that anything may take.
const CONSTANT: usize = 4 << 10;

/// A name for the message, and the bytes that came.
type Case = (String, Vec<u8>);

#[test]
fn no_bytes_make_the_host_hold_more_than_they_warrant() {
    let model = Model::new(&random_image(1, &small())).expect("a valid image");
    let cases = [kept(), frames(), states(&State::initial(&model).to_blob())].concat();
    for case in &cases {
        requests().iter().for_each(|request| judge(case, request.name(), |bytes| exchanged(request, bytes)));
        judge(case, "a state", |bytes| drop(State::from_blob(&model, bytes)));
    }
}

fn judge((name, bytes): &Case, reader: &str, read: impl Fn(&[u8])) {
    let before = HEAP.current_usage();
    HEAP.reset_peak_usage();
    read(bytes);
    let held = HEAP.peak_usage() - before;
    let most = MULTIPLE * bytes.len() + CONSTANT;
    let given = bytes.len();
    assert!(
        held <= most,
        "{name}, read as {reader}: {given} bytes made it hold {held}, at most {most} are right"
    );
}

fn exchanged(request: &Request, bytes: &[u8]) {
    let mut exchange = Exchange::new(request.clone());
    bytes.iter().for_each(|byte| drop(exchange.take(*byte)));
}

/// Every kind of answer, and the largest that can be asked for.
fn requests() -> [Request; 5] {
    [
        Request::Info,
        Request::Counters,
        Request::Reset,
        Request::Feed { tokens: vec![0], logits: true },
        Request::StateRead { word: 0, count: Request::MAX_READ as u16 },
    ]
}

/// The fuzz target's corpus.
fn kept() -> Vec<Case> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus/host_bytes");
    let files = fs::read_dir(&folder).expect("the corpus is kept").map(|file| file.expect("a file").path());
    let cases: Vec<Case> =
        files.map(|path| (path.display().to_string(), fs::read(path).expect("a file"))).collect();
    assert!(!cases.is_empty(), "{}: no file", folder.display());
    cases
}

/// Right frames of every code and several lengths, and frames that claim 65535 bytes and end early.
fn frames() -> Vec<Case> {
    let lengths = [0, 1, 2, 4, 6, 36, 52, 2 * Request::MAX_READ, 65535];
    let codes = (0..=u8::MAX).flat_map(|code| lengths.map(|length| (code, length)));
    let right = codes.map(|(code, length)| {
        let frame = Frame { code, payload: vec![0; length] }.encode(Mark::Response).expect("a short payload");
        (format!("a frame of code {code:02x} and {length} bytes"), frame)
    });
    let head = |code| [Mark::Response.byte(), code, 0xff, 0xff];
    let broken = (0..=u8::MAX).flat_map(|code| {
        [0, 1, 7, 300].map(|length| {
            let name = format!("a frame of code {code:02x} that claims 65535 bytes and has {length}");
            (name, [&head(code)[..], &vec![0; length]].concat())
        })
    });
    right.chain(broken).collect()
}

/// A saved state with every field of its head at sizes from large to absurd, its CRC right.
fn states(whole: &[u8]) -> Vec<Case> {
    let values: [u32; 4] = [1 << 16, 1 << 24, 1 << 31, u32::MAX];
    let places = (8..24).step_by(4).flat_map(|at| values.map(|value| (at, value)));
    let changed = places.map(|(at, value)| {
        let mut bytes = whole.to_vec();
        bytes[at..at + 4].copy_from_slice(&value.to_be_bytes());
        let end = bytes.len() - 4;
        let crc = crc::Crc::<u32>::new(&crc::CRC_32_ISO_HDLC).checksum(&bytes[..end]);
        bytes[end..].copy_from_slice(&crc.to_be_bytes());
        (format!("a state with {value} at {at}"), bytes)
    });
    changed.chain([("a state".to_string(), whole.to_vec())]).collect()
}

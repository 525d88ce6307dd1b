//! What the flash and the host see of a machine that is treated badly: five opcodes, documented answers, and golden text after a reset.

use statestream_golden::Model;
use statestream_image::config::Config;
use statestream_image::layout::Image;
use statestream_image::rng::Rng;
use statestream_image::testing::{random_draft, random_image, small, with_header_words};
use statestream_sim::engine::Engine;
use statestream_sim::host::{Decoder, DeviceError, Frame, HostError, Mark, Request, Response};
use statestream_sim::rtl::{Rtl, RtlOptions};
use statestream_sim::stimulus::{ask, text, variant, Action, Bench};

/// All that a machine may ever send to the flash.
const OPCODES: [u8; 5] = [0x66, 0x99, 0xab, 0xeb, 0xff];
/// Final responses and events of docs/host.md.
const CODES: [u8; 16] =
    [0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x10, 0x11, 0x12, 0x13, 0x14, 0xe1, 0xe2];
/// Clocks after which a machine drops half a frame.
const DROPPED: u64 = 70_000;
/// Bytes of noise.
const NOISE: usize = 20_000;

fn config(name: &str) -> Config {
    Config::named(name).expect("in configs.toml")
}

fn machine(config: &Config, image: &[u8]) -> Rtl {
    Rtl::new(config, image, &RtlOptions::default()).unwrap_or_else(|e| panic!("{e}"))
}

/// A well-formed request with random content; what would run for minutes is kept short.
fn request(rng: &mut Rng) -> Vec<u8> {
    let code = rng.below(14) as u8;
    let mut payload: Vec<u8> =
        (0..rng.below(9)).map(|_| rng.bits() as u8 & if rng.one_in(2) { 3 } else { 0xff }).collect();
    if code == 4 {
        payload = vec![0, rng.below(4) as u8];
    }
    if code == 3 {
        payload = [[0, rng.below(2) as u8], [0, rng.below(12) as u8]].concat();
    }
    Frame { code, payload }.encode(Mark::Request).expect("short")
}

/// A burst of bytes that no host should send.
fn burst(rng: &mut Rng) -> Vec<u8> {
    let mut bytes: Vec<u8> = (0..1 + rng.below(12)).flat_map(|_| request(rng)).collect();
    match rng.below(4) {
        0 => bytes.truncate(rng.below(bytes.len())),
        1 => {
            let at = rng.below(bytes.len());
            bytes[at] ^= 1 << rng.below(8);
        }
        2 => bytes = (0..1 + rng.below(700)).map(|_| rng.bits() as u8).collect(),
        _ => {}
    }
    bytes
}

/// Sends the bytes and waits until the machine has said all it wants to say.
fn heard(rtl: &mut Rtl, bytes: &[u8]) -> Vec<u8> {
    let mut answers = rtl.raw(bytes, 80 * bytes.len() as u64 + DROPPED);
    loop {
        let more = rtl.raw(&[], DROPPED);
        if more.is_empty() {
            return answers;
        }
        answers.extend(more);
    }
}

#[test]
fn noise_on_the_line_ends_in_documented_answers_and_harmless_opcodes_and_golden_text() {
    noise(&config("tiny"), &random_image(6, &small()));
}

#[test]
fn noise_on_the_line_of_a_machine_that_guesses_is_as_harmless() {
    let mut image = random_image(6, &small());
    random_draft(&mut image, 6, 16);
    noise(&variant(&config("tiny"), 4), &image);
}

fn noise(config: &Config, image: &Image) {
    let (mut rtl, mut rng) = (machine(config, &image.to_bytes()), Rng::new(6));
    let (mut sent, mut frames) = (0, 0);
    while sent < NOISE {
        let bytes = burst(&mut rng);
        sent += bytes.len();
        let mut decoder = Decoder::new(Mark::Response);
        for byte in heard(&mut rtl, &bytes) {
            let Some(frame) = decoder.push(byte) else { continue };
            let frame = frame.expect("a frame with a right CRC");
            assert!(CODES.contains(&frame.code), "{frame:?}");
            frames += 1;
        }
    }
    assert!(frames > 100, "the noise had {frames} answers only");
    assert_eq!(rtl.flashes()[0].breaches(), []);
    assert!(
        rtl.flashes()[0].opcodes().keys().all(|opcode| OPCODES.contains(opcode)),
        "{:?}",
        rtl.flashes()[0].opcodes()
    );
    golden_after_a_reset(rtl, image);
}

fn golden_after_a_reset(rtl: Rtl, image: &Image) {
    let mut bench = Bench::new(rtl, &Model::new(image).expect("sound"), image, "after noise");
    bench.act(&Action::Reset).unwrap_or_else(|e| panic!("{e}"));
    bench.engine.clear().expect("possible");
    bench.run(&text(&mut Rng::new(1), image.header.vocab, 3, 4)).unwrap_or_else(|e| panic!("{e}"));
    bench.state().unwrap_or_else(|e| panic!("{e}"));
    bench.saturations().unwrap_or_else(|e| panic!("{e}"));
}

/// The codes of the responses to raw bytes.
fn codes(rtl: &mut Rtl, bytes: &[u8]) -> Vec<u8> {
    let mut decoder = Decoder::new(Mark::Response);
    let frames = heard(rtl, bytes).into_iter().filter_map(|byte| decoder.push(byte));
    frames.map(|frame| frame.expect("a right CRC").code).collect()
}

#[test]
fn damaged_requests_have_their_codes_and_cost_nothing() {
    let image = random_image(6, &small());
    let mut rtl = machine(&config("tiny"), &image.to_bytes());
    let frame =
        |code, payload: &[u8]| Frame { code, payload: payload.into() }.encode(Mark::Request).expect("short");
    let mut wrong_crc = frame(3, &[0, 0, 0, 1]);
    wrong_crc[7] ^= 1;
    assert_eq!(codes(&mut rtl, &wrong_crc), [1]);
    assert_eq!(codes(&mut rtl, &frame(0, &[])), [2]);
    assert_eq!(codes(&mut rtl, &frame(13, &[])), [2]);
    assert_eq!(codes(&mut rtl, &frame(3, &[0, 0, 1])), [3]);
    assert_eq!(codes(&mut rtl, &frame(2, &[0])), [3]);
    assert_eq!(codes(&mut rtl, &frame(12, &[])), [3]);
    assert_eq!(codes(&mut rtl, &frame(12, &[0, 2])), [7], "a group of two on a machine of one");
    assert_eq!(codes(&mut rtl, &frame(3, &[0; 300])), [3]);
    assert_eq!(codes(&mut rtl, &frame(3, &[0, 0, 0, 1])[..7]), [0; 0]);
    assert_eq!(codes(&mut rtl, &[0x5a, 0, 0xff, 0x13]), [0; 0]);
    assert_eq!(rtl.counters().expect("there").passes, 0);
    golden_after_a_reset(rtl, &image);
}

/// Every request that needs an image names the boot's code and address; the others still answer.
fn not_ready(config: &Config, image: &[u8], boot: u16) {
    let mut rtl = machine(config, image);
    let address = config.flash_base;
    assert_eq!((rtl.info().boot_code, rtl.info().image_base), (boot, address));
    let requests = [
        Request::Reset,
        Request::Feed { tokens: vec![0], logits: false },
        Request::Generate { count: 1 },
        Request::Sample { temperature: 1, seed: 1 },
        Request::StateRead { word: 0, count: 1 },
        Request::StateWrite { word: 0, words: vec![0] },
        Request::StateCommit { model_id: 0 },
        Request::StateLoad { index: 0 },
        Request::Group { tokens: 1 },
    ];
    for request in requests {
        let refused = Err(HostError::Device(DeviceError::NotReady { boot, address }));
        assert_eq!(ask(&mut rtl, request.clone()), refused, "{request:?}");
    }
    assert_eq!(ask(&mut rtl, Request::Clear), Ok(Response::Done));
    assert_eq!(rtl.counters().expect("there").passes, 0);
    assert_eq!(rtl.flashes()[0].breaches(), []);
}

/// The image with a header word changed and the header's CRC right.
fn with_word(image: &Image, word: usize, value: u16) -> Vec<u8> {
    with_header_words(image, &[(word, value)])
}

#[test]
fn an_empty_flash_is_no_image() {
    not_ready(&config("tiny"), &[], 0x12);
    not_ready(&config("up5k"), &[], 0x12);
    not_ready(&config("tiny"), &[0; 64], 0x12);
}

#[test]
fn another_version_is_refused() {
    let image = random_image(6, &small());
    not_ready(&config("tiny"), &with_word(&image, 2, 1), 0x13);
    not_ready(&config("up5k"), &with_word(&image, 2, 0), 0x13);
}

#[test]
fn an_image_one_word_beyond_any_memory_is_refused_and_one_that_fills_it_is_not() {
    let (image, tiny) = (random_image(6, &small()), config("tiny"));
    for (word, most) in [(6, 32), (8, 128), (9, 64), (11, 512)] {
        not_ready(&tiny, &with_word(&image, word, most + 1), 0x14);
    }
    not_ready(&tiny, &with_word(&image, 10, 1), 0x14);
    for (word, most) in [(8, 128), (9, 64)] {
        assert_eq!(machine(&tiny, &with_word(&image, word, most)).info().boot_code, 0);
    }
}

#[test]
fn a_model_for_a_larger_machine_is_refused_by_a_small_one() {
    let mut shape = small();
    (shape.config.channels, shape.config.d_inner) = (33, 64);
    let image = random_image(6, &shape);
    not_ready(&config("tiny"), &image.to_bytes(), 0x14);
    golden_after_a_reset(machine(&config("up5k"), &image.to_bytes()), &image);
}

//! What arrives while a pass of several tokens runs is not heard, and disturbs neither text nor state nor a single clock.

use statestream_golden::{Model, Session};
use statestream_image::draft::build;
use statestream_image::layout::Image;
use statestream_image::rng::Rng;
use statestream_image::testing::{random_image, small};
use statestream_sim::cycles::PassShape;
use statestream_sim::engine::{Deaf, Engine};
use statestream_sim::host::{Decoder, Mark, Request};
use statestream_sim::rtl::{Rtl, RtlOptions};

use crate::{own_text, tiny};

/// Tokens per pass.
const ROOM: usize = 4;
/// Clocks of a byte on the line.
const BYTE: u64 = 80;
/// Bytes of the final answer to FEED and GENERATE.
const FINAL: usize = 8;
/// Clocks after which silence is a fault.
const PATIENCE: u64 = 1_000_000;
/// Interruptions of each request.
const TIMES: usize = 60;
const PROMPT: [u16; 2] = [3, 1];
const TEMPERATURE: i16 = 5000;
const SEED: u32 = 7;

fn image() -> Image {
    let mut shape = small();
    (shape.config.channels, shape.config.d_inner, shape.config.vocab_size) = (30, 31, 40);
    let mut image = random_image(43, &shape);
    image.draft = Some(build(&own_text(&image, 3, 60), image.header.vocab, 64));
    image.seal();
    image
}

fn encoded(request: Request) -> Vec<u8> {
    request.encode().expect("fits")
}

/// What nobody should send now.
fn interruption(rng: &mut Rng, vocab: usize) -> Vec<u8> {
    let word = rng.bits() as u16;
    let requests = [
        Request::Info,
        Request::Reset,
        Request::Feed { tokens: vec![word % vocab as u16; 1 + rng.below(5)], logits: rng.one_in(2) },
        Request::Generate { count: word },
        Request::Sample { temperature: word, seed: rng.bits() as u32 },
        Request::StateRead { word: 0, count: 1 + word % 50 },
        Request::StateWrite { word: 0, words: vec![word; 1 + rng.below(4)] },
        Request::StateCommit { model_id: 0 },
        Request::StateLoad { index: 1 },
        Request::Counters,
        Request::Clear,
        Request::Group { tokens: 1 },
    ];
    let mut bytes = encoded(requests[rng.below(requests.len())].clone());
    match rng.below(4) {
        0 => bytes.truncate(1 + rng.below(bytes.len())),
        1 => bytes = (0..1 + rng.below(12)).map(|_| rng.bits() as u8).collect(),
        _ => {}
    }
    bytes
}

/// How a request went.
#[derive(Debug, PartialEq)]
struct Went {
    /// Every byte of the answer, and its clock.
    answer: Vec<(u64, u8)>,
    /// Shape and clocks of every pass.
    passes: Vec<(PassShape, u64)>,
    /// The state after it.
    state: Vec<i16>,
}

/// The request, from the same beginning every time, and something else from clock `at` on.
fn went(rtl: &mut Rtl, request: &[u8], at: u64, other: &[u8]) -> Went {
    rtl.reset().expect("possible");
    rtl.sample(TEMPERATURE, SEED).expect("possible");
    rtl.feed(&PROMPT, false, &mut Deaf).expect("in the vocabulary");
    let before = rtl.passes().len();
    rtl.raw(request, 0);
    let answer = heard(rtl, at, other);
    rtl.raw(&[], 4 * BYTE);
    Went { answer, passes: rtl.passes()[before..].to_vec(), state: rtl.state().expect("there") }
}

/// All bytes up to the final response.
fn heard(rtl: &mut Rtl, at: u64, other: &[u8]) -> Vec<(u64, u8)> {
    let (mut decoder, mut heard) = (Decoder::new(Mark::Response), Vec::new());
    for clock in 0..PATIENCE {
        let Some(byte) = rtl.raw(if clock == at { other } else { &[] }, 1).pop() else { continue };
        heard.push((clock, byte));
        if decoder.push(byte).is_some_and(|frame| frame.expect("a right CRC").code < 0xe0) {
            return heard;
        }
    }
    panic!("no answer: {heard:02x?}");
}

/// The text of an answer to GENERATE, or nothing, and the next token.
fn tokens(answer: &[(u64, u8)]) -> Vec<u16> {
    let mut decoder = Decoder::new(Mark::Response);
    let frames = answer.iter().filter_map(|(_, byte)| decoder.push(*byte));
    let words = frames.map(|frame| frame.expect("a right CRC").payload);
    words.map(|payload| u16::from_be_bytes([payload[0], payload[1]])).collect()
}

/// What golden answers, and its state.
fn golden(image: &Image, request: &Request) -> (Vec<u16>, Vec<i16>) {
    let mut session = Session::new(&Model::new(image).expect("sound"));
    session.set_sampling(TEMPERATURE, SEED);
    let mut feed = |token: u16| session.feed(token, true, None).expect("in the vocabulary");
    let mut next = PROMPT.iter().map(|token| feed(*token)).last().flatten();
    let mut told = Vec::new();
    match request {
        Request::Feed { tokens, .. } => next = tokens.iter().map(|token| feed(*token)).last().flatten(),
        Request::Generate { count } => (0..*count).for_each(|_| {
            told.extend(next);
            next = feed(told[told.len() - 1]);
        }),
        other => panic!("{other:?}"),
    }
    told.extend(next);
    (told, session.state().words().to_vec())
}

/// Answer, state and clocks of this request are golden's, and remain what they are when others come in the middle of it.
fn undisturbed(image: &Image, request: Request) {
    let mut rtl = Rtl::new(&tiny(ROOM), &image.to_bytes(), &RtlOptions::default()).expect("a machine");
    let mut rng = Rng::new(44);
    let bytes = encoded(request.clone());
    let alone = went(&mut rtl, &bytes, 0, &[]);
    assert_eq!((tokens(&alone.answer), alone.state.clone()), golden(image, &request));
    assert!(alone.passes.iter().any(|(shape, _)| shape.tokens == ROOM), "{:?}", alone.passes);
    // From the request's last byte on, as long as the final answer has not begun to arrive.
    let from = BYTE * bytes.len() as u64 + BYTE;
    let to = alone.answer[alone.answer.len() - FINAL].0 - BYTE;
    for _ in 0..TIMES {
        let other = interruption(&mut rng, image.header.vocab);
        let window = to.checked_sub(from + BYTE * other.len() as u64).expect("a longer request") as usize;
        let at = from + rng.below(window) as u64;
        assert_eq!(went(&mut rtl, &bytes, at, &other), alone, "{other:02x?} in clock {at} of {request:?}");
    }
}

#[test]
fn what_arrives_during_the_passes_of_a_prompt_is_not_heard() {
    undisturbed(&image(), Request::Feed { tokens: (0..10).collect(), logits: false });
}

#[test]
fn what_arrives_while_guesses_are_made_judged_and_told_is_not_heard() {
    undisturbed(&image(), Request::Generate { count: 9 });
}

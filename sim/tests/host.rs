//! The host's protocol as `docs/host.md` fixes it, byte by byte.

use std::collections::VecDeque;

use proptest::prelude::*;
use statestream_sim::engine::{Deaf, Engine, EngineError, Listener};
use statestream_sim::host::{
    Counters, DeviceError, Event, Exchange, Frame, HostError, Info, Mark, Request, Response,
};
use statestream_sim::remote::{Line, Remote};

fn response(code: u8, payload: &[u8]) -> Vec<u8> {
    Frame { code, payload: payload.into() }.encode(Mark::Response).expect("short")
}

/// The answer of a machine that sends these bytes.
fn answer(request: Request, bytes: &[u8]) -> (Result<Response, HostError>, Vec<Event>) {
    let (mut bytes, mut events) = (bytes.iter().copied(), Vec::new());
    let outcome = Exchange::new(request).wait(10, || Ok(bytes.next()), |event| events.push(event));
    (outcome, events)
}

fn payload_of(request: Request) -> (u8, Vec<u8>) {
    let bytes = request.encode().expect("fits");
    (bytes[1], bytes[4..bytes.len() - 2].to_vec())
}

#[test]
fn every_request_is_the_bytes_of_the_table() {
    let feed = |logits| Request::Feed { tokens: vec![0x0102, 3], logits };
    let cases = [
        (Request::Info, 0x01, vec![]),
        (Request::Reset, 0x02, vec![]),
        (feed(false), 0x03, vec![0, 0, 1, 2, 0, 3]),
        (feed(true), 0x03, vec![0, 1, 1, 2, 0, 3]),
        (Request::Generate { count: 0x1234 }, 0x04, vec![0x12, 0x34]),
        (Request::Sample { temperature: 7, seed: 0x0102_0304 }, 0x05, vec![0, 7, 1, 2, 3, 4]),
        (Request::StateRead { word: 0x0001_0000, count: 2 }, 0x06, vec![0, 1, 0, 0, 0, 2]),
        (Request::StateWrite { word: 9, words: vec![0xfffe] }, 0x07, vec![0, 0, 0, 9, 0xff, 0xfe]),
        (Request::StateCommit { model_id: 0xdead_beef }, 0x08, vec![0xde, 0xad, 0xbe, 0xef]),
        (Request::StateLoad { index: 1 }, 0x09, vec![0, 1]),
        (Request::Counters, 0x0a, vec![]),
        (Request::Clear, 0x0b, vec![]),
        (Request::Group { tokens: 0x0203 }, 0x0c, vec![2, 3]),
    ];
    for (request, command, payload) in cases {
        assert_eq!(payload_of(request.clone()), (command, payload), "{request:?}");
    }
}

#[test]
fn a_request_is_full_at_252_bytes() {
    let feed = |count| Request::Feed { tokens: vec![0; count], logits: false };
    assert_eq!(payload_of(feed(Request::MAX_TOKENS)).1.len(), 252);
    let message = feed(126).encode().expect_err("too many").to_string();
    assert!(message.contains("126") && message.contains("at most 125"), "{message}");
    let write = Request::StateWrite { word: 0, words: vec![0; 125] };
    assert!(matches!(write.encode(), Err(HostError::TooMany { given: 125, most: 124, .. })));
    let read = Request::StateRead { word: 0, count: 4097 };
    assert!(matches!(read.encode(), Err(HostError::TooMany { most: 4096, .. })));
}

#[test]
fn info_is_read_field_by_field() {
    let words = [2, 4, 128, 512, 0, 9000, 40, 0, 0x10, 0, 96, 64, 0, 8000, 0xdead, 0xbeef, 10, 3];
    let payload: Vec<u8> = words.iter().flat_map(|word: &u16| word.to_be_bytes()).collect();
    let expected = Info {
        tokens_per_pass: 4,
        channel_limit: 128,
        vector_limit: 512,
        state_limit: 9000,
        parameter_limit: 40,
        boot_code: 0,
        image_base: 0x10_0000,
        channels: 96,
        last_token: 64,
        state_words: 8000,
        model_id: 0xdead_beef,
        logit_frac: 10,
        stored_states: 3,
    };
    assert_eq!(answer(Request::Info, &response(0, &payload)).0, Ok(Response::Info(expected)));
    let other = [&[0, 1], &payload[2..]].concat();
    let refused = answer(Request::Info, &response(0, &other)).0;
    assert_eq!(refused, Err(HostError::Version { found: 1, expected: 2 }));
}

#[test]
fn counters_are_read_in_order() {
    let payload: Vec<u8> = (1..=13u32).flat_map(u32::to_be_bytes).collect();
    let Ok(Response::Counters(seen)) = answer(Request::Counters, &response(0, &payload)).0 else {
        panic!("no counters");
    };
    let expected = Counters {
        cycles: 1,
        flash_busy: 2,
        bytes: 3,
        passes: 4,
        stall_epilogue: 5,
        stall_barrier: 6,
        stall_host: 7,
        crc_errors: 8,
        saturations: 9,
        last_cycles: 10,
        last_flash_busy: 11,
        drafted: 12,
        accepted: 13,
    };
    assert_eq!(seen, expected);
}

#[test]
fn events_come_before_the_final_response() {
    let stream =
        [response(0xe1, &[0, 5]), response(0xe2, &[0xff, 0xff, 0, 1]), response(0, &[0, 9])].concat();
    let (outcome, events) = answer(Request::Generate { count: 1 }, &stream);
    assert_eq!(outcome, Ok(Response::NextToken(9)));
    assert_eq!(events, [Event::Token(5), Event::Logits(vec![-1, 1])]);
}

#[test]
fn state_words_come_as_many_as_were_asked_for() {
    let read = Request::StateRead { word: 0, count: 2 };
    let full = answer(read.clone(), &response(0, &[0, 1, 0xff, 0xff])).0;
    assert_eq!(full, Ok(Response::Words(vec![1, 0xffff])));
    let short = answer(read, &response(0, &[0, 1])).0;
    assert!(matches!(short, Err(HostError::Length { found: 2, expected: 4, .. })));
}

#[test]
fn every_code_of_the_table_is_an_error_with_its_name() {
    let address = [0, 0x10, 0x20, 0x30];
    let cases = [
        (0x01, &[][..], "FRAME"),
        (0x02, &[], "COMMAND"),
        (0x03, &[], "LENGTH"),
        (0x04, &[0, 0x12, 0, 0x10, 0, 0], "NOT_READY"),
        (0x05, &[], "STATE"),
        (0x06, &[], "TOKEN"),
        (0x07, &[], "RANGE"),
        (0x08, &[], "MODEL"),
        (0x10, &address, "CRC: the record at 0x102030"),
        (0x11, &address, "SECTION"),
        (0x12, &address, "MAGIC"),
        (0x13, &address, "VERSION"),
        (0x14, &address, "SIZE"),
    ];
    for (code, payload, name) in cases {
        let message = answer(Request::Reset, &response(code, payload)).0.expect_err("an error").to_string();
        assert!(message.contains(&format!("the machine answers: {name}")), "{message}");
    }
    let crc = answer(Request::Reset, &response(0x10, &address)).0;
    assert_eq!(crc, Err(HostError::Device(DeviceError::Crc(0x10_2030))));
}

#[test]
fn what_is_no_answer_says_what_it_is() {
    for code in [0x09, 0x20, 0xdf, 0xe0, 0xff] {
        let seen = answer(Request::Reset, &response(code, &[1])).0;
        assert_eq!(seen, Err(HostError::Code { code, length: 1 }));
    }
    let odd = answer(Request::Reset, &response(0xe2, &[1, 2, 3])).0;
    assert!(matches!(odd, Err(HostError::Length { found: 3, expected: 2, .. })));
}

#[test]
fn silence_is_a_timeout_that_names_the_request() {
    let half = &response(0, &[0, 9])[..4];
    let message = answer(Request::Generate { count: 1 }, half).0.expect_err("silence").to_string();
    assert!(message.contains("10 clocks after 4 bytes of the answer to GENERATE"), "{message}");
}

/// A machine that has answered already.
struct Replay(VecDeque<u8>);

impl Line for Replay {
    fn name(&self) -> &'static str {
        "replay"
    }

    fn send(&mut self, _: &[u8]) -> Result<(), EngineError> {
        Ok(())
    }

    fn receive(&mut self, _: &mut dyn Listener) -> Result<Option<u8>, EngineError> {
        Ok(self.0.pop_front())
    }

    fn expect(&mut self, _: u32) {}

    fn patience(&self) -> u64 {
        10
    }

    fn is_traced(&self) -> bool {
        false
    }
}

/// INFO of a machine with a vocabulary of two.
fn info() -> Vec<u8> {
    let words = [2, 1, 4, 4, 0, 4, 4, 0, 0, 0, 2, 1, 0, 1, 0, 0, 8, 1];
    response(0, &words.iter().flat_map(|word: &u16| word.to_be_bytes()).collect::<Vec<u8>>())
}

#[test]
fn an_event_that_the_line_lost_is_an_error_though_the_final_answer_is_whole() {
    let (logits, token) = (response(0xe2, &[0, 5, 0, 6]), response(0xe1, &[0, 1]));
    let done = response(0, &[0, 1]);
    let machine = |answers: [&[u8]; 3]| {
        let bytes = [&info(), answers[0], answers[1], answers[2]].concat();
        Remote::connect(Replay(bytes.into())).expect("it tells what it is")
    };
    let fed = machine([&logits, &logits, &done]).feed(&[0, 1], true, &mut Deaf).expect("whole");
    assert_eq!((fed.next, fed.logits), (1, vec![vec![5, 6]; 2]));
    let error = machine([&logits, &[], &done]).feed(&[0, 1], true, &mut Deaf).expect_err("one of two");
    assert!(error.to_string().starts_with("1 of 2 tokens' logits came"), "{error}");
    assert_eq!(machine([&token, &token, &done]).generate(2, &mut Deaf).expect("whole"), [1, 1]);
    let error = machine([&[], &token, &done]).generate(2, &mut Deaf).expect_err("one of two");
    assert!(error.to_string().starts_with("1 of 2 tokens came"), "{error}");
}

proptest! {
    #[test]
    fn arbitrary_bytes_end_in_an_answer_or_an_error(bytes in prop::collection::vec(any::<u8>(), 0..500)) {
        let _ = answer(Request::Info, &bytes);
    }

    #[test]
    fn arbitrary_frames_end_in_an_answer_or_an_error(code: u8, payload in prop::collection::vec(any::<u8>(), 0..60)) {
        for request in [Request::Info, Request::Counters, Request::Generate { count: 1 }, Request::Clear] {
            let _ = answer(request, &response(code, &payload));
        }
    }
}

//! The host block's emitted Verilog over its serial line, with a stand-in for the core.

mod bench;
mod core_model;
mod pins;
mod serial;

use bench::*;
use core_model::{counter, logit, successor, Asked, ADDRESS, MODEL};
use pins::LIMITS;
use serial::{frame, reply, Reply};
use statestream_image::rng::Rng;

#[test]
fn info_tells_the_configuration_and_the_image() {
    let mut bench = Bench::new();
    let mut expected = words(&[2, 8, 128, 2048, 1, 0x2000, 44, 0, 0x10, 0, 96, VOCAB - 1]);
    expected.extend((WORDS as u32).to_be_bytes());
    expected.extend(MODEL.to_be_bytes());
    expected.extend(words(&[8, 3]));
    assert_eq!(expected.len(), 36);
    assert_eq!(bench.response(INFO, &[]), (0, expected));
}

#[test]
fn whoever_did_not_ask_info_since_power_up_is_told_so() {
    let mut bench = Bench::strange(LIMITS.uart_divisor);
    let unknown = (4, vec![0; 6]);
    for (command, payload) in [(RESET, vec![]), (FEED, words(&[0, 5])), (STATE_LOAD, words(&[2]))] {
        assert_eq!(bench.response(command, &payload).0, unknown.0, "{command}");
    }
    assert_eq!(bench.response(CLEAR, &[]), (0, vec![]));
    assert_eq!(bench.core.asked, [Asked::Clear]);
    assert_eq!(bench.response(INFO, &[]).0, 0);
    assert_eq!(bench.response(RESET, &[]), (0, vec![]));
}

#[test]
fn counters_are_read_in_order_and_cleared() {
    let mut bench = Bench::new();
    let expected: Vec<u8> = (0..13).flat_map(|k| counter(k).to_be_bytes()).collect();
    assert_eq!(bench.response(COUNTERS, &[]), (0, expected));
    assert_eq!(bench.response(CLEAR, &[]), (0, vec![]));
    assert_eq!(bench.core.asked, [Asked::Clear]);
}

#[test]
fn reset_and_load_bring_stored_states() {
    let mut bench = Bench::new();
    assert_eq!(bench.response(RESET, &[]), (0, vec![]));
    assert_eq!(bench.response(STATE_LOAD, &words(&[2])), (0, vec![]));
    assert_eq!(bench.response(STATE_LOAD, &words(&[3])), (7, vec![]));
    assert_eq!(bench.core.asked, [Asked::Load(0), Asked::Load(2)]);
}

#[test]
fn feed_runs_a_pass_per_token_and_only_the_last_reaches_the_head() {
    let mut bench = Bench::fed();
    assert_eq!(bench.response(FEED, &words(&[0, 5, 49, 17])), (0, words(&[successor(17, VOCAB)])));
    let pass = |token, head| Asked::Pass { tokens: vec![token], head, stream: false };
    assert_eq!(bench.core.asked, [pass(5, false), pass(49, false), pass(17, true)]);
}

#[test]
fn tokens_share_a_pass_as_far_as_there_is_room() {
    for group in 2..=6 {
        let mut bench = Bench::fed();
        bench.core.group = group;
        let tokens: Vec<u16> = (10..21).collect();
        let fed = bench.response(FEED, &words(&[&[0], &tokens[..]].concat()));
        assert_eq!(fed, (0, words(&[successor(20, VOCAB)])));
        let pass = |chunk: &[u16]| {
            let head = chunk.contains(&20);
            Asked::Pass { tokens: chunk.to_vec(), head, stream: false }
        };
        assert_eq!(bench.core.asked, tokens.chunks(group).map(pass).collect::<Vec<_>>());
    }
}

#[test]
fn the_logits_of_tokens_that_share_a_pass_share_an_event() {
    let mut bench = Bench::fed();
    bench.core.group = 3;
    let (events, response) = bench.ask(FEED, &words(&[1, 3, 4, 5, 6, 7]));
    let lengths: Vec<usize> = events.iter().map(|event| event.payload.len()).collect();
    assert_eq!(lengths, [3, 2].map(|tokens| tokens * 2 * usize::from(VOCAB)));
    let all: Vec<u8> = (1..=3 * usize::from(VOCAB)).rev().flat_map(|k| logit(k).to_be_bytes()).collect();
    assert_eq!(events[0], Reply { code: 0xE2, payload: all });
    assert_eq!(response, Reply { code: 0, payload: words(&[successor(7, VOCAB)]) });
}

#[test]
fn logits_that_one_event_could_not_hold_are_asked_for_token_by_token() {
    for (vocab, passes) in [(2047, 1), (2048, 2)] {
        let mut bench = Bench::fed();
        (bench.core.group, bench.core.vocab) = (8, vocab);
        bench.send(&frame(0xA5, FEED, &words(&[1, 3, 4])));
        bench.idle(200);
        let Asked::Pass { tokens, .. } = &bench.core.asked[0] else { panic!("{:?}", bench.core.asked) };
        assert_eq!(tokens.len(), 2 / passes, "{vocab}");
    }
}

#[test]
fn guesses_that_were_right_are_sent_after_their_pass_and_counted() {
    for (group, right, count) in [(4, 3, 10), (4, 1, 7), (8, 7, 8), (8, 0, 3), (2, 1, 1)] {
        let mut bench = Bench::fed();
        (bench.core.group, bench.core.right) = (group, right);
        let (events, response) = bench.ask(GENERATE, &words(&[count]));
        let text: Vec<u16> = std::iter::successors(Some(9), |t| Some(successor(*t, VOCAB)))
            .take(usize::from(count) + 1)
            .collect();
        let (next, text) = text.split_last().unwrap();
        let sent: Vec<_> = text.iter().map(|t| Reply { code: 0xE1, payload: words(&[*t]) }).collect();
        assert_eq!(events, sent);
        assert_eq!(response, Reply { code: 0, payload: words(&[*next]) });
        let kept = right.min(group - 1) + 1;
        let first = |at: usize| Asked::Write { token: text[at], room: (text.len() - at - 1).min(15) };
        let passes: Vec<_> = (0..text.len()).step_by(kept).map(first).collect();
        assert_eq!(bench.core.asked, passes, "group {group}, {right} right, {count}");
    }
}

#[test]
fn a_group_is_at_most_what_the_machine_has_and_zero_means_that() {
    let mut bench = Bench::fed();
    for group in [0, 1, 7, 8] {
        assert_eq!(bench.response(GROUP, &words(&[group])), (0, vec![]));
    }
    for group in [9, 16, 0xFFFF] {
        assert_eq!(bench.response(GROUP, &words(&[group])), (7, vec![]), "{group}");
    }
    assert_eq!(bench.core.asked, [0, 1, 7, 8].map(Asked::Group));
}

#[test]
fn feed_with_the_flag_sends_the_logits_of_every_token() {
    let mut bench = Bench::fed();
    let (events, response) = bench.ask(FEED, &words(&[1, 3, 4]));
    let logits: Vec<u8> = (1..=usize::from(VOCAB)).rev().flat_map(|k| logit(k).to_be_bytes()).collect();
    let event = Reply { code: 0xE2, payload: logits };
    assert_eq!(events, [event.clone(), event]);
    assert_eq!(response, Reply { code: 0, payload: words(&[successor(4, VOCAB)]) });
    let pass = |token| Asked::Pass { tokens: vec![token], head: true, stream: true };
    assert_eq!(bench.core.asked, [pass(3), pass(4)]);
}

#[test]
fn generate_sends_each_token_while_its_pass_runs() {
    for clocks in [5, 3000] {
        let mut bench = Bench::fed();
        bench.core.clocks = clocks;
        let (events, response) = bench.ask(GENERATE, &words(&[4]));
        let tokens: Vec<u16> =
            std::iter::successors(Some(9), |t| Some(successor(*t, VOCAB))).take(5).collect();
        let sent: Vec<_> = tokens[..4].iter().map(|t| Reply { code: 0xE1, payload: words(&[*t]) }).collect();
        assert_eq!(events, sent);
        assert_eq!(response, Reply { code: 0, payload: words(&tokens[4..]) });
        let passes = tokens[..4].iter().enumerate();
        let passes = passes.map(|(at, token)| Asked::Write { token: *token, room: 3 - at });
        assert_eq!(bench.core.asked, passes.collect::<Vec<_>>());
    }
}

#[test]
fn generate_of_nothing_repeats_the_next_token() {
    let mut bench = Bench::fed();
    assert_eq!(bench.response(GENERATE, &words(&[0])), (0, words(&[9])));
    assert_eq!(bench.core.asked, []);
}

#[test]
fn sample_sets_temperature_and_seed() {
    let mut bench = Bench::new();
    assert_eq!(bench.response(SAMPLE, &words(&[0x8123, 0x4567, 0x89AB])), (0, vec![]));
    let temperature = 0x8123_u16 as i16;
    assert_eq!(bench.core.asked, [Asked::Sampling { temperature, seed: 0x4567_89AB }]);
}

#[test]
fn state_is_read_written_and_committed() {
    let mut bench = Bench::fed();
    let last = WORDS as u32 - 3;
    assert_eq!(bench.response(STATE_WRITE, &range(last, &[1, 0x8000, 0xFFFF])), (0, vec![]));
    assert_eq!(bench.response(FEED, &words(&[0, 1])), (5, vec![]));
    assert_eq!(bench.response(GENERATE, &words(&[1])), (5, vec![]));
    assert_eq!(bench.response(STATE_COMMIT, &(MODEL ^ 1 << 24).to_be_bytes()), (8, vec![]));
    assert_eq!(bench.response(STATE_COMMIT, &MODEL.to_be_bytes()), (0, vec![]));
    assert_eq!(bench.response(STATE_READ, &range(last - 1, &[4])).1[2..], words(&[1, 0x8000, 0xFFFF]));
    assert_eq!(bench.response(STATE_READ, &range(last, &[0])), (0, vec![]));
    let written = [(0, 1), (1, i16::MIN), (2, -1)].map(|(k, word)| Asked::Word(last + k, word));
    assert_eq!(bench.core.asked[0], Asked::Invalidate);
    assert_eq!(bench.core.asked[1..4], written);
    assert_eq!(bench.core.asked[4..], [Asked::Commit]);
}

#[test]
fn the_largest_read_is_answered_and_a_larger_one_refused() {
    let mut bench = Bench::new();
    let expected: Vec<u8> = bench.core.state[904..].iter().flat_map(|word| word.to_be_bytes()).collect();
    assert_eq!(bench.response(STATE_READ, &range(904, &[4096])), (0, expected));
    assert_eq!(bench.response(STATE_READ, &range(0, &[4097])), (7, vec![]));
}

#[test]
fn ranges_outside_the_state_are_refused_before_anything_is_written() {
    let mut bench = Bench::fed();
    let end = WORDS as u32;
    for start in [end, end - 1, 0x000F_FFFF, 0x0010_0000, 0x8000_0000, 0xFFFF_FFFF] {
        assert_eq!(bench.response(STATE_WRITE, &range(start, &[1, 2])), (7, vec![]), "write at {start:x}");
        assert_eq!(bench.response(STATE_READ, &range(start, &[2])), (7, vec![]), "read at {start:x}");
    }
    assert_eq!(bench.core.asked, []);
}

#[test]
fn one_token_outside_the_vocabulary_refuses_the_whole_feed() {
    let mut bench = Bench::fed();
    for tokens in [[0, VOCAB, 1], [0, 1, VOCAB], [1, 1, 0xFFFF]] {
        assert_eq!(bench.response(FEED, &words(&tokens)), (6, vec![]));
    }
    bench.core.token = None;
    assert_eq!(bench.response(GENERATE, &words(&[1])), (6, vec![]));
    assert_eq!(bench.core.asked, []);
}

#[test]
fn every_wrong_length_and_unknown_command_is_refused() {
    let mut bench = Bench::fed();
    let right: [&[usize]; 13] =
        [&[], &[0], &[0], &[4, 6, 8], &[2], &[6], &[6], &[6, 8], &[4], &[2], &[0], &[0], &[2]];
    for command in 1..=12_u8 {
        for length in (0..10).filter(|length| !right[usize::from(command)].contains(length)) {
            let answer = bench.response(command, &vec![0; length]);
            assert_eq!(answer, (3, vec![]), "command {command}, length {length}");
        }
    }
    for command in [0, 13, 0x13, 0x81, 0xFF] {
        assert_eq!(bench.response(command, &[]), (2, vec![]), "command {command}");
    }
    assert_eq!(bench.core.asked, []);
}

#[test]
fn without_an_image_only_the_commands_that_need_none_work() {
    let mut bench = Bench::fed();
    bench.core.boot_code = 0x12;
    let not_ready = [words(&[0x12]), ADDRESS.to_be_bytes().to_vec()].concat();
    for (command, payload) in [
        (RESET, vec![]),
        (FEED, words(&[0, 1])),
        (GENERATE, words(&[1])),
        (SAMPLE, words(&[1, 2, 3])),
        (STATE_READ, range(0, &[1])),
        (STATE_WRITE, range(0, &[1])),
        (STATE_COMMIT, MODEL.to_be_bytes().to_vec()),
        (STATE_LOAD, words(&[0])),
        (GROUP, words(&[1])),
    ] {
        assert_eq!(bench.response(command, &payload), (4, not_ready.clone()), "command {command}");
    }
    assert_eq!(bench.response(INFO, &[]).1[14..16], [0, 0x12]);
    assert_eq!(bench.response(COUNTERS, &[]).0, 0);
    assert_eq!(bench.response(CLEAR, &[]).0, 0);
    assert_eq!(bench.core.asked, [Asked::Clear]);
}

#[test]
fn a_request_before_the_end_of_the_boot_is_answered_after_it() {
    let mut bench = Bench::new();
    bench.core.ready = false;
    bench.send(&frame(0xA5, RESET, &[]));
    bench.idle(5000);
    assert_eq!((bench.serial.received.len(), bench.core.asked.len()), (0, 0));
    bench.core.ready = true;
    assert_eq!(bench.next(), Reply { code: 0, payload: vec![] });
}

#[test]
fn an_error_of_the_core_ends_the_command_with_its_address() {
    let address = ADDRESS.to_be_bytes().to_vec();
    for code in [0x10, 0x11] {
        let mut bench = Bench::fed();
        bench.core.fault = Some((1, code));
        assert_eq!(bench.response(FEED, &words(&[0, 1, 2, 3])), (code, address.clone()));
        assert_eq!(bench.core.asked.len(), 2);
        assert_eq!(bench.response(GENERATE, &words(&[1])), (5, vec![]));
        bench.core.fault = Some((0, code));
        assert_eq!(bench.response(RESET, &[]), (code, address.clone()));
        bench.core.fault = Some((2, code));
        assert_eq!(bench.response(RESET, &[]), (0, vec![]));
        bench.core.token = Some(3);
        let (events, response) = bench.ask(GENERATE, &words(&[9]));
        assert_eq!(events.len(), 2);
        assert_eq!(response, Reply { code, payload: address.clone() });
    }
}

#[test]
fn an_error_among_the_logits_still_ends_the_event_and_the_command() {
    for logits in [0, 1, 20] {
        let mut bench = Bench::fed();
        bench.core.fault = Some((0, 0x10));
        bench.core.logits_before_fault = logits;
        let (events, response) = bench.ask(FEED, &words(&[1, 2, 3]));
        assert_eq!(events.len(), logits.min(1));
        assert!(events.iter().all(|event| event.payload.len() == 2 * usize::from(VOCAB)));
        assert_eq!(response.code, 0x10);
    }
}

#[test]
fn a_wrong_crc_is_answered_and_nothing_is_done() {
    let mut bench = Bench::fed();
    let right = frame(0xA5, FEED, &words(&[0, 1]));
    // Flips in the length leave the frame without an end, or with too early a one: they are another test's.
    for at in (8..16).chain(32..80) {
        let mut wrong = right.clone();
        wrong[at / 8] ^= 1 << (at % 8);
        bench.send(&wrong);
        assert_eq!(bench.next(), Reply { code: 1, payload: vec![] }, "bit {at}");
    }
    assert_eq!(bench.core.asked, []);
}

#[test]
fn a_frame_that_pauses_is_dropped() {
    let mut bench = Bench::fed();
    let whole = frame(0xA5, FEED, &words(&[0, 1]));
    for length in 1..8 {
        bench.send(&whole[..length]);
        bench.idle((1 << 16) + 100);
        bench.still_answers();
    }
    bench.send(&whole[..5]);
    bench.idle((1 << 16) - 200);
    bench.send(&whole[5..]);
    assert_eq!(bench.next().code, 0);
}

#[test]
fn an_overlong_frame_is_refused_when_the_line_pauses() {
    for length in [253_u16, 0xFF00] {
        let mut bench = Bench::fed();
        bench.send(&[&[0xA5, FEED][..], &length.to_be_bytes(), &frame(0xA5, CLEAR, &[]).repeat(30)].concat());
        assert_eq!(bench.next(), Reply { code: 3, payload: vec![] });
        bench.still_answers();
        assert_eq!(bench.core.asked, []);
    }
}

#[test]
fn the_longest_frame_is_understood() {
    let mut bench = Bench::fed();
    let start = 1000;
    let list: Vec<u16> = (0..124).map(|k| k * 529).collect();
    assert_eq!(bench.response(STATE_WRITE, &range(start, &list)), (0, vec![]));
    assert_eq!(bench.core.asked.len(), 125);
    assert_eq!(bench.response(STATE_READ, &range(start, &[124])).1, words(&list));
}

#[test]
fn bytes_between_frames_and_during_a_command_are_ignored() {
    let mut bench = Bench::fed();
    bench.send(&[0, 0xFF, 0x5A, 0x01]);
    bench.still_answers();
    bench.core.clocks = 20_000;
    bench.send(&frame(0xA5, FEED, &words(&[0, 1])));
    bench.send(&frame(0xA5, RESET, &[]));
    assert_eq!(bench.next().code, 0);
    bench.still_answers();
    assert_eq!(bench.core.asked.len(), 1);
}

#[test]
fn a_request_right_behind_a_response_is_answered_too() {
    let mut bench = Bench::new();
    for _ in 0..20 {
        assert_eq!(bench.response(CLEAR, &[]), (0, vec![]));
    }
    assert_eq!(bench.core.asked.len(), 20);
}

#[test]
fn no_noise_makes_the_core_do_anything_or_stops_the_host() {
    let mut random = Rng::new(11);
    let mut bench = Bench::fed();
    for _ in 0..20 {
        let levels: Vec<bool> = (0..2000).map(|_| random.one_in(2)).collect();
        bench.serial.send_levels(levels);
        let bytes: Vec<u8> =
            (0..200).map(|_| if random.one_in(6) { 0xA5 } else { random.below(12) as u8 }).collect();
        bench.send(&bytes);
        bench.idle((1 << 16) + 2000);
        while reply(&mut bench.serial.received).is_some_and(|answer| answer.code != 0) {}
        bench.still_answers();
    }
    assert_eq!(bench.core.asked, []);
}

#[test]
fn other_bit_times_work() {
    for divisor in [5, 16, 217] {
        let mut bench = Bench::with_divisor(divisor);
        assert_eq!(bench.response(SAMPLE, &words(&[1, 2, 3])), (0, vec![]));
    }
}

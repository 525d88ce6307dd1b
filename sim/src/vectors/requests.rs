//! What a host may ask besides texts, and what is refused.

use statestream_image::config::Config;
use statestream_image::layout::Image;
use statestream_image::testing::small;

use super::{answers, image, same, Bed, Played, Watched};
use crate::cycles::pass_times;
use crate::flash::Flash;
use crate::host::{crc, Counters, Decoder, DeviceError, Frame, HostError, Info, Mark, Request, Response};
use crate::rtl::Rtl;
use crate::stimulus::{ask, Action};

type Answer = Result<Response, HostError>;

/// A counter is exact so many clocks after its last event (docs/host.md).
const LAG: u64 = 52;

const DONE: Answer = Ok(Response::Done);

pub(super) fn refusal(error: DeviceError) -> Answer {
    Err(HostError::Device(error))
}

pub(super) fn feed(tokens: &[u16]) -> Request {
    Request::Feed { tokens: tokens.into(), logits: false }
}

fn frame(code: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = vec![Mark::Request.byte(), code];
    bytes.extend((payload.len() as u16).to_be_bytes());
    bytes.extend(payload);
    bytes.extend(crc(&bytes[1..]).to_be_bytes());
    bytes
}

/// The codes of the answers to raw bytes.
pub(super) fn codes(rtl: &mut Rtl, bytes: &[u8], clocks: u64) -> Vec<Option<u8>> {
    let mut decoder = Decoder::new(Mark::Response);
    let heard = rtl.raw(bytes, clocks);
    let frames = heard.into_iter().filter_map(|byte| decoder.push(byte));
    frames.map(|frame: Result<Frame, HostError>| frame.ok().map(|frame| frame.code)).collect()
}

/// What INFO must say.
pub(super) fn info(config: &Config, image: &Image) -> Info {
    let header = &image.header;
    Info {
        tokens_per_pass: config.tokens as u16,
        channel_limit: config.h_words as u16,
        vector_limit: config.vector_words as u16,
        state_limit: config.state_words as u32,
        parameter_limit: config.param_words as u16,
        boot_code: 0,
        image_base: config.flash_base,
        channels: header.d as u16,
        last_token: (header.vocab - 1) as u16,
        state_words: header.state_words as u32,
        model_id: header.model_id,
        logit_frac: header.logit_frac as u16,
        stored_states: header.states as u16,
    }
}

pub(super) fn requests(bed: &dyn Bed) -> Played {
    let image = image(bed.config(), 6, &small());
    let mut watched = Watched::new(bed, &image)?;
    let rtl = &mut watched.bench.engine;
    answers(rtl, Request::Info, &Ok(Response::Info(info(bed.config(), &image))))?;
    answers(rtl, Request::Generate { count: 1 }, &refusal(DeviceError::Token))?;
    damaged(rtl)?;
    for token in [11, 12, 16, 0x0101, 0x1000, 0x8001, 0xffff] {
        answers(rtl, feed(&[1, token, 2]), &refusal(DeviceError::Token))?;
    }
    same("passes", 0, rtl.counters()?.passes)?;
    watched.bench.run(&[Action::Feed { tokens: vec![10, 0, 3], logits: false }, Action::Generate(1)])?;
    let next = Ok(next(&mut watched));
    answers(&mut watched.bench.engine, Request::Generate { count: 0 }, &next)?;
    watched.bench.act(&Action::Reset)?;
    answers(&mut watched.bench.engine, Request::Generate { count: 0 }, &refusal(DeviceError::Token))?;
    watched.bench.act(&Action::Feed { tokens: vec![4], logits: true })?;
    watched.finish(false)
}

/// What golden would write next.
pub(super) fn next(watched: &mut Watched) -> Response {
    Response::NextToken(watched.bench.lockstep.session().next_token().unwrap_or_default())
}

/// Requests that are none have their codes.
fn damaged(rtl: &mut Rtl) -> Played {
    let mut wrong = frame(3, &[0, 0, 0, 1]);
    wrong[7] ^= 1;
    let mut wrong_end = frame(1, &[]);
    wrong_end[5] ^= 0x80;
    let lengths: [(u8, &[u8]); 20] = [
        (1, &[0]),
        (2, &[0, 0]),
        (3, &[]),
        (3, &[0]),
        (3, &[0, 0]),
        (3, &[0, 0, 1]),
        (4, &[0]),
        (4, &[0, 0, 0]),
        (5, &[0, 0, 0, 0, 0]),
        (5, &[0; 7]),
        (6, &[0; 5]),
        (6, &[0; 8]),
        (7, &[0; 4]),
        (7, &[0; 5]),
        (8, &[0; 3]),
        (8, &[0; 6]),
        (9, &[0]),
        (10, &[0, 0]),
        (11, &[0]),
        (12, &[0, 1, 0]),
    ];
    same("a wrong CRC", vec![Some(1)], codes(rtl, &wrong, 2000))?;
    same("a wrong CRC of nothing", vec![Some(1)], codes(rtl, &wrong_end, 2000))?;
    for code in [0, 13, 14, 16, 32, 0x43, 0x83, 0xff] {
        same("no command", vec![Some(2)], codes(rtl, &frame(code, &[]), 2000))?;
    }
    for (code, payload) in lengths {
        let bytes = frame(code, payload);
        let what = format!("command {code} with {} bytes", payload.len());
        same(&what, vec![Some(3)], codes(rtl, &bytes, 1600 + 80 * bytes.len() as u64))?;
    }
    same("no frame", vec![], codes(rtl, &[0x5a, 0, 0xff, 0x25, 0xa4], 1500))
}

pub(super) fn states(bed: &dyn Bed) -> Played {
    let image = image(bed.config(), 8, &small());
    let mut watched = Watched::new(bed, &image)?;
    watched.bench.run(&[Action::Feed { tokens: vec![1, 2, 3, 4, 5], logits: false }, Action::Reload])?;
    watched.bench.run(&[Action::Feed { tokens: vec![6], logits: false }, Action::LoadStored(1)])?;
    let golden = watched.bench.state()?;
    let rtl = &mut watched.bench.engine;
    refused(rtl, image.header.state_words as u32, image.header.model_id)?;
    partial(rtl, &golden)?;
    // every word of golden's is still there: all that was refused wrote nothing
    rewritten(rtl, &golden, image.header.model_id)?;
    watched.bench.run(&[Action::Reset, Action::LoadStored(1)])?;
    watched.bench.run(&[Action::Feed { tokens: vec![9, 8], logits: false }, Action::Generate(2)])?;
    watched.finish(true)
}

/// Words and states outside the image's, and other models'.
fn refused(rtl: &mut Rtl, words: u32, id: u32) -> Played {
    let range = refusal(DeviceError::Range);
    let ends =
        [(words, 1), (words - 1, 2), (0, words as u16 + 1), (0x1_0000, 1), (0x8000_0000, 1), (u32::MAX, 1)];
    for (word, count) in ends {
        answers(rtl, Request::StateRead { word, count }, &range)?;
        let zeros = vec![0; usize::from(count.min(3))];
        if word + zeros.len() as u32 > words || word >= words {
            answers(rtl, Request::StateWrite { word, words: zeros }, &range)?;
        }
    }
    for index in [2, 3, 4, 0x100, 0x8001, 0xffff] {
        answers(rtl, Request::StateLoad { index }, &range)?;
    }
    for bit in [0, 7, 8, 15, 16, 23, 24, 31] {
        answers(rtl, Request::StateCommit { model_id: id ^ 1 << bit }, &refusal(DeviceError::Model))?;
    }
    Ok(())
}

/// Some words, from inside.
fn partial(rtl: &mut Rtl, golden: &[i16]) -> Played {
    for (word, count) in [(3usize, 5usize), (golden.len() - 1, 1), (64, 2), (17, 0)] {
        let words = golden[word..word + count].iter().map(|word| *word as u16).collect();
        let request = Request::StateRead { word: word as u32, count: count as u16 };
        answers(rtl, request, &Ok(Response::Words(words)))?;
    }
    Ok(())
}

/// A word is written; the state is invalid until the image's id comes, and the words are those written.
fn rewritten(rtl: &mut Rtl, golden: &[i16], id: u32) -> Played {
    let invalid = refusal(DeviceError::State);
    answers(rtl, Request::StateWrite { word: 5, words: vec![0x8001, 0x7ffe, 0x5a5a] }, &DONE)?;
    answers(rtl, feed(&[1]), &invalid)?;
    answers(rtl, Request::Generate { count: 1 }, &invalid)?;
    answers(rtl, Request::StateCommit { model_id: !id }, &refusal(DeviceError::Model))?;
    answers(rtl, feed(&[1]), &invalid)?;
    answers(rtl, Request::StateCommit { model_id: id }, &DONE)?;
    let words = [&golden[4..5], &[0x8001_u16 as i16, 0x7ffe, 0x5a5a], &golden[8..9]].concat();
    let words = words.iter().map(|word| *word as u16).collect();
    answers(rtl, Request::StateRead { word: 4, count: 5 }, &Ok(Response::Words(words)))?;
    answers(rtl, Request::Generate { count: 1 }, &refusal(DeviceError::Token))
}

/// Counters count from CLEAR on, clocks and bytes among them.
pub(super) fn counters(bed: &dyn Bed) -> Played {
    let image = image(bed.config(), 9, &small());
    let mut watched = Watched::new(bed, &image)?;
    watched.bench.act(&Action::Feed { tokens: vec![1, 2, 3, 4, 5, 6], logits: false })?;
    watched.settle(true)?;
    waits(&mut watched)?;
    answers(&mut watched.bench.engine, Request::Clear, &DONE)?;
    let clear = watched.bench.engine.counters()?;
    let kept = Counters {
        cycles: clear.cycles,
        last_cycles: clear.last_cycles,
        last_flash_busy: clear.last_flash_busy,
        ..Counters::default()
    };
    same("counters after CLEAR", kept, clear)?;
    clocks(&mut watched)?;
    bytes(&mut watched)?;
    answers(&mut watched.bench.engine, Request::Clear, &DONE)?;
    same("a cleared counter of passes", 0, watched.bench.engine.counters()?.passes)
}

/// What the tape waited for is what the cycle model says.
fn waits(watched: &mut Watched) -> Played {
    let counted = watched.bench.engine.counters()?;
    let passes = watched.bench.engine.passes().iter();
    let times = passes.filter_map(|(shape, _)| pass_times(&watched.image, &watched.config, *shape));
    let sum = times.fold([0; 2], |[a, b], times| [a + times.epilogue as u32, b + times.barrier as u32]);
    same("waits for the epilogue and for barriers", sum, [counted.stall_epilogue, counted.stall_barrier])?;
    same("waits for the host", 0, counted.stall_host)
}

/// From one answer to the next the counter counts what passed; each count is up to [`LAG`] clocks old.
fn clocks(watched: &mut Watched) -> Played {
    let rtl = &mut watched.bench.engine;
    let counted = |rtl: &mut Rtl| match ask(rtl, Request::Counters)? {
        Response::Counters(counters) => Ok((u64::from(counters.cycles), rtl.cycles())),
        _ => Err(super::Wrong("no counters".into())),
    };
    let (before, started) = counted(rtl)?;
    for wait in [1, 500, 33_000] {
        rtl.raw(&[], wait);
        let (after, ended) = counted(rtl)?;
        let passed = ended - started;
        same(
            "clocks, from one answer to the next, too many or too few",
            false,
            passed.abs_diff(after - before) > LAG,
        )?;
    }
    Ok(())
}

/// A pass takes the bytes of its tokens' embeddings and of the tape, and what the flash sent ahead of a seek; all of them were counted. Passes
/// begin a clock earlier or later after the request before them.
fn bytes(watched: &mut Watched) -> Played {
    let sent =
        |watched: &Watched| watched.bench.engine.flashes().iter().map(Flash::nibbles).sum::<u64>() as u32;
    let (before, started) = (watched.bench.engine.counters()?, sent(watched));
    let mut least = 0;
    for tokens in [&[2, 3, 1][..], &[4], &[5, 6], &[1, 2], &[3], &[7, 0, 8]] {
        let last = sent(watched);
        watched.bench.engine.raw(&[], 1);
        watched.bench.act(&Action::Feed { tokens: tokens.into(), logits: false })?;
        let after = watched.bench.engine.counters()?;
        let (header, bits) = (&watched.image.header, watched.config.flash.bits() as u32);
        let (all, counted) = (sent(watched) - started, after.bytes - before.bytes);
        least += (tokens.len() * (2 * header.d + 4) + watched.image.tape_bytes()) as u32;
        same("bytes of the passes", all / 2, counted)?;
        same("bytes of the passes, fewer than their records", false, counted < least)?;
        same("clocks in which they came", all * 4 / bits, after.flash_busy - before.flash_busy)?;
        same("the same of the last pass", (sent(watched) - last) * 4 / bits, after.last_flash_busy)?;
        let clocks = watched.bench.engine.passes().last().map_or(0, |(_, clocks)| *clocks as u32);
        same("clocks of the last pass", clocks, after.last_cycles)?;
    }
    Ok(())
}

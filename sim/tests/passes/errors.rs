//! Damaged records in passes of several tokens: the exact address, no token, an invalid state, and a machine that goes on after a
//! reset. A damaged draft table costs guesses and nothing else.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use statestream_image::layout::{Draft, Image, Kind};
use statestream_image::records::{slot_bytes, Record, DRAFT_AT};
use statestream_image::testing::{random_draft, random_image, small};
use statestream_sim::engine::{Ended, Engine, Feed, Listener, Reported};
use statestream_sim::host::{DeviceError, HostError, Request, Response};
use statestream_sim::lockstep::Lockstep;
use statestream_sim::rtl::{Rtl, RtlOptions};
use statestream_sim::stimulus::{ask, Action, Bench};

use crate::{good, tiny};

/// Tokens per pass.
const ROOM: usize = 4;
/// Two passes, one of them full, of tokens that are all different.
const PROMPT: [u16; 7] = [3, 1, 4, 0, 5, 9, 2];

fn image() -> Image {
    let mut image = random_image(51, &small());
    random_draft(&mut image, 51, 8);
    image
}

/// The machine with one bit of this byte wrong.
fn damaged(image: &Image, byte: usize, bit: u8) -> Bench<Rtl> {
    let options = RtlOptions { corrupt: Some((byte, bit)), ..RtlOptions::default() };
    good(Bench::rtl(&tiny(ROOM), image, &options, &format!("bit {bit} of byte {byte}")))
}

fn at(image: &Image, record: Record) -> usize {
    image.records().iter().find(|span| span.record == record).expect("in the image").at
}

/// The prompt ends at this record, after so many kept tokens; until a reset nothing works.
fn stops(bench: &mut Bench<Rtl>, address: usize, kept: u64) {
    let address = tiny(ROOM).flash_base + address as u32;
    let before = bench.lockstep.tokens();
    let error = bench.feed(&PROMPT, false).expect_err("a damaged record");
    assert_eq!(error.device(), Some(DeviceError::Crc(address)), "{error}");
    assert_eq!(bench.lockstep.tokens() - before, kept);
    invalid(&mut bench.engine);
    good(bench.act(&Action::Reset));
    // Golden, beside the machine, finished the pass that failed: its noise is a few tokens further.
    good(bench.act(&Action::Sample { temperature: 0, seed: 1 }));
    assert_eq!(ask(&mut bench.engine, Request::Generate { count: 1 }), refusal(DeviceError::Token));
}

fn refusal(error: DeviceError) -> Result<Response, HostError> {
    Err(HostError::Device(error))
}

fn invalid(rtl: &mut Rtl) {
    let requests = [
        Request::Feed { tokens: vec![6], logits: false },
        Request::Feed { tokens: PROMPT.to_vec(), logits: true },
        Request::Generate { count: 1 },
    ];
    for request in requests {
        assert_eq!(ask(rtl, request.clone()), refusal(DeviceError::State), "{request:?}");
    }
}

/// A token's number, and how many tokens were kept before its pass.
fn numbered() -> impl Iterator<Item = (u16, u64)> {
    PROMPT.into_iter().enumerate().map(|(number, token)| (token, (number - number % ROOM) as u64))
}

#[test]
fn a_damaged_embedding_of_any_token_of_a_pass_is_named_and_the_others_are_usable() {
    let image = image();
    for (token, kept) in numbered() {
        let record = at(&image, Record::Embedding(token.into()));
        let mut bench = damaged(&image, record + usize::from(token), 5);
        stops(&mut bench, record, kept);
        // Whatever the failed pass had fetched is forgotten: shorter passes, and longer ones, of other tokens.
        let others: Vec<u16> = PROMPT.into_iter().filter(|other| *other != token).collect();
        good(bench.feed(&others[..1], true));
        good(bench.feed(&others, false));
        good(bench.state());
        stops(&mut bench, record, kept);
        good(bench.feed(&others, true));
        good(bench.state());
    }
}

#[test]
fn a_damaged_row_or_section_of_a_pass_is_named_every_time() {
    let image = image();
    for (k, section) in image.sections.iter().enumerate() {
        // Of a prompt's passes only the last has a head.
        let head = section.kind == Kind::Logit;
        let last_row = (!section.rows.is_empty()).then(|| Record::Row(k, section.rows.len() - 1));
        for record in [Record::Section(k)].into_iter().chain(last_row) {
            let byte = at(&image, record);
            let kept = if head && record != Record::Section(k) { ROOM as u64 } else { 0 };
            let mut bench = damaged(&image, byte + 3, 6);
            stops(&mut bench, byte, kept);
            assert_eq!(good(bench.state()), image.states[0]);
            stops(&mut bench, byte, kept);
        }
    }
}

/// A guess is a token like any other: what its pass reads must be whole, even if it would not have been kept.
#[test]
fn a_damaged_embedding_of_a_guess_is_named_and_a_machine_that_does_not_guess_writes_on() {
    let mut image = random_image(52, &small());
    image.draft = Some(Draft { multiplier: 1, slots: vec![10; 2] });
    image.seal();
    let record = at(&image, Record::Embedding(10));
    let mut bench = damaged(&image, record, 0);
    good(bench.act(&Action::Sample { temperature: 3000, seed: 3 }));
    good(bench.feed(&PROMPT, false));
    let error = bench.generate(3).expect_err("a damaged guess");
    assert_eq!(error.device(), Some(DeviceError::Crc(tiny(ROOM).flash_base + record as u32)), "{error}");
    invalid(&mut bench.engine);
    good(bench.act(&Action::Reset));
    good(bench.act(&Action::Group(1)));
    good(bench.feed(&PROMPT, false));
    let next = bench.lockstep.session().next_token();
    assert!(next.is_some_and(|token| token != 10), "choose another seed");
    good(bench.generate(1));
    good(bench.state());
}

/// Passes on to lockstep, and remembers all guesses.
struct Guesses<'a>(&'a mut Lockstep, BTreeSet<u16>);

impl Listener for Guesses<'_> {
    fn begin(&mut self, pass: &[Feed]) -> ControlFlow<()> {
        self.1.extend(pass.iter().filter(|feed| feed.guess).map(|feed| feed.token));
        self.0.begin(pass)
    }

    fn word(&mut self, reported: Reported) -> ControlFlow<()> {
        self.0.word(reported)
    }

    fn end(&mut self, ended: Ended) -> ControlFlow<()> {
        self.0.end(ended)
    }
}

/// A text with one bit of a slot wrong is the text, and the guesses are those of the damaged table: no token becomes token 0.
fn guesses_damaged(image: &Image, slot: usize, bit: usize) {
    let (slots, bytes) = (&image.draft.as_ref().expect("a table").slots, slot_bytes(image.header.vocab));
    let byte = DRAFT_AT + bytes * slot + bytes - 1 - bit / 8;
    let mut bench = damaged(image, byte, (bit % 8) as u8);
    bench.lockstep.accept_any_guess();
    good(bench.feed(&PROMPT, false));
    let golden = bench.lockstep.session().clone().generate(9, 1).expect("a next token").tokens;
    let mut heard = Guesses(&mut bench.lockstep, BTreeSet::new());
    let text = bench.engine.generate(9, &mut heard).expect("no error");
    let guesses = heard.1;
    bench.lockstep.verdict().unwrap_or_else(|mismatch| panic!("{mismatch}"));
    assert_eq!(text, golden);
    let mut slots = slots.clone();
    slots[slot] ^= 1 << bit;
    let tokens = slots.iter().map(|token| if usize::from(*token) < image.header.vocab { *token } else { 0 });
    assert_eq!(guesses, tokens.collect(), "both slots are hit");
    good(bench.state());
    good(bench.saturations());
    assert_eq!(bench.engine.counters().expect("there").crc_errors, 0);
}

/// A model with a table of two slots, so that each guesses often.
fn two_slots(vocab: usize, slots: [u16; 2]) -> Image {
    let mut shape = small();
    (shape.config.vocab_size, shape.config.num_blocks, shape.config.channels) = (vocab, 1, 4);
    let mut image = random_image(53, &shape);
    image.draft = Some(Draft { multiplier: 1, slots: slots.to_vec() });
    image.seal();
    image
}

#[test]
fn every_wrong_bit_of_a_slot_changes_guesses_and_nothing_else() {
    for vocab in [11, 256] {
        let image = two_slots(vocab, [7, 2]);
        (0..16).for_each(|bit| guesses_damaged(&image, bit / 8, bit % 8));
    }
    let image = two_slots(300, [7, 260]);
    (0..32).for_each(|bit| guesses_damaged(&image, bit / 16, bit % 16));
}

/// The record's CRC is not the machine's business.
#[test]
fn a_wrong_crc_of_the_table_is_not_seen() {
    let image = image();
    let end = DRAFT_AT + image.draft.as_ref().expect("a table").slots.len();
    for byte in end..end + 4 {
        let mut bench = damaged(&image, byte, 3);
        good(bench.feed(&PROMPT, false));
        good(bench.generate(6));
        assert_eq!(bench.engine.counters().expect("there").crc_errors, 0);
    }
}

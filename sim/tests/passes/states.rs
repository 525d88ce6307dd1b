//! Saved, loaded and split between any two tokens, on machines of any width: one text, one state.

use statestream_image::draft::build;
use statestream_image::layout::Image;
use statestream_image::testing::{random_draft, random_image, shapes, small};
use statestream_sim::engine::{Engine, Fed};
use statestream_sim::stimulus::Action;

use crate::{good, own_text, Timed, ROOMS};

const PROMPT: [u16; 5] = [3, 1, 4, 1, 5];

/// A small model that guesses its own text sometimes right.
fn guessing() -> Image {
    let mut image = random_image(41, &small());
    image.draft = Some(build(&own_text(&image, PROMPT[0], 60), image.header.vocab, 32));
    image.seal();
    image
}

/// After the prompt and `count` tokens: the state, read, and the text that follows it on the same machine.
fn saved(timed: &mut Timed, count: u16, more: u16) -> (Vec<i16>, Vec<u16>) {
    good(timed.act(&Action::Reset));
    timed.feed(&PROMPT, false);
    timed.generate(count);
    let words = timed.state();
    timed.feed(&[2], false);
    (words, timed.generate(more))
}

/// Wherever a pass may have ended, the state is that after the last token told, and any machine goes on from it.
#[test]
fn a_state_saved_after_any_number_of_tokens_goes_on_in_a_machine_of_another_width() {
    let image = guessing();
    let mut machines: Vec<Timed> = ROOMS.iter().map(|room| Timed::of(*room, &image)).collect();
    let mut partly = 0;
    for (number, room) in ROOMS.into_iter().enumerate() {
        for count in 1..=2 * room as u16 {
            let (words, text) = saved(&mut machines[number], count, 7);
            let other = (number + 1 + usize::from(count) % 4) % ROOMS.len();
            good(machines[other].bench.load(&words));
            machines[other].feed(&[2], false);
            assert_eq!(machines[other].generate(7), text);
            assert_eq!(machines[other].state(), machines[number].state());
        }
        let counters = machines[number].bench.engine.counters().expect("there");
        partly += usize::from(counters.accepted > 0 && counters.accepted < counters.drafted);
    }
    assert!(partly >= 3, "the table must be right sometimes and wrong sometimes");
}

/// The lengths of the pieces, of every way to cut `count` tokens.
fn cuts(count: usize) -> Vec<Vec<usize>> {
    let pieces = |mask: usize| {
        let mut pieces = vec![1];
        for at in 0..count - 1 {
            match mask >> at & 1 {
                0 => *pieces.last_mut().expect("one") += 1,
                _ => pieces.push(1),
            }
        }
        pieces
    };
    (0..1 << (count - 1)).map(pieces).collect()
}

/// The prompt in pieces; then the next token, the state, and the last piece's own logits.
fn in_pieces(timed: &mut Timed, pieces: &[usize], logits: bool) -> (u16, Vec<i16>, Option<Vec<i16>>) {
    good(timed.act(&Action::Reset));
    let (mut at, mut fed) = (0, Fed::default());
    for piece in pieces {
        fed = timed.feed(&PROMPT[at..at + piece], logits);
        at += piece;
    }
    (fed.next, timed.state(), fed.logits.pop())
}

#[test]
fn every_way_to_cut_a_prompt_ends_in_one_state_and_one_token() {
    assert_eq!(cuts(3), [vec![3], vec![1, 2], vec![2, 1], vec![1, 1, 1]]);
    for (seed, shape) in [small(), shapes().swap_remove(3), shapes().swap_remove(6)].iter().enumerate() {
        let mut image = random_image(seed as u64, shape);
        random_draft(&mut image, 1, 8);
        let whole = in_pieces(&mut Timed::of(1, &image), &[PROMPT.len()], true);
        for room in ROOMS {
            let mut timed = Timed::of(room, &image);
            for pieces in cuts(PROMPT.len()) {
                let silent = in_pieces(&mut timed, &pieces, false);
                assert_eq!((silent.0, &silent.1), (whole.0, &whole.1), "{pieces:?} of {room}");
                assert_eq!(in_pieces(&mut timed, &pieces, true), whole, "{pieces:?} of {room}");
            }
        }
    }
}

/// A prompt that needs several requests fills its passes nevertheless: 125 tokens fit a request, 120 are whole passes of eight.
#[test]
fn a_prompt_of_several_requests_is_cut_between_passes() {
    let image = guessing();
    let mut timed = Timed::of(8, &image);
    timed.feed(&(0..135).map(|i| i % 11).collect::<Vec<u16>>(), false);
    good(timed.act(&Action::Group(7)));
    timed.feed(&(0..135).map(|i| i % 7).collect::<Vec<u16>>(), false);
    good(timed.finish());
    assert_eq!(timed.bench.engine.passes().len(), 17 + 20);
}

/// One event holds 65535 bytes, so that sixteen tokens of 2048 logits share a pass only if nobody wants to see them.
#[test]
fn the_logits_of_a_large_vocabulary_come_token_by_token() {
    for (vocab, room) in [(2047, 16), (2048, 16), (2049, 4)] {
        let mut shape = small();
        (shape.config.vocab_size, shape.config.channels, shape.config.num_blocks) = (vocab, 2, 1);
        let image = random_image(vocab as u64, &shape);
        let mut timed = Timed::of(room, &image);
        let tokens: Vec<u16> = (0..room as u16).map(|i| 100 * i).collect();
        timed.feed(&tokens, true);
        timed.feed(&tokens, false);
        good(timed.finish());
    }
}

#[test]
fn a_group_larger_than_the_machine_is_refused_and_changes_nothing() {
    for room in ROOMS {
        let mut timed = Timed::of(room, &guessing());
        let error = timed.bench.engine.group(room as u16 + 1).expect_err("no room");
        assert!(error.to_string().contains("RANGE"), "{error}");
        timed.feed(&PROMPT, false);
        good(timed.act(&Action::Group(room as u16)));
        timed.feed(&PROMPT, false);
        good(timed.act(&Action::Group(1)));
        timed.feed(&PROMPT, false);
        good(timed.act(&Action::Group(0)));
        timed.feed(&PROMPT, false);
        good(timed.finish());
    }
}

//! The state as a value, through the pins: saved, loaded, stored in the image, refused when it is another model's.

use statestream_golden::Model;
use statestream_image::config::Config;
use statestream_image::layout::Image;
use statestream_image::rng::Rng;
use statestream_image::testing::{random_image, random_shape, shapes, small};
use statestream_sim::engine::Engine;
use statestream_sim::host::{DeviceError, HostError, Request, Response};
use statestream_sim::rtl::{Rtl, RtlOptions};
use statestream_sim::stimulus::{ask, long, text, Action, Bench, BenchError};

/// Random models that are split.
const SPLITS: u64 = 200;

fn tiny() -> Config {
    Config::named("tiny").expect("in configs.toml")
}

fn bench(image: &Image, seed: u64) -> Bench<Rtl> {
    let options = RtlOptions { seed: seed as u32, ..RtlOptions::default() };
    let config = if seed.is_multiple_of(2) { tiny() } else { long(&tiny()) };
    Bench::rtl(&config, image, &options, &format!("seed {seed}")).unwrap_or_else(|e| panic!("{e}"))
}

fn good<T>(outcome: Result<T, BenchError>) -> T {
    outcome.unwrap_or_else(|e| panic!("{e}"))
}

fn refused(rtl: &mut Rtl, request: Request, error: DeviceError) {
    assert_eq!(ask(rtl, request.clone()), Err(HostError::Device(error)), "{request:?}");
}

fn done(rtl: &mut Rtl, request: Request) {
    assert_eq!(ask(rtl, request.clone()), Ok(Response::Done), "{request:?}");
}

fn feed(token: u16) -> Request {
    Request::Feed { tokens: vec![token], logits: false }
}

/// Cuts a text in two; the second half runs on another machine with the other pipeline, which has seen other things before or nothing at all.
fn split(image: &Image, seed: u64) {
    let mut rng = Rng::new(seed);
    let vocab = image.header.vocab;
    let tokens: Vec<u16> = (0..6).map(|_| rng.below(vocab) as u16).collect();
    let (before, after) = tokens.split_at(1 + rng.below(5));
    let mut whole = bench(image, seed);
    good(whole.feed(before, false));
    let saved = good(whole.state());
    let mut other = bench(image, !seed);
    if rng.one_in(2) {
        good(other.run(&text(&mut rng, vocab, 2, 2)));
        good(other.act(&Action::Sample { temperature: 0, seed: 1 }));
    }
    good(other.load(&saved));
    assert_eq!(good(other.feed(after, true)), good(whole.feed(after, true)));
    assert_eq!(good(other.generate(2)), good(whole.generate(2)));
    assert_eq!(good(other.state()), good(whole.state()));
}

#[test]
fn a_text_split_anywhere_goes_on_in_another_machine() {
    let of_every_kind = shapes().into_iter().enumerate().map(|(seed, shape)| (seed as u64, shape));
    let random = (100..100 + SPLITS - 8).map(|seed| (seed, random_shape(seed)));
    of_every_kind.chain(random).for_each(|(seed, shape)| split(&random_image(seed, &shape), seed));
}

#[test]
fn every_stored_state_is_the_images_and_goes_on_as_golden() {
    for (seed, shape) in shapes().iter().enumerate() {
        let image = random_image(seed as u64, shape);
        let mut bench = bench(&image, seed as u64);
        for index in [1, 0, 1] {
            good(bench.act(&Action::LoadStored(index)));
            assert_eq!(good(bench.state()), image.states[usize::from(index)], "state {index} of seed {seed}");
            good(bench.feed(&[0, 0], true));
        }
        good(bench.act(&Action::Reset));
        assert_eq!(good(bench.state()), image.states[0]);
    }
}

#[test]
fn a_state_of_another_model_stays_invalid() {
    let image = random_image(1, &small());
    let mut bench = bench(&image, 1);
    let (id, words) = (image.header.model_id, image.states[1].clone());
    let rtl = &mut bench.engine;
    let part = words[..9].iter().map(|word| *word as u16).collect();
    done(rtl, Request::StateWrite { word: 0, words: part });
    for wrong in [id ^ 1, id ^ 1 << 31, !id, 0] {
        refused(rtl, Request::StateCommit { model_id: wrong }, DeviceError::Model);
        refused(rtl, feed(0), DeviceError::State);
        refused(rtl, Request::Generate { count: 1 }, DeviceError::State);
    }
    good(bench.load(&words));
    good(bench.feed(&[1, 2], true));
}

#[test]
fn commands_in_the_wrong_order_have_their_codes_and_do_nothing() {
    let image = random_image(2, &small());
    let (vocab, words) = (image.header.vocab as u16, image.header.state_words as u32);
    let mut rtl = bench(&image, 2).engine;
    let write = |word, count| Request::StateWrite { word, words: vec![0x5555; count] };
    let read = |word, count| Request::StateRead { word, count };
    refused(&mut rtl, Request::Generate { count: 1 }, DeviceError::Token);
    refused(&mut rtl, feed(vocab), DeviceError::Token);
    refused(&mut rtl, Request::Feed { tokens: vec![0, 1, vocab], logits: true }, DeviceError::Token);
    refused(&mut rtl, Request::Feed { tokens: vec![], logits: false }, DeviceError::Length);
    refused(&mut rtl, Request::StateLoad { index: 2 }, DeviceError::Range);
    refused(&mut rtl, read(words, 1), DeviceError::Range);
    refused(&mut rtl, read(0, words as u16 + 1), DeviceError::Range);
    refused(&mut rtl, read(u32::MAX, 1), DeviceError::Range);
    refused(&mut rtl, write(words - 1, 2), DeviceError::Range);
    refused(&mut rtl, write(1 << 20, 1), DeviceError::Range);
    refused(&mut rtl, Request::StateCommit { model_id: !image.header.model_id }, DeviceError::Model);
    // Nothing of all that has happened: no pass, and the state is still the initial one.
    assert_eq!(rtl.counters().expect("there").passes, 0);
    assert_eq!(rtl.state().expect("readable"), image.states[0]);
    let mut bench = Bench::new(rtl, &Model::new(&image).expect("sound"), &image, "as if fresh");
    good(bench.feed(&[1, 2], true));
}

#[test]
fn reset_after_any_quarrel_writes_the_text_of_a_fresh_machine() {
    let image = random_image(3, &small());
    let mut rtl = bench(&image, 3).engine;
    assert!(ask(&mut rtl, feed(1)).is_ok());
    done(&mut rtl, Request::StateWrite { word: 3, words: vec![7; 5] });
    refused(&mut rtl, feed(1), DeviceError::State);
    refused(&mut rtl, Request::Generate { count: 1 }, DeviceError::State);
    refused(&mut rtl, Request::StateLoad { index: 9 }, DeviceError::Range);
    refused(&mut rtl, Request::StateCommit { model_id: 0 }, DeviceError::Model);
    let words = ask(&mut rtl, Request::StateRead { word: 3, count: 5 });
    assert_eq!(words, Ok(Response::Words(vec![7; 5])), "an invalid state can be read");
    done(&mut rtl, Request::Reset);
    refused(&mut rtl, Request::Generate { count: 1 }, DeviceError::Token);
    done(&mut rtl, Request::Clear);
    done(&mut rtl, Request::Sample { temperature: 0, seed: 1 });
    let mut bench = Bench::new(rtl, &Model::new(&image).expect("sound"), &image, "after a reset");
    good(bench.run(&text(&mut Rng::new(3), image.header.vocab, 3, 4)));
    good(bench.state());
    good(bench.saturations());
}

//! Several tokens in one pass are passes of one token each: every word, every choice, the state, and what a drafted pass takes back.

use proptest::prelude::*;
use statestream_golden::{Generated, GoldenError, Heads, Model, Passed, Session, State, Trace, MOST_TOKENS};
use statestream_image::layout::{Draft, Image, Kind};
use statestream_image::rng::Rng;
use statestream_image::testing::{random_draft, random_image, random_shape, shapes, small};

/// Section, row and word.
type Word = (u32, u32, i16);

/// What is known of a token that had a pass of its own.
#[derive(Debug, PartialEq)]
struct Alone {
    words: Vec<Word>,
    clamps: u64,
    next: Option<u16>,
    logits: Vec<i16>,
    state: State,
}

fn model(seed: u64) -> Model {
    Model::new(&random_image(seed, &small())).unwrap()
}

fn alone(session: &mut Session, token: u16) -> Alone {
    let mut trace = Trace::new();
    let next = session.feed(token, true, Some(&mut trace)).unwrap();
    let words = by_token(&trace, 1).remove(0);
    Alone {
        words,
        clamps: trace.saturations(),
        next,
        logits: session.logits().to_vec(),
        state: session.state(),
    }
}

/// The words of a pass, token by token, in the order in which they were reported.
fn by_token(trace: &Trace, count: usize) -> Vec<Vec<Word>> {
    let mut words = vec![Vec::new(); count];
    trace.items().iter().for_each(|i| words[usize::from(i.token)].push((i.section, i.row, i.word)));
    words
}

/// One pass of `tokens`, which alone came to `wanted`.
fn agrees(session: &mut Session, tokens: &[u16], heads: Heads, wanted: &[Alone]) {
    let (count, before) = (tokens.len(), session.saturations());
    let mut trace = Trace::new();
    let passed = session.pass(tokens, heads, false, Some(&mut trace)).unwrap();
    let last = &wanted[count - 1];
    let next = if heads == Heads::None { None } else { last.next };
    assert_eq!((passed, session.next_token()), (Passed { kept: count, next }, next));
    assert_eq!(session.state(), last.state);
    for (t, (words, wanted)) in by_token(&trace, count).iter().zip(wanted).enumerate() {
        let head = heads == Heads::All || (heads == Heads::Last && t == count - 1);
        // Without a head the words end where the logits begin: four words in each of the last rows.
        let body = wanted.words.len() - 4 * wanted.logits.len();
        assert_eq!(words[..], wanted.words[..if head { wanted.words.len() } else { body }], "token {t}");
        assert_eq!(session.logits_of(t), if head { &wanted.logits[..] } else { &[] }, "token {t}");
    }
    assert_eq!(session.logits(), if heads == Heads::None { &[] } else { &last.logits[..] });
    if heads == Heads::All {
        let clamps: u64 = wanted.iter().map(|alone| alone.clamps).sum();
        assert_eq!(session.saturations() - before, clamps);
    }
}

fn text(seed: u64, vocab: usize, count: usize) -> Vec<u16> {
    let mut rng = Rng::new(seed);
    (0..count).map(|_| rng.below(vocab) as u16).collect()
}

/// The same text in passes of the lengths that `cut` says, heads as they come.
fn splits(image: &Image, tokens: &[u16], t: i16, mut cut: impl FnMut() -> (usize, Heads)) {
    let model = Model::new(image).unwrap();
    let (mut one, mut many) = (Session::new(&model), Session::new(&model));
    one.set_sampling(t, 77);
    many.set_sampling(t, 77);
    let wanted: Vec<Alone> = tokens.iter().map(|token| alone(&mut one, *token)).collect();
    let mut at = 0;
    while at < tokens.len() {
        let (count, heads) = cut();
        let end = (at + count).min(tokens.len());
        agrees(&mut many, &tokens[at..end], heads, &wanted[at..end]);
        at = end;
    }
    assert_eq!(many.history(), one.history());
    assert_eq!(alone(&mut many, 0), alone(&mut one, 0));
}

#[test]
fn every_length_of_pass_gives_the_words_of_single_tokens_for_every_kind_of_model() {
    for (seed, shape) in shapes().iter().enumerate() {
        let image = random_image(seed as u64, shape);
        let tokens = text(seed as u64, image.header.vocab, 35);
        for count in 1..=MOST_TOKENS {
            for heads in [Heads::None, Heads::Last, Heads::All] {
                splits(&image, &tokens, 900, || (count, heads));
            }
        }
    }
}

/// A text that the model writes alone, from `first` on: the token fed, then each token chosen.
fn written(session: &mut Session, first: u16, count: usize) -> Vec<u16> {
    let mut tokens = vec![first];
    for _ in 1..count {
        let next = session.feed(tokens[tokens.len() - 1], true, None).unwrap();
        tokens.push(next.unwrap());
    }
    tokens
}

/// Writes the text that the model writes alone in drafted passes; `pass` says how long each is and which guesses are right.
fn drafts(image: &Image, t: i16, mut pass: impl FnMut() -> (usize, Vec<bool>)) {
    const COUNT: usize = 60;
    let model = Model::new(image).unwrap();
    let vocab = image.header.vocab;
    let (mut one, mut many) = (Session::new(&model), Session::new(&model));
    one.set_sampling(t, 5);
    many.set_sampling(t, 5);
    // Long enough for guesses beyond the end.
    let text = written(&mut one.clone(), 0, COUNT + MOST_TOKENS + 1);
    let mut at = 0;
    while at < COUNT {
        let (count, right) = pass();
        let guess = |i: usize| match right[i % right.len()] {
            true => text[at + i],
            false => ((usize::from(text[at + i]) + 1) % vocab) as u16,
        };
        let tokens: Vec<u16> = std::iter::once(text[at]).chain((1..count).map(guess)).collect();
        let kept = 1 + (1..count).take_while(|i| tokens[*i] == text[at + i]).count();
        let passed = many.pass(&tokens, Heads::All, true, None).unwrap();
        assert_eq!(passed, Passed { kept, next: Some(text[at + kept]) });
        text[at..at + kept].iter().for_each(|token| _ = one.feed(*token, true, None).unwrap());
        assert_eq!((many.state(), many.history()), (one.state(), one.history()));
        assert_eq!((many.logits(), many.next_token()), (one.logits(), one.next_token()));
        at += kept;
    }
    assert_eq!(alone(&mut many, text[at]), alone(&mut one, text[at]));
}

#[test]
fn right_wrong_and_alternating_guesses_write_the_text_of_single_tokens() {
    for (seed, shape) in shapes().iter().enumerate() {
        let image = random_image(seed as u64, shape);
        for right in [vec![true], vec![false], vec![true, false], vec![false, false, true]] {
            for (count, t) in [(1, 0), (2, 0), (4, 800), (16, 800), (16, 0)] {
                drafts(&image, t, || (count, right.clone()));
            }
        }
    }
}

/// Fifty tokens behind token 1 in passes of `group`, the last ones as long as what is left.
fn pass_by_pass(model: &Model, t: i16, group: usize) -> Generated {
    let (mut session, mut done) = (Session::new(model), Generated::default());
    session.set_sampling(t, 3);
    session.feed(1, true, None).unwrap();
    while done.tokens.len() < 50 {
        let (tokens, passed) = session.generate_some(group.min(50 - done.tokens.len()), None).unwrap();
        done.tokens.extend(&tokens[..passed.kept]);
        (done.passes, done.drafted) = (done.passes + 1, done.drafted + tokens.len() - 1);
        done.accepted += passed.kept - 1;
    }
    done
}

#[test]
fn a_table_changes_the_passes_and_never_the_text() {
    for (seed, shape) in shapes().iter().enumerate() {
        let mut image = random_image(seed as u64, shape);
        let plain = Model::new(&image).unwrap();
        random_draft(&mut image, seed as u64, 32);
        let model = Model::new(&image).unwrap();
        assert_eq!(model.id(), plain.id());
        for (group, t) in [(1, 0), (2, 700), (4, 0), (8, 700), (16, 0)] {
            let (mut without, mut with) = (Session::new(&plain), Session::new(&model));
            without.set_sampling(t, 3);
            with.set_sampling(t, 3);
            assert_eq!(without.feed(1, true, None), with.feed(1, true, None));
            let (one, many) = (without.generate(50, group).unwrap(), with.generate(50, group).unwrap());
            assert_eq!((one.passes, one.drafted, one.accepted), (50, 0, 0));
            assert_eq!((many.passes + many.accepted, &many.tokens), (50, &one.tokens));
            assert_eq!(many, pass_by_pass(&model, t, group));
            // The same model with and without its table: a state goes from one to the other.
            without.load(&with.state()).unwrap();
            with.load(&with.state()).unwrap();
            assert_eq!(alone(&mut with, 0), alone(&mut without, 0));
        }
    }
}

/// A table in which every slot says its own number, modulo the vocabulary.
fn telling(slots: usize, multiplier: u16) -> Image {
    let mut image = random_image(9, &small());
    let vocab = image.header.vocab as u16;
    image.draft = Some(Draft { multiplier, slots: (0..slots).map(|i| i as u16 % vocab).collect() });
    image.seal();
    image
}

#[test]
fn guesses_are_hashed_from_three_tokens_and_before_the_text_there_is_token_0() {
    let model = Model::new(&telling(256, 777)).unwrap();
    let by_hand = |text: &[u32]| {
        let [t3, t2, t1] = [3, 2, 1].map(|back| text.len().checked_sub(back).map_or(0, |at| text[at]));
        ((t3 * 777 + t2) * 777 + t1) % 65536 % 256 % 11
    };
    let mut session = Session::new(&model);
    for mut text in [vec![], vec![7], vec![7, 10], vec![7, 10, 3], vec![7, 10, 3, 9]] {
        session.reset();
        text.iter().for_each(|token| _ = session.feed(*token as u16, false, None).unwrap());
        text.push(5);
        for _ in 0..4 {
            text.push(by_hand(&text));
        }
        let guesses: Vec<u32> = session.draft(5, 4).iter().map(|token| u32::from(*token)).collect();
        assert_eq!(guesses, text[text.len() - 4..]);
    }
    session.load_stored(1).unwrap();
    assert_eq!((session.history(), session.draft(5, 1)), ([0, 0], vec![by_hand(&[5]) as u16]));
    let without = Model::new(&random_image(9, &small())).unwrap();
    assert!(Session::new(&without).draft(5, 4).is_empty());
}

#[test]
fn one_pass_of_generating_is_as_long_as_it_is_told() {
    let model = Model::new(&telling(16, 3)).unwrap();
    for most in 1..=MOST_TOKENS {
        let mut session = Session::new(&model);
        let first = session.feed(2, true, None).unwrap().unwrap();
        let guesses = session.draft(first, most - 1);
        let mut trace = Trace::new();
        let (tokens, passed) = session.generate_some(most, Some(&mut trace)).unwrap();
        assert_eq!((tokens[0], &tokens[1..]), (first, &guesses[..]));
        assert_eq!(by_token(&trace, most).iter().filter(|words| words.is_empty()).count(), 0);
        assert!((1..=most).contains(&passed.kept));
    }
}

#[test]
fn words_of_guesses_that_were_not_kept_are_traced_and_their_clamps_counted() {
    let model = model(3);
    let mut session = Session::new(&model);
    let text = written(&mut session.clone(), 4, 3);
    let tokens = [4, (text[1] + 1) % 11, 7];
    let mut plain = session.clone();
    let (mut drafted, mut fed) = (Trace::new(), Trace::new());
    let passed = session.pass(&tokens, Heads::All, true, Some(&mut drafted)).unwrap();
    plain.pass(&tokens, Heads::All, false, Some(&mut fed)).unwrap();
    assert_eq!(passed.kept, 1);
    assert_eq!(drafted.items(), fed.items());
    assert_eq!(session.saturations(), plain.saturations());
    assert_eq!([0, 1, 2].map(|t| session.logits_of(t)), [0, 1, 2].map(|t| plain.logits_of(t)));
    assert_ne!(session.logits(), plain.logits());
    assert_eq!(session.logits_of(3), &[0; 0]);
}

#[test]
fn what_is_refused_changes_nothing() {
    let model = Model::new(&telling(16, 3)).unwrap();
    let mut session = Session::new(&model);
    session.set_sampling(600, 8);
    assert_eq!(session.generate(3, 4), Err(GoldenError::NoNext));
    session.pass(&[1, 2, 3], Heads::All, false, None).unwrap();
    let before = session.clone();
    let mut trace = Trace::new();
    let mut refused = |tokens: &[u16], heads, drafted| {
        session.pass(tokens, heads, drafted, Some(&mut trace)).unwrap_err().to_string()
    };
    assert_eq!(refused(&[], Heads::All, false), "a pass of 0 tokens was asked for, but it takes 1 to 16");
    assert_eq!(
        refused(&[1; 17], Heads::None, false),
        "a pass of 17 tokens was asked for, but it takes 1 to 16"
    );
    assert_eq!(refused(&[1, 2, 11, 3], Heads::Last, false), "token 11 is outside the vocabulary of 11");
    assert!(
        refused(&[1, 2], Heads::Last, true).starts_with("a drafted pass was asked for the logits of Last")
    );
    assert!(trace.items().is_empty());
    assert_eq!(session.generate(5, 0), Err(GoldenError::Tokens { found: 0, most: 16 }));
    assert_eq!(session.generate(5, 17), Err(GoldenError::Tokens { found: 17, most: 16 }));
    assert_eq!(session.generate_some(17, None), Err(GoldenError::Tokens { found: 17, most: 16 }));
    let mut other = before;
    assert_eq!((session.state(), session.history()), (other.state(), other.history()));
    assert_eq!((session.logits_of(1), session.saturations()), (other.logits_of(1), other.saturations()));
    assert_eq!(session.generate(20, 4), other.generate(20, 4));
    assert_eq!(alone(&mut session, 2), alone(&mut other, 2));
}

#[test]
fn nothing_of_a_pass_outlives_a_reset_or_a_loaded_state() {
    let model = model(2);
    let mut session = Session::new(&model);
    session.pass(&[1, 2, 3], Heads::All, false, None).unwrap();
    session.reset();
    assert_eq!((session.next_token(), session.logits(), session.logits_of(0)), (None, &[][..], &[][..]));
    assert_eq!((session.state(), session.history()), (State::initial(&model), [0, 0]));
    assert_eq!(session.generate(1, 1), Err(GoldenError::NoNext));
    session.pass(&[1, 2, 3], Heads::None, false, None).unwrap();
    assert_eq!((session.history(), session.generate(1, 1)), ([2, 3], Err(GoldenError::NoNext)));
    assert_eq!(session.generate(0, 1).unwrap().passes, 0);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn random_shapes_agree_at_random_splits(shape: u64, seed: u64, t: i16) {
        let image = random_image(seed, &random_shape(shape));
        let (tokens, mut rng) = (text(seed, image.header.vocab, 40), Rng::new(shape));
        let heads = [Heads::None, Heads::Last, Heads::All];
        splits(&image, &tokens, t, || (1 + rng.below(MOST_TOKENS), heads[rng.below(3)]));
    }

    #[test]
    fn random_guesses_write_the_text_of_single_tokens(shape: u64, seed: u64, t: i16, likely in 1usize..6) {
        let (image, mut rng) = (random_image(seed, &random_shape(shape)), Rng::new(shape));
        drafts(&image, t, || {
            let count = 1 + rng.below(MOST_TOKENS);
            (count, (0..MOST_TOKENS).map(|_| !rng.one_in(likely)).collect())
        });
    }

    #[test]
    fn a_state_saved_after_a_drafted_pass_continues_as_if_nothing_had_been_guessed(seed: u64, group in 1usize..=16, t: i16) {
        let mut image = random_image(seed, &random_shape(seed));
        random_draft(&mut image, seed, 16);
        let model = Model::new(&image).unwrap();
        let (mut one, mut many) = (Session::new(&model), Session::new(&model));
        one.set_sampling(t, 9);
        many.set_sampling(t, 9);
        one.feed(0, true, None).unwrap();
        many.feed(0, true, None).unwrap();
        let (tokens, passed) = many.generate_some(group, None).unwrap();
        tokens[..passed.kept].iter().for_each(|token| _ = one.feed(*token, true, None).unwrap());
        let mut other = Session::new(&model);
        other.load(&State::from_blob(&model, &many.state().to_blob()).unwrap()).unwrap();
        other.set_sampling(t, 4);
        one.set_sampling(t, 4);
        for token in text(seed, image.header.vocab, 4) {
            prop_assert_eq!(alone(&mut other, token), alone(&mut one, token));
        }
    }
}

#[test]
fn a_norm_reads_no_vector_wherever_its_record_places_it() {
    let mut image = random_image(1, &small());
    let text = |image: &Image| {
        let model = Model::new(image).expect("a valid image");
        let mut session = Session::new(&model);
        (0..8).map(|token| session.feed(token, true, None).expect("a token")).collect::<Vec<_>>()
    };
    let wanted = text(&image);
    let norms = image.sections.iter_mut().filter(|section| section.kind == Kind::Norm);
    norms.for_each(|section| section.a.base = 27904);
    let bytes = image.seal();
    assert_eq!(text(&Image::parse(&bytes).expect("a valid image")), wanted);
}

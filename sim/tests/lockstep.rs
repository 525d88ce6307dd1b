//! Lockstep must stay silent beside a right engine and name the first thing a wrong one does.

use std::ops::ControlFlow;

use statestream_golden::Model;
use statestream_image::testing::{random_image, shapes, small};
use statestream_sim::engine::{Deaf, Ended, Engine, EngineError, Feed, GoldenEngine, Listener, Reported};
use statestream_sim::host::DeviceError;
use statestream_sim::lockstep::Lockstep;
use statestream_sim::mismatch::{Difference, Mismatch};

/// Token 1 alone, without logits.
const ONE: Feed = Feed { token: 1, logits: false, guess: false };

/// Passes an engine's report on, changed: the fault is in what is heard.
struct Liar<F> {
    lockstep: Lockstep,
    count: usize,
    lie: F,
}

impl<F: FnMut(usize, Reported) -> Vec<Reported>> Listener for Liar<F> {
    fn begin(&mut self, pass: &[Feed]) -> ControlFlow<()> {
        self.lockstep.begin(pass)
    }

    fn word(&mut self, reported: Reported) -> ControlFlow<()> {
        self.count += 1;
        (self.lie)(self.count - 1, reported).into_iter().try_for_each(|word| self.lockstep.word(word))
    }

    fn end(&mut self, ended: Ended) -> ControlFlow<()> {
        self.lockstep.end(ended)
    }
}

fn caught(lie: impl FnMut(usize, Reported) -> Vec<Reported>) -> Box<Mismatch> {
    let image = random_image(3, &small());
    let model = Model::new(&image).expect("sound");
    let lockstep = Lockstep::new(&model, &image.sections, "rtl", "statestream cosim");
    let mut liar = Liar { lockstep, count: 0, lie };
    let stopped = GoldenEngine::new(&model).feed(&[1, 2], false, &mut liar);
    assert!(matches!(stopped, Err(EngineError::Stopped)), "{stopped:?}");
    liar.lockstep.verdict().expect_err("a lie")
}

#[test]
fn golden_agrees_with_itself_for_every_kind_of_model() {
    for (seed, shape) in shapes().iter().enumerate() {
        let image = random_image(seed as u64, shape);
        let model = Model::new(&image).expect("sound");
        let mut engine = GoldenEngine::new(&model);
        let mut lockstep = Lockstep::new(&model, &image.sections, engine.name(), "");
        let fed = engine.feed(&[0, 0, 0], true, &mut lockstep).expect("agrees");
        assert_eq!(fed.logits.len(), 3);
        let text = engine.generate(4, &mut lockstep).expect("agrees");
        assert_eq!((text.len(), text[0], lockstep.tokens()), (4, fed.next, 7));
        assert_eq!(lockstep.saturations(engine.saturations().expect("counts")), ControlFlow::Continue(()));
        assert!(lockstep.words() > 0);
        lockstep.verdict().expect("agrees");
    }
}

#[test]
fn one_wrong_bit_is_named_with_its_place() {
    let mismatch = caught(|count, mut word| {
        if count == 12 {
            (word.word, word.cycle) = (word.word ^ 1, Some(99));
        }
        vec![word]
    });
    let text = mismatch.to_string();
    // norm reports r and eight n; then channel rows: a0 of a, a0 of b, x, r.
    assert!(
        text.contains("rtl differs at layer 0, section 1 (channel), row 0, word `r`, token 0 (cycle 99)"),
        "{text}"
    );
    assert!(matches!(mismatch.difference, Difference::Word { golden, engine, .. } if golden == engine ^ 1));
}

#[test]
fn a_dropped_word_is_an_order_and_at_the_end_a_missing_one() {
    let early = caught(|count, word| if count == 8 { vec![] } else { vec![word] });
    assert!(matches!(early.difference, Difference::Order { .. }), "{early}");
    let mut all = 0;
    let image = random_image(3, &small());
    let model = Model::new(&image).expect("sound");
    GoldenEngine::new(&model).feed(&[1, 2], false, &mut count_words(&mut all)).expect("in the vocabulary");
    let late = caught(|count, word| if count + 1 == all { vec![] } else { vec![word] });
    let text = late.to_string();
    assert!(
        text.contains("rtl ends the pass of token 1 before layer 2") && text.contains("word `score`"),
        "{text}"
    );
}

/// Counts words only.
fn count_words(count: &mut usize) -> impl Listener + '_ {
    struct Count<'a>(&'a mut usize);
    impl Listener for Count<'_> {
        fn begin(&mut self, _: &[Feed]) -> ControlFlow<()> {
            ControlFlow::Continue(())
        }
        fn word(&mut self, _: Reported) -> ControlFlow<()> {
            *self.0 += 1;
            ControlFlow::Continue(())
        }
        fn end(&mut self, _: Ended) -> ControlFlow<()> {
            ControlFlow::Continue(())
        }
    }
    Count(count)
}

#[test]
fn a_repeated_word_and_a_token_the_pass_has_not_are_seen() {
    let twice = caught(|count, word| if count == 0 { vec![word, word] } else { vec![word] });
    assert!(matches!(twice.difference, Difference::Word { .. }), "{twice}");
    let foreign = caught(|_, word| vec![Reported { token: 1, ..word }]);
    assert!(matches!(foreign.difference, Difference::Extra { .. }), "{foreign}");
}

#[test]
fn another_token_or_count_is_a_difference() {
    let image = random_image(3, &small());
    let model = Model::new(&image).expect("sound");
    let mut lockstep = Lockstep::new(&model, &image.sections, "rtl", "again");
    assert_eq!(lockstep.begin(&[ONE]), ControlFlow::Continue(()));
    assert_eq!(lockstep.end(Ended { kept: 1, next: None }), ControlFlow::Break(()));
    let mismatch = lockstep.verdict().expect_err("words are missing");
    assert!(matches!(mismatch.difference, Difference::Missing { .. }), "{mismatch}");
    let mut lockstep = Lockstep::new(&model, &image.sections, "rtl", "again");
    assert_eq!(lockstep.saturations(5), ControlFlow::Break(()));
    let text = lockstep.verdict().expect_err("five").to_string();
    assert!(text.contains("golden counts 0 saturations, rtl 5; replay: again"), "{text}");
    assert_eq!(lockstep.begin(&[Feed { token: 999, ..ONE }]), ControlFlow::Break(()));
}

#[test]
fn the_golden_engine_answers_as_the_machine_does() {
    let image = random_image(3, &small());
    let model = Model::new(&image).expect("sound");
    let mut engine = GoldenEngine::new(&model);
    let device = |outcome: Result<(), EngineError>| match outcome {
        Err(EngineError::Device(error)) => error,
        other => panic!("{other:?}"),
    };
    assert_eq!(device(engine.generate(1, &mut Deaf).map(drop)), DeviceError::Token);
    assert_eq!(device(engine.feed(&[999], false, &mut Deaf).map(drop)), DeviceError::Token);
    assert_eq!(device(engine.load(&[0])), DeviceError::Range);
    assert_eq!(device(engine.load_stored(999)), DeviceError::Range);
}

#[test]
fn a_saved_state_continues_the_text() {
    let image = random_image(3, &small());
    let model = Model::new(&image).expect("sound");
    let mut engine = GoldenEngine::new(&model);
    engine.feed(&[1, 2, 3], false, &mut Deaf).expect("in the vocabulary");
    let state = engine.state().expect("there");
    let whole = engine.feed(&[4, 5], true, &mut Deaf).expect("in the vocabulary");
    engine.reset().expect("possible");
    engine.load(&state).expect("its own");
    assert_eq!(engine.feed(&[4, 5], true, &mut Deaf).expect("in the vocabulary"), whole);
}

//! Draft tables that are always right, always wrong, or right every so often: what is kept is what was right, and the text does not
//! care.

use statestream_golden::{Model, Session};
use statestream_image::layout::{Draft, Image};
use statestream_image::testing::{random_image, small};
use statestream_sim::rtl::Rtl;
use statestream_sim::stimulus::Action;

use crate::{good, Timed, ROOMS};

/// Tokens of a text.
const COUNT: usize = 37;
/// The token that it begins behind.
const FIRST: u16 = 3;
/// Of the table's hash.
const MULTIPLIER: u16 = 40503;
const SLOTS: usize = 1 << 12;
/// Greedy, and with noise.
const BOTH: [i16; 2] = [0, 9000];
/// Greedy texts run in circles, so that no table is right in one place and wrong in another.
const NOISY: [i16; 2] = [9000, 30000];
const SEED: u32 = 77;

/// Is the guess of token number `i` right?
type Right = fn(usize) -> bool;

/// A model with a table that guesses its text as `right` says.
struct Story {
    image: Image,
    temperature: i16,
    text: Vec<u16>,
    right: Right,
}

fn slot(context: &[u16]) -> usize {
    let step = |c: u16, token: &u16| c.wrapping_mul(MULTIPLIER).wrapping_add(*token);
    usize::from(context.iter().fold(0, step)) % SLOTS
}

/// What golden writes behind the first token, one token per pass.
fn single(image: &Image, temperature: i16, count: usize) -> (Session, Vec<u16>) {
    let mut session = Session::new(&Model::new(image).expect("sound"));
    session.set_sampling(temperature, SEED);
    session.feed(FIRST, true, None).expect("in the vocabulary");
    let text = session.generate(count, 1).expect("a next token").tokens;
    (session, text)
}

/// The table, unless two places of the text need different guesses in one slot.
fn table(text: &[u16], vocab: u16, right: Right) -> Option<Draft> {
    let mut slots = vec![None; SLOTS];
    let all: Vec<u16> = [0, 0, FIRST].into_iter().chain(text.iter().copied()).collect();
    for (i, run) in all.windows(4).enumerate() {
        let guess = if right(i) { run[3] } else { (run[3] + 1) % vocab };
        let slot = &mut slots[slot(&run[..3])];
        if slot.is_some_and(|other| other != guess) {
            return None;
        }
        *slot = Some(guess);
    }
    Some(Draft { multiplier: MULTIPLIER, slots: slots.into_iter().map(Option::unwrap_or_default).collect() })
}

/// The first random model whose text has such a table.
fn story(temperature: i16, right: Right) -> Story {
    let mut shape = small();
    shape.config.vocab_size = 29;
    let find = |seed| {
        let mut image = random_image(seed, &shape);
        let (_, text) = single(&image, temperature, COUNT);
        image.draft = Some(table(&text, 29, right)?);
        image.seal();
        Some(Story { image, temperature, text, right })
    };
    (0..1000).find_map(find).expect("a model whose text repeats no context")
}

impl Story {
    /// (tokens, kept) of every pass, from nothing but which guesses are right. The first token of the text is known before.
    fn passes(&self, room: usize) -> Vec<(usize, usize)> {
        let (mut passes, mut at) = (Vec::new(), 0);
        while at < COUNT {
            let tokens = room.min(COUNT - at);
            let kept = 1 + (at + 1..at + tokens).take_while(|i| (self.right)(*i)).count();
            passes.push((tokens, kept));
            at += kept;
        }
        passes
    }

    /// Written on a machine of this room: passes, guesses and kept guesses are those of the story and golden's, the text and the state
    /// those of a model without a table.
    fn write(&self, room: usize) {
        let mut timed = Timed::of(room, &self.image);
        good(timed.act(&Action::Sample { temperature: self.temperature, seed: SEED }));
        timed.feed(&[FIRST], false);
        let golden = timed.golden().clone().generate(COUNT, room).expect("a next token");
        timed.generate(COUNT as u16);
        assert_eq!(golden.tokens, self.text);
        let expected = self.passes(room);
        let passes = timed.bench.engine.passes()[1..].iter();
        assert_eq!(
            passes.map(|(shape, _)| shape.tokens).collect::<Vec<_>>(),
            expected.iter().map(|pass| pass.0).collect::<Vec<_>>()
        );
        let counted = counted(&mut timed.bench.engine);
        assert_eq!(counted, (1 + golden.passes, golden.drafted, golden.accepted));
        let kept: usize = expected.iter().map(|pass| pass.1).sum();
        assert_eq!(counted.2, kept - expected.len());
        self.same_state(&mut timed);
        timed.feed(&[1, 2], false);
        timed.generate(5);
        good(timed.finish());
    }

    fn same_state(&self, timed: &mut Timed) {
        let mut undrafted = Image { draft: None, ..self.image.clone() };
        undrafted.seal();
        let (session, text) = single(&undrafted, self.temperature, COUNT);
        assert_eq!(text, self.text);
        assert_eq!(timed.state(), session.state().words());
    }
}

/// Passes, guesses and kept guesses.
fn counted(rtl: &mut Rtl) -> (usize, usize, usize) {
    let counters = rtl.counters().expect("there");
    (counters.passes as usize, counters.drafted as usize, counters.accepted as usize)
}

fn stories(temperatures: [i16; 2], right: Right) -> [Story; 2] {
    temperatures.map(|temperature| story(temperature, right))
}

#[test]
fn guesses_that_are_always_right_are_all_kept() {
    for story in stories(BOTH, |_| true) {
        for room in ROOMS {
            assert_eq!(story.passes(room).len(), COUNT.div_ceil(room));
            story.write(room);
        }
    }
}

#[test]
fn guesses_that_are_always_wrong_are_all_taken_back() {
    for story in stories(BOTH, |_| false) {
        for room in ROOMS {
            assert_eq!(story.passes(room).len(), COUNT);
            story.write(room);
        }
    }
}

#[test]
fn guesses_are_kept_up_to_the_first_wrong_one() {
    let rights: [Right; 3] = [|i| i % 2 == 0, |i| i % 3 != 0, |i| i % 7 != 0 && i % 11 != 0];
    for story in rights.into_iter().flat_map(|right| stories(NOISY, right)) {
        ROOMS.iter().for_each(|room| story.write(*room));
    }
}

#[test]
fn a_group_of_one_guesses_nothing() {
    let story = story(0, |_| true);
    let mut timed = Timed::of(4, &story.image);
    good(timed.act(&Action::Group(1)));
    timed.feed(&[FIRST], false);
    timed.generate(COUNT as u16);
    assert_eq!(counted(&mut timed.bench.engine), (1 + COUNT, 0, 0));
    story.same_state(&mut timed);
}

#[test]
fn a_table_guesses_from_token_zero_after_a_reset_a_load_and_a_write() {
    let story = story(0, |_| true);
    let mut timed = Timed::of(4, &story.image);
    let words = timed.state();
    let from_the_beginning = |timed: &mut Timed| {
        let before = counted(&mut timed.bench.engine);
        timed.feed(&[FIRST], false);
        timed.generate(COUNT as u16);
        let after = counted(&mut timed.bench.engine);
        assert_eq!((after.0 - before.0, after.1 - before.1), (1 + COUNT.div_ceil(4), after.2 - before.2));
    };
    from_the_beginning(&mut timed);
    good(timed.act(&Action::Reset));
    from_the_beginning(&mut timed);
    good(timed.act(&Action::LoadStored(0)));
    from_the_beginning(&mut timed);
    good(timed.bench.load(&words));
    from_the_beginning(&mut timed);
    // A state that was read back continues with the same words, from another context.
    good(timed.act(&Action::Reload));
    timed.feed(&[FIRST], false);
    timed.generate(9);
    good(timed.finish());
}

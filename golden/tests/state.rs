//! The state is everything that a model remembers, as a value that leaves and comes back.

use proptest::prelude::*;
use rayon::prelude::*;
use statestream_golden::{GoldenError, Item, Model, Session, State, Trace};
use statestream_image::rng::Rng;
use statestream_image::testing::{random_image, random_shape, shapes, small};

fn model(seed: u64) -> Model {
    Model::new(&random_image(seed, &small())).unwrap()
}

/// Every word of every token; the first is the text's number `from`, to which its noise belongs.
fn run(session: &mut Session, tokens: &[u16], from: usize) -> Vec<Vec<Item>> {
    let mut trace = Trace::new();
    let one = |(i, &token)| {
        session.set_sampling(700, 1 + (from + i) as u32);
        session.feed(token, true, Some(&mut trace)).unwrap();
        trace.items().to_vec()
    };
    tokens.iter().enumerate().map(one).collect()
}

/// run(prefix) + save + load + run(suffix) == run(whole), at every split, through the bytes of a blob.
fn splits_anywhere(model: &Model, tokens: &[u16]) {
    let mut whole = Session::new(model);
    let words = run(&mut whole, tokens, 0);
    for split in 0..=tokens.len() {
        let mut prefix = Session::new(model);
        run(&mut prefix, &tokens[..split], 0);
        let blob = prefix.state().to_blob();
        let mut suffix = Session::new(model);
        // Another text first: nothing of it may remain.
        run(&mut suffix, &tokens[..tokens.len() / 2], 0);
        suffix.load(&State::from_blob(model, &blob).unwrap()).unwrap();
        assert_eq!(run(&mut suffix, &tokens[split..], split), words[split..]);
        assert_eq!(suffix.state(), whole.state());
    }
}

#[test]
fn a_saved_state_continues_at_every_split() {
    for (seed, shape) in shapes().iter().enumerate() {
        splits_anywhere(&Model::new(&random_image(seed as u64, shape)).unwrap(), &[1, 5, 2, 2, 9, 0, 3]);
    }
}

/// Random models whose texts are cut, and cuts of each.
const MODELS: u64 = 100;
const SEAMS: usize = 100;

/// One seam: a text cut in two, the blob between them loaded into a session that has read something else.
fn seam(model: &Model, rng: &mut Rng) {
    let vocab = model.header().vocab;
    let tokens: Vec<u16> = (0..2 + rng.below(14)).map(|_| rng.below(vocab) as u16).collect();
    let split = rng.below(tokens.len() + 1);
    let mut whole = Session::new(model);
    run(&mut whole, &tokens[..split], 0);
    let blob = whole.state().to_blob();
    let mut suffix = Session::new(model);
    run(&mut suffix, &tokens[..1], 0);
    suffix.load(&State::from_blob(model, &blob).unwrap()).unwrap();
    // The last token before the seam has been applied, once: neither state nor count knows of the seam.
    assert_eq!((suffix.state(), suffix.state().seen() as usize), (whole.state(), split));
    assert_eq!(run(&mut suffix, &tokens[split..], split), run(&mut whole, &tokens[split..], split));
    assert_eq!((suffix.state(), suffix.state().seen() as usize), (whole.state(), tokens.len()));
}

#[test]
fn ten_thousand_random_seams_change_no_word() {
    let seams: usize = (0..MODELS)
        .into_par_iter()
        .map(|seed| {
            let model = Model::new(&random_image(seed, &random_shape(seed))).unwrap();
            let mut rng = Rng::new(seed);
            (0..SEAMS).for_each(|_| seam(&model, &mut rng));
            SEAMS
        })
        .sum();
    assert_eq!(seams, 10_000);
}

/// What a store that replays the last token of a full hit does to a recurrent model.
#[test]
fn applying_the_last_token_twice_is_another_state() {
    let model = model(8);
    let mut session = Session::new(&model);
    run(&mut session, &[1, 2, 3], 0);
    let once = session.state();
    run(&mut session, &[3], 3);
    assert_ne!(session.state().words(), once.words());
    assert_eq!((once.seen(), session.state().seen()), (3, 4));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn random_shapes_continue_at_every_split(shape in any::<u64>(), seed in any::<u64>()) {
        let image = random_image(seed, &random_shape(shape));
        let vocab = image.header.vocab as u64;
        let tokens: Vec<u16> = (0..5).map(|i| (seed.rotate_left(9 * i) % vocab) as u16).collect();
        splits_anywhere(&Model::new(&image).unwrap(), &tokens);
    }

    #[test]
    fn any_damaged_bit_of_a_blob_is_refused(bit in 0usize..8 * 1000) {
        let model = model(1);
        let mut blob = State::initial(&model).to_blob();
        let bit = bit % (8 * blob.len());
        blob[bit / 8] ^= 1 << (bit % 8);
        prop_assert!(State::from_blob(&model, &blob).is_err());
    }
}

#[test]
fn forgetting_the_conv_history_changes_the_continuation() {
    let model = model(3);
    let mut session = Session::new(&model);
    run(&mut session, &[1, 2, 3, 4], 0);
    let mut words = session.state().words().to_vec();
    // The first channel's history, the first three words of the tape's state.
    words[..3].iter_mut().for_each(|word| *word = word.wrapping_add(12345));
    let mut other = session.clone();
    other.load(&State::from_words(&model, &words, 4).unwrap()).unwrap();
    assert_ne!(run(&mut session, &[5], 4), run(&mut other, &[5], 4));
}

#[test]
fn reset_and_stored_states_are_one_mechanism() {
    let model = model(4);
    let mut session = Session::new(&model);
    run(&mut session, &[1, 2], 0);
    session.load_stored(1).unwrap();
    assert_eq!((session.state(), session.next_token()), (State::stored(&model, 1).unwrap(), None));
    session.reset();
    assert_eq!(session.state(), State::initial(&model));
    assert_eq!(session.load_stored(2), Err(GoldenError::Stored { index: 2, count: 2 }));
}

#[test]
fn a_state_of_another_model_is_refused_however_it_arrives() {
    let (ours, theirs) = (model(5), model(6));
    let state = State::initial(&theirs);
    let refusal = GoldenError::StateModel { found: theirs.id(), wanted: ours.id() };
    assert_eq!(Session::new(&ours).load(&state), Err(refusal.clone()));
    assert_eq!(State::from_blob(&ours, &state.to_blob()), Err(refusal));
}

/// The blob with another number of history words, and a CRC that is right.
fn with_history(blob: &[u8], words: u32) -> Vec<u8> {
    let mut blob = blob[..blob.len() - 4].to_vec();
    blob[16..20].copy_from_slice(&words.to_be_bytes());
    blob.extend(crc32fast::hash(&blob).to_be_bytes());
    blob
}

#[test]
fn each_way_to_be_no_blob_has_its_error() {
    let model = model(7);
    let good = State::initial(&model).to_blob();
    let with = |at: usize, byte: u8| {
        let mut blob = good.clone();
        blob[at] = byte;
        State::from_blob(&model, &blob).unwrap_err()
    };
    assert!(matches!(
        State::from_blob(&model, &good[..27]),
        Err(GoldenError::BlobLength { found: 27, wanted: 28 })
    ));
    assert!(matches!(State::from_blob(&model, &good[..29]), Err(GoldenError::BlobLength { found: 29, .. })));
    assert!(matches!(with(0, b'X'), GoldenError::BlobMagic { found: 0x5853_5354 }));
    assert!(matches!(with(5, 9), GoldenError::BlobVersion { found: 9, wanted: 2 }));
    assert!(matches!(with(7, 8), GoldenError::BlobBits { found: 8, wanted: 16 }));
    assert!(matches!(with(24, good[24] ^ 1), GoldenError::BlobCrc { .. }));
    let history = State::initial(&model).history_words();
    let mut other = with_history(&good, history + 3);
    assert_eq!(
        State::from_blob(&model, &other),
        Err(GoldenError::BlobHistory { found: history + 3, wanted: history })
    );
    other[19] ^= 1;
    assert!(matches!(State::from_blob(&model, &other), Err(GoldenError::BlobCrc { .. })));
    assert!(matches!(with(12, 0xFF), GoldenError::BlobLength { .. }));
    let short = State::from_words(&model, &[1, 2], 0).unwrap_err();
    assert_eq!(
        short.to_string(),
        format!("state has 2 words, but the model's has {}", model.header().state_words)
    );
}

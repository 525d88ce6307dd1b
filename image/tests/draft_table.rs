//! The draft table in an image: what it moves, what it leaves alone, and each way it can be damaged.

mod common;

use common::{error, put};
use proptest::prelude::*;
use statestream_image::layout::{Draft, Image};
use statestream_image::records::{Record, DRAFT_AT};
use statestream_image::testing::{random_draft, random_image, random_shape, reseal, shapes, small};

/// An image of 11 tokens with a table of `slots`.
fn drafted(slots: usize) -> Image {
    let mut image = random_image(11, &small());
    random_draft(&mut image, 3, slots);
    image
}

/// An image of 300 tokens, whose slots have two bytes.
fn wide() -> Image {
    let mut shape = small();
    shape.config.vocab_size = 300;
    let mut image = random_image(11, &shape);
    random_draft(&mut image, 3, 64);
    image
}

/// The error after `change`, with every CRC made right again.
fn resealed(image: &Image, change: impl FnOnce(&mut Vec<u8>)) -> String {
    let mut bytes = image.to_bytes();
    change(&mut bytes);
    reseal(image, &mut bytes);
    error(&bytes)
}

/// The records from one to another, without their checks.
fn bodies(image: &Image, first: Record, last: Record) -> Vec<u8> {
    let (bytes, spans) = (image.to_bytes(), image.records());
    let place = |record| spans.iter().position(|span| span.record == record).expect("a record");
    let some = &spans[place(first)..=place(last)];
    some.iter().flat_map(|span| bytes[span.at..span.at + span.bytes - 4].to_vec()).collect()
}

#[test]
fn an_image_without_a_table_has_the_bytes_it_always_had() {
    for (seed, shape) in shapes().iter().enumerate() {
        let image = random_image(seed as u64, shape);
        let (bytes, header) = (image.to_bytes(), &image.header);
        assert_eq!([&bytes[6..8], &bytes[54..56]], [[0, 0]; 2]);
        assert_eq!((header.embedding_at, DRAFT_AT), (848, 848));
        assert_eq!(header.model_id, crc32fast::hash(&bodies(&image, Record::Tables, Record::End)));
    }
}

#[test]
fn a_table_moves_what_follows_it_and_changes_nothing_else() {
    let (plain, image) = (random_image(11, &small()), drafted(1024));
    let (without, with) = (plain.to_bytes(), image.to_bytes());
    assert_eq!(with.len() - without.len(), 1040);
    assert_eq!((&with[64..838], &with[838..848]), (&without[64..838], &[0; 10][..]));
    let behind = |image: &Image| bodies(image, Record::Embedding(0), Record::Metadata);
    assert_eq!(behind(&image), behind(&plain));
    let draft = image.draft.as_ref().unwrap();
    let slots: Vec<u8> = draft.slots.iter().map(|token| *token as u8).collect();
    assert_eq!(with[848..848 + 1024], slots);
    assert_eq!(with[848 + 1024..848 + 1028], (crc32fast::hash(&slots) ^ 848).to_be_bytes());
    assert_eq!((&with[6..8], &with[54..56]), (&[3, 255][..], &draft.multiplier.to_be_bytes()[..]));
    assert_eq!(image.header.model_id, plain.header.model_id);
}

#[test]
fn every_size_of_table_survives_its_bytes() {
    for bits in 1..=16 {
        let image = drafted(1 << bits);
        assert_eq!(Image::parse(&image.to_bytes()).as_ref(), Ok(&image), "2^{bits} slots");
    }
}

#[test]
fn slots_of_a_large_vocabulary_have_two_bytes() {
    let image = wide();
    let (bytes, first) = (image.to_bytes(), image.draft.as_ref().unwrap().slots[0]);
    assert_eq!(bytes[848..850], first.to_be_bytes());
    let span = image.record_at(848 + 131).unwrap();
    assert_eq!((span.record, span.at, span.bytes), (Record::Draft, 848, 132));
    assert_eq!(Image::parse(&bytes), Ok(image));
}

#[test]
fn every_single_bit_of_a_table_is_missed() {
    let bytes = drafted(32).to_bytes();
    for bit in (0..8 * 64).chain(8 * 848..8 * (848 + 48)) {
        let mut flipped = bytes.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        assert!(Image::parse(&flipped).is_err(), "byte {} bit {} was accepted", bit / 8, bit % 8);
    }
}

#[test]
fn a_broken_crc_names_the_table() {
    let mut bytes = drafted(32).to_bytes();
    bytes[850] ^= 1;
    let text = error(&bytes);
    assert!(text.starts_with("draft at byte 848: CRC 0x"), "{text}");
}

#[test]
fn a_table_that_is_cut_off() {
    let image = drafted(1024);
    let mut bytes = image.to_bytes();
    put(&mut bytes, 56, 0);
    put(&mut bytes, 58, 1000);
    reseal(&image, &mut bytes);
    assert_eq!(
        error(&bytes[..1000]),
        "draft at byte 848 needs 1028 bytes, but the image ends after 152; copy the whole file again"
    );
}

#[test]
fn a_mask_that_is_no_size() {
    assert_eq!(
        resealed(&drafted(32), |bytes| put(bytes, 6, 32)),
        "header: draft mask is 32, the rule is 2^n - 1, its slots less one; pack the checkpoint again"
    );
}

#[test]
fn a_multiplier_that_loses_bits_and_one_without_a_table() {
    let rule = "the rule is odd with a draft table, 0 without; pack the checkpoint again";
    let (image, plain) = (drafted(32), random_image(11, &small()));
    assert_eq!(resealed(&image, |bytes| put(bytes, 54, 4)), format!("header: draft multiplier is 4, {rule}"));
    assert_eq!(resealed(&image, |bytes| put(bytes, 54, 0)), format!("header: draft multiplier is 0, {rule}"));
    assert_eq!(resealed(&plain, |bytes| put(bytes, 54, 5)), format!("header: draft multiplier is 5, {rule}"));
}

#[test]
fn a_mask_without_its_record_and_a_record_without_its_mask() {
    let plain = resealed(&random_image(11, &small()), |bytes| {
        put(bytes, 6, 1);
        put(bytes, 54, 5);
    });
    assert!(plain.starts_with("draft at byte 848: CRC 0x"), "{plain}");
    let table = resealed(&drafted(32), |bytes| {
        put(bytes, 6, 0);
        put(bytes, 54, 0);
    });
    assert_eq!(table, "the header puts the embedding at byte 896, the region before it ends so that it starts at 848; pack the checkpoint again");
}

#[test]
fn a_guess_that_is_no_token() {
    assert_eq!(
        resealed(&drafted(32), |bytes| bytes[848 + 17] = 11),
        "draft: slot 17 is token 11, a guess is below 11, the vocabulary; pack the checkpoint again"
    );
    assert_eq!(
        resealed(&wide(), |bytes| put(bytes, 848 + 10, 300)),
        "draft: slot 5 is token 300, a guess is below 300, the vocabulary; pack the checkpoint again"
    );
}

/// The error of an image whose table was made by hand.
fn by_hand(multiplier: u16, slots: Vec<u16>) -> String {
    let mut image = random_image(11, &small());
    image.draft = Some(Draft { multiplier, slots });
    image.seal();
    image.check().unwrap_err().to_string()
}

#[test]
fn hand_made_tables_that_no_header_can_state() {
    let size = "the rule is a power of two, 2 to 65536; pack the checkpoint again";
    for slots in [0, 1, 3, 65535, 131_072] {
        assert_eq!(by_hand(5, vec![0; slots]), format!("draft: slots is {slots}, {size}"));
    }
    assert_eq!(by_hand(6, vec![0; 4]), "draft: multiplier is 6, the rule is odd; pack the checkpoint again");
    assert!(by_hand(5, vec![0, 11]).starts_with("draft: slot 1 is token 11"));
}

#[test]
fn a_hand_made_header_that_denies_its_table() {
    let mut image = drafted(32);
    image.header.draft_mask = 0;
    let text = image.check().unwrap_err().to_string();
    assert_eq!(text, "header: draft mask is 0, the rule is 31, the table's slots less one, 0 without a table; pack the checkpoint again");
    image.draft = None;
    let text = image.check().unwrap_err().to_string();
    assert!(text.starts_with("header: draft multiplier is "), "{text}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn an_image_with_a_table_survives_its_bytes(seed: u64, bits in 1u32..12) {
        let mut image = random_image(seed, &random_shape(seed));
        let id = image.header.model_id;
        random_draft(&mut image, seed, 1 << bits);
        let bytes = image.to_bytes();
        let read = Image::parse(&bytes).unwrap();
        prop_assert_eq!(&read, &image);
        prop_assert_eq!(read.to_bytes(), bytes);
        prop_assert_eq!(image.header.model_id, id);
    }
}

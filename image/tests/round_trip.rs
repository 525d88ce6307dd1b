//! Bytes to image and back, for images of every kind.

use proptest::prelude::*;
use statestream_image::config::Config;
use statestream_image::layout::Image;
use statestream_image::records::Record;
use statestream_image::testing::{random_draft, random_image, random_shape, random_ternary, shapes};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn an_image_survives_its_bytes(seed: u64) {
        let shape = random_shape(seed);
        let image = if seed & 1 == 0 { random_image(seed, &shape) } else { random_ternary(seed, &shape) };
        let bytes = image.to_bytes();
        let read = Image::parse(&bytes).unwrap();
        prop_assert_eq!(&read, &image);
        prop_assert_eq!(read.to_bytes(), bytes);
    }

    #[test]
    fn arbitrary_bytes_are_refused_without_panic(bytes in proptest::collection::vec(any::<u8>(), 0..2000)) {
        prop_assert!(Image::parse(&bytes).is_err());
    }
}

#[test]
fn every_kind_of_model_survives_its_bytes() {
    for shape in shapes() {
        let image = random_image(1, &shape);
        assert_eq!(Image::parse(&image.to_bytes()).as_ref(), Ok(&image));
    }
}

#[test]
fn records_cover_the_file_but_for_zero_padding() {
    for (seed, shape) in shapes().iter().enumerate() {
        let mut image = random_image(seed as u64, shape);
        if seed % 2 == 1 {
            random_draft(&mut image, 1, 64);
        }
        let bytes = image.to_bytes();
        let mut covered = vec![false; bytes.len()];
        for span in image.records() {
            assert!(!covered[span.at..span.at + span.bytes].iter().any(|c| *c), "{} overlaps", span.record);
            covered[span.at..span.at + span.bytes].fill(true);
        }
        assert!(covered.iter().zip(&bytes).all(|(covered, byte)| *covered || *byte == 0));
    }
}

#[test]
fn a_row_record_knows_its_address() {
    let image = random_image(3, &shapes()[0]);
    let spans = image.records();
    let find = |record| spans.iter().find(|s| s.record == record).unwrap();
    assert_eq!(find(Record::Section(1)).at, image.sections[1].at);
    assert_eq!(find(Record::Row(1, 7)).at, image.sections[1].rows[7].at);
    assert_eq!(find(Record::Row(2, 3)).bytes, image.sections[2].row_bytes(&image.sections[2].rows[3]));
}

#[test]
fn random_shapes_fit_the_smallest_configuration() {
    let tiny = Config::named("tiny").unwrap();
    for seed in 0..300 {
        let image = random_image(seed, &random_shape(seed));
        assert_eq!(tiny.admits(&image), Ok(()), "seed {seed}");
    }
}

#[test]
fn random_ternary_shapes_fit_the_smallest_ternary_configuration() {
    let tiny = Config::named("tiny-ternary").unwrap();
    for seed in 0..300 {
        let image = random_ternary(seed, &random_shape(seed));
        assert_eq!(tiny.admits(&image), Ok(()), "seed {seed}");
    }
}

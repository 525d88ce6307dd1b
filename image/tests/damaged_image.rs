//! One test for each way an image can be damaged: the reader names the record, the place and the rule.

mod common;

use common::{error, put};
use proptest::prelude::*;
use statestream_image::bounds::prove;
use statestream_image::layout::{flag, Image};
use statestream_image::records::{Record, Span};
use statestream_image::testing::{random_draft, random_image, random_ternary, reseal, seal, shapes, small};

fn image() -> Image {
    random_image(11, &small())
}

/// The error after `change`, with every CRC it broke and the model id made right again: damage that a CRC cannot see.
fn resealed(change: impl FnOnce(&mut Vec<u8>)) -> String {
    let image = image();
    let mut bytes = image.to_bytes();
    change(&mut bytes);
    reseal(&image, &mut bytes);
    error(&bytes)
}

/// Word `word` of section `k` set to `value`.
fn section_word(k: usize, word: usize, value: u16) -> String {
    let at = image().sections[k].at + 2 * word;
    resealed(|bytes| put(bytes, at, value))
}

/// Word `word` of the header set to `value`.
fn header_word(word: usize, value: u16) -> String {
    resealed(|bytes| put(bytes, 2 * word, value))
}

/// Offset of row `i` of section `k`.
fn row_at(k: usize, i: usize) -> usize {
    image().sections[k].rows[i].at
}

#[test]
fn no_bytes() {
    assert_eq!(
        error(&[]),
        "header at byte 0 needs 64 bytes, but the image ends after 0; copy the whole file again"
    );
}

#[test]
fn cut_off_anywhere() {
    let bytes = image().to_bytes();
    for length in 0..bytes.len() {
        assert!(Image::parse(&bytes[..length]).is_err(), "{length} bytes were accepted");
    }
    let (length, cut) = (bytes.len(), bytes.len() - 1);
    assert_eq!(
        error(&bytes[..cut]),
        format!(
            "header at byte 0 needs {length} bytes, but the image ends after {cut}; copy the whole file again"
        )
    );
}

#[test]
fn bytes_after_the_end() {
    let mut bytes = image().to_bytes();
    let stated = bytes.len();
    bytes.extend([0; 3]);
    assert_eq!(
        error(&bytes),
        format!(
            "the header says {stated} bytes, the file has {}; cut the file there or pack the model again",
            stated + 3
        )
    );
}

#[test]
fn wrong_magic() {
    let mut bytes = image().to_bytes();
    bytes[..4].copy_from_slice(b"GGUF");
    assert_eq!(
        error(&bytes),
        "bytes 0 to 3 are 0x47475546, an image starts with 0x53535452 (`SSTR`); pack a checkpoint first"
    );
}

#[test]
fn wrong_version() {
    assert_eq!(
        header_word(2, 3),
        "image version 3, this program reads version 2; pack the checkpoint with this program"
    );
}

#[test]
fn every_single_bit_of_every_record() {
    let bytes = image().to_bytes();
    for bit in 0..8 * bytes.len() {
        let mut flipped = bytes.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        assert!(Image::parse(&flipped).is_err(), "byte {} bit {} was accepted", bit / 8, bit % 8);
    }
}

#[test]
fn a_broken_crc_names_its_record() {
    let image = image();
    for span in image.records().into_iter().skip(1) {
        let mut bytes = image.to_bytes();
        bytes[span.at + span.bytes - 1] ^= 0x10;
        let text = error(&bytes);
        // That a section is the last one is not known before its CRC has been checked.
        let end = span.record == Record::End;
        let record = if end { Record::Section(image.sections.len()) } else { span.record };
        assert!(text.starts_with(&format!("{record} at byte {}: CRC 0x", span.at)), "{text}");
        assert!(text.ends_with("; copy the file again"), "{text}");
    }
}

#[test]
fn a_record_in_the_place_of_another_of_its_kind_is_refused() {
    let (image, mut bytes) = (image(), image().to_bytes());
    let spans = image.records();
    let place = |record| spans.iter().find(|span| span.record == record).map_or(0, |span| span.at);
    let (from, to) = (place(Record::Embedding(3)), place(Record::Embedding(1)));
    bytes.copy_within(from..from + image.embedding_bytes(), to);
    assert!(error(&bytes).starts_with(&format!("embedding 1 at byte {to}: CRC 0x")));
}

#[test]
fn no_channels() {
    assert_eq!(
        header_word(6, 0),
        "header: d is 0, the rule is at least one channel; pack the checkpoint again"
    );
}

#[test]
fn no_initial_state() {
    assert_eq!(
        header_word(20, 0),
        "header: states is 0, the rule is at least the initial state; pack the checkpoint again"
    );
}

#[test]
fn no_state() {
    assert_eq!(
        header_word(11, 0),
        "header: state words is 0, the rule is at least 1; pack the checkpoint again"
    );
}

#[test]
fn a_norm_of_a_part_of_h_and_rows_without_weights() {
    assert_eq!(
        section_word(0, 3, 7),
        "section 0: elements of row a is 7, the rule is 8, a norm takes all of h; pack the checkpoint again"
    );
    let mut image = image();
    image.sections[1].b.len = 0;
    let text = image.check().unwrap_err().to_string();
    assert_eq!(text, "section 1: elements of row b is 0, the rule is at least 1; pack the checkpoint again");
    image.sections[1].a.len = 0;
    let text = image.check().unwrap_err().to_string();
    assert_eq!(text, "section 1: elements of row a is 0, the rule is at least 1; pack the checkpoint again");
}

#[test]
fn no_epsilon() {
    let text = resealed(|bytes| bytes[44..50].fill(0));
    assert_eq!(text, "header: eps_q is 0, the rule is at least 1; pack the checkpoint again");
}

#[test]
fn squares_beyond_44_bits() {
    let text = resealed(|bytes| bytes[44..50].fill(0xff));
    assert_eq!(
        text,
        "header: eps_q is 281474976710655, the rule is eps_q + d 2^30 < 2^44; pack the checkpoint again"
    );
}

#[test]
fn record_lengths_that_contradict_the_sizes() {
    assert_eq!(
        header_word(19, 8),
        "header: bytes per state is 8, the rule is twice the state words plus 4; pack the checkpoint again"
    );
    assert_eq!(
        header_word(21, 8),
        "header: bytes per embedding is 8, the rule is twice d plus 4; pack the checkpoint again"
    );
}

#[test]
fn binary_points_beyond_a_word() {
    assert_eq!(
        header_word(25, 32),
        "header: h_frac is 32, the rule is at most 31; pack the checkpoint again"
    );
    assert_eq!(
        header_word(26, 40),
        "header: logit_frac is 40, the rule is at most 31; pack the checkpoint again"
    );
}

#[test]
fn a_region_out_of_place() {
    let text = header_word(13, 864);
    assert_eq!(text, "the header puts the embedding at byte 864, the region before it ends so that it starts at 848; pack the checkpoint again");
}

#[test]
fn padding_that_is_not_zero() {
    assert_eq!(
        resealed(|bytes| bytes[840] = 7),
        "padding byte 840 is 0x07, padding is zero; copy the file again"
    );
}

#[test]
fn more_tokens_than_rows() {
    let text = header_word(7, 100);
    assert!(text.starts_with("embedding 11 at byte "), "{text}");
}

#[test]
fn an_unknown_kind() {
    let at = image().sections[1].at;
    assert_eq!(
        section_word(1, 0, 9),
        format!(
            "section 1 at byte {at}: kind 9 is unknown, kinds are 0 to 7; this image needs a newer program"
        )
    );
}

#[test]
fn flags_of_another_kind() {
    assert_eq!(
        section_word(1, 1, flag::CONV),
        "section 1 (Channel): flags 0x002, this kind needs PAIR and takes CONV; this image needs a newer program"
    );
    assert_eq!(
        section_word(0, 1, 1 << 12),
        "section 0 (Norm): flags 0x1000, this kind takes FRESH and COPY; this image needs a newer program"
    );
}

#[test]
fn fields_that_contradict_kind_and_flags() {
    assert_eq!(
        section_word(1, 8, 15),
        "section 1: parameter words is 15, the rule is 16, as kind and flags say; pack the checkpoint again"
    );
    assert_eq!(
        section_word(1, 9, 2),
        "section 1: state words is 2, the rule is 5, as kind and flags say; pack the checkpoint again"
    );
    assert_eq!(
        section_word(2, 10, 1),
        "section 2: N is 1, the rule is 1 to 16 in channel, 1 in recur, else 0; pack the checkpoint again"
    );
    assert_eq!(
        section_word(1, 12, 32),
        "section 1: largest shift is 32, the rule is at most 31; pack the checkpoint again"
    );
    assert_eq!(
        section_word(0, 2, 1),
        "section 0: rows is 1, the rule is 0, a norm section has no rows; pack the checkpoint again"
    );
}

#[test]
fn addresses_beyond_the_memories() {
    assert_eq!(
        section_word(1, 4, 17),
        "section 1: row a reaches word 25, the header says 24; pack the checkpoint again"
    );
    assert_eq!(
        section_word(1, 6, 30),
        "section 1: row b reaches word 38, the header says 24; pack the checkpoint again"
    );
    assert_eq!(
        section_word(1, 7, 9),
        "section 1: the destination reaches word 25, the header says 24; pack the checkpoint again"
    );
    assert_eq!(
        section_word(2, 7, 1),
        "section 2: the destination reaches word 9, the header says 8; pack the checkpoint again"
    );
    assert_eq!(
        section_word(0, 3, 9),
        "section 0: the norm reaches word 9, the header says 8; pack the checkpoint again"
    );
}

#[test]
fn sizes_that_contradict_the_tape() {
    assert_eq!(
        header_word(9, 40),
        "header: parameter words is 40, the rule is 16, the most of any section; pack the checkpoint again"
    );
}

#[test]
fn unknown_bits_in_q() {
    let at = row_at(1, 2);
    let q = u16::from_be_bytes([image().to_bytes()[at], image().to_bytes()[at + 1]]) | 0x40;
    assert_eq!(
        resealed(|bytes| put(bytes, at, q)),
        format!("row 2 of section 1 at byte {at}: q is {q:#06x}, only bit 15 and bits 4 to 0 may be set; this image needs a newer program")
    );
}

#[test]
fn a_negative_mantissa() {
    let at = row_at(1, 2);
    assert_eq!(
        resealed(|bytes| put(bytes, at + 2, 0xffff)),
        format!(
            "row 2 of section 1 at byte {at}: m is -1, a mantissa is 0 to 32767; pack the checkpoint again"
        )
    );
}

/// Row of this width in the last section, whose rows have odd length 7.
fn odd_row(wide: bool) -> (Image, usize) {
    let mut shape = small();
    shape.config.channels = 7;
    let image = random_image(5, &shape);
    let head = &image.sections[image.sections.len() - 1];
    let row = head.rows.iter().find(|row| (row.params[0] < 0) == wide).unwrap();
    let at = row.at;
    (image, at)
}

fn patched_row(wide: bool, byte: usize, value: u8) -> (String, usize) {
    let (image, at) = odd_row(wide);
    let mut bytes = image.to_bytes();
    let span = image.record_at(at).unwrap();
    bytes[at + 6 + byte] = value;
    seal(&mut bytes, span);
    (error(&bytes), at)
}

#[test]
fn a_weight_without_a_negative() {
    for (wide, value, name) in [(true, 0x80, "-128"), (false, 0x81, "-8")] {
        let (text, at) = patched_row(wide, 0, value);
        let end =
            format!(" at byte {at}: weight 0 is {name}, weights are symmetric; pack the checkpoint again");
        assert!(text.ends_with(&end), "{text}");
    }
}

#[test]
fn a_nibble_after_an_odd_row() {
    let (text, at) = patched_row(false, 3, 0x13);
    let end = format!(
        " at byte {at}: the nibble after an odd row is 0x3, it must be zero; pack the checkpoint again"
    );
    assert!(text.ends_with(&end), "{text}");
}

/// A ternary row of 7 weights in the head, two bytes, and its offset.
fn ternary_row() -> (Image, usize) {
    let mut shape = small();
    shape.config.channels = 7;
    let image = (0..).map(|seed| random_ternary(seed, &shape)).find(|image| {
        let head = &image.sections[image.sections.len() - 1];
        head.has(flag::TERNARY) && head.rows[0].params[0] >= 0
    });
    let image = image.unwrap();
    let at = image.sections[image.sections.len() - 1].rows[0].at;
    (image, at)
}

fn patched_ternary(byte: usize, value: u8) -> (String, String) {
    let (image, at) = ternary_row();
    let mut bytes = image.to_bytes();
    let span = image.record_at(at).unwrap();
    bytes[at + 6 + byte] = value;
    seal(&mut bytes, span);
    (error(&bytes), format!("{} at byte {at}", span.record))
}

#[test]
fn a_byte_of_no_five_ternary_weights() {
    let (text, place) = patched_ternary(1, 0x01);
    assert_eq!(
        text,
        format!("{place}: byte 1 of its ternary weights is 0x01, which no five weights give; pack the checkpoint again")
    );
}

#[test]
fn a_ternary_weight_behind_the_last() {
    // all five weights of either byte are 1: the row has 7 of 10
    let (text, place) = patched_ternary(1, 0xff);
    assert_eq!(text, format!("{place}: ternary weight 7 is not 0, the row has 7; pack the checkpoint again"));
}

#[test]
fn a_ternary_row_that_begins_inside_a_quad() {
    let (image, _) = ternary_row();
    let k = image.sections.len() - 1;
    let mut bytes = image.to_bytes();
    put(&mut bytes, image.sections[k].at + 8, 1);
    reseal(&image, &mut bytes);
    assert_eq!(
        error(&bytes),
        format!("section {k}: vector base of row a is 1, the rule is a multiple of 4, as the section is TERNARY; pack the checkpoint again")
    );
}

#[test]
fn a_norm_with_ternary_rows() {
    assert_eq!(
        section_word(0, 1, flag::TERNARY),
        "section 0 (Norm): flags 0x200, this kind takes FRESH and COPY; this image needs a newer program"
    );
}

#[test]
fn an_end_record_with_contents() {
    let image = image();
    let end = image.records().into_iter().find(|s| s.record == Record::End).unwrap();
    assert_eq!(
        resealed(|bytes| put(bytes, end.at + 6, 5)),
        "end of the tape: a word is 5, the rule is 0, all words of the end record are; pack the checkpoint again"
    );
}

#[test]
fn another_models_id() {
    let image = image();
    let mut bytes = image.to_bytes();
    bytes[8..12].copy_from_slice(&[0, 0, 0, 1]);
    seal(&mut bytes, image.records()[0]);
    assert_eq!(
        error(&bytes),
        format!(
            "the header says model 0x00000001, the contents are model {:#010x}; pack the checkpoint again",
            image.header.model_id
        )
    );
}

#[test]
fn metadata_that_is_no_json() {
    let at = image().records().last().unwrap().at;
    let text = resealed(|bytes| bytes[at + 4] = b'?');
    assert_eq!(
        text,
        format!("metadata at byte {at}: expected value at line 1 column 1; pack the checkpoint again")
    );
}

#[test]
fn metadata_that_claims_more_than_there_is() {
    let at = image().records().last().unwrap().at;
    let text = resealed(|bytes| bytes[at..at + 4].fill(0xff));
    assert!(text.starts_with(&format!("metadata at byte {at} needs 4294967303 bytes")), "{text}");
}

#[test]
fn a_hand_made_image_whose_vocabulary_is_short() {
    let mut image = image();
    image.meta.vocab.pop();
    let text = image.check().unwrap_err().to_string();
    assert_eq!(
        text,
        "header: vocab is 11, the rule is 10, the tokens that the metadata names; pack the checkpoint again"
    );
}

/// The error of a hand-made image.
fn check_error(change: impl FnOnce(&mut Image)) -> String {
    let mut image = image();
    change(&mut image);
    image.check_lengths().unwrap_err().to_string()
}

#[test]
fn hand_made_images_whose_parts_have_other_lengths() {
    let again = "; pack the checkpoint again";
    assert_eq!(
        check_error(|i| i.states[1].truncate(3)),
        format!("header: words of a stored state is 3, the rule is 160{again}")
    );
    assert_eq!(
        check_error(|i| i.states.clear()),
        format!("header: stored states is 0, the rule is 1 to 65535{again}")
    );
    assert_eq!(
        check_error(|i| i.embedding.truncate(9)),
        format!("header: embedding words is 9, the rule is 88, vocab times d{again}")
    );
    assert_eq!(
        check_error(|i| i.tables.truncate(9)),
        format!("header: table words is 9, the rule is 385{again}")
    );
    assert_eq!(
        check_error(|i| i.sections[1].rows[2].a.truncate(5)),
        format!("row 2 of section 1: weights of row a is 5, the rule is 8, as the section states{again}")
    );
    assert_eq!(
        check_error(|i| i.sections[1].rows[2].params.truncate(5)),
        format!("row 2 of section 1: parameter words is 5, the rule is 16, as the section states{again}")
    );
}

#[test]
fn every_kind_of_section_is_read_back_after_a_flip_of_its_first_byte_only_with_an_error() {
    for shape in shapes() {
        let image = random_image(2, &shape);
        for section in &image.sections {
            let mut bytes = image.to_bytes();
            bytes[section.at + 1] ^= 1;
            assert!(Image::parse(&bytes).is_err());
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    /// Any word of any record changed and every CRC made right: the reader and the proofs answer, they do not panic.
    #[test]
    fn any_word_behind_a_right_crc_is_read_or_refused(kind in 0usize..8, record: usize, word: usize, value: u16) {
        let random = if record % 2 == 0 { random_image } else { random_ternary };
        let mut image = random(kind as u64, &shapes()[kind]);
        if word % 2 == 0 {
            random_draft(&mut image, value.into(), 8);
        }
        let mut bytes = image.to_bytes();
        let spans = image.records();
        // Sections and header are where a word means most: every second case hits one.
        let small: Vec<Span> = spans.iter().copied().filter(|s| s.bytes <= 64).collect();
        let span = if value % 2 == 0 { spans[record % spans.len()] } else { small[record % small.len()] };
        let at = span.at + word % (span.bytes - 5);
        put(&mut bytes, at, value);
        reseal(&image, &mut bytes);
        if let Ok(read) = Image::parse(&bytes) {
            let _ = prove(&read);
        }
    }
}

//! One wrong bit anywhere in the image: an error that names the record, and never a token behind it. Where nothing reads the bit,
//! the text stays what it was.

use statestream_image::config::{Config, FlashBus};
use statestream_image::layout::{Image, Kind, HEADER_WORDS, SECTION_WORDS};
use statestream_image::records::{Record, Span};
use statestream_image::rng::Rng;
use statestream_image::testing::{random_image, shapes, small};
use statestream_sim::engine::Engine;
use statestream_sim::host::{DeviceError, HostError, Request, Response};
use statestream_sim::rtl::{Rtl, RtlOptions};
use statestream_sim::stimulus::{ask, wired, Bench, BenchError};

/// The token that is fed, twice.
const TOKEN: u16 = 1;
const CRC: u16 = 0x10;
const MAGIC: u16 = 0x12;

fn tiny() -> Config {
    Config::named("tiny").expect("in configs.toml")
}

/// Gated and dws, both conv and odd lengths, so that rows of 4 bits have a pad.
fn dws() -> Image {
    let mut shape = small();
    (shape.config.channels, shape.config.d_inner, shape.config.vocab_size) = (7, 5, 3);
    random_image(21, &shape)
}

/// A small image of another kind.
fn other(kind: usize) -> Image {
    let mut shape = shapes().swap_remove(kind);
    let c = &mut shape.config;
    (c.channels, c.vocab_size, c.num_blocks, c.num_states) = (5, 3, 1, 2);
    c.d_inner = c.d_inner.min(3);
    random_image(22, &shape)
}

/// A byte and one of its bits, in the middle of an image.
#[derive(Clone, Copy, Debug)]
struct Flip {
    byte: usize,
    bit: u8,
}

/// A machine whose flash has this image with this bit wrong does what the format promises.
fn judge(image: &Image, flip: Flip) {
    judge_on(&tiny(), image, flip);
}

fn judge_on(config: &Config, image: &Image, flip: Flip) {
    let options = RtlOptions { corrupt: Some((flip.byte, flip.bit)), ..RtlOptions::default() };
    let mut bench = good(Bench::rtl(config, image, &options, &format!("{flip:?}")), flip);
    let span = image.record_at(flip.byte);
    match span.map(|span| (span.record, config.flash_base + span.at as u32)) {
        Some((Record::Header, at)) if flip.byte < 4 => refuses_to_boot(&mut bench.engine, MAGIC, at),
        Some((Record::Header | Record::Tables | Record::State(0), at)) => {
            refuses_to_boot(&mut bench.engine, CRC, at);
        }
        Some((Record::Embedding(token), at)) if token == usize::from(TOKEN) => stops(bench, flip, at, 0),
        Some((Record::Section(_), at)) => stops(bench, flip, at, 0),
        Some((Record::Row(k, _), at)) if image.sections[k].kind == Kind::Logit => stops(bench, flip, at, 1),
        Some((Record::Row(..), at)) => stops(bench, flip, at, 0),
        Some((Record::End, at)) => stops(bench, flip, at, 1),
        Some((Record::Draft | Record::Embedding(_) | Record::State(_) | Record::Metadata, _)) | None => {
            untouched(bench, flip)
        }
    }
}

fn good<T>(outcome: Result<T, BenchError>, flip: Flip) -> T {
    outcome.unwrap_or_else(|error| panic!("{flip:?}: {error}"))
}

/// No request that needs the image does anything, and all name the record.
fn refuses_to_boot(rtl: &mut Rtl, boot: u16, address: u32) {
    assert_eq!(rtl.info().boot_code, boot);
    let refused = Err(HostError::Device(DeviceError::NotReady { boot, address }));
    assert_eq!(ask(rtl, Request::Reset), refused);
    assert_eq!(ask(rtl, feed()), refused);
    assert_eq!(ask(rtl, Request::StateLoad { index: 0 }), refused);
    assert_eq!(rtl.counters().expect("there").passes, 0);
}

fn feed() -> Request {
    Request::Feed { tokens: vec![TOKEN; 2], logits: false }
}

/// The feed ends at this record, after `passes` whole passes, and with no word that golden has not; the state is invalid until a
/// reset, which brings back the same error at the same place.
fn stops(mut bench: Bench<Rtl>, flip: Flip, address: u32, passes: u64) {
    let error = bench.feed(&[TOKEN; 2], false).expect_err("a token behind a damaged record");
    assert_eq!(error.device(), Some(DeviceError::Crc(address)), "{flip:?}: {error}");
    assert_eq!(bench.lockstep.tokens(), passes, "{flip:?}: whole passes");
    let rtl = &mut bench.engine;
    let error = |error| Err(HostError::Device(error));
    assert_eq!(ask(rtl, feed()), error(DeviceError::State), "{flip:?}");
    assert_eq!(ask(rtl, Request::Generate { count: 1 }), error(DeviceError::State), "{flip:?}");
    assert_eq!(rtl.counters().expect("there").crc_errors, 1, "{flip:?}");
    assert_eq!(ask(rtl, Request::Reset), Ok(Response::Done), "{flip:?}");
    assert_eq!(ask(rtl, Request::Generate { count: 1 }), error(DeviceError::Token), "{flip:?}");
    assert_eq!(ask(rtl, feed()), error(DeviceError::Crc(address)), "{flip:?}");
    rtl.flashes().iter().for_each(|flash| assert_eq!(flash.breaches(), [], "{flip:?}"));
}

/// The text is golden's: the bit is in nothing that the text needs.
fn untouched(mut bench: Bench<Rtl>, flip: Flip) {
    good(bench.feed(&[TOKEN; 2], true), flip);
    good(bench.saturations(), flip);
    assert_eq!(bench.engine.counters().expect("there").crc_errors, 0, "{flip:?}");
}

fn span(image: &Image, record: Record) -> Span {
    image.records().into_iter().find(|span| span.record == record).expect("in the image")
}

/// One random bit of each of these bytes, counted from the record's start.
fn judge_bytes(image: &Image, record: Record, bytes: impl IntoIterator<Item = usize>) {
    let span = span(image, record);
    let mut rng = Rng::new(span.at as u64);
    for byte in bytes {
        assert!(byte < span.bytes, "{record} has no byte {byte}");
        judge(image, Flip { byte: span.at + byte, bit: rng.below(8) as u8 });
    }
}

/// One random byte of each of these words, and the four of the CRC behind them.
fn judge_words(image: &Image, record: Record, words: usize) {
    let mut rng = Rng::new(words as u64);
    judge_bytes(
        image,
        record,
        (0..words).map(|word| 2 * word + rng.below(2)).chain(2 * words..2 * words + 4),
    );
}

#[test]
fn every_word_of_the_header() {
    judge_words(&dws(), Record::Header, HEADER_WORDS - 2);
}

#[test]
fn every_table_and_its_ends() {
    judge_bytes(&dws(), Record::Tables, [0, 3, 66, 67, 128 + 16, 128 + 65, 200, 256, 769, 770, 773]);
}

#[test]
fn the_embedding_of_the_token_and_of_no_token() {
    let image = dws();
    judge_words(&image, Record::Embedding(usize::from(TOKEN)), image.header.d);
    judge_bytes(&image, Record::Embedding(0), [0, 13, 14, 17]);
    judge_bytes(&image, Record::Embedding(2), [0, 13, 14, 17]);
}

/// The first section of each kind.
fn first_of_each_kind(image: &Image) -> Vec<usize> {
    let kinds: Vec<Kind> = image.sections.iter().map(|section| section.kind).collect();
    (0..kinds.len()).filter(|k| !kinds[..*k].contains(&kinds[*k])).collect()
}

#[test]
fn every_word_of_a_section_of_each_kind() {
    for image in [dws(), other(3)] {
        first_of_each_kind(&image)
            .iter()
            .for_each(|k| judge_words(&image, Record::Section(*k), SECTION_WORDS));
    }
    judge_words(&dws(), Record::End, SECTION_WORDS);
}

/// Every parameter of a row, the ends of its weights, pads included, and its CRC.
fn judge_row(image: &Image, k: usize, i: usize) {
    let (section, bytes) = (&image.sections[k], span(image, Record::Row(k, i)).bytes);
    let params = 2 * section.params;
    let end_of_a = params + section.weight_bytes(&section.rows[i].params)[0];
    let mut rng = Rng::new(bytes as u64);
    let words = (0..section.params).map(|word| 2 * word + rng.below(2));
    let ends = [params, end_of_a - 1, end_of_a.min(bytes - 5), bytes - 5];
    let mut bytes: Vec<usize> = words.chain(ends).chain(bytes - 4..bytes).collect();
    bytes.dedup();
    judge_bytes(image, Record::Row(k, i), bytes);
}

#[test]
fn every_parameter_of_a_row_of_each_kind_and_its_weights() {
    for image in [dws(), other(3), other(5)] {
        for k in first_of_each_kind(&image) {
            let rows = image.sections[k].rows.len();
            if rows > 0 {
                judge_row(&image, k, rows - 1);
            }
        }
    }
}

/// Bit 15 of q tells 4 from 8 bits a weight, so that the machine sees a row of another length.
#[test]
fn widths_shifts_and_pads_of_rows() {
    let image = dws();
    let narrow = |params: &[i16]| params[0] >= 0;
    for section in &image.sections {
        for row in section.rows.iter().take(3) {
            judge(&image, Flip { byte: row.at, bit: 7 });
            judge(&image, Flip { byte: row.at + 1, bit: 4 });
            if narrow(&row.params) && section.a.len % 2 == 1 {
                let pad = row.at + 2 * section.params + section.a.len / 2;
                (0..4).step_by(3).for_each(|bit| judge(&image, Flip { byte: pad, bit }));
            }
        }
        if let Some(row) = section.rows.last() {
            judge(&image, Flip { byte: row.at, bit: 7 });
        }
    }
}

#[test]
fn the_initial_state_its_neighbour_the_metadata_and_the_padding() {
    let image = dws();
    let bytes = image.state_bytes();
    judge_bytes(&image, Record::State(0), [0, bytes / 2, bytes - 5, bytes - 4, bytes - 1]);
    judge_bytes(&image, Record::State(1), [0, bytes - 5, bytes - 1]);
    judge_bytes(&image, Record::Metadata, [0, 3, 4, 50]);
    let padding: Vec<usize> =
        (0..image.header.bytes).filter(|byte| image.record_at(*byte).is_none()).collect();
    assert!(padding.len() > 3, "no padding to damage");
    padding.iter().step_by(5).for_each(|byte| judge(&image, Flip { byte: *byte, bit: 0 }));
}

#[test]
fn a_damaged_stored_state_is_refused_when_it_is_loaded_and_forgotten_by_a_reset() {
    let image = dws();
    let at = span(&image, Record::State(1)).at;
    let flip = Flip { byte: at + 9, bit: 3 };
    let options = RtlOptions { corrupt: Some((flip.byte, flip.bit)), ..RtlOptions::default() };
    let mut bench = good(Bench::rtl(&tiny(), &image, &options, "stored"), flip);
    let rtl = &mut bench.engine;
    let error = |error| Err(HostError::Device(error));
    let address = tiny().flash_base + at as u32;
    assert_eq!(ask(rtl, Request::StateLoad { index: 1 }), error(DeviceError::Crc(address)));
    assert_eq!(ask(rtl, feed()), error(DeviceError::State));
    assert_eq!(ask(rtl, Request::StateLoad { index: 0 }), Ok(Response::Done));
    good(bench.feed(&[TOKEN; 2], true), flip);
    assert!(bench.engine.load_stored(1).is_err());
    assert_eq!(ask(&mut bench.engine, Request::Reset), Ok(Response::Done));
    bench.lockstep.session().reset();
    good(bench.feed(&[TOKEN; 2], true), flip);
}

/// So many random bits, one after another.
fn judge_random(config: &Config, count: usize) {
    let images = [dws(), other(3), other(5)];
    let mut rng = Rng::new(300);
    for number in 0..count {
        let image = &images[number % 3];
        // Metadata is long and read by nobody: half of the bits are before the states.
        let end = if rng.one_in(2) { image.header.states_at } else { image.header.bytes };
        judge_on(config, image, Flip { byte: rng.below(end), bit: rng.below(8) as u8 });
    }
}

#[test]
fn three_hundred_random_bits_never_give_a_wrong_token() {
    judge_random(&tiny(), 300);
}

#[test]
fn three_hundred_random_bits_never_give_a_wrong_token_at_eight_bits_per_clock() {
    judge_random(&wired(&tiny(), FlashBus::Dual), 150);
    judge_random(&wired(&tiny(), FlashBus::Dtr), 150);
}

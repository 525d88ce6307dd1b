//! One wrong bit in the flash: the record's address, no token, and a machine that goes on after a reset.

use statestream_image::layout::{Image, Kind};
use statestream_image::records::{Record, Span};
use statestream_image::testing::{random_draft, shapes, small};

use super::requests::{feed, refusal};
use super::{answers, at_the_pins, image, same, Bed, Played, Setting, Watched, Wrong};
use crate::host::{DeviceError, Request, Response};
use crate::stimulus::Action;

/// The token that is fed.
const TOKEN: u16 = 1;
const CRC: u16 = 0x10;

/// A bit of each kind of record in turn, first and last bytes among them.
pub(super) fn records(bed: &dyn Bed) -> Played {
    let mut shape = small();
    (shape.config.channels, shape.config.d_inner, shape.config.vocab_size) = (7, 5, 3);
    let image = image(bed.config(), 21, &shape);
    for (at, span) in seldom(&image).into_iter().enumerate() {
        let place = [span.bytes / 2, span.bytes - 1, 5, span.bytes - 4][at % 4];
        judge(bed, &image, span, (span.at + place.min(span.bytes - 1), (at * 3 % 8) as u8))?;
    }
    Ok(())
}

/// Of rows and sections those of the first block, the logits' and the end; else all but what is read by nobody.
fn seldom(image: &Image) -> Vec<Span> {
    let records = image.records().into_iter();
    let wanted = |span: &Span| match span.record {
        Record::Section(k) => k % 2 == 0,
        Record::Row(k, i) => i + 1 == image.sections[k].rows.len(),
        Record::Metadata | Record::Draft => false,
        Record::Embedding(token) => token == usize::from(TOKEN),
        _ => true,
    };
    records.filter(wanted).collect()
}

fn judge(bed: &dyn Bed, image: &Image, span: Span, corrupt: (usize, u8)) -> Played {
    let address = bed.config().flash_base + span.at as u32;
    let mut watched = Watched::with(bed, image, |setting| Setting { corrupt: Some(corrupt), ..setting })?;
    match span.record {
        Record::Header | Record::Tables | Record::State(0) => {
            let boot = if corrupt.0 < 4 { 0x12 } else { CRC };
            let rtl = &mut watched.bench.engine;
            same("boot code", boot, rtl.info().boot_code)?;
            let refused = refusal(DeviceError::NotReady { boot, address });
            answers(rtl, Request::Reset, &refused)?;
            answers(rtl, feed(&[TOKEN]), &refused)
        }
        Record::State(index) => state(&mut watched, index as u16, address),
        Record::Row(k, _) if image.sections[k].kind == Kind::Logit => stops(watched, address, 1),
        Record::End => stops(watched, address, 1),
        _ => stops(watched, address, 0),
    }
}

/// A stored state is refused when it is loaded, and forgotten by a load of another.
fn state(watched: &mut Watched, index: u16, address: u32) -> Played {
    let rtl = &mut watched.bench.engine;
    answers(rtl, Request::StateLoad { index }, &refusal(DeviceError::Crc(address)))?;
    answers(rtl, feed(&[TOKEN]), &refusal(DeviceError::State))?;
    answers(rtl, Request::StateLoad { index: 0 }, &Ok(Response::Done))?;
    watched.bench.act(&Action::Feed { tokens: vec![TOKEN, 2], logits: false })?;
    same("CRC errors", 1, watched.bench.engine.counters()?.crc_errors)
}

/// A prompt of more than a pass ends at this record, after so many whole passes; the state is invalid until a reset, which brings back the
/// same error.
fn stops(mut watched: Watched, address: u32, passes: u64) -> Played {
    let room = watched.config.tokens;
    let error = match watched.bench.feed(&vec![TOKEN; room + 1], false) {
        Err(error) => error,
        Ok(_) => return Err(Wrong("a token behind a damaged record".into())),
    };
    if error.device() != Some(DeviceError::Crc(address)) {
        return Err(error.into());
    }
    same("tokens kept", passes * room as u64, watched.bench.lockstep.tokens())?;
    let rtl = &mut watched.bench.engine;
    answers(rtl, feed(&[TOKEN]), &refusal(DeviceError::State))?;
    answers(rtl, Request::Generate { count: 1 }, &refusal(DeviceError::State))?;
    same("CRC errors", 1, rtl.counters()?.crc_errors)?;
    answers(rtl, Request::Reset, &Ok(Response::Done))?;
    answers(rtl, Request::Generate { count: 1 }, &refusal(DeviceError::Token))?;
    answers(rtl, feed(&[TOKEN]), &refusal(DeviceError::Crc(address)))?;
    at_the_pins(rtl, &watched.config)
}

/// A damaged draft table costs guesses and nothing else; what no embedding has is token 0.
pub(super) fn guesses(bed: &dyn Bed) -> Played {
    let mut image = image(bed.config(), 51, &shapes().swap_remove(1));
    random_draft(&mut image, 51, 2);
    for bit in [0, 1, 3, 6, 7] {
        let corrupt = Some((statestream_image::records::DRAFT_AT, bit));
        let mut watched = Watched::with(bed, &image, |setting| Setting { corrupt, ..setting })?;
        watched.bench.lockstep.accept_any_guess();
        let sampled = Action::Sample { temperature: 3000, seed: 3 + u32::from(bit) };
        let prompt = Action::Feed { tokens: vec![3, 1, 4, 0, 5, 9, 2], logits: false };
        watched.bench.run(&[sampled, prompt, Action::Generate(6)])?;
        watched.settle(true)?;
    }
    Ok(())
}

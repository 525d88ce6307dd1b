//! What only large figures reach, and what only small differences do: the high bits of tokens, addresses, sections and sums of squares, and the low
//! bits of scores and of residuals.

use std::collections::HashSet;

use statestream_image::error::FormatError;
use statestream_image::layout::flag::{ACT, CONV, TERNARY};
use statestream_image::layout::{Image, Kind, Section};
use statestream_image::records::Record;
use statestream_image::rng::Rng;
use statestream_image::testing::{random_draft, random_image, shapes, small, with_words};

use super::requests::{self, codes, feed, refusal};
use super::{answers, image, prompt, same, span, Bed, Played, Setting, Watched, Wrong};
use crate::engine::EngineError;
use crate::host::{DeviceError, HostError, Request, Response};
use crate::stimulus::{ask, Action};

/// A vocabulary of more than 2^15 tokens in an image of more than 2^20 bytes: prompts, a choice among all, and stored states behind them.
pub(super) fn vast(bed: &dyn Bed) -> Played {
    let mut image = of_tokens(bed, 40_000, 8);
    // noise alone chooses, so that high tokens are chosen too
    constant(&mut image, Kind::Logit, |_| 0);
    let mut watched = Watched::new(bed, &image)?;
    let mut rng = Rng::new(5);
    let tokens: Vec<u16> = (0..27).map(|_| rng.below(image.header.vocab) as u16).collect();
    let sampled = Action::Sample { temperature: 20_000, seed: 14 };
    watched.bench.run(&[sampled, prompt(&tokens), Action::Generate(1)])?;
    let next = Ok(requests::next(&mut watched));
    answers(&mut watched.bench.engine, Request::Generate { count: 0 }, &next)?;
    watched.bench.act(&Action::LoadStored(1))?;
    watched.finish(true)?;
    for token in [7, 10_007, 13_000, 21_845, 35_000, 39_999] {
        far_damage(bed, &image, token)?;
    }
    Ok(())
}

/// One block of gated channels under so many tokens.
fn of_tokens(bed: &dyn Bed, tokens: usize, channels: usize) -> Image {
    let mut shape = small();
    let c = &mut shape.config;
    (c.channels, c.d_inner, c.vocab_size, c.num_blocks) = (channels, 2, tokens, 1);
    image(bed.config(), 93, &shape)
}

/// A damaged embedding is named by its address, wherever it lies.
fn far_damage(bed: &dyn Bed, image: &Image, token: usize) -> Played {
    let span = span(image, Record::Embedding(token))?;
    let bytes = image.to_bytes();
    let mut rtl = bed.machine(Setting { corrupt: Some((span.at + token % 8, 3)), ..Setting::of(&bytes) })?;
    let error = DeviceError::Crc(bed.config().flash_base + span.at as u32);
    answers(&mut rtl, feed(&[token as u16]), &refusal(error))
}

/// The number of a section whose higher bits are set, nearly.
const CHOSEN: usize = 0x7c53;

/// A head in more than 2^15 sections, a row each.
pub(super) fn sections(bed: &dyn Bed) -> Played {
    let mut image = of_tokens(bed, 33_000, 1);
    let (heads, others): (Vec<_>, Vec<_>) =
        std::mem::take(&mut image.sections).into_iter().partition(|section| section.kind == Kind::Logit);
    image.sections = others;
    for mut head in heads {
        let rows = std::mem::take(&mut head.rows);
        let alone = |(number, row)| Section { dest: head.dest + number, rows: vec![row], ..head.clone() };
        image.sections.extend(rows.into_iter().enumerate().map(alone));
    }
    constant(&mut image, Kind::Logit, |token| i16::from(token == CHOSEN));
    let mut watched = Watched::new(bed, &image)?;
    watched.bench.act(&prompt(&[32_999]))?;
    watched.settle(true)
}

/// Guesses of high tokens that are always right: a choice is compared with a guess in all its bits.
pub(super) fn sure(bed: &dyn Bed) -> Played {
    for (seed, token) in [(141, 0x0ff), (142, 0x1aa), (143, 0x155)] {
        let mut image = of_tokens(bed, 0x1b0, 2);
        random_draft(&mut image, seed, 16);
        image.draft.iter_mut().for_each(|draft| draft.slots.fill(token));
        constant(&mut image, Kind::Logit, |other| i16::from(other == usize::from(token)));
        let mut watched = Watched::new(bed, &image)?;
        watched.bench.run(&[prompt(&[1, 2]), Action::Generate(9)])?;
        watched.settle(true)?;
    }
    Ok(())
}

/// Logits of many tokens on the line: one token at a time, in events of more than 2^13 bytes.
pub(super) fn logits(bed: &dyn Bed) -> Played {
    let mut watched = Watched::new(bed, &of_tokens(bed, 5_461, 2))?;
    watched.bench.act(&Action::Feed { tokens: vec![5_460, 2_730], logits: true })?;
    watched.shared(0, &[1, 1])?;
    // the tape waits for the line
    watched.settle(false)
}

/// Every bit of the smallest sum of squares, over embeddings of next to nothing.
pub(super) fn epsilons(bed: &dyn Bed) -> Played {
    let mut shape = small();
    (shape.config.num_blocks, shape.config.d_inner, shape.config.vocab_size) = (1, 4, 5);
    let mut image = image(bed.config(), 97, &shape);
    image.embedding.iter_mut().for_each(|word| *word %= 2);
    let mut rng = Rng::new(11);
    for bit in 0..43 {
        image.header.eps_q = 1 << bit | rng.bits() & ((1 << bit) - 1) & rng.bits();
        image.seal();
        let mut watched = Watched::new(bed, &image)?;
        watched.bench.act(&prompt(&[4, 1, 3, 0]))?;
        watched.settle(true)?;
    }
    Ok(())
}

/// Residuals that add one or nothing, so that sums of squares stay small over a whole block.
pub(super) fn residuals(bed: &dyn Bed) -> Played {
    for (seed, most) in [(98, 2), (99, 4)] {
        let mut image = image(bed.config(), seed, &small());
        image.embedding.iter_mut().for_each(|word| *word %= most);
        let mut rng = Rng::new(seed);
        image.header.eps_q = 1;
        constant(&mut image, Kind::Residual, |_| rng.below(3) as i16 - 1);
        let mut watched = Watched::new(bed, &image)?;
        watched.bench.run(&[prompt(&[1, 2, 3, 4]), prompt(&[9, 8, 7, 6]), prompt(&[5, 10, 0])])?;
        watched.settle(true)?;
    }
    Ok(())
}

const BASES: [i16; 9] = [0, -1, 0x155, -0x2ab, 0x3fff, -0x4000, 0x7f00, -0x7ff0, 0x5a5a];

/// Logits that are told apart by their low bits alone, in every order, for four tokens at a time; and such as rise slowly over many tokens.
pub(super) fn close(bed: &dyn Bed) -> Played {
    let mut rng = Rng::new(13);
    for base in BASES {
        for spread in [2, 4, 16, 128] {
            chosen(bed, 12, true, |_| base ^ rng.below(spread) as i16)?;
        }
        chosen(bed, 700, false, |token| (base >> 1) + (token >> 4) as i16 + rng.below(4) as i16)?;
    }
    Ok(())
}

/// What the rows of a kind add or score, whatever their operands are: b alone counts where m is 0.
fn constant(image: &mut Image, kind: Kind, mut value: impl FnMut(usize) -> i16) {
    let sections = image.sections.iter_mut().filter(|section| section.kind == kind);
    for (number, row) in sections.flat_map(|section| &mut section.rows).enumerate() {
        [row.params[1], row.params[2]] = [0, value(number)];
    }
    image.seal();
}

/// A choice among such logits.
fn chosen(bed: &dyn Bed, tokens: usize, logits: bool, logit: impl FnMut(usize) -> i16) -> Played {
    let mut image = of_tokens(bed, tokens, 2);
    constant(&mut image, Kind::Logit, logit);
    // a throttle, since what is wrong in every other clock is right in all that count if they are an even number of clocks apart
    let mut watched =
        Watched::with(bed, &image, |setting| Setting { stalls: Some(tokens as u64), ..setting })?;
    watched.bench.act(&Action::Feed { tokens: vec![4, 1, 3, 0], logits })?;
    watched.settle(false)
}

/// An odd number of state words, read to the last; rows of an odd number of nibbles, throttled.
pub(super) fn odd(bed: &dyn Bed) -> Played {
    let mut shape = small();
    let c = &mut shape.config;
    (c.channels, c.num_blocks, c.d_inner, c.vocab_size) = (7, 1, 7, 5);
    let image = random_image(99, &shape);
    same("words of the state, even", 1, image.header.state_words % 2)?;
    for seed in [5, 6] {
        let mut watched = Watched::with(bed, &image, |setting| Setting { stalls: Some(seed), ..setting })?;
        watched.bench.run(&[prompt(&[1, 2, 3]), Action::Reload, prompt(&[4]), Action::Generate(4)])?;
        watched.finish(false)?;
    }
    Ok(())
}

/// A matrix that is stored as it is, neither convolved nor activated: no packer writes one, and the format allows it.
pub(super) fn stored(bed: &dyn Bed) -> Played {
    let mut found = 0;
    for (seed, shape) in (0..).zip(shapes()) {
        let mut image = image(bed.config(), 110 + seed, &shape);
        let plain = image.sections.iter_mut().filter(|s| s.kind == Kind::Store && s.has(ACT) && !s.has(CONV));
        found += plain.map(|section| section.flags ^= ACT).count();
        image.seal();
        let mut watched = Watched::new(bed, &image)?;
        watched.bench.act(&prompt(&[1, 2, 0]))?;
        watched.settle(true)?;
    }
    same("models without such a matrix only", false, found == 0)
}

/// Vectors that lie elsewhere than where a packer puts them: there, every one begins where the one before it ends.
pub(super) fn moved(bed: &dyn Bed) -> Played {
    for (seed, shape) in (130..).zip(shapes()) {
        let mut image = image(bed.config(), seed, &shape);
        for section in image.sections.iter_mut() {
            let places = [&mut section.a.base, &mut section.b.base, &mut section.operand];
            places.into_iter().for_each(|base| *base += MOVED);
            section.dest += if section.writes_h() || section.kind == Kind::Logit { 0 } else { MOVED };
        }
        image.measure();
        image.seal();
        let mut watched = Watched::new(bed, &image)?;
        watched.bench.act(&prompt(&[1, 2, 0]))?;
        watched.settle(true)?;
    }
    Ok(())
}

/// Words of the vector memory, a multiple of what ternary rows ask for.
const MOVED: usize = 8;

/// A tape that begins with rows; of weight 0, since no vector is there yet.
pub(super) fn rows_first(bed: &dyn Bed) -> Played {
    let mut image = image(bed.config(), 140, &small());
    let residual = image.sections.iter().find(|section| section.kind == Kind::Residual).cloned();
    let mut residual = residual.ok_or(Wrong("no residual".into()))?;
    residual.rows.iter_mut().for_each(|row| row.a.fill(0));
    image.sections.insert(0, residual);
    image.seal();
    let mut watched = Watched::new(bed, &image)?;
    watched.bench.act(&prompt(&[1, 2, 3, 4, 5]))?;
    watched.settle(true)
}

/// Power comes back unnoticed: a machine that was not asked what it is does nothing that needs an image.
pub(super) fn unmet(bed: &dyn Bed) -> Played {
    let image = image(bed.config(), 6, &small());
    let mut rtl = bed.machine(Setting::of(&image.to_bytes()))?;
    answers(&mut rtl, Request::Reset, &Ok(Response::Done))?;
    rtl.line.restart(3).map_err(EngineError::from)?;
    for request in [feed(&[1]), Request::Reset, Request::StateRead { word: 0, count: 1 }] {
        match ask(&mut rtl, request.clone()) {
            Err(HostError::Device(DeviceError::NotReady { boot: 0, .. })) => (),
            other => return Err(Wrong(format!("{request:?} before INFO: {other:?}"))),
        }
    }
    let info = requests::info(bed.config(), &image);
    answers(&mut rtl, Request::Info, &Ok(Response::Info(info)))?;
    answers(&mut rtl, Request::Reset, &Ok(Response::Done))
}

const KINDS: [Kind; 7] =
    [Kind::Norm, Kind::Store, Kind::Channel, Kind::Recur, Kind::Activate, Kind::Residual, Kind::Logit];

/// Sections one bit beside those that there are: whatever the format has not is refused before a row of it is read.
pub(super) fn neighbours(bed: &dyn Bed) -> Played {
    let images: Vec<Image> =
        (120..).zip(shapes()).map(|(seed, shape)| image(bed.config(), seed, &shape)).collect();
    let mut seen = HashSet::new();
    for image in &images {
        for (number, section) in image.sections.iter().enumerate() {
            if seen.insert((section.kind, section.flags)) {
                let flags = (0..16).map(|bit| (section.kind, section.flags ^ 1 << bit));
                let beside = KINDS.into_iter().map(|kind| (kind, section.flags)).chain(flags);
                for other in beside {
                    refused(bed, image, number, other)?;
                }
                (5..16).try_for_each(|bit| section_refused(bed, image, number, &[(10, 1 << bit)]))?;
            }
        }
    }
    Ok(())
}

/// A section of another kind or with other flags, if the format has none such.
fn refused(bed: &dyn Bed, image: &Image, number: usize, (kind, flags): (Kind, u16)) -> Played {
    let mut other = image.clone();
    (other.sections[number].kind, other.sections[number].flags) = (kind, flags);
    // a machine with ternary rows takes the flag where there are no rows at all
    let harmless = bed.config().ternary && kind == Kind::Norm && flags & TERNARY != 0;
    match other.check() {
        Err(FormatError::Flags { .. }) if !harmless => {
            section_refused(bed, image, number, &[(0, kind as u16), (1, flags)])
        }
        _ => Ok(()),
    }
}

/// The machine refuses the section with these words in its record.
fn section_refused(bed: &dyn Bed, image: &Image, number: usize, words: &[(usize, u16)]) -> Played {
    let span = span(image, Record::Section(number))?;
    let bytes = with_words(image, span, words);
    let error = DeviceError::Section(bed.config().flash_base + span.at as u32);
    answers(&mut bed.machine(Setting::of(&bytes))?, feed(&[1]), &refusal(error))
}

/// Counts of tokens to write, a bit each: the first token is on the line before anybody could have counted down to none.
pub(super) fn counts(bed: &dyn Bed) -> Played {
    let image = image(bed.config(), 6, &small());
    for bit in 0..16 {
        let mut watched = Watched::new(bed, &image)?;
        watched.bench.act(&prompt(&[1, 2]))?;
        let rtl = &mut watched.bench.engine;
        let event = codes(rtl, &Request::Generate { count: 1 << bit }.encode()?, 2_000);
        same("the first token's event", Some(&Some(0xe1)), event.first())?;
    }
    Ok(())
}

//! What survivors asked for: sizes beside their limits, header words of any value, the largest draft table, vectors next to nothing, sections that no
//! machine serves, and the exact length of a pause.

use statestream_image::records::Record;
use statestream_image::testing::{random_draft, small, with_header_words, with_words};

use super::requests::{codes, feed, refusal};
use super::{answers, image, prompt, same, span, Bed, Played, Setting, Watched, Wrong};
use crate::host::{DeviceError, Request, Response};
use crate::rtl::Rtl;
use crate::stimulus::Action;

const SIZE: u16 = 0x14;

/// Header words of the machine's sizes: at the limit an image is not too large, one bit above it is. What else is wrong with it is found later.
pub(super) fn limits(bed: &dyn Bed) -> Played {
    let (image, config) = (image(bed.config(), 6, &small()), bed.config());
    let limits =
        [(6, config.h_words), (8, config.vector_words), (9, config.param_words), (11, config.state_words)];
    for (word, most) in limits {
        let booted = |value: usize| -> Result<u16, Wrong> {
            let bytes = with_header_words(&image, &[(word, value as u16)]);
            Ok(bed.machine(Setting::of(&bytes))?.info().boot_code)
        };
        same("too large at the limit", false, booted(most)? == SIZE)?;
        for bit in (0..16).map(|bit| 1 << bit).take_while(|bit| *bit < most) {
            same("boot code above the limit", SIZE, booted(most + bit)?)?;
        }
    }
    Ok(())
}

/// What INFO says of an image is in its header, whatever it is, too large or not.
pub(super) fn headers(bed: &dyn Bed) -> Played {
    let image = image(bed.config(), 6, &small());
    for word in [0x2200, 0x5555, 0xaaaa, 0x9669, 0x6996, 0xffff] {
        let bytes = with_header_words(&image, &[(7, word)]);
        let rtl = bed.machine(Setting::of(&bytes))?;
        same("last token", (0, word), (rtl.info().boot_code, rtl.info().last_token))?;
        let bytes = with_header_words(&image, &[(6, word)]);
        let rtl = bed.machine(Setting::of(&bytes))?;
        same("channels", (SIZE, word), (rtl.info().boot_code, rtl.info().channels))?;
        // the high half of the state's words has five bits
        let high = word >> 11;
        let bytes = with_header_words(&image, &[(10, high), (11, word)]);
        let rtl = bed.machine(Setting::of(&bytes))?;
        let words = u32::from(high) << 16 | u32::from(word);
        same("words of the state", (SIZE, words), (rtl.info().boot_code, rtl.info().state_words))?;
    }
    Ok(())
}

/// Guesses from beyond the first 2^16 bytes behind the table's start.
pub(super) fn far(bed: &dyn Bed) -> Played {
    let mut shape = small();
    (shape.config.vocab_size, shape.config.num_blocks, shape.config.d_inner) = (300, 1, 4);
    for seed in [91, 92] {
        let mut image = image(bed.config(), seed, &shape);
        random_draft(&mut image, seed, 1 << 16);
        let mut watched = Watched::new(bed, &image)?;
        let sampled = Action::Sample { temperature: 30000, seed: seed as u32 };
        let prompt = Action::Feed { tokens: vec![299, 0, 77], logits: false };
        watched.bench.run(&[sampled, prompt, Action::Generate(16)])?;
        watched.settle(true)?;
    }
    Ok(())
}

/// Embeddings of some units, the smallest sums of squares among them.
pub(super) fn faint(bed: &dyn Bed) -> Played {
    for (seed, most) in [(95, 2), (96, 5), (97, 11)] {
        let mut image = image(bed.config(), seed, &small());
        image.embedding.iter_mut().for_each(|word| *word %= most);
        image.header.eps_q = 1;
        image.seal();
        let mut watched = Watched::new(bed, &image)?;
        watched.bench.run(&[prompt(&[1, 2, 3, 4, 5]), prompt(&[9, 8]), prompt(&[7, 6, 10, 0])])?;
        watched.settle(true)?;
    }
    Ok(())
}

/// A section of no known kind ends a pass, and what is read after it is read as ever.
pub(super) fn kinds(bed: &dyn Bed) -> Played {
    let image = image(bed.config(), 6, &small());
    for (section, kind) in [(0, 8), (1, 9), (2, 15), (3, 12)] {
        let span = span(&image, Record::Section(section))?;
        let (bytes, at) = (with_words(&image, span, &[(0, kind)]), span.at as u32);
        let mut rtl = bed.machine(Setting::of(&bytes))?;
        let refused = refusal(DeviceError::Section(bed.config().flash_base + at));
        for _ in 0..2 {
            answers(&mut rtl, feed(&[1, 2]), &refused)?;
            answers(&mut rtl, feed(&[1]), &refusal(DeviceError::State))?;
            answers(&mut rtl, Request::StateLoad { index: 1 }, &Ok(Response::Done))?;
            answers(&mut rtl, Request::Reset, &Ok(Response::Done))?;
        }
    }
    Ok(())
}

/// Clocks of a pause inside a frame.
const PAUSE: u64 = 1 << 16;
/// Bits that make a pause surely shorter or longer: a byte's ten, and one.
const BESIDE: u64 = 11;

/// A frame with a pause inside is a frame or none, by some clocks.
pub(super) fn pauses(bed: &dyn Bed) -> Played {
    let mut rtl: Rtl = bed.machine(Setting::of(&image(bed.config(), 6, &small()).to_bytes()))?;
    let info = Request::Info.encode()?;
    // raw bytes take ten bits each to send
    let bit = u64::from(bed.config().uart_divisor);
    let sent = |bytes: &[u8]| 10 * bit * bytes.len() as u64;
    for (pause, answer) in [(PAUSE - BESIDE * bit, vec![Some(0)]), (PAUSE + BESIDE * bit, vec![])] {
        let (half, rest) = info.split_at(3);
        same("half a frame", vec![], codes(&mut rtl, half, sent(half) + pause))?;
        same("the other half", answer, codes(&mut rtl, rest, sent(rest) + 6000))?;
        same("silence", vec![], codes(&mut rtl, &[], 2 * PAUSE))?;
    }
    Ok(())
}

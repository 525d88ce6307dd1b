//! Images that no packer writes: a sound CRC over a header of anything. The machine serves them, or refuses them, and stays usable.

use statestream_image::config::Config;
use statestream_image::layout::HEADER_WORDS;
use statestream_image::rng::Rng;
use statestream_image::testing::{random_image, random_shape, with_header_words};

use super::run::CampaignError;
use crate::host::{HostError, Request, Response};
use crate::rtl::{Rtl, RtlOptions};
use crate::stimulus::{ask, BenchError};

/// Words of the header before its check.
const WORDS: usize = HEADER_WORDS - 2;

/// An image whose header has up to three words of anything, magic and version included, under a right CRC.
pub(crate) fn image(rng: &mut Rng) -> Vec<u8> {
    let image = random_image(rng.bits(), &random_shape(rng.bits()));
    let count = 1 + rng.below(3);
    let mut word = || {
        let word = rng.below(WORDS);
        (word, if rng.one_in(3) { 1 << rng.below(16) } else { rng.bits() as u16 })
    };
    let words: Vec<(usize, u16)> = (0..count).map(|_| word()).collect();
    with_header_words(&image, &words)
}

/// Runs the machine on the wild image of this seed. Every request is answered, by what it asks for or by a code of the protocol, and INFO
/// says the same before and after.
pub fn wild(config: &Config, seed: u64, options: &RtlOptions) -> Result<(), CampaignError> {
    let mut rng = Rng::new(seed);
    let options = RtlOptions { seed: rng.bits() as u32, ..options.clone() };
    let failed = |error| BenchError::Engine { error: Box::new(error), replay: format!("wild image {seed}") };
    let mut rtl = Rtl::new(config, &image(&mut rng), &options).map_err(failed)?;
    let before = *rtl.info();
    let index = rng.bits() as u16;
    let word = rng.bits() as u32 >> rng.below(32);
    let requests = [
        Request::Feed { tokens: vec![rng.below(40) as u16], logits: false },
        Request::StateLoad { index: if rng.one_in(2) { 1 } else { index } },
        Request::StateRead { word, count: rng.below(9) as u16 },
        Request::Feed { tokens: vec![rng.bits() as u16], logits: false },
        Request::Reset,
    ];
    requests.into_iter().try_for_each(|request| answered(&mut rtl, request))?;
    match ask(&mut rtl, Request::Info)? {
        Response::Info(after) if after == before => {}
        other => {
            let (foreseen, found) = (format!("{before:?}"), format!("{other:?}"));
            let replay = format!("wild image {seed}");
            return Err(
                BenchError::Unforeseen { what: "INFO", engine: "rtl", foreseen, found, replay }.into()
            );
        }
    }
    Ok(())
}

/// A code of the protocol is as good an answer as any.
fn answered(rtl: &mut Rtl, request: Request) -> Result<(), CampaignError> {
    match ask(rtl, request) {
        Ok(_) | Err(HostError::Device(_)) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

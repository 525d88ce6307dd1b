//! What a line may bring that no host should send.

use statestream_image::testing::{random_draft, small};

use super::requests::codes;
use super::{image, same, Bed, Played, Watched};
use crate::host::Request;
use crate::stimulus::Action;

/// Clocks after which a machine drops half a frame, and some.
const DROPPED: u64 = 66_000;

/// Bytes between frames, low pulses, and bytes that are pushed onto the line while it answers.
pub(super) fn noise(bed: &dyn Bed) -> Played {
    let mut watched = Watched::new(bed, &image(bed.config(), 6, &small()))?;
    let rtl = &mut watched.bench.engine;
    let info = Request::Info.encode()?;
    let noise: Vec<u8> = (0..=255).filter(|byte| *byte != 0xa5).collect();
    same("noise", vec![], codes(rtl, &noise, 80 * 256 + 500))?;
    same("a request behind noise", vec![Some(0)], codes(rtl, &[&[0xff, 0x5a, 0][..], &info].concat(), 6000))?;
    // the bytes behind a request's end arrive while it is worked on
    let late = [&info[..], &[0xa5, 0x02, 0, 0, 0]].concat();
    same("a request with bytes behind it", vec![Some(0)], codes(rtl, &late, 6000))?;
    for pulse in [1, 2, 3] {
        rtl.low(pulse);
        same("a low pulse", vec![], codes(rtl, &[], 200))?;
    }
    watched.bench.act(&Action::Feed { tokens: vec![3, 1], logits: false })?;
    watched.settle(true)
}

/// Requests that arrive while another is worked on are not heard, and change nothing.
pub(super) fn interrupted(bed: &dyn Bed) -> Played {
    let mut image = image(bed.config(), 43, &small());
    random_draft(&mut image, 43, 8);
    let mut watched = Watched::new(bed, &image)?;
    let others = [
        Request::Reset,
        Request::Sample { temperature: 999, seed: 77 },
        Request::StateWrite { word: 0, words: vec![7; 9] },
        Request::Group { tokens: 1 },
        Request::Clear,
        Request::Feed { tokens: vec![1; 20], logits: true },
    ];
    for other in others {
        let bytes = other.encode()?;
        watched.bench.engine.interrupt(&bytes);
        watched.bench.act(&Action::Feed { tokens: vec![5, 6, 7, 8, 9], logits: false })?;
        watched.bench.engine.interrupt(&bytes);
        watched.bench.act(&Action::Generate(3))?;
    }
    watched.finish(false)
}

/// Half a frame and a frame that is too long are over when the line has been silent for long enough, not before.
pub(super) fn silence(bed: &dyn Bed) -> Played {
    let mut watched = Watched::new(bed, &image(bed.config(), 6, &small()))?;
    let rtl = &mut watched.bench.engine;
    let feed = Request::Feed { tokens: vec![1, 2], logits: false }.encode()?;
    let info = Request::Info.encode()?;
    for cut in [1, 3, 7, feed.len() - 1] {
        same("half a frame", vec![], codes(rtl, &feed[..cut], DROPPED + 80 * 8))?;
        same("a request behind half a frame", vec![Some(0)], codes(rtl, &info, 6000))?;
    }
    same("the first half", vec![], codes(rtl, &info[..4], 60_000))?;
    same("the other half, in time", vec![Some(0)], codes(rtl, &info[4..], 6000))?;
    let long = [&[0xa5, 3, 0, 253][..], &[0; 255]].concat();
    same("a frame that is too long", vec![Some(3)], codes(rtl, &long, 80 * 260 + DROPPED + 1000))?;
    watched.bench.act(&Action::Feed { tokens: vec![3, 1], logits: false })?;
    watched.settle(true)
}

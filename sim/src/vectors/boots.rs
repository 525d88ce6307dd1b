//! Images that are none, and every condition in which the flash may be found.

use statestream_image::testing::{small, with_header_words};

use super::{answers, at_the_pins, image, same, Bed, Played, Setting, Watched, Wrong};
use crate::flash::{Breach, Power, Violation};
use crate::host::{DeviceError, Request, Response};
use crate::rtl::Rtl;
use crate::stimulus::Action;

/// A machine that does not boot, and says so.
fn refusing(bed: &dyn Bed, bytes: &[u8], boot: u16) -> Result<Rtl, Wrong> {
    let mut rtl = bed.machine(Setting::of(bytes))?;
    let address = bed.config().flash_base;
    same("boot code", (boot, address), (rtl.info().boot_code, rtl.info().image_base))?;
    let refused = Err(DeviceError::NotReady { boot, address }.into());
    answers(&mut rtl, Request::Feed { tokens: vec![0], logits: false }, &refused)?;
    at_the_pins(&rtl, bed.config())?;
    Ok(rtl)
}

/// Every request that needs an image names the boot's code and address; the others still answer.
fn not_ready(bed: &dyn Bed, bytes: &[u8], boot: u16) -> Played {
    let mut rtl = refusing(bed, bytes, boot)?;
    let refused = Err(DeviceError::NotReady { boot, address: bed.config().flash_base }.into());
    let requests = [
        Request::Generate { count: 1 },
        Request::StateWrite { word: 0, words: vec![0] },
        Request::Reset,
        Request::Sample { temperature: 1, seed: 1 },
        Request::StateRead { word: 0, count: 1 },
        Request::StateCommit { model_id: 0 },
        Request::StateLoad { index: 0 },
        Request::Group { tokens: 1 },
    ];
    for request in requests {
        answers(&mut rtl, request, &refused)?;
    }
    answers(&mut rtl, Request::Clear, &Ok(Response::Done))?;
    same("passes", 0, rtl.counters()?.passes)
}

pub(super) fn refused(bed: &dyn Bed) -> Played {
    let (image, config) = (image(bed.config(), 6, &small()), bed.config());
    not_ready(bed, &[], 0x12)?;
    for bit in [0x0001, 0x0100, 0x8000] {
        let magic = u16::from_be_bytes([image.to_bytes()[0], image.to_bytes()[1]]);
        refusing(bed, &with_header_words(&image, &[(0, magic ^ bit)]), 0x12)?;
        let magic = u16::from_be_bytes([image.to_bytes()[2], image.to_bytes()[3]]);
        refusing(bed, &with_header_words(&image, &[(1, magic ^ bit)]), 0x12)?;
    }
    let version = u16::from_be_bytes([image.to_bytes()[4], image.to_bytes()[5]]);
    for other in [version + 1, version ^ 0x100, 0] {
        refusing(bed, &with_header_words(&image, &[(2, other)]), 0x13)?;
    }
    let limits =
        [(6, config.h_words), (8, config.vector_words), (9, config.param_words), (11, config.state_words)];
    for (word, most) in limits {
        let bits = (0..16).map(|bit| 1 << bit).filter(|bit| *bit > most);
        for value in bits.chain([most + 1]) {
            refusing(bed, &with_header_words(&image, &[(word, value as u16)]), 0x14)?;
        }
        if word == 8 || word == 9 {
            let bytes = with_header_words(&image, &[(word, most as u16)]);
            same("boot code", 0, bed.machine(Setting::of(&bytes))?.info().boot_code)?;
        }
    }
    // the high half of the state's words has five bits
    (0..5).try_for_each(|bit| refusing(bed, &with_header_words(&image, &[(10, 1 << bit)]), 0x14).map(drop))
}

/// Whatever somebody left the flash in: the image boots and the text is golden's.
pub(super) fn power(bed: &dyn Bed) -> Played {
    let image = image(bed.config(), 16, &small());
    for power in [Power::Awake, Power::Continuous] {
        let mut watched = Watched::with(bed, &image, |setting| Setting { power, ..setting })?;
        // a chip that waits for an address takes the opcode that ends it from pins of which only one is driven
        let before = watched.bench.engine.flashes()[0].breach_count();
        watched.bench.act(&Action::Feed { tokens: vec![7, 2], logits: false })?;
        watched.counted()?;
        watched.in_time(true)?;
        let flash = &watched.bench.engine.flashes()[0];
        same("breaches since boot", before, flash.breach_count())?;
        let other = |breach: &&Breach| !matches!(breach.violation, Violation::Undriven(_));
        same("other breaches", None, flash.breaches().iter().find(other))?;
    }
    Ok(())
}

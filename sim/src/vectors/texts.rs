//! Texts in lockstep: sampled and greedy, with logits, guesses and groups, of every kind of model, throttled and not.

use statestream_golden::{GoldenError, Session};
use statestream_image::config::Config;
use statestream_image::layout::Image;
use statestream_image::model::Block;
use statestream_image::testing::{random_draft, shapes, small};

use super::{answers, image, Bed, Played, Watched, Wrong};
use crate::host::{DeviceError, Request};
use crate::stimulus::Action;

/// Of few tokens, so that guesses are often right, once in a while behind a wrong one.
fn guessed(config: &Config) -> Image {
    let mut shape = small();
    shape.config.vocab_size = 3;
    let mut image = image(config, 25, &shape);
    random_draft(&mut image, 25, 64);
    image
}

/// The same with odd sizes, so that rows begin at odd vector words and end inside a byte or a group of bytes.
fn odd(config: &Config) -> Image {
    let mut shape = small();
    (shape.config.channels, shape.config.d_inner, shape.config.vocab_size) =
        if config.ternary { (29, 25, 3) } else { (7, 5, 3) };
    let mut image = image(config, 26, &shape);
    random_draft(&mut image, 26, 64);
    image
}

fn feed(tokens: &[u16], logits: bool) -> Action {
    Action::Feed { tokens: tokens.into(), logits }
}

pub(super) fn text(bed: &dyn Bed) -> Played {
    let mut watched = Watched::new(bed, &guessed(bed.config()))?;
    let sampled = Action::Sample { temperature: 12000, seed: 9 };
    watched.bench.run(&[sampled, feed(&[1, 2, 0, 1, 1, 2, 2], false), Action::Generate(12)])?;
    watched.settle(true)?;
    let greedy = Action::Sample { temperature: 0, seed: 1 };
    watched.bench.run(&[greedy, feed(&[2, 1], false), Action::Generate(5)])?;
    watched.bench.run(&[Action::Reset, feed(&[0], false), Action::Generate(9)])?;
    watched.finish(true)
}

pub(super) fn groups(bed: &dyn Bed) -> Played {
    let mut watched = Watched::new(bed, &guessed(bed.config()))?;
    for (tokens, seed) in [(1, 0x1234_5678), (2, 0x9e37_79b9), (3, 0xffff_fffe), (4, 3), (0, 0x8000_0001)] {
        let sampled = Action::Sample { temperature: 0x2345 << (seed & 1), seed };
        watched.bench.run(&[Action::Group(tokens), sampled])?;
        let room = if tokens == 0 { bed.config().tokens } else { usize::from(tokens) };
        let before = watched.bench.engine.passes().len();
        watched.bench.act(&feed(&[1, 2, 0, 1, 2], tokens == 3))?;
        watched.shared(before, &[1; 5].chunks(room).map(<[_]>::len).collect::<Vec<_>>())?;
        let (session, before) =
            (watched.bench.lockstep.session().clone(), watched.bench.engine.passes().len());
        watched.bench.act(&Action::Generate(6))?;
        watched.shared(before, &written(session, 6, room)?)?;
    }
    let refused = Err(DeviceError::Range.into());
    let more = bed.config().tokens as u16 + 1;
    for tokens in [more, 256, 0x1000, 0x8004, 0xffff] {
        answers(&mut watched.bench.engine, Request::Group { tokens }, &refused)?;
    }
    watched.finish(false)
}

/// Tokens, guesses among them, of the passes in which golden writes so many.
fn written(mut session: Session, count: usize, room: usize) -> Result<Vec<usize>, GoldenError> {
    let (mut passes, mut left) = (Vec::new(), count);
    while left > 0 {
        let (tokens, passed) = session.generate_some(room.min(left), None)?;
        passes.push(tokens.len());
        left -= passed.kept;
    }
    Ok(passes)
}

pub(super) fn throttle(bed: &dyn Bed) -> Played {
    let image = odd(bed.config());
    let mut watched = Watched::with(bed, &image, |setting| super::Setting { stalls: Some(4), ..setting })?;
    for tokens in [&[1, 2, 0, 1, 1, 2, 2][..], &[2], &[0, 2, 1, 0, 2]] {
        let sampled = Action::Sample { temperature: 12000, seed: 9 };
        watched.bench.run(&[sampled, feed(tokens, false), Action::Generate(9), Action::Reset])?;
    }
    // passes of any length that begin in any clock
    for token in [0, 1, 2].into_iter().cycle().take(12) {
        watched.bench.engine.raw(&[], 1);
        watched.bench.act(&feed(&[token], false))?;
        watched.counted()?;
    }
    watched.settle(false)
}

/// A small model of each kind. In pairs of passes, one of them with logits.
pub(super) fn kind(bed: &dyn Bed, kind: usize) -> Played {
    let mut shape = shapes().swap_remove(kind);
    let c = &mut shape.config;
    (c.channels, c.vocab_size) = (6 + kind, 5 + kind);
    if c.block == Block::Gated {
        c.d_inner = if bed.config().ternary { 21 + kind } else { 9 + kind };
    }
    for seed in [30 + kind as u64, 60 + kind as u64] {
        let mut watched = Watched::new(bed, &image(bed.config(), seed, &shape))?;
        let sampled = Action::Sample { temperature: 700 << kind, seed: 0x0101_0101 * kind as u32 };
        watched.bench.run(&[sampled, feed(&[1, 4, 2, 3, 0], false), Action::Generate(2)])?;
        watched.settle(true)?;
        watched.bench.run(&[Action::LoadStored(1), feed(&[0, 4], true)])?;
        watched.finish(false)?;
    }
    Ok(())
}

/// Draft tables of few slots and of many: their addresses, and guesses behind guesses.
pub(super) fn drafts(bed: &dyn Bed) -> Played {
    for (seed, slots) in [(72, 2), (73, 512), (74, 4096)] {
        let mut shape = small();
        shape.config.vocab_size = 2 + slots % 3;
        (shape.config.num_blocks, shape.config.d_inner) = (1, 4);
        let mut image = image(bed.config(), seed, &shape);
        random_draft(&mut image, seed, slots);
        let mut watched = Watched::new(bed, &image)?;
        let sampled = Action::Sample { temperature: 9000, seed: seed as u32 };
        watched.bench.run(&[sampled, feed(&[1, 0, 1], false), Action::Generate(30)])?;
        watched.settle(true)?;
        let guesses: usize = watched.bench.engine.passes().iter().map(|(shape, _)| shape.guesses).sum();
        if guesses == 0 && bed.config().tokens > 1 {
            return Err(Wrong(format!("no guess from {slots} slots")));
        }
    }
    Ok(())
}

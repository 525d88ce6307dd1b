//! Models as large as the machine, and vocabularies that are long.

use statestream_image::model::{Block, Ssm};
use statestream_image::testing::{random_draft, shapes, small};

use super::{image, Bed, Played, Watched};
use crate::stimulus::Action;

/// h, vectors, parameters and states to their ends.
pub(super) fn large(bed: &dyn Bed) -> Played {
    let h = bed.config().h_words;
    for kind in [0, 3, 5] {
        let mut shape = shapes().swap_remove(kind);
        let c = &mut shape.config;
        (c.channels, c.vocab_size) = (h, 40);
        if c.block == Block::Gated {
            c.d_inner = h;
        }
        c.num_states = if c.ssm == Ssm::Dws { 2 } else { 16 };
        let image = image(bed.config(), 80 + kind as u64, &shape);
        let mut watched = Watched::new(bed, &image)?;
        let sampled = Action::Sample { temperature: 20000, seed: 0xdead_beef };
        let prompt = Action::Feed { tokens: vec![39, 32, 1, 38, 31], logits: false };
        watched.bench.run(&[sampled, prompt, Action::Generate(2), Action::LoadStored(1)])?;
        watched.finish(true)?;
    }
    Ok(())
}

/// Tokens of more than eight bits, draft slots of two bytes, and logits of one token at a time.
pub(super) fn many(bed: &dyn Bed) -> Played {
    let mut shape = small();
    let c = &mut shape.config;
    (c.channels, c.d_inner, c.vocab_size, c.num_blocks) = (2, 2, 2100, 1);
    let mut image = image(bed.config(), 90, &shape);
    random_draft(&mut image, 90, 64);
    let mut watched = Watched::new(bed, &image)?;
    let sampled = Action::Sample { temperature: 9000, seed: 11 };
    let prompt = Action::Feed { tokens: vec![2099, 0x7ff, 1, 0x555, 0x2aa], logits: false };
    watched.bench.run(&[sampled, prompt, Action::Group(2), Action::Generate(2)])?;
    watched.settle(true)
}

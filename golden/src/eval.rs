//! The loss of a model over a text.
//!
//! The text is cut into streams of equal length, each run from the initial state; every token predicts the one after it, the
//! last one of a stream the first of the next. What is left over at the end is dropped.

use crate::float::{Loss, Sum};
use crate::{GoldenError, Model, Session};
use rayon::prelude::*;
use std::time::Instant;

/// Loss over `tokens` in streams of `stream` predictions, one stream per core at a time. The sum is in stream order, so the
/// result does not depend on the number of cores.
pub fn loss(model: &Model, tokens: &[u16], stream: usize) -> Result<Loss, GoldenError> {
    let streams = tokens.len().saturating_sub(1).checked_div(stream).unwrap_or(0);
    if streams == 0 {
        return Err(GoldenError::Text { found: tokens.len(), stream });
    }
    let start = Instant::now();
    let parts: Vec<(Sum, u64)> = (0..streams)
        .into_par_iter()
        .map_init(|| Session::new(model), |session, s| run(session, &tokens[s * stream..][..=stream]))
        .collect::<Result<_, _>>()?;
    let (sum, saturations) =
        parts.into_iter().fold((Sum::default(), 0), |(sum, n), (part, m)| (sum + part, n + m));
    Ok(sum.loss(start.elapsed(), saturations))
}

/// One stream from the initial state, with its saturations: token i is fed, token i + 1 is predicted.
fn run(session: &mut Session, tokens: &[u16]) -> Result<(Sum, u64), GoldenError> {
    let before = session.saturations();
    let frac = session.model().header().logit_frac;
    let vocab = session.model().header().vocab;
    session.reset();
    let mut sum = Sum::default();
    for pair in tokens.windows(2) {
        let (token, target) = (pair[0], pair[1]);
        session.feed(token, true, None)?;
        if usize::from(target) >= vocab {
            return Err(GoldenError::Token { token: target, vocab });
        }
        sum = sum + Sum::of(session.logits(), frac, target);
    }
    Ok((sum, session.saturations() - before))
}

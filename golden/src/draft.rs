//! Guesses of the next token, and texts written with them.
//!
//! ```text
//! c = ((t3 M + t2) M + t1) mod 2^16;  guess = slots[c & mask]             t1 the newest token
//! pass: the next token, and guesses behind it;  kept: those that the model would have written
//! ```
//!
//! `FORMAT.md`, section 5. The text is the one that single tokens would have written, whatever the table holds; it only takes fewer passes.

use crate::session::{check_tokens, Heads, Passed};
use crate::{GoldenError, Session, Trace};
use statestream_image::layout::Draft;

/// A text that a session has written, and what it cost.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Generated {
    /// The text.
    pub tokens: Vec<u16>,
    /// Passes over the tape.
    pub passes: usize,
    /// Guesses fed.
    pub drafted: usize,
    /// Guesses kept.
    pub accepted: usize,
}

/// The guess of what follows t3, t2, t1.
fn guess(table: &Draft, [t3, t2, t1]: [u16; 3]) -> u16 {
    let [t3, t2, t1, m] = [t3, t2, t1, table.multiplier].map(u64::from);
    let c = (t3 * m + t2) * m + t1;
    // The mask keeps at most the 16 bits that the hash has.
    table.slots[c as usize & (table.slots.len() - 1)]
}

impl Session {
    /// `count` guesses of what follows the token `first`, which the session has not been fed yet; none if the image has no table.
    pub fn draft(&self, first: u16, count: usize) -> Vec<u16> {
        let Some(table) = &self.model().plan().draft else { return Vec::new() };
        let [t3, t2] = self.history();
        let mut last = [t3, t2, first];
        let next = || {
            let guess = guess(table, last);
            last = [last[1], last[2], guess];
            guess
        };
        std::iter::repeat_with(next).take(count).collect()
    }

    /// One drafted pass: the next token, and up to `most` - 1 guesses behind it. Returns all the tokens fed and what they came to.
    pub fn generate_some(
        &mut self,
        most: usize,
        trace: Option<&mut Trace>,
    ) -> Result<(Vec<u16>, Passed), GoldenError> {
        check_tokens(most)?;
        let first = self.next_token().ok_or(GoldenError::NoNext)?;
        let mut tokens = vec![first];
        tokens.extend(self.draft(first, most - 1));
        let passed = self.pass(&tokens, Heads::All, true, trace)?;
        Ok((tokens, passed))
    }

    /// Writes `count` tokens in passes of up to `group`, each as long as what is left allows.
    pub fn generate(&mut self, count: usize, group: usize) -> Result<Generated, GoldenError> {
        check_tokens(group)?;
        let mut done = Generated::default();
        while done.tokens.len() < count {
            let (tokens, passed) = self.generate_some(group.min(count - done.tokens.len()), None)?;
            done.tokens.extend(&tokens[..passed.kept]);
            done.passes += 1;
            done.drafted += tokens.len() - 1;
            done.accepted += passed.kept - 1;
        }
        Ok(done)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_token_is_added_last_and_the_low_bits_choose_the_slot() {
        let table =
            |slots: usize| Draft { multiplier: 3, slots: (0..slots as u32).map(|i| i as u16).collect() };
        assert_eq!(guess(&table(1 << 16), [1, 10, 100]), 9 + 30 + 100);
        assert_eq!(guess(&table(16), [1, 10, 100]), 139 % 16);
        assert_eq!(guess(&table(1 << 16), [65535, 0, 0]), 65527);
    }
}

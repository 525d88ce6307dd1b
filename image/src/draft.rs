//! Builds the draft table from a text: for every slot the token that follows most often.
//!
//! ```text
//! text -> its distinct runs of four tokens, counted -> per multiplier: slots, majorities, hits -> the multiplier that hits most
//! ```
//!
//! `FORMAT.md`, section 5. Runs that share a slot share its guess, so the multiplier decides which of them collide: of a megabyte of
//! Shakespeare, 16384 slots guess 49.6 % under the best of [`TRIES`] multipliers, 49.1 % under the median and 47.3 % under the worst.

use rayon::prelude::*;
use thiserror::Error;

use crate::layout::{Draft, MOST_SLOTS};
use crate::records::slot_bytes;
use crate::rng::Rng;

/// Multipliers that are tried.
pub const TRIES: usize = 48;
/// Where their list begins; an image's bytes depend on it.
const SEED: u64 = 0x5eed;
/// Fewest slots: a mask of 0 says that there is no table.
const LEAST_SLOTS: usize = 2;

/// What a table is to be made of.
#[derive(Clone, Debug)]
pub struct DraftOptions {
    /// The text.
    pub tokens: Vec<u16>,
    /// Slots of the table: a power of two, 2 to 65536.
    pub slots: usize,
}

/// Why there can be no table.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum DraftError {
    /// No draft text.
    #[error("the draft text has no token; give a longer text, or none for an image without a table")]
    NoText,
    /// A token that the model does not know.
    #[error(
        "draft token {at} is {token}, the vocabulary has {vocab}; encode the text with this model's vocabulary"
    )]
    Token {
        /// Its position.
        at: usize,
        /// Its id.
        token: u16,
        /// Tokens there are.
        vocab: usize,
    },
    /// A number of slots that no mask can state.
    #[error("{slots} slots make no draft table, their number is a power of two from 2 to 65536; give {nearest} slots")]
    Slots {
        /// What was asked for.
        slots: usize,
        /// What there could be.
        nearest: String,
    },
    /// The same in bytes.
    #[error("{bytes} bytes make no draft table, it has a power of two of slots from 2 to 65536, of {each} byte(s) each; give {nearest} bytes")]
    Bytes {
        /// What was asked for.
        bytes: usize,
        /// Bytes of one slot.
        each: usize,
        /// What there could be.
        nearest: String,
    },
}

impl DraftOptions {
    /// The table for a model of `vocab` tokens; refused if the text or the size cannot be.
    pub fn table(&self, vocab: usize) -> Result<Draft, DraftError> {
        let (tokens, slots) = (&self.tokens, self.slots);
        if tokens.is_empty() {
            return Err(DraftError::NoText);
        }
        if let Some(at) = tokens.iter().position(|token| usize::from(*token) >= vocab) {
            return Err(DraftError::Token { at, token: tokens[at], vocab });
        }
        match is_size(slots) {
            true => Ok(build(tokens, vocab, slots)),
            false => Err(DraftError::Slots { slots, nearest: nearest(slots, 1) }),
        }
    }
}

/// Slots of a table of that many bytes; refused unless there can be one.
pub fn slots_of(bytes: usize, vocab: usize) -> Result<usize, DraftError> {
    let each = slot_bytes(vocab);
    match is_size(bytes / each) && bytes.is_multiple_of(each) {
        true => Ok(bytes / each),
        false => Err(DraftError::Bytes { bytes, each, nearest: nearest(bytes, each) }),
    }
}

/// The table for a model of `vocab` tokens: of every slot the majority, the lowest token on ties; a slot that the text never reaches
/// guesses the text's most frequent token. `slots` is taken as the next number that a table can have, and tokens that are none are not
/// counted. Equal arguments give equal tables.
pub fn build(tokens: &[u16], vocab: usize, slots: usize) -> Draft {
    let slots = slots.clamp(LEAST_SLOTS, MOST_SLOTS).next_power_of_two();
    let runs = runs(tokens, vocab);
    let hits = |multiplier: u16| -> u64 {
        majorities(&runs, multiplier, slots).iter().map(|majority| majority.count).sum()
    };
    let tried: Vec<(u64, u16)> = multipliers().into_par_iter().map(|m| (hits(m), m)).collect();
    let better = |best: (u64, u16), next: (u64, u16)| if next.0 > best.0 { next } else { best };
    let multiplier = tried.into_iter().reduce(better).map_or(1, |(_, multiplier)| multiplier);
    let mut draft = Draft { multiplier, slots: vec![commonest(tokens, vocab); slots] };
    for majority in majorities(&runs, multiplier, slots) {
        draft.slots[majority.slot] = majority.token;
    }
    draft
}

/// Which share of a text's tokens, from the second on, the table guesses from the tokens before them; 0 if there is none.
pub fn hit_rate(draft: &Draft, tokens: &[u16]) -> f64 {
    let guess =
        |[t3, t2, t1, _]: [u16; 4]| draft.slots[slot([t3, t2, t1], draft.multiplier, draft.slots.len())];
    let hits = windows(tokens).filter(|run| guess(*run) == run[3]).count();
    hits as f64 / tokens.len().saturating_sub(1).max(1) as f64
}

/// What most runs of one slot end with.
struct Majority {
    slot: usize,
    token: u16,
    count: u64,
}

/// Can a table have so many slots?
pub(crate) fn is_size(slots: usize) -> bool {
    slots.is_power_of_two() && (LEAST_SLOTS..=MOST_SLOTS).contains(&slots)
}

/// The sizes around one that cannot be, in units of which a slot takes `each`.
fn nearest(size: usize, each: usize) -> String {
    let above = (size / each + 1).clamp(LEAST_SLOTS, MOST_SLOTS).next_power_of_two();
    match above / 2 * each {
        below if below >= LEAST_SLOTS * each && size < MOST_SLOTS * each => {
            format!("{below} or {}", above * each)
        }
        _ => format!("{}", above * each),
    }
}

fn multipliers() -> Vec<u16> {
    let mut rng = Rng::new(SEED);
    (0..TRIES).map(|_| rng.bits() as u16 | 1).collect()
}

/// The slot that three tokens are hashed to, t1 the newest.
fn slot([t3, t2, t1]: [u16; 3], multiplier: u16, slots: usize) -> usize {
    let step = |c: u16, token: u16| c.wrapping_mul(multiplier).wrapping_add(token);
    usize::from(step(step(t3, t2), t1)) & (slots - 1)
}

/// Every token from the second on with the three before it, oldest first; before the text there is token 0.
fn windows(tokens: &[u16]) -> impl Iterator<Item = [u16; 4]> + '_ {
    let before = |at: usize, back: usize| at.checked_sub(back).map_or(0, |at| tokens[at]);
    (1..tokens.len()).map(move |at| [before(at, 3), before(at, 2), before(at, 1), tokens[at]])
}

/// The distinct runs of four, counted: a text repeats itself, and every multiplier reads them all.
fn runs(tokens: &[u16], vocab: usize) -> Vec<([u16; 4], u32)> {
    let mut all: Vec<_> = windows(tokens).filter(|run| usize::from(run[3]) < vocab).collect();
    all.par_sort_unstable();
    all.chunk_by(|a, b| a == b).map(|same| (same[0], same.len().try_into().unwrap_or(u32::MAX))).collect()
}

/// The majority of every slot that a run reaches. Votes are sorted rather than counted in an array, whose size would be slots times
/// vocabulary.
fn majorities(runs: &[([u16; 4], u32)], multiplier: u16, slots: usize) -> Vec<Majority> {
    let vote = |([t3, t2, t1, next], count): &([u16; 4], u32)| {
        (slot([*t3, *t2, *t1], multiplier, slots), *next, *count)
    };
    let mut votes: Vec<_> = runs.iter().map(vote).collect();
    votes.sort_unstable();
    votes.chunk_by(|a, b| a.0 == b.0).map(majority).collect()
}

/// The first among the largest sums; `votes` are those of one slot, by token.
fn majority(votes: &[(usize, u16, u32)]) -> Majority {
    let sum = |same: &[(usize, u16, u32)]| Majority {
        slot: same[0].0,
        token: same[0].1,
        count: same.iter().map(|vote| u64::from(vote.2)).sum(),
    };
    let empty = Majority { slot: 0, token: 0, count: 0 };
    let more = |best: Majority, next: Majority| if next.count > best.count { next } else { best };
    votes.chunk_by(|a, b| a.1 == b.1).map(sum).fold(empty, more)
}

/// The most frequent token, the lowest on ties, 0 without any.
fn commonest(tokens: &[u16], vocab: usize) -> u16 {
    let all: Vec<_> = tokens.iter().filter(|token| usize::from(**token) < vocab).collect();
    let mut votes: Vec<_> = all.into_iter().map(|token| (0, *token, 1)).collect();
    votes.par_sort_unstable();
    majority(&votes).token
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text() -> Vec<u16> {
        (0..4000u32).map(|i| (i * i / 7 % 11) as u16).collect()
    }

    #[test]
    fn the_hash_is_two_multiplications_modulo_two_to_the_sixteen() {
        let c = (3u64 * 40503 + 9) * 40503 + 60000;
        assert_eq!(slot([3, 9, 60000], 40503, 1 << 16) as u64, c % 65536);
        assert_eq!(slot([3, 9, 60000], 40503, 1 << 5) as u64, c % 32);
    }

    #[test]
    fn the_majority_wins_and_the_lowest_on_ties() {
        let votes = [(4, 1, 2), (4, 5, 1), (4, 5, 1), (4, 7, 2)];
        let won = majority(&votes);
        assert_eq!((won.slot, won.token, won.count), (4, 1, 2));
        let won = majority(&[(4, 1, 2), (4, 5, 3)]);
        assert_eq!((won.token, won.count), (5, 3));
    }

    #[test]
    fn a_text_of_one_rule_is_guessed_whole_and_empty_slots_hold_its_commonest_token() {
        let tokens: Vec<u16> = [0, 1, 2, 2].repeat(50);
        let draft = build(&tokens, 3, 1024);
        assert_eq!(hit_rate(&draft, &tokens), 1.0);
        assert!(draft.slots.iter().filter(|token| **token == 2).count() > 1000);
    }

    #[test]
    fn no_other_multiplier_of_the_list_guesses_more() {
        let (tokens, slots) = (text(), 64);
        let draft = build(&tokens, 11, slots);
        let runs = runs(&tokens, 11);
        let hits = |m| majorities(&runs, m, slots).iter().map(|won| won.count).sum::<u64>();
        let all: Vec<u64> = multipliers().into_iter().map(hits).collect();
        let most = all.iter().copied().max().unwrap();
        assert_eq!(multipliers()[all.iter().position(|hits| *hits == most).unwrap()], draft.multiplier);
        assert_eq!((hit_rate(&draft, &tokens) * 3999.0).round() as u64, most);
        assert!(all.iter().any(|hits| *hits < most));
    }

    #[test]
    fn each_slot_holds_what_follows_most_often() {
        let (tokens, slots) = (text(), 16);
        let draft = build(&tokens, 11, slots);
        let mut counts = [[0; 11]; 16];
        for [t3, t2, t1, next] in windows(&tokens) {
            counts[slot([t3, t2, t1], draft.multiplier, slots)][usize::from(next)] += 1;
        }
        for (counts, guess) in counts.iter().zip(&draft.slots) {
            let most = counts.iter().max().unwrap();
            assert_eq!(counts.iter().position(|count| count == most), Some(usize::from(*guess)));
        }
    }

    #[test]
    fn texts_of_no_and_one_token_and_foreign_tokens_give_a_table() {
        assert_eq!(build(&[], 5, 4).slots, [0; 4]);
        assert_eq!(build(&[3], 5, 4).slots, [3; 4]);
        assert!(build(&[9, 9, 9, 1, 9], 5, 4).slots.iter().all(|token| *token < 5));
        assert_eq!((build(&[1], 5, 0).slots.len(), build(&[1], 5, 100_000).slots.len()), (2, 65536));
    }

    #[test]
    fn a_refusal_names_the_sizes_around() {
        assert_eq!(
            (slots_of(16384, 65), slots_of(16384, 257), slots_of(2, 65)),
            (Ok(16384), Ok(8192), Ok(2))
        );
        let text = |bytes, vocab| slots_of(bytes, vocab).unwrap_err().to_string();
        assert!(text(3000, 65).ends_with("1 byte(s) each; give 2048 or 4096 bytes"));
        assert!(text(3000, 300).ends_with("2 byte(s) each; give 2048 or 4096 bytes"));
        assert!(text(0, 65).ends_with("give 2 bytes"));
        assert!(text(1, 300).ends_with("give 4 bytes"));
        assert!(text(131_072, 65).ends_with("give 65536 bytes"));
        assert!(text(usize::MAX, 300).ends_with("give 131072 bytes"));
    }

    #[test]
    fn what_no_table_can_be_made_of_is_named() {
        let table = |tokens: &[u16], slots| DraftOptions { tokens: tokens.to_vec(), slots }.table(4);
        assert_eq!(table(&[], 4), Err(DraftError::NoText));
        assert_eq!(table(&[1, 4], 4), Err(DraftError::Token { at: 1, token: 4, vocab: 4 }));
        assert_eq!(table(&[1], 5), Err(DraftError::Slots { slots: 5, nearest: "4 or 8".into() }));
        assert_eq!(table(&[1], 4).map(|draft| draft.slots), Ok(vec![1; 4]));
    }
}

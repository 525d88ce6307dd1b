//! Text to tokens and back: greedy longest match over the vocabulary, which for one token per character is exact.

use std::collections::HashMap;

use thiserror::Error;

/// Text that the vocabulary cannot spell.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("character {character:?} at byte {at} starts no token of the vocabulary; remove it from the text")]
pub struct VocabError {
    /// The character.
    pub character: char,
    /// Its byte offset in the text.
    pub at: usize,
}

/// A vocabulary ready to encode with.
#[derive(Clone, Debug)]
pub struct Vocab<'a> {
    tokens: &'a [String],
    ids: HashMap<&'a str, u16>,
    longest: usize,
}

impl<'a> Vocab<'a> {
    /// At most 65536 tokens, text of each.
    pub fn new(tokens: &'a [String]) -> Vocab<'a> {
        let ids = tokens.iter().zip(0..=u16::MAX).map(|(token, id)| (token.as_str(), id)).collect();
        Vocab { tokens, ids, longest: tokens.iter().map(String::len).max().unwrap_or(0) }
    }

    /// Tokens of a text.
    pub fn encode(&self, text: &str) -> Result<Vec<u16>, VocabError> {
        let mut ids = Vec::with_capacity(text.len());
        let mut at = 0;
        while at < text.len() {
            let (id, bytes) = self.longest_at(text, at)?;
            ids.push(id);
            at += bytes;
        }
        Ok(ids)
    }

    /// Bytes of the longest token.
    pub fn longest(&self) -> usize {
        self.longest
    }

    /// Text of tokens; unknown ids are left out.
    pub fn decode(&self, ids: &[u16]) -> String {
        ids.iter().filter_map(|id| self.tokens.get(usize::from(*id))).map(String::as_str).collect()
    }

    fn longest_at(&self, text: &str, at: usize) -> Result<(u16, usize), VocabError> {
        let most = self.longest.min(text.len() - at);
        let token = |bytes: usize| Some((*self.ids.get(text.get(at..at + bytes)?)?, bytes));
        let found = (1..=most).rev().find_map(token);
        let character = text[at..].chars().next().unwrap_or_default();
        found.ok_or(VocabError { character, at })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens() -> Vec<String> {
        ["a", "ab", "b", "é"].map(String::from).to_vec()
    }

    #[test]
    fn the_longest_token_wins_and_decoding_restores_the_text() {
        let tokens = tokens();
        let vocab = Vocab::new(&tokens);
        assert_eq!(vocab.encode("abaéb"), Ok(vec![1, 0, 3, 2]));
        assert_eq!(vocab.decode(&[1, 0, 3, 2]), "abaéb");
    }

    #[test]
    fn a_foreign_character_is_named_with_its_place() {
        let tokens = tokens();
        let error = Vocab::new(&tokens).encode("abx").unwrap_err();
        let text = "character 'x' at byte 2 starts no token of the vocabulary; remove it from the text";
        assert_eq!(error.to_string(), text);
    }
}

//! Text to tokens and back: greedy longest match over the vocabulary, which for one token per character is exact.
//!
//! A token named `<0xHH>` is that byte, as in SentencePiece's byte fallback: no text spells its name, and a byte where no other
//! token begins is it. So a vocabulary of the 128 ASCII characters and `<0x80>` to `<0xFF>` reads and writes any text.

use std::borrow::Cow;
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

impl VocabError {
    /// About the character that this byte is a part of.
    fn around(text: &str, at: usize) -> VocabError {
        let start = (0..=at).rev().find(|start| text.is_char_boundary(*start)).unwrap_or(0);
        VocabError { character: text[start..].chars().next().unwrap_or_default(), at: start }
    }
}

/// A vocabulary ready to encode with.
#[derive(Clone, Debug)]
pub struct Vocab<'a> {
    tokens: &'a [String],
    ids: HashMap<&'a str, u16>,
    /// Tokens that are bytes.
    bytes: HashMap<u8, u16>,
    longest: usize,
}

/// The bytes that a token adds to a text.
pub fn spelling(token: &str) -> Cow<'_, [u8]> {
    match byte(token) {
        Some(byte) => Cow::Owned(vec![byte]),
        None => Cow::Borrowed(token.as_bytes()),
    }
}

/// The byte of `<0xHH>`, two upper-case digits.
fn byte(token: &str) -> Option<u8> {
    let digits = token.strip_prefix("<0x")?.strip_suffix('>')?;
    let value = u8::from_str_radix(digits, 16).ok()?;
    (digits == format!("{value:02X}")).then_some(value)
}

impl<'a> Vocab<'a> {
    /// At most 65536 tokens, text of each.
    pub fn new(tokens: &'a [String]) -> Vocab<'a> {
        let all = || tokens.iter().map(String::as_str).zip(0..=u16::MAX);
        let ids: HashMap<_, _> = all().filter(|(token, _)| byte(token).is_none()).collect();
        let longest = ids.keys().map(|token| token.len()).max().unwrap_or(0);
        Vocab {
            tokens,
            ids,
            bytes: all().filter_map(|(token, id)| Some((byte(token)?, id))).collect(),
            longest,
        }
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

    /// Text of tokens; unknown ids are left out, and bytes that are no UTF-8 are U+FFFD.
    pub fn decode(&self, ids: &[u16]) -> String {
        let known = ids.iter().filter_map(|id| self.tokens.get(usize::from(*id)));
        let bytes: Vec<u8> = known.flat_map(|token| spelling(token).into_owned()).collect();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    fn longest_at(&self, text: &str, at: usize) -> Result<(u16, usize), VocabError> {
        let most = self.longest.min(text.len() - at);
        let token = |bytes: usize| Some((*self.ids.get(text.get(at..at + bytes)?)?, bytes));
        let alone = || Some((*self.bytes.get(&text.as_bytes()[at])?, 1));
        let found = (1..=most).rev().find_map(token).or_else(alone);
        found.ok_or_else(|| VocabError::around(text, at))
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
    fn bytes_spell_what_no_other_token_does() {
        let mut tokens: Vec<String> = (0..128u8).map(|i| char::from(i).to_string()).collect();
        tokens.extend((128..=255).map(|i| format!("<0x{i:02X}>")));
        let vocab = Vocab::new(&tokens);
        let text = "naïve <0xC3> 日本\0";
        let ids = vocab.encode(text).unwrap();
        assert_eq!(ids, text.bytes().map(u16::from).collect::<Vec<_>>());
        assert_eq!(vocab.decode(&ids), text);
        // half a character
        assert_eq!(vocab.decode(&ids[..3]), "na\u{FFFD}");
    }

    #[test]
    fn a_character_of_which_a_byte_is_missing_is_named_whole() {
        let tokens = ["a", "<0xC3>", "<0xa9>"].map(String::from).to_vec();
        let error = Vocab::new(&tokens).encode("aé").unwrap_err();
        assert_eq!(error, VocabError { character: 'é', at: 1 });
    }

    #[test]
    fn a_foreign_character_is_named_with_its_place() {
        let tokens = tokens();
        let error = Vocab::new(&tokens).encode("abx").unwrap_err();
        let text = "character 'x' at byte 2 starts no token of the vocabulary; remove it from the text";
        assert_eq!(error.to_string(), text);
    }
}

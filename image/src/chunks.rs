//! Documents to chunks: pieces that a model reads once, so that only their final states are stored.
//!
//! ```text
//! text -> what the vocabulary can spell, and what it cannot, counted -> pieces of at most N tokens, cut where a text has a seam
//! ```

use std::collections::BTreeMap;

use crate::vocab::Vocab;

/// A document as far as a vocabulary can spell it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Spelt {
    /// What is left of the text.
    pub text: String,
    /// Of every character of `text` its place in the document, counted in characters from 0.
    pub places: Vec<usize>,
    /// Characters that were left out, and how often.
    pub dropped: BTreeMap<char, usize>,
}

/// A piece of a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// Its first character's place in the document.
    pub at: usize,
    /// Its text.
    pub text: String,
    /// Its tokens.
    pub tokens: Vec<u16>,
}

/// The document without the characters that no token begins with. Of line ends, tabs and typographic signs the plain form is
/// kept where the vocabulary has one.
pub fn spell(document: &str, vocab: &Vocab) -> Spelt {
    let mut spelt = Spelt::default();
    for (place, character) in document.chars().enumerate().filter(|(_, character)| *character != '\r') {
        let forms = [character, plain(character)];
        let known = |form: &char| vocab.encode(form.encode_utf8(&mut [0; 4])).is_ok();
        match forms.into_iter().find(known) {
            Some(form) => {
                spelt.text.push(form);
                spelt.places.push(place);
            }
            None => *spelt.dropped.entry(character).or_default() += 1,
        }
    }
    spelt
}

/// What stands for a character on a typewriter.
fn plain(character: char) -> char {
    match character {
        '\u{2018}' | '\u{2019}' | '`' => '\'',
        '\u{201c}' | '\u{201d}' => '"',
        '\u{2013}' | '\u{2014}' => '-',
        '\t' | '\u{a0}' => ' ',
        other => other,
    }
}

/// Cuts a document into pieces of at most `most` tokens. A piece ends behind a paragraph, else a line, a sentence or a word, if
/// there is one in its second half; pieces of white space alone are left out.
pub fn cut(spelt: &Spelt, vocab: &Vocab, most: usize) -> Vec<Piece> {
    let (mut pieces, mut rest, mut first) = (Vec::new(), spelt.text.as_str(), 0);
    while !rest.is_empty() {
        let (text, tokens) = piece(rest, vocab, most.max(1));
        rest = &rest[text.len()..];
        let characters = text.chars().count();
        if !text.trim().is_empty() {
            pieces.push(Piece { at: spelt.places[first], text: text.into(), tokens });
        }
        first += characters;
    }
    pieces
}

/// The next piece, at least one character.
fn piece<'a>(rest: &'a str, vocab: &Vocab, most: usize) -> (&'a str, Vec<u16>) {
    // A token has a byte at least, so `most` tokens need no more text than this.
    let longest = vocab.longest().saturating_mul(most).min(rest.len());
    let window = &rest[..(0..=longest).rev().find(|end| rest.is_char_boundary(*end)).unwrap_or(0)];
    let tokens = vocab.encode(window).unwrap_or_default();
    let head = vocab.decode(&tokens[..tokens.len().min(most)]).len();
    let end = if head == rest.len() { head } else { seam(&rest[..head]) };
    (&rest[..end], vocab.encode(&rest[..end]).unwrap_or_default())
}

/// Where a text is best cut: behind the last seam of the widest kind in its second half, or at its end.
fn seam(text: &str) -> usize {
    let seams = ["\n\n", "\n", ". ", " "];
    let behind = |seam: &str| text.rfind(seam).map(|at| at + seam.len()).filter(|end| 2 * end >= text.len());
    seams.into_iter().find_map(behind).unwrap_or(text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn letters() -> Vec<String> {
        ('a'..='z').chain([' ', '.', '\n', '\'']).map(String::from).collect()
    }

    fn pieces(text: &str, most: usize) -> Vec<(usize, String)> {
        let tokens = letters();
        let vocab = Vocab::new(&tokens);
        let spelt = spell(text, &vocab);
        cut(&spelt, &vocab, most).into_iter().map(|piece| (piece.at, piece.text)).collect()
    }

    #[test]
    fn what_cannot_be_spelt_is_left_out_and_counted() {
        let tokens = letters();
        let spelt = spell("it\u{2019}s 7\r\nor\t77", &Vocab::new(&tokens));
        assert_eq!(spelt.text, "it's \nor ");
        assert_eq!(spelt.dropped, BTreeMap::from([('7', 3)]));
        assert_eq!(spelt.places, [0, 1, 2, 3, 4, 7, 8, 9, 10]);
    }

    #[test]
    fn a_piece_ends_behind_the_widest_seam_of_its_second_half() {
        let owned = |pieces: &[(usize, &str)]| -> Vec<(usize, String)> {
            pieces.iter().map(|(at, text)| (*at, (*text).to_string())).collect()
        };
        assert_eq!(pieces("one two\n\nthree four", 12), owned(&[(0, "one two\n\n"), (9, "three four")]));
        assert_eq!(pieces("one. two three", 8), owned(&[(0, "one. "), (5, "two "), (9, "three")]));
        assert_eq!(pieces("abcdefgh", 3), owned(&[(0, "abc"), (3, "def"), (6, "gh")]));
        assert_eq!(pieces("a\n \n \n \n", 3), owned(&[(0, "a\n")]));
    }

    #[test]
    fn pieces_are_the_whole_text_in_order_and_none_is_too_long() {
        let text = "the quick brown fox. jumps\nover the lazy dog\n\n".repeat(9);
        for most in [1, 2, 7, 64, 1000] {
            let all = pieces(&text, most);
            let kept: String = all.iter().map(|(_, text)| text.as_str()).collect();
            let without = |text: &str| text.split_whitespace().collect::<String>();
            assert_eq!(without(&kept), without(&text));
            assert!(all.iter().all(|(_, text)| text.len() <= most), "{most}");
        }
    }

    #[test]
    fn tokens_of_several_characters_keep_the_limit() {
        let tokens: Vec<String> = ["ab", "a", "b", "c", " "].map(String::from).to_vec();
        let vocab = Vocab::new(&tokens);
        let all = cut(&spell("abab cabc aab", &vocab), &vocab, 4);
        assert!(all.iter().all(|piece| piece.tokens.len() <= 4), "{all:?}");
        assert_eq!(all.iter().map(|piece| piece.text.as_str()).collect::<String>(), "abab cabc aab");
    }
}

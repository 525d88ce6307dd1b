//! Which stored state to start from: chunks found by their words (BM25), or by how likely they make the question.
//!
//! ```text
//! words       query -> BM25 over the chunks' texts -> the best
//! likelihood  each candidate: load its stored state, feed the query -> nats of the query's tokens behind their predecessors
//! ```
//! The first needs no model and no machine; the second needs no words in common, and costs passes over the tape.

use bm25::{Embedder, EmbedderBuilder, Scorer, Tokenizer};
use statestream_golden::float::Sum;
use statestream_image::layout::Chunk;

use crate::engine::{Deaf, Engine, EngineError};

/// A chunk that was found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Found {
    /// Its number, from 0; its state is stored state `chunk + 1`.
    pub chunk: usize,
    /// BM25's score, or the negative mean of nats per token: more is better.
    pub score: f64,
}

/// Words: runs of letters and digits, in lower case.
struct Words;

impl Tokenizer for Words {
    fn tokenize(&self, text: &str) -> Vec<String> {
        let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
        words.map(str::to_lowercase).collect()
    }
}

/// An index over chunks.
pub struct Library {
    embedder: Embedder<u32, Words>,
    scorer: Scorer<usize, u32>,
}

impl Library {
    /// Indexes these chunks.
    pub fn new(chunks: &[Chunk]) -> Library {
        let texts: Vec<&str> = chunks.iter().map(|chunk| chunk.text.as_str()).collect();
        let embedder: Embedder<u32, Words> =
            EmbedderBuilder::with_tokenizer_and_fit_to_corpus(Words, &texts).build();
        let mut scorer = Scorer::new();
        texts.iter().enumerate().for_each(|(at, text)| scorer.upsert(&at, embedder.embed(text)));
        Library { embedder, scorer }
    }

    /// The best chunks that share a word with the query, at most `most`; of equal ones the first in order of the chunks.
    pub fn search(&self, query: &str, most: usize) -> Vec<Found> {
        let matches = self.scorer.matches(&self.embedder.embed(query)).into_iter();
        let mut found: Vec<Found> =
            matches.map(|hit| Found { chunk: hit.id, score: f64::from(hit.score) }).collect();
        rank(&mut found);
        found.truncate(most);
        found
    }
}

/// The candidates in the order of how likely their states make the query, which needs two tokens; ends at the first error.
pub fn likelihood(
    engine: &mut dyn Engine,
    candidates: impl IntoIterator<Item = usize>,
    query: &[u16],
    logit_frac: u32,
) -> Result<Vec<Found>, EngineError> {
    let mut found = Vec::new();
    for chunk in candidates {
        engine.load_stored(chunk as u16 + 1)?;
        let logits = engine.feed(query, true, &mut Deaf)?.logits;
        let nats = logits.iter().zip(&query[1..]).map(|(logits, next)| Sum::of(logits, logit_frac, *next));
        found.push(Found { chunk, score: -nats.fold(Sum::default(), |all, one| all + one).mean() });
    }
    rank(&mut found);
    Ok(found)
}

fn rank(found: &mut [Found]) {
    found.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.chunk.cmp(&b.chunk)));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::GoldenEngine;
    use statestream_golden::{Model, State};
    use statestream_image::testing::{random_image, small};

    fn chunks(texts: &[&str]) -> Vec<Chunk> {
        texts.iter().map(|text| Chunk { text: (*text).into(), ..Chunk::default() }).collect()
    }

    #[test]
    fn words_are_found_in_any_case_and_rare_ones_count_more() {
        let library =
            Library::new(&chunks(&["the ship and the sea", "the Forge, the iron", "the sea, the sea"]));
        let found = |query: &str| library.search(query, 9).iter().map(|hit| hit.chunk).collect::<Vec<_>>();
        assert_eq!(found("FORGE"), [1]);
        assert_eq!(found("where is the iron?")[0], 1);
        assert_eq!(found("ship at sea")[0], 0);
        assert_eq!(found("orchard"), [0; 0]);
        assert_eq!(library.search("the", 2).len(), 2);
    }

    #[test]
    fn equal_chunks_are_found_in_order() {
        let library = Library::new(&chunks(&["a b", "a b", "a b", "c d"]));
        assert_eq!(library.search("a", 3).iter().map(|hit| hit.chunk).collect::<Vec<_>>(), [0, 1, 2]);
    }

    /// The score of each candidate is that of a session which has read the chunk.
    #[test]
    fn likelihood_is_that_of_a_model_which_has_read_the_chunk() {
        let mut image = random_image(5, &small());
        let texts: [&[u16]; 3] = [&[1, 2, 3], &[4, 4, 4, 4], &[0, 6, 2]];
        let model = Model::new(&image).unwrap();
        image.states.truncate(1);
        for text in texts {
            image.states.push(State::after(&model, text).unwrap().words().to_vec());
        }
        let model = Model::new(&image).unwrap();
        let (query, frac) = ([3, 1, 5], image.header.logit_frac);
        let found = likelihood(&mut GoldenEngine::new(&model), 0..3, &query, frac).unwrap();
        for hit in &found {
            let mut engine = GoldenEngine::new(&model);
            engine.feed(texts[hit.chunk], false, &mut Deaf).unwrap();
            let logits = engine.feed(&query, true, &mut Deaf).unwrap().logits;
            let sum = Sum::of(&logits[0], frac, query[1]) + Sum::of(&logits[1], frac, query[2]);
            assert_eq!(hit.score, -sum.mean());
        }
        assert!(found.is_sorted_by(|a, b| a.score >= b.score));
    }
}

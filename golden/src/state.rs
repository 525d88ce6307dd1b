//! The whole state of a model as a value: recurrence and conv history of every layer, in tape order.
//!
//! A saved state is a self-describing blob, big-endian like the image:
//!
//! ```text
//! "SSST"  version(2) = 2  bits of a word(2) = 16  model id(4)  words(4)  of them conv history(4)  tokens seen(4)  word(2)...
//! CRC-32 of all before(4)
//! ```
//! The words lie in tape order, each row's history before its recurrence. Their binary points are those of the model's rows,
//! which the model id names with everything else of tables, embedding and tape. *Tokens seen* is how many tokens lead from
//! the initial state to this one; it counts no further than 2^32 - 1.
//!
//! A blob is refused if it is damaged or belongs to another model: the words mean nothing to other weights.

use crate::session::{Heads, MOST_TOKENS};
use crate::{GoldenError, Model, Session};

const MAGIC: u32 = 0x5353_5354;
const VERSION: u16 = 2;
/// Bits of a state word.
const WORD_BITS: u16 = 16;
/// Bytes before the words.
const HEAD: usize = 24;
/// Bytes after them.
const TAIL: usize = 4;

/// Everything that a model remembers between two tokens.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct State {
    model_id: u32,
    words: Vec<i16>,
    history: u32,
    seen: u32,
}

impl State {
    /// Stored state 0, from which a text begins.
    pub fn initial(model: &Model) -> Self {
        Self::of(model, &model.plan().states[0], 0)
    }

    /// Stored state `index` of the image.
    pub fn stored(model: &Model, index: usize) -> Result<Self, GoldenError> {
        let states = &model.plan().states;
        let words = states.get(index).ok_or(GoldenError::Stored { index, count: states.len() })?;
        Ok(Self::of(model, words, model.plan().seen.get(index).copied().unwrap_or(0)))
    }

    /// The state that these tokens leave behind the initial one; their noise plays no part.
    pub fn after(model: &Model, tokens: &[u16]) -> Result<Self, GoldenError> {
        let mut session = Session::new(model);
        for pass in tokens.chunks(MOST_TOKENS) {
            session.pass(pass, Heads::None, false, None)?;
        }
        Ok(session.state())
    }

    /// A state from its words, in tape order, and the number of tokens that led to it; refused unless the words' number is the model's.
    pub fn from_words(model: &Model, words: &[i16], seen: u32) -> Result<Self, GoldenError> {
        let wanted = model.header().state_words;
        if words.len() != wanted {
            return Err(GoldenError::StateWords { found: words.len(), wanted });
        }
        Ok(Self::of(model, words, seen))
    }

    /// Tokens between the initial state and this one.
    pub fn seen(&self) -> u32 {
        self.seen
    }

    /// Words of it that are conv history.
    pub fn history_words(&self) -> u32 {
        self.history
    }

    /// The words in tape order: per row first x[t-3] x[t-2] x[t-1] where the section has CONV, then sr si of each state.
    pub fn words(&self) -> &[i16] {
        &self.words
    }

    /// CRC-32 that names the model.
    pub fn model_id(&self) -> u32 {
        self.model_id
    }

    /// The state as bytes, for [`State::from_blob`].
    pub fn to_blob(&self) -> Vec<u8> {
        let mut blob = Vec::with_capacity(HEAD + 2 * self.words.len() + TAIL);
        blob.extend(MAGIC.to_be_bytes());
        blob.extend(VERSION.to_be_bytes());
        blob.extend(WORD_BITS.to_be_bytes());
        blob.extend(self.model_id.to_be_bytes());
        [self.words.len() as u32, self.history, self.seen].iter().for_each(|x| blob.extend(x.to_be_bytes()));
        blob.extend(self.words.iter().flat_map(|word| word.to_be_bytes()));
        blob.extend(crc32fast::hash(&blob).to_be_bytes());
        blob
    }

    /// Reads what [`State::to_blob`] wrote; everything is checked before a word is believed.
    pub fn from_blob(model: &Model, blob: &[u8]) -> Result<Self, GoldenError> {
        let words = open(blob)?;
        check_model(long(blob, 8), model)?;
        let words: Vec<i16> = words.chunks_exact(2).map(|b| i16::from_be_bytes([b[0], b[1]])).collect();
        let state = Self::from_words(model, &words, long(blob, 20))?;
        let history = long(blob, 16);
        match history == state.history {
            true => Ok(state),
            false => Err(GoldenError::BlobHistory { found: history, wanted: state.history }),
        }
    }

    /// The words of a running session, which have the model's size.
    pub(crate) fn of(model: &Model, words: &[i16], seen: u32) -> Self {
        let history = model.plan().history_words as u32;
        Self { model_id: model.id(), words: words.to_vec(), history, seen }
    }

    /// Refuses the state of another model.
    pub(crate) fn check(&self, model: &Model) -> Result<(), GoldenError> {
        check_model(self.model_id, model)
    }
}

fn check_model(found: u32, model: &Model) -> Result<(), GoldenError> {
    let wanted = model.id();
    (found == wanted).then_some(()).ok_or(GoldenError::StateModel { found, wanted })
}

/// The word bytes of a blob whose frame is sound.
fn open(blob: &[u8]) -> Result<&[u8], GoldenError> {
    if blob.len() < HEAD + TAIL {
        return Err(GoldenError::BlobLength { found: blob.len(), wanted: HEAD + TAIL });
    }
    if long(blob, 0) != MAGIC {
        return Err(GoldenError::BlobMagic { found: long(blob, 0) });
    }
    let version = u16::from_be_bytes([blob[4], blob[5]]);
    if version != VERSION {
        return Err(GoldenError::BlobVersion { found: version, wanted: VERSION });
    }
    let bits = u16::from_be_bytes([blob[6], blob[7]]);
    if bits != WORD_BITS {
        return Err(GoldenError::BlobBits { found: bits, wanted: WORD_BITS });
    }
    let end = (long(blob, 12) as usize).saturating_mul(2).saturating_add(HEAD);
    if blob.len() != end.saturating_add(TAIL) {
        return Err(GoldenError::BlobLength { found: blob.len(), wanted: end.saturating_add(TAIL) });
    }
    let (found, computed) = (long(blob, end), crc32fast::hash(&blob[..end]));
    if found != computed {
        return Err(GoldenError::BlobCrc { found, computed });
    }
    Ok(&blob[HEAD..end])
}

/// The big-endian u32 at `at`, which the caller knows to be inside.
fn long(blob: &[u8], at: usize) -> u32 {
    blob[at..at + 4].iter().fold(0, |x, &byte| x << 8 | u32::from(byte))
}

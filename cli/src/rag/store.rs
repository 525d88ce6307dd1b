//! States of chunks that are already read, in a folder beside the image that is being made: a build that was stopped goes on from them.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Result;
use statestream_golden::{Model, State};

use crate::files;

/// The folder.
pub struct Store {
    folder: PathBuf,
}

impl Store {
    /// Beside the image `output`.
    pub fn beside(output: &Path) -> Result<Store> {
        let name = output.file_name().unwrap_or_default().to_string_lossy();
        let folder = output.with_file_name(format!(".{name}.chunks"));
        files::make_folder(&folder)?;
        Ok(Store { folder })
    }

    /// The state behind these tokens, and whether it was here: what is damaged or another model's is read again.
    pub fn state(&self, model: &Model, tokens: &[u16]) -> Result<(State, bool)> {
        let path = self.folder.join(name(model, tokens));
        let kept = fs::read(&path).ok().and_then(|blob| State::from_blob(model, &blob).ok());
        if let Some(state) = kept.filter(|state| state.seen() as usize == tokens.len()) {
            return Ok((state, true));
        }
        let state = State::after(model, tokens)?;
        files::write(&path, &state.to_blob())?;
        Ok((state, false))
    }

    /// The image is made: nothing here is needed any more.
    pub fn remove(self) {
        // What cannot be removed costs space, not the image.
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// The model's and the text's.
fn name(model: &Model, tokens: &[u16]) -> String {
    let tokens = tokens.iter().flat_map(|token| token.to_be_bytes());
    files::sha256(&model.id().to_be_bytes().into_iter().chain(tokens).collect::<Vec<u8>>())
}

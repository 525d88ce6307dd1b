//! The parts of `statestream rag`: one file for each of its verbs, and what they share.

pub mod build;
mod documents;
pub mod query;
pub mod recall;
mod store;
pub mod ttft;

use std::path::Path;

use anyhow::{bail, Result};

use crate::files::{self, ImageFile};

/// An image that has chunks.
fn library(path: &Path) -> Result<ImageFile> {
    let file = files::read_image(path)?;
    if file.image.meta.chunks.is_empty() {
        bail!(
            "{}: the image stores no chunk, but a question needs one to begin from; make them with `statestream rag build {0} DOCUMENTS -o library.img`",
            path.display()
        );
    }
    Ok(file)
}

//! Documents on disk: files and folders of text and Markdown.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{anyhow, bail, Result};

use crate::files;

/// Endings of the files that a folder is searched for.
const ENDINGS: [&str; 2] = ["txt", "md"];
/// Folders in folders, at most: a ring of links ends here.
const DEEPEST: usize = 32;

/// A document.
pub struct Document {
    /// Its path, as it was given or found.
    pub name: String,
    /// Its text.
    pub text: String,
}

/// The documents of these paths: of a folder all texts in it and below, in the order of their names.
pub fn read(paths: &[PathBuf]) -> Result<Vec<Document>> {
    let mut found = Vec::new();
    for path in paths {
        match path.is_dir() {
            true => search(path, 0, &mut found)?,
            false => found.push(path.clone()),
        }
    }
    if found.is_empty() {
        let given: Vec<_> = paths.iter().map(|path| path.display().to_string()).collect();
        bail!("{}: no .txt or .md file is there, but chunks are made of documents; give files, or a folder that has some", given.join(", "));
    }
    found
        .iter()
        .map(|path| Ok(Document { name: path.display().to_string(), text: files::read_text(path)? }))
        .collect()
}

fn search(folder: &Path, depth: usize, found: &mut Vec<PathBuf>) -> Result<()> {
    if depth > DEEPEST {
        bail!("{}: folders lie more than {DEEPEST} deep, perhaps a link leads back; give the folder with the documents", folder.display());
    }
    let fault =
        |error: std::io::Error| anyhow!("{}: {error}; give a folder that may be read", folder.display());
    let entries = fs::read_dir(folder).map_err(fault)?;
    let mut paths =
        entries.map(|entry| entry.map(|entry| entry.path())).collect::<Result<Vec<_>, _>>().map_err(fault)?;
    paths.sort();
    for path in paths {
        match path.is_dir() {
            true => search(&path, depth + 1, found)?,
            false if is_text(&path) => found.push(path),
            false => (),
        }
    }
    Ok(())
}

fn is_text(path: &Path) -> bool {
    let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
    ENDINGS.contains(&ending.to_lowercase().as_str())
}

//! Files in and out. What is written appears whole or not at all: first a temporary name beside the target, then a rename.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process;

use anyhow::{anyhow, Result};
use sha2::{Digest, Sha256};
use statestream_image::layout::Image;

/// An image file that has been checked.
pub struct ImageFile {
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// What they say.
    pub image: Image,
}

/// The bytes of a file.
pub fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).map_err(|error| {
        anyhow!("{}: {error}; every input must be a readable file, give the path of one", path.display())
    })
}

/// The text of a file.
pub fn read_text(path: &Path) -> Result<String> {
    let damaged = |error: std::string::FromUtf8Error| {
        let at = error.utf8_error().valid_up_to();
        anyhow!("{}: byte {at} is no UTF-8, a text must be; convert the file", path.display())
    };
    String::from_utf8(read(path)?).map_err(damaged)
}

/// Reads and checks an image.
pub fn read_image(path: &Path) -> Result<ImageFile> {
    let bytes = read(path)?;
    let image = Image::parse(&bytes).map_err(|error| at(path, error))?;
    Ok(ImageFile { bytes, image })
}

/// An error with the file it is about.
pub fn at(path: &Path, error: impl std::fmt::Display) -> anyhow::Error {
    anyhow!("{}: {error}", path.display())
}

/// Writes a whole file or nothing.
pub fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    let unfinished = Unfinished::beside(path)?;
    fs::write(unfinished.path(), bytes).map_err(|error| cannot_write(path, &error))?;
    unfinished.finish()
}

/// Makes a folder with all folders above it.
pub fn make_folder(path: &Path) -> Result<()> {
    fs::create_dir_all(path).map_err(|error| cannot_write(path, &error))
}

/// SHA-256 in hexadecimal.
pub fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold(String::with_capacity(64), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// A file under a temporary name; removed unless it is finished.
pub struct Unfinished {
    temporary: PathBuf,
    target: PathBuf,
}

impl Unfinished {
    /// A temporary name in the target's folder, so that the rename stays within one file system; the ending is kept, since
    /// writers choose the format by it.
    pub fn beside(target: &Path) -> Result<Unfinished> {
        let name =
            target.file_name().ok_or_else(|| anyhow!("{} names no file; give one", target.display()))?;
        let temporary = format!(".{}-{}", process::id(), name.to_string_lossy());
        Ok(Unfinished { temporary: target.with_file_name(temporary), target: target.into() })
    }

    /// Where to write.
    pub fn path(&self) -> &Path {
        &self.temporary
    }

    /// Gives the file its name.
    pub fn finish(self) -> Result<()> {
        fs::rename(&self.temporary, &self.target).map_err(|error| cannot_write(&self.target, &error))
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        // After a rename there is nothing left to remove, and a failure to clean up must not hide the first error.
        let _ = fs::remove_file(&self.temporary);
    }
}

fn cannot_write(path: &Path, error: &std::io::Error) -> anyhow::Error {
    anyhow!("{} cannot be written: {error}; choose a place that exists and may be written", path.display())
}

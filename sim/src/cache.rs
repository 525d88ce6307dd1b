//! What is made once is kept by the content it came from: a folder per SHA-256, a lock beside it, files that appear whole. Compiled
//! models are kept so, and netlists and placed designs.

use std::env;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

/// A file or folder could not be read or written; who keeps something has words of its own for it.
#[derive(Debug, thiserror::Error)]
#[error("cannot {action} {path}: {source}")]
pub struct FileError {
    /// The attempted action, a verb.
    pub action: &'static str,
    /// The file or folder.
    pub path: PathBuf,
    /// What the system said.
    pub source: io::Error,
}

impl FileError {
    /// Turns an error of the system into one that names action and file.
    pub fn of<'a>(action: &'static str, path: &'a Path) -> impl FnOnce(io::Error) -> FileError + 'a {
        move |source| FileError { action, path: path.into(), source }
    }
}

/// SHA-256 of all parts, shortened to 96 bits. Every part is hashed with its length, so no two lists run together.
pub fn digest<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part);
    }
    hash.finalize().iter().take(12).map(|byte| format!("{byte:02x}")).collect()
}

/// The checkout, known by a file in it: above the current folder, else above this crate. Without one, where the search began.
pub fn checkout(holds: &str) -> Result<PathBuf, PathBuf> {
    let above =
        |start: &Path| start.ancestors().find(|folder| folder.join(holds).is_file()).map(Path::to_path_buf);
    let current = env::current_dir().unwrap_or_default();
    above(&current).or_else(|| above(Path::new(env!("CARGO_MANIFEST_DIR")))).ok_or(current)
}

/// A folder that this thread alone may write to until the value is dropped.
pub struct LockedFolder {
    path: PathBuf,
    // Dropping the file releases the lock, also when the process is killed.
    _lock: File,
}

impl LockedFolder {
    /// Waits for the folder `name` in `cache`, which is made if needed.
    pub fn lock(cache: &Path, name: &str) -> Result<LockedFolder, FileError> {
        let cache = std::path::absolute(cache).map_err(FileError::of("find", cache))?;
        let path = cache.join(name);
        fs::create_dir_all(&path).map_err(FileError::of("create", &path))?;
        // Beside the folder: whoever removes the folder must not remove the lock others wait for.
        let lock_path = cache.join(format!("{name}.lock"));
        let lock = File::create(&lock_path).map_err(FileError::of("create", &lock_path))?;
        lock.lock().map_err(FileError::of("lock", &lock_path))?;
        fs::create_dir_all(&path).map_err(FileError::of("create", &path))?;
        Ok(LockedFolder { path, _lock: lock })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// A file in it.
    pub fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// Writes an input of a tool.
    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) -> Result<(), FileError> {
        let path = self.file(name);
        fs::write(&path, content).map_err(FileError::of("write", &path))
    }

    /// Gives a tool's finished output its name, so that what a killed tool left behind is never taken for a result.
    pub fn keep(&self, part: &str, name: &str) -> Result<(), FileError> {
        let part = self.file(part);
        fs::rename(&part, self.file(name)).map_err(FileError::of("rename", &part))
    }
}

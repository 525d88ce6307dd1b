//! Results kept by the content they come from: a folder per SHA-256, a lock beside it, files that appear whole.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::error::{file_error, FpgaError};

/// SHA-256 of all parts, shortened to 96 bits. Every part is hashed with its length, so no two lists run together.
pub fn digest<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part);
    }
    hash.finalize().iter().take(12).map(|byte| format!("{byte:02x}")).collect()
}

/// A folder that this thread alone may write to until the value is dropped.
pub struct LockedFolder {
    path: PathBuf,
    // Dropping the file releases the lock, also when the process is killed.
    _lock: File,
}

impl LockedFolder {
    /// Waits for the folder `name` in `cache`, which is made if needed.
    pub fn lock(cache: &Path, name: &str) -> Result<LockedFolder, FpgaError> {
        let cache = std::path::absolute(cache).map_err(file_error("find", cache))?;
        let path = cache.join(name);
        fs::create_dir_all(&path).map_err(file_error("create", &path))?;
        // Beside the folder: whoever removes the folder must not remove the lock others wait for.
        let lock_path = cache.join(format!("{name}.lock"));
        let lock = File::create(&lock_path).map_err(file_error("create", &lock_path))?;
        lock.lock().map_err(file_error("lock", &lock_path))?;
        fs::create_dir_all(&path).map_err(file_error("create", &path))?;
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
    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) -> Result<(), FpgaError> {
        let path = self.file(name);
        fs::write(&path, content).map_err(file_error("write", &path))
    }

    /// Gives a tool's finished output its name, so that what a killed tool left behind is never taken for a result.
    pub fn keep(&self, part: &str, name: &str) -> Result<(), FpgaError> {
        let part = self.file(part);
        fs::rename(&part, self.file(name)).map_err(file_error("rename", &part))
    }
}

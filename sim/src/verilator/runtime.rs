//! The simulator's own library, compiled once per set of flags instead of once per model: it is most of a small model's build time.
//!
//! This is a shortcut only: what cannot be kept is compiled again.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

const NAME: &str = "libverilated.a";

/// Where a library is kept.
pub(super) struct Runtime {
    folder: PathBuf,
}

impl Runtime {
    /// The library whose flags have this key.
    pub(super) fn new(cache: &Path, key: &str) -> Runtime {
        Runtime { folder: cache.join(key) }
    }

    /// The library, if it was kept.
    pub(super) fn kept(&self) -> Option<PathBuf> {
        let library = self.folder.join(NAME);
        library.is_file().then_some(library)
    }

    /// Keeps a library. The folder appears with it or not at all.
    pub(super) fn keep(&self, library: &Path) {
        let unfinished = self.folder.with_extension(unique());
        if copy(library, &unfinished).and_then(|()| fs::rename(&unfinished, &self.folder)).is_err() {
            let _ = fs::remove_dir_all(&unfinished);
        }
    }
}

fn copy(library: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    fs::copy(library, to.join(NAME)).map(drop)
}

/// A name that no other thread or process uses.
fn unique() -> String {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    format!("{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed))
}

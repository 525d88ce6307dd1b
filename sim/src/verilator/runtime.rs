//! The simulator's own library, compiled once per set of flags instead of once per model: it is most of a small model's
//! build time (2.7 of 3.2 s of processor time at `-O0`).
//!
//! Its objects are laid beside a new model's. This is a shortcut only: without them make compiles the library as usual, so
//! nothing here can fail.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

/// A kept library.
pub(super) struct Runtime {
    folder: PathBuf,
}

impl Runtime {
    /// The library whose flags have this key.
    pub(super) fn new(cache: &Path, key: &str) -> Runtime {
        Runtime { folder: cache.join(key) }
    }

    /// Lays the kept objects into a new model's folder.
    pub(super) fn lay_into(&self, objects: &Path) {
        if self.folder.is_dir() && copy_library(&self.folder, objects).is_err() {
            // Half a library is worse than none.
            let _ = fs::remove_dir_all(objects);
        }
    }

    /// Keeps the objects of a model that was built. The folder appears with all its files or not at all.
    pub(super) fn keep_from(&self, objects: &Path) {
        if self.folder.exists() {
            return;
        }
        let _ = self.folder.parent().map(fs::create_dir_all);
        let unfinished = self.folder.with_extension(unique());
        if copy_library(objects, &unfinished).and_then(|()| fs::rename(&unfinished, &self.folder)).is_err() {
            let _ = fs::remove_dir_all(&unfinished);
        }
    }
}

/// A name that no other thread or process uses.
fn unique() -> String {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    format!("{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed))
}

/// Copies the library's files, dated ahead: make holds every object older than the model's makefile to be stale, and an
/// archive older than its objects. That they do belong to the model's flags is what the folder's key says.
fn copy_library(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    let objects_at = SystemTime::now() + AHEAD;
    for entry in fs::read_dir(from)? {
        let name = entry?.file_name();
        let text = name.to_string_lossy();
        if text.starts_with("verilated") && (text.ends_with(".o") || text.ends_with(".d")) {
            copy_dated(&from.join(&name), &to.join(&name), objects_at)?;
        } else if text == "libverilated.a" {
            copy_dated(&from.join(&name), &to.join(&name), objects_at + AHEAD)?;
        }
    }
    Ok(())
}

/// Longer than any build.
const AHEAD: Duration = Duration::from_secs(24 * 3600);

fn copy_dated(from: &Path, to: &Path, modified: SystemTime) -> io::Result<()> {
    fs::copy(from, to)?;
    fs::File::options().write(true).open(to)?.set_modified(modified)
}

//! The toggles of one whole pass: a recording that is opened and closed around every pass, of which the last remains.

use std::fs;
use std::path::{Path, PathBuf};

use crate::verilator::{Model, VerilatorError};

/// Where the last whole pass's switching activity goes.
pub(crate) struct PassActivity {
    target: PathBuf,
    unfinished: PathBuf,
    /// Passes that had ended when the recording was opened; `None`: it is closed.
    opened_at: Option<usize>,
    /// Half clock at which it was opened: time in the file is counted from there, for the writer takes zero as its start.
    pub(crate) start: u64,
}

impl PassActivity {
    pub(crate) fn new(target: &Path) -> PassActivity {
        PassActivity {
            target: target.into(),
            unfinished: target.with_extension("part.saif"),
            opened_at: None,
            start: 0,
        }
    }

    /// Opens a recording whose first sample, the values before the pass's first edge, is at `time` (half clocks).
    pub(crate) fn open(&mut self, model: &mut Model, time: u64, ended: usize) -> Result<(), VerilatorError> {
        model.open_waves(&self.unfinished)?;
        self.opened_at = Some(ended);
        self.start = time;
        model.dump_waves(0)
    }

    /// Closes the recording and keeps it if a pass ended well inside; a request that is no pass leaves nothing.
    pub(crate) fn close(&mut self, model: &mut Model, ended: usize) -> Result<(), VerilatorError> {
        let Some(before) = self.opened_at.take() else { return Ok(()) };
        model.close_waves()?;
        let kept = match ended > before {
            true => fs::rename(&self.unfinished, &self.target),
            false => fs::remove_file(&self.unfinished),
        };
        kept.map_err(|source| VerilatorError::File { action: "keep", path: self.target.clone(), source })
    }
}

impl Drop for PassActivity {
    fn drop(&mut self) {
        // Nothing is left of a pass that never ended.
        let _ = fs::remove_file(&self.unfinished);
    }
}

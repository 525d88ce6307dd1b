//! The contract: checkpoint to integers to bytes. `FORMAT.md` beside this crate fixes the bytes; nothing here runs a model in
//! integers, so that golden model and hardware share no arithmetic.
//!
//! [`layout`] holds an image as values, [`mod@read`] and [`mod@write`] move it from and to bytes, [`check`] says whether the values fit
//! together, [`config`] whether they fit a machine.
pub mod bounds;
pub mod build;
pub mod calibrate;
pub mod check;
pub mod checkpoint;
pub mod config;
pub mod error;
pub mod float;
pub mod format;
pub mod gptq;
pub mod layout;
pub mod model;
pub mod plan;
pub mod quantise;
pub mod read;
pub mod records;
pub mod rng;
mod rows;
pub mod tables;
pub mod testing;
pub mod vocab;
pub mod weights;
pub mod write;

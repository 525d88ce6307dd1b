//! The contract: checkpoint to integers to bytes. `FORMAT.md` beside this crate fixes the bytes; nothing here runs a model in
//! integers, so that golden model and hardware share no arithmetic.
//!
//! ```text
//! safetensors -> checkpoint -> weights -> calibrate -> format -> quantise, gptq -> build -> bounds -> write -> bytes
//!                (checked)     (folded)   (ranges)    (scales)   (integers)       (tape)   (proofs)
//!                                 |                                                        read, check <- bytes
//!                                 +-> float (what the integers are measured against)
//! ```
//!
//! * [`layout`]: an image as values; [`records`]: where each of them lies; [`mod@read`], [`check`] and [`mod@write`]: from and to bytes; [`trits`]: five weights in one;
//! * [`checkpoint`] and [`model`]: what a safetensors file must hold; [`weights`]: the same, folded; [`float`]: the model in float64;
//! * [`build`]: the packer; [`calibrate`], [`format`](mod@format), [`quantise`], [`gptq`], [`tables`], [`plan`]: its steps; [`bounds`]: its proofs;
//! * [`draft`]: the table that guesses the next token, from a text;
//! * [`config`]: the machines, and whether an image fits one; [`chips`]: an image in two flash chips; [`vocab`]: text to tokens; [`chunks`]: documents to pieces; [`testing`]: random models.
pub mod bounds;
pub mod build;
pub mod calibrate;
pub mod check;
pub mod checkpoint;
pub mod chips;
pub mod chunks;
pub mod config;
pub mod draft;
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
pub mod trits;
pub mod vocab;
pub mod weights;
pub mod write;

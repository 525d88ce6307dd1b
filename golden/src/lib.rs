//! What is right: the integer model of the machine, and nothing else.
//!
//! A pass walks the tape once, for one token or for several; every stage below is one formula of `image/FORMAT.md`, section 4 or 5, in its own file:
//!
//! ```text
//! embedding[token] -> h ─┬─> norm ──> linear ──> conv ──> act ──> scan ──> gate ──> linear ─┬─> h
//!                        │   n = h r   R(acc,s)   4 taps   F(u)    x' = a x + b v   y g     │ += (residual)
//!                        └──────────────────────────── next layer <────────────────────────┘
//! last norm ──> linear ──> logit ──> choose ──> token
//! ```
//!
//! * [`fixed`]: the one rounding rule, the one saturation rule, and the typed binary points;
//! * [`norm`], [`linear`], [`conv`], [`act`], [`scan`], [`gate`], [`choose`]: the stages;
//! * `block`: what a row of each section kind does with the stages; [`session`]: a pass over the tape, of 1 to [`MOST_TOKENS`] tokens;
//! * [`draft`]: guesses of the next token, which make passes of several tokens out of a text that is being written;
//! * [`Model`]: an image compiled for reading; [`State`]: recurrence and conv history as one value;
//! * [`Trace`]: the reported words, in order; [`Coverage`]: which corners of the arithmetic a run reached;
//! * [`eval`]: the loss over a text; [`float`]: the only file with floating point.
//!
//! ```
//! use statestream_golden::{Model, Session, State, Trace};
//! use statestream_image::testing::{random_image, small};
//!
//! let model = Model::new(&random_image(7, &small()))?;
//! let (mut session, mut trace) = (Session::new(&model), Trace::new());
//! session.feed(3, false, None)?; // a prompt: no logits, nobody watches
//! let seed = session.state().to_blob(); // leaves the machine ...
//! let next = session.feed(5, true, Some(&mut trace))?;
//! assert!(trace.items().len() > 100);
//!
//! let mut other = Session::new(&model);
//! other.load(&State::from_blob(&model, &seed)?)?; // ... and comes back
//! assert_eq!(other.feed(5, true, None)?, next);
//! # Ok::<(), statestream_golden::GoldenError>(())
//! ```
//!
//! Everything outside [`float`] is integers. A saturated word is counted, and the count is part of what must agree.
#![cfg_attr(not(test), warn(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

pub mod act;
mod block;
pub mod choose;
pub mod conv;
pub mod coverage;
pub mod draft;
mod error;
pub mod eval;
pub mod fixed;
pub mod float;
pub mod gate;
pub mod linear;
mod model;
pub mod norm;
mod plan;
pub mod scan;
pub mod session;
mod state;
mod trace;
mod watch;

pub use coverage::Coverage;
pub use draft::Generated;
pub use error::GoldenError;
pub use float::Loss;
pub use model::Model;
pub use session::{Heads, Passed, Session, MOST_TOKENS};
pub use state::State;
pub use trace::{Item, Trace};
pub use watch::{Format, Origin, Silent, Stage, Table, Watch};

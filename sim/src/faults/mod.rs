//! Faults as input: the pins, the image and the power are spoilt, and what the host then gets is judged.
//!
//! ```text
//! machine ── injector ── flash, host        a case = scenario + class + number, all drawn from one seed
//!               │
//!         first request: golden's answers, or an error that the host notices, or wrong
//!         fault gone, RESET (or power-up): the next request must give golden's answers
//! ```
//!
//! [`Injector`] spoils levels, [`CLASSES`] draw what happens, a [`Scenario`] is a machine with a text that golden has written, and
//! [`Scenario::judge`] says what came of it. What counts is what the host gets: tokens, logits, state. A wrong word inside, which a CRC
//! behind it condemns, is none.

mod class;
mod injector;
mod judge;
mod scenario;
mod tally;

pub use class::{Class, Trouble, CLASSES};
pub use injector::{Effect, Fault, Injector, Line, Marks};
pub use judge::{Next, Outcome, Verdict};
pub use scenario::{scenarios, Scenario, ScenarioError};
pub use tally::{Case, Tally};

//! Random lockstep as a campaign: any machine, any model, any requests in any order, throttled or not, with power lost in the middle.
//!
//! ```text
//! seed ─ draw ─ case (TOML) ─ run ─┬─ reached: what the runs met, gated by `goals`
//!                                  └─ a difference ─ shrink ─ the smallest case that fails, as a file to keep in sim/cases
//! ```

mod case;
mod draw;
mod reach;
mod run;
mod shrink;
mod wild;

pub use case::{Case, CaseError, Fault, Machine, Model, Step};
pub use reach::{goals, Goal, Reached};
pub use run::{run, run_on, CampaignError};
pub use shrink::shrink;
pub(crate) use wild::image as wild_image;
pub use wild::wild;

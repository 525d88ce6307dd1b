//! The contract: checkpoint to integers to bytes.
pub mod layout;

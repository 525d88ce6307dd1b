//! What `statestream bench` measures beside the README's table.

pub mod models;

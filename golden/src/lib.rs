//! What is right.

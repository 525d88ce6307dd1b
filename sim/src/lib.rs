//! Where they meet.

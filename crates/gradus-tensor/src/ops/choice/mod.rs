//! Masks: comparisons that make them, logic on them, and what is chosen by them.

pub mod compare;
pub mod logic;
pub mod where_;

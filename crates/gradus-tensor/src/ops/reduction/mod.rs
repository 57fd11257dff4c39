//! Ops that make one number of many.

pub mod sum;

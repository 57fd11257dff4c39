//! Ops that make one number of many, or put many in order.

pub mod cumulate;
pub mod max;
pub mod mean;
pub mod norm;
pub mod prod;
mod rows;
pub mod sort;
pub mod sum;
pub mod var;

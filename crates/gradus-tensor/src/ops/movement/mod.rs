//! Ops that move numbers: views, shapes, pieces.

pub mod alias;
pub mod broadcast_to;
pub mod concat;
pub mod narrow;
pub mod permute;
pub mod reshape;

//! Pooling: the maximum or the average of every window of an image, with the adjoints.
//!
//! One description of the windows ([`Windows`]) serves fixed and adaptive pooling alike. A maximum is a choice of
//! elements: [`max_pool`] writes the choice down, [`pick`] reads an image through it and [`pick_adjoint`] puts numbers
//! back; both are linear, each the other's adjoint.

mod average;
mod max;
mod shape;

pub use average::{average_pool, average_pool_adjoint};
pub use max::{max_pool, pick, pick_adjoint};
pub use shape::{PoolShape, Windows};

/// Numbers of the input that a piece of work reads.
const PIECE: usize = 1 << 15;

/// How many planes of `area` points make a piece.
fn planes_of(area: usize) -> usize {
    (PIECE / area.max(1)).max(1)
}

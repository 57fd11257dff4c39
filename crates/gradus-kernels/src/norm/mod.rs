//! Numbers brought to mean 0 and variance 1, with the first cotangents: rows (layer norm, root mean square) and channels (batch norm).
//!
//! Statistics take two passes (the mean, then squares about it), so a mean far from 0 costs no digits. What a piece of work reads twice
//! it reads while it is in the cache.

mod again;
mod channels;
mod columns;
mod gate;
mod pull;
mod rows;

pub use again::pull_channels_again;
pub use channels::{Channels, channel_statistics, normalise_channels};
pub use gate::{mod_relu, mod_relu_pull};
pub use pull::{ChannelPull, pull_channels};
pub use rows::{RowPull, normalise_rows, pull_rows};

/// How many numbers a piece of work has, about.
const PIECE: usize = 1 << 14;
/// How many rows are added up in order before blocks are joined pairwise.
const BLOCK: usize = 64;

/// How many rows of `n` numbers a piece has.
fn rows_of(n: usize) -> usize {
    (PIECE / n.max(1)).clamp(1, BLOCK)
}

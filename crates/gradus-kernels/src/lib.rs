//! Numbers in, numbers out: the kernels that gradus computes with. This crate knows no graph.
//!
//! `unsafe`, SIMD shells and threads live here alone. The other crates write fast loops through two safe doors:
//! `map` (and [`simd::simd`]), which run an inlined body under the best instruction set of the machine, and
//! [`threads::for_each_piece`], which shares pieces of work among threads. Work is cut by shape, never by the number of threads, so
//! results are the same bit for bit for any number of threads.

pub mod buffer;
pub mod conv;
pub mod counted;
pub mod floats;
pub mod kind;
pub mod linalg;
pub mod map;
mod math;
pub mod matmul;
pub mod norm;
pub mod pool;
pub mod pooling;
pub mod random;
pub mod real;
pub mod reduce;
pub mod simd;
pub mod simplex;
pub mod threads;
pub mod view;

pub use buffer::Shared;
pub use counted::Counted;
pub use kind::SliceMut;
pub use map::{Map, elementwise, map, map_near};
pub use ndarray;
pub use real::Real;
pub use simd::{Isa, Portable};
pub use view::View;

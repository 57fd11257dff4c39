//! The kinds of ops. A room says which kind its op is, and the kind derives what need not be written.

mod bilinear;
mod elementwise;
mod fused;
mod linear;

pub use bilinear::{Bilinear, Product};
pub use elementwise::{Elementwise, Pointwise};
pub use fused::{Fused, Whole};
pub use linear::{Linear, Straight};

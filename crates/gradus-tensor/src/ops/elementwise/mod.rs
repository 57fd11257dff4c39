//! Functions of one number, applied element by element.

pub mod exp;
pub mod ln;
pub mod recip;
pub mod relu;
pub mod sigmoid;
pub mod softplus;
pub mod sqrt;
pub mod square;
pub mod step;
pub mod tanh;

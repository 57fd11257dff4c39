//! Sums, products and quotients, with tensors and with plain numbers; the operators are in `operators.rs`.

pub mod add;
pub mod div;
pub mod mul;
pub mod scale;
pub mod shift;
pub mod sub;

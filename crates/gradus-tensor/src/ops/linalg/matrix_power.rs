//! Whole powers of a matrix, batched, by repeated squaring.

use super::batch::{needs_matrix, square};
use crate::case::{Case, Room, spread};
use crate::error::Result;
use crate::message;
use crate::node::Tensor;
use crate::real::Real;

/// Y = Aᵖ, made of products.
#[derive(Clone, Debug)]
pub struct MatrixPower;

impl<T: Real> Tensor<T> {
    /// Aᵖ of `[.., n, n]` by repeated squaring; A⁰ = I, with derivative 0; a negative power is one of the inverse.
    ///
    /// # Errors
    /// For a negative p, if a matrix is singular or not finite.
    ///
    /// # Panics
    /// If the last two axes are not equal.
    #[track_caller]
    pub fn matrix_power(&self, p: i32) -> Result<Self> {
        needs_matrix("matrix_power", self);
        if let Err(why) = square("matrix_power", self.shape()) {
            message::panic_with(&why);
        }
        // The zero keeps A connected: a derivative that is 0 by mathematics is no severed one.
        if p == 0 {
            return Ok(self.sign() * 0.0 + Tensor::eye(self.shape()[self.rank() - 1]));
        }
        let mut base = if p < 0 { self.inverse()? } else { self.clone() };
        let (mut left, mut y) = (p.unsigned_abs(), None::<Self>);
        loop {
            if left & 1 == 1 {
                y = Some(y.map_or_else(|| base.clone(), |y| y.matmul(&base)));
            }
            left >>= 1;
            match y {
                Some(y) if left == 0 => return Ok(y),
                _ => base = base.matmul(&base),
            }
        }
    }
}

#[allow(clippy::expect_used, reason = "cases are regular")]
impl Room for MatrixPower {
    const NAME: &'static str = "matrix_power";
    const FORMULA: &'static str = "Y = Aᵖ";
    #[inline]
    fn cases() -> Vec<Case> {
        let on =
            |label: &str, x: Tensor<f64>, p| Case::new(label, vec![x], move |x| x[0].matrix_power(p).expect("regular"));
        let regular = |shape: &[usize]| spread(shape, 1) + Tensor::eye(shape[shape.len() - 1]) * 2.0;
        vec![
            on("power 0", spread(&[2, 2], 1), 0).expect_all([2.0, 0.0, 0.0, 0.0]),
            on("power 1", spread(&[2, 2], 1), 1),
            on("power 2", spread(&[2, 2], 1), 2),
            on("power 3", spread(&[3, 3], 1), 3),
            on("power 6", spread(&[2, 2], 1), 6),
            on("power −1", regular(&[2, 2]), -1),
            on("power −2", regular(&[2, 2]), -2),
            on("of zero", Tensor::zeros(&[2, 2]), 2),
            on("one by one", spread(&[1, 1], 1), 3),
            on("empty", Tensor::zeros(&[0, 0]), 3),
            on("a batch", regular(&[2, 2, 2]), 3),
            Case::new("transposed view", vec![spread(&[2, 2], 1)], |x| {
                x[0].t().matrix_power(3).expect("positive power")
            }),
        ]
    }
}

//! The sum of the singular values, batched, with every derivative also where some are equal.

use super::batch::{needs_matrix, sizes};
use super::polar::polar;
use super::svd::with_singular_values;
use crate::case::{Case, Room, spread};
use crate::error::Result;
use crate::node::Tensor;
use crate::real::Real;

/// y = tr (AᵀA)^½.
pub struct NuclearNorm;

impl<T: Real> Tensor<T> {
    /// The nuclear norm ‖A‖_* = Σ σᵢ = tr (AᵀA)^½ of A `[.., m, n]`: shape `[..]`. Its derivative is U Vᵀ.
    ///
    /// It goes through the polar factor and Lyapunov's equation, not through singular vectors, so that derivatives of every order exist
    /// also where singular values are equal. Where one is 0 (to working precision), a cusp, the first derivative is that of the others,
    /// the smallest of the subgradients, and there is no second.
    ///
    /// # Errors
    /// If an entry is not finite or the iteration does not converge.
    ///
    /// # Panics
    /// If the rank is below 2; in a second derivative where a singular value is 0.
    ///
    /// ```
    /// use gradus_tensor::Tensor;
    /// let a = Tensor::<f64>::from_slice(&[2, 2], &[0.0, 3.0, -1.0, 0.0]);
    /// assert!((a.nuclear_norm()?.item() - 4.0).abs() < 1e-14);
    /// # Ok::<(), gradus_tensor::Error>(())
    /// ```
    #[doc(alias = "trace_norm")]
    #[track_caller]
    pub fn nuclear_norm(&self) -> Result<Self> {
        needs_matrix("nuclear_norm", self);
        let (_, m, n) = sizes(self.shape());
        let h = if m < n { polar("nuclear_norm", &self.t()) } else { polar("nuclear_norm", self) };
        Ok(h?.trace())
    }
}

#[allow(clippy::expect_used, reason = "cases are finite")]
impl Room for NuclearNorm {
    const NAME: &'static str = "nuclear_norm";
    const FORMULA: &'static str = "y = Σ σᵢ = tr (AᵀA)^½";
    #[inline]
    fn cases() -> Vec<Case> {
        let on = |label: &str, x: Tensor<f64>| Case::new(label, vec![x], |x| x[0].nuclear_norm().expect("finite"));
        vec![
            on("two", with_singular_values(2, 2, &[2.0, 0.7])),
            on("three", with_singular_values(3, 3, &[2.0, 1.0, 0.4])),
            on("tall", with_singular_values(3, 2, &[2.0, 0.7])),
            on("wide", with_singular_values(2, 3, &[2.0, 0.7])),
            on("one by one", Tensor::from_slice(&[1, 1], &[-0.7])),
            on("a column: its length", spread(&[3, 1], 1)),
            on("the identity", Tensor::eye(2)),
            on("equal singular values", with_singular_values(3, 3, &[1.0, 1.0, 1.0])),
            on("equal, wide", with_singular_values(2, 4, &[1.0, 1.0])),
            on("nearly equal", with_singular_values(2, 2, &[1.0 + 1e-9, 1.0])),
            on("a small value", with_singular_values(2, 2, &[1.0, 2e-2])).step(2e-2),
            on("empty", Tensor::zeros(&[0, 3])),
            on("a batch", Tensor::stack(&[with_singular_values(2, 2, &[2.0, 1.0]), Tensor::eye(2)], 0)),
            on("an empty batch", Tensor::zeros(&[0, 2, 2])),
            Case::new("transposed view", vec![with_singular_values(3, 2, &[1.0, 1.0])], |x| {
                x[0].t().nuclear_norm().expect("finite").square()
            }),
        ]
    }
}

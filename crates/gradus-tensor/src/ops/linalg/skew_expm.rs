//! The exponential of a skew matrix, e^(V − Vᵀ): a rotation, by its own kernel.

use super::batch::square;
use super::expm::{for_each_matrix, taylor};
use crate::case::{Case, Room, spread};
use crate::kind::Fused;
use crate::node::Tensor;
use crate::op::{Point, Refusal, Slot, Slots};
use crate::real::Real;
use crate::shape::Dims;
use gradus_kernels::{View, linalg};

/// Q = e^(V − Vᵀ).
#[derive(Clone, Debug)]
pub struct SkewExpm;

impl<T: Real> Fused<T> for SkewExpm {
    const NAME: &'static str = "skew_expm";
    fn shape(&self, x: &[&[usize]]) -> Result<Dims, Refusal> {
        square("skew_expm", x[0])
    }
    fn aux_len(&self, x: &[&[usize]]) -> usize {
        let (n, lead) = (x[0][x[0].len() - 1], &x[0][..x[0].len() - 2]);
        lead.iter().product::<usize>() * linalg::skew_expm_aux_len::<T>(n)
    }
    fn eval(&self, x: &[View<'_, T>], out: &mut [T], aux: &mut [T]) {
        let mut aux = aux.chunks_exact_mut(linalg::skew_expm_aux_len::<T>(*x[0].shape.last().unwrap_or(&0)));
        for_each_matrix(x[0], out, |n, v, out| linalg::skew_expm(n, v, out, aux.next().unwrap_or_default()));
    }
    fn backward(&self, at: &Point<'_, T>, g: &Tensor<T>, _: &[bool]) -> Slots<T> {
        let q = at.output;
        let n = q.shape()[q.rank() - 1];
        let mut aux = at.aux.chunks_exact(linalg::skew_expm_aux_len::<T>(n));
        let g = g.to_vec();
        let mut g = g.chunks_exact((n * n).max(1));
        let out = Tensor::build(q.shape(), |out| {
            for_each_matrix(q.view(), out, |n, q, out| {
                linalg::skew_expm_pull(n, q, aux.next().unwrap_or_default(), g.next().unwrap_or_default(), out);
                Ok(())
            });
        });
        std::iter::once(Slot::Of(out)).collect()
    }
    fn twin(&self, x: &[Tensor<T>]) -> Tensor<T> {
        taylor(&(&x[0] - x[0].t()))
    }
}

impl<T: Real> Tensor<T> {
    /// e^(V − Vᵀ) over the last two axes: orthogonal with determinant 1, for any V; leading axes are a batch.
    ///
    /// # Panics
    /// If the last two axes are not equal.
    #[track_caller]
    #[must_use]
    pub fn skew_expm(&self) -> Self {
        T::apply(T::boxed(SkewExpm), &[self])
    }
}

impl Room for SkewExpm {
    const NAME: &'static str = "skew_expm";
    const FORMULA: &'static str = "Q = e^(V − Vᵀ)";
    #[inline]
    fn cases() -> Vec<Case> {
        let on = |label: &str, x: Tensor<f64>| Case::new(label, vec![x], |x| x[0].skew_expm());
        vec![
            on("two", spread(&[2, 2], 1)),
            on("three", spread(&[3, 3], 1)),
            on("zero", Tensor::zeros(&[2, 2])),
            on("symmetric: the identity", Tensor::ones(&[2, 2])),
            on("one by one", spread(&[1, 1], 1)).expect_all([1.0, 0.0, 0.0, 0.0]),
            on("empty", spread(&[0, 0], 1)),
            on("large: squarings", spread(&[2, 2], 1) * 8),
            on(
                "half a turn",
                Tensor::from_slice(&[2, 2], &[0.0, std::f64::consts::FRAC_PI_2, -std::f64::consts::FRAC_PI_2, 0.0]),
            ),
            on("a batch", spread(&[2, 2, 2], 1)),
            Case::new("transposed", vec![spread(&[3, 3], 1)], |x| x[0].t().skew_expm().square()),
            Case::new("against the twin", vec![spread(&[3, 3], 1)], |x| {
                (x[0].skew_expm() - Fused::twin(&SkewExpm, x)).square()
            }),
        ]
    }
}

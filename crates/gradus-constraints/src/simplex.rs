//! Probability vectors.

use crate::numbers::{border, not_empty, rows, worst, worst_row};
use gradus_tensor::rand::Rng;
use gradus_tensor::{Parametrization, Real, Result, Tensor};
use rand_distr::{Distribution, Exp1};

/// The simplex {x ≥ 0, Σx = 1} along the last axis: x = softmax(y).
///
/// Onto its interior; entries below √ε start there. What is outside is first projected (Duchi et al. 2008).
#[derive(Clone, Copy, Debug, Default)]
pub struct Simplex;

/// The nearest point of the simplex: max(x − θ, 0) with θ such that the sum is 1.
fn project(x: &mut [f64]) {
    let mut sorted = x.to_vec();
    sorted.sort_by(|a, b| b.total_cmp(a));
    let (mut sum, mut theta) = (0.0, 0.0);
    for (k, s) in sorted.iter().enumerate() {
        sum += s;
        let t = (sum - 1.0) / (k + 1) as f64;
        if s - t > 0.0 {
            theta = t;
        }
    }
    x.iter_mut().for_each(|x| *x = (*x - theta).max(0.0));
}

impl<T: Real> Parametrization<T> for Simplex {
    fn name(&self) -> &str {
        "simplex"
    }
    fn forward(&self, y: &[Tensor<T>]) -> Tensor<T> {
        y[0].softmax()
    }
    fn right_inverse(&self, x: &Tensor<T>) -> Result<Vec<Tensor<T>>> {
        not_empty("simplex", x.shape())?;
        Ok(vec![rows(x, |x| {
            project(x);
            x.iter_mut().for_each(|x| *x = x.max(border::<T>()).ln());
        })])
    }
    fn defect(&self, x: &Tensor<T>) -> f64 {
        worst_row(x, |x| worst(x.iter().map(|x| -x)).max((x.iter().sum::<f64>() - 1.0).abs()))
    }
    /// Uniform on the simplex, Dirichlet(1, …, 1): exponentials divided by their sum.
    fn sample(&self, shape: &[usize], rng: &mut dyn Rng) -> Result<Tensor<T>> {
        not_empty("simplex", shape)?;
        Ok(rows(&Tensor::<T>::zeros(shape), |x| {
            x.iter_mut().for_each(|x| *x = Exp1.sample(rng));
            let sum: f64 = x.iter().sum();
            x.iter_mut().for_each(|x| *x /= sum);
        }))
    }
}

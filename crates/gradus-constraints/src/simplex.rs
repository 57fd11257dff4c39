//! Probability vectors.

use crate::numbers::{border, not_empty, rows, worst, worst_row};
use gradus_kernels::simplex::project;
use gradus_tensor::rand::Rng;
use gradus_tensor::{Parametrization, Real, Result, Tensor};
use rand_distr::{Distribution, Exp1};

/// The simplex {x ≥ 0, Σx = 1} along the last axis: x = softmax(y).
///
/// Onto its interior; entries of 0 start at √ε. What is outside is first projected (Duchi et al. 2008).
#[derive(Clone, Copy, Debug, Default)]
pub struct Simplex;

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
            let eps = T::EPSILON.to_f64();
            let excess = (x.iter().sum::<f64>() - 1.0).abs();
            let member = x.iter().all(|x| *x >= 0.0) && excess <= 10.0 * eps * x.len() as f64;
            // A member is kept to its smallest entry; what a projection leaves of a 0 is of the size of its rounding.
            let zero = if member { 0.0 } else { eps };
            if !member {
                project(x);
            }
            x.iter_mut().for_each(|x| *x = if *x <= zero { border::<T>() } else { *x }.ln());
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

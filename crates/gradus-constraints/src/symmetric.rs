//! Symmetric and skew-symmetric matrices.

use crate::numbers::{each, normal, side, worst, worst_matrix};
use gradus_tensor::rand::Rng;
use gradus_tensor::{Parametrization, Real, Result, Tensor};

/// Symmetric matrices, X = (V + Vᵀ)/2.
#[derive(Clone, Copy, Debug, Default)]
pub struct Symmetric;

/// Skew matrices, X = (V − Vᵀ)/2.
#[derive(Clone, Copy, Debug, Default)]
pub struct Skew;

macro_rules! half {
    ($Set:ident, $name:literal, |$v:ident| $map:expr, $sign:tt) => {
        impl<T: Real> Parametrization<T> for $Set {
            fn name(&self) -> &str {
                $name
            }
            fn forward(&self, y: &[Tensor<T>]) -> Tensor<T> {
                let $v = &y[0];
                $map * 0.5
            }
            fn right_inverse(&self, x: &Tensor<T>) -> Result<Vec<Tensor<T>>> {
                side($name, x.shape())?;
                Ok(vec![each(&Parametrization::<T>::forward(self, &[x.detach()]), |x| x)])
            }
            fn defect(&self, x: &Tensor<T>) -> f64 {
                worst_matrix(x, true, |n, _, a| {
                    worst((0..n * n).map(|k| (a[k] $sign a[(k % n) * n + k / n]).abs()))
                })
            }
            /// The map of a matrix of standard normals.
            fn sample(&self, shape: &[usize], rng: &mut dyn Rng) -> Result<Tensor<T>> {
                side($name, shape)?;
                Ok(Parametrization::<T>::forward(self, &[normal(shape, rng)]))
            }
        }
    };
}

half!(Symmetric, "symmetric", |v| (v + v.t()), -);
half!(Skew, "skew", |v| (v - v.t()), +);

//! Weight normalisation: length and direction apart.

use crate::numbers::{border, normal, numbers, tensor};
use gradus_tensor::rand::Rng;
use gradus_tensor::{Error, ErrorKind, Parametrization, Real, Result, Tensor};

/// W = g·V/‖V‖ for every index of the first axis, with leaves V and g (Salimans & Kingma 2016; the set is everything).
///
/// A row of zeros starts at length √ε: it has no direction.
#[derive(Clone, Copy, Debug, Default)]
pub struct WeightNorm;

impl<T: Real> Parametrization<T> for WeightNorm {
    fn name(&self) -> &str {
        "weight norm"
    }
    fn leaves(&self) -> usize {
        2
    }
    fn forward(&self, y: &[Tensor<T>]) -> Tensor<T> {
        if y[0].is_empty() {
            // Rows of no numbers have no direction either.
            return &y[0] * &y[1];
        }
        let axes: Vec<isize> = (1..y[0].rank() as isize).collect();
        &y[0] * (y[0].square().sum_axes(&axes, true).sqrt().recip() * &y[1])
    }
    fn right_inverse(&self, x: &Tensor<T>) -> Result<Vec<Tensor<T>>> {
        let Some((&out, rest)) = x.shape().split_first() else {
            return Err(Error::new(ErrorKind::Shape, "weight norm: a single number has no direction"));
        };
        let (mut v, size) = (numbers(x), rest.iter().product::<usize>().max(1));
        let mut g = vec![0.0; out];
        for (g, row) in g.iter_mut().zip(v.chunks_exact_mut(size)) {
            if row.iter().all(|&x| x == 0.0) {
                row[0] = border::<T>();
            }
            *g = crate::sphere::length(row);
            // Any V of this direction will do, and one whose squares are numbers must do.
            if !(1e-10..1e10).contains(&*g) {
                row.iter_mut().for_each(|x| *x /= *g);
            }
        }
        let ones: Vec<usize> = std::iter::once(out).chain(rest.iter().map(|_| 1)).collect();
        Ok(vec![tensor(x.shape(), &v), tensor(&ones, &g)])
    }
    fn defect(&self, _: &Tensor<T>) -> f64 {
        0.0
    }
    /// Standard normals.
    fn sample(&self, shape: &[usize], rng: &mut dyn Rng) -> Result<Tensor<T>> {
        Ok(normal(shape, rng))
    }
}

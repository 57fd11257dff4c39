//! Increasing and monotone sequences.

use crate::numbers::{normal, off_border, rows, softplus_inverse, worst, worst_row};
use gradus_tensor::rand::Rng;
use gradus_tensor::{Parametrization, Real, Result, Tensor};

/// Strictly increasing sequences along the last axis: x₁ = y₁, x_k = x_{k−1} + ln(1 + e^{y_k}).
///
/// `right_inverse` of a sequence that is not increasing starts from its isotonic regression, with gaps of √ε where it is level.
#[derive(Clone, Copy, Debug, Default)]
pub struct Ordered;

/// Monotone sequences along the last axis: x₁ = y₁, x_k = x_{k−1} ± y_k², so that steps of 0 are members.
///
/// A step of 0 starts at √ε (y_k = 0 is a point where f∘g stops although f does not).
#[derive(Clone, Copy, Debug)]
pub struct Monotone {
    sign: f64,
}

impl Monotone {
    /// x₁ ≤ x₂ ≤ ….
    #[must_use]
    pub fn increasing() -> Self {
        Monotone { sign: 1.0 }
    }

    /// x₁ ≥ x₂ ≥ ….
    #[must_use]
    pub fn decreasing() -> Self {
        Monotone { sign: -1.0 }
    }
}

/// x₁ = y₁ and the running sum of `step` of the others.
fn running<T: Real>(y: &Tensor<T>, step: impl Fn(Tensor<T>) -> Tensor<T>) -> Tensor<T> {
    let n = y.shape().last().copied().unwrap_or(0);
    if n < 2 {
        return y.clone();
    }
    let first = y.narrow(-1, 0, 1);
    let steps = step(y.narrow(-1, 1, n - 1));
    Tensor::concat(&[first, steps], -1).cumsum(-1)
}

/// The nearest non-decreasing sequence, by pooling adjacent violators (Barlow et al. 1972).
fn isotonic(x: &mut [f64]) {
    let mut blocks: Vec<(f64, usize)> = Vec::new();
    for &x in x.iter() {
        blocks.push((x, 1));
        while let [.., (a, n), (b, m)] = blocks[..]
            && a > b
        {
            blocks.truncate(blocks.len() - 2);
            blocks.push(((a * n as f64 + b * m as f64) / (n + m) as f64, n + m));
        }
    }
    let level = blocks.iter().flat_map(|&(v, n)| std::iter::repeat_n(v, n));
    x.iter_mut().zip(level).for_each(|(x, v)| *x = v);
}

/// The first number and `inverse` of the steps, √ε for those of 0.
fn unrolled<T: Real>(x: &Tensor<T>, sign: f64, inverse: impl Fn(f64) -> f64) -> Tensor<T> {
    rows(x, |x| {
        x.iter_mut().for_each(|x| *x *= sign);
        isotonic(x);
        for k in (1..x.len()).rev() {
            x[k] = inverse(off_border::<T>(x[k] - x[k - 1]));
        }
        x[0] *= sign;
    })
}

fn out_of_order<T: Real>(x: &Tensor<T>, sign: f64) -> f64 {
    worst_row(x, |x| worst(x.windows(2).map(|w| sign * (w[0] - w[1]))))
}

fn sorted_normals<T: Real>(shape: &[usize], sign: f64, rng: &mut dyn Rng) -> Tensor<T> {
    rows(&normal::<T>(shape, rng), |x| x.sort_by(|a, b| (sign * a).total_cmp(&(sign * b))))
}

impl<T: Real> Parametrization<T> for Ordered {
    fn name(&self) -> &str {
        "ordered"
    }
    fn forward(&self, y: &[Tensor<T>]) -> Tensor<T> {
        running(&y[0], |y| y.softplus())
    }
    fn right_inverse(&self, x: &Tensor<T>) -> Result<Vec<Tensor<T>>> {
        Ok(vec![unrolled(x, 1.0, softplus_inverse)])
    }
    fn defect(&self, x: &Tensor<T>) -> f64 {
        out_of_order(x, 1.0)
    }
    /// Standard normals, sorted.
    fn sample(&self, shape: &[usize], rng: &mut dyn Rng) -> Result<Tensor<T>> {
        Ok(sorted_normals(shape, 1.0, rng))
    }
}

impl<T: Real> Parametrization<T> for Monotone {
    fn name(&self) -> &str {
        if self.sign > 0.0 { "monotone (increasing)" } else { "monotone (decreasing)" }
    }
    fn forward(&self, y: &[Tensor<T>]) -> Tensor<T> {
        running(&y[0], |y| y.square() * self.sign)
    }
    fn right_inverse(&self, x: &Tensor<T>) -> Result<Vec<Tensor<T>>> {
        Ok(vec![unrolled(x, self.sign, f64::sqrt)])
    }
    fn defect(&self, x: &Tensor<T>) -> f64 {
        out_of_order(x, self.sign)
    }
    /// Standard normals, sorted.
    fn sample(&self, shape: &[usize], rng: &mut dyn Rng) -> Result<Tensor<T>> {
        Ok(sorted_normals(shape, self.sign, rng))
    }
}

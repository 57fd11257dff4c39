//! Vectors of a given length, and of at most that length.

use crate::numbers::{border, normal, not_empty, rows, uniform, worst_row};
use gradus_tensor::rand::Rng;
use gradus_tensor::{Parametrization, Real, Result, Tensor};

/// The sphere ‖x‖ = r along the last axis: x = r·y/‖y‖. The map is not defined at y = 0; a zero vector starts at r·e₁.
#[derive(Clone, Copy, Debug)]
pub struct Sphere {
    pub(crate) radius: f64,
}

/// The ball ‖x‖ ≤ r along the last axis: x = r·y/√(1 + ‖y‖²).
///
/// Onto the open ball; what is on its border or outside starts on its ray at r·(1 − √ε).
#[derive(Clone, Copy, Debug)]
pub struct Ball {
    radius: f64,
}

#[track_caller]
fn checked(who: &str, radius: f64) -> f64 {
    assert!(radius > 0.0 && radius.is_finite(), "{who}: the radius must be positive and finite, got {radius}");
    radius
}

impl Sphere {
    /// The sphere of this radius.
    ///
    /// # Panics
    /// If the radius is not positive and finite.
    #[must_use]
    #[track_caller]
    pub fn new(radius: f64) -> Self {
        Sphere { radius: checked("Sphere", radius) }
    }
}

impl Ball {
    /// The ball of this radius.
    ///
    /// # Panics
    /// If the radius is not positive and finite.
    #[must_use]
    #[track_caller]
    pub fn new(radius: f64) -> Self {
        Ball { radius: checked("Ball", radius) }
    }
}

/// ‖x‖, over the largest entry so that no square overflows or is lost.
pub(crate) fn length(x: &[f64]) -> f64 {
    let top = x.iter().fold(0.0, |m: f64, x| m.max(x.abs()));
    if top == 0.0 || !top.is_finite() {
        return top;
    }
    top * x.iter().map(|x| (x / top).powi(2)).sum::<f64>().sqrt()
}

/// r·x/‖x‖ of every row; r·e₁ for a row of zeros.
pub(crate) fn onto_sphere(radius: f64, x: &mut [f64]) {
    if x.iter().all(|&x| x == 0.0) {
        x[0] = 1.0;
    }
    let n = length(x);
    x.iter_mut().for_each(|x| *x = *x / n * radius);
}

impl<T: Real> Parametrization<T> for Sphere {
    fn name(&self) -> &str {
        "sphere"
    }
    fn forward(&self, y: &[Tensor<T>]) -> Tensor<T> {
        &y[0] * (y[0].square().sum_axes(&[-1], true).sqrt().recip() * self.radius)
    }
    fn right_inverse(&self, x: &Tensor<T>) -> Result<Vec<Tensor<T>>> {
        not_empty("sphere", x.shape())?;
        Ok(vec![rows(x, |x| onto_sphere(self.radius, x))])
    }
    fn defect(&self, x: &Tensor<T>) -> f64 {
        worst_row(x, |x| (length(x) - self.radius).abs())
    }
    /// Uniform on the sphere.
    fn sample(&self, shape: &[usize], rng: &mut dyn Rng) -> Result<Tensor<T>> {
        not_empty("sphere", shape)?;
        Ok(rows(&normal::<T>(shape, rng), |x| onto_sphere(self.radius, x)))
    }
}

impl<T: Real> Parametrization<T> for Ball {
    fn name(&self) -> &str {
        "ball"
    }
    fn forward(&self, y: &[Tensor<T>]) -> Tensor<T> {
        &y[0] * ((y[0].square().sum_axes(&[-1], true) + 1.0).sqrt().recip() * self.radius)
    }
    fn right_inverse(&self, x: &Tensor<T>) -> Result<Vec<Tensor<T>>> {
        Ok(vec![rows(x, |x| {
            let n = length(x) / self.radius;
            let u = if n < 1.0 { n } else { 1.0 - border::<T>() };
            let factor = if n == 0.0 { 1.0 } else { u / n } / ((1.0 - u) * (1.0 + u)).sqrt();
            x.iter_mut().for_each(|x| *x *= factor / self.radius);
        })])
    }
    fn defect(&self, x: &Tensor<T>) -> f64 {
        worst_row(x, |x| (length(x) - self.radius).max(0.0))
    }
    /// Uniform in the ball.
    fn sample(&self, shape: &[usize], rng: &mut dyn Rng) -> Result<Tensor<T>> {
        let d = shape.last().map_or(1, |&d| d.max(1));
        let rows_in = shape.iter().product::<usize>() / d;
        let mut u = uniform::<T>(&[rows_in], rng).to_vec().into_iter();
        Ok(rows(&normal::<T>(shape, rng), |x| {
            let r = u.next().map_or(1.0, gradus_kernels::Real::to_f64).powf(1.0 / d as f64);
            onto_sphere(self.radius * r, x);
        }))
    }
}

//! Positive numbers, by three maps.

use crate::numbers::{each, numbers, off_border, softplus_inverse, uniform, worst};
use gradus_tensor::rand::Rng;
use gradus_tensor::{Parametrization, Real, Result, Tensor};

/// Positive numbers: x = ln(1 + eʸ) or eʸ, onto (0, ∞), or y², onto [0, ∞). Any shape.
///
/// Zero and below start at √ε, where every map still has slope to come back. For y² the point y = 0 is one where f∘g stops
/// although f does not: [`stuck_leaves`](crate::stuck_leaves) lists it.
#[derive(Clone, Copy, Debug)]
pub struct Positive(Map);

#[derive(Clone, Copy, Debug)]
enum Map {
    Softplus,
    Exp,
    Square,
}

impl Positive {
    /// x = ln(1 + eʸ): linear for large y.
    #[must_use]
    pub fn softplus() -> Self {
        Positive(Map::Softplus)
    }

    /// x = eʸ: steps are relative.
    #[must_use]
    pub fn exp() -> Self {
        Positive(Map::Exp)
    }

    /// x = y²: reaches 0.
    #[must_use]
    pub fn square() -> Self {
        Positive(Map::Square)
    }
}

impl<T: Real> Parametrization<T> for Positive {
    fn name(&self) -> &str {
        match self.0 {
            Map::Softplus => "positive (softplus)",
            Map::Exp => "positive (exp)",
            Map::Square => "positive (square)",
        }
    }
    fn forward(&self, y: &[Tensor<T>]) -> Tensor<T> {
        match self.0 {
            Map::Softplus => y[0].softplus(),
            Map::Exp => y[0].exp(),
            Map::Square => y[0].square(),
        }
    }
    fn right_inverse(&self, x: &Tensor<T>) -> Result<Vec<Tensor<T>>> {
        let inverse = |x: f64| match self.0 {
            Map::Softplus => softplus_inverse(x),
            Map::Exp => x.ln(),
            Map::Square => x.sqrt(),
        };
        Ok(vec![each(x, |x| inverse(off_border::<T>(x)))])
    }
    fn defect(&self, x: &Tensor<T>) -> f64 {
        worst(numbers(x).into_iter().map(|x| -x))
    }
    /// Uniform in (0, 1).
    fn sample(&self, shape: &[usize], rng: &mut dyn Rng) -> Result<Tensor<T>> {
        Ok(uniform(shape, rng))
    }
}

//! Positive numbers.

use gradus_kernels::random::{Key, fill_uniform};
use gradus_tensor::rand::Rng;
use gradus_tensor::{Parametrization, Real, Result, Tensor};

/// Positive numbers, x = ln(1 + eʸ) ∈ (0, ∞).
///
/// `right_inverse` of a number below the smallest that the map reaches well starts at that border value and so moves the weight.
#[derive(Clone, Copy, Debug)]
pub struct Positive(());

impl Positive {
    /// x = ln(1 + eʸ).
    #[must_use]
    pub fn softplus() -> Self {
        Positive(())
    }
}

impl<T: Real> Parametrization<T> for Positive {
    fn name(&self) -> &str {
        "positive (softplus)"
    }
    fn forward(&self, y: &[Tensor<T>]) -> Tensor<T> {
        y[0].softplus()
    }
    fn right_inverse(&self, x: &Tensor<T>) -> Result<Vec<Tensor<T>>> {
        // y = ln(eˣ − 1) = x + ln(1 − e⁻ˣ); zero and below start at √ε, where the map still has slope to come back.
        let border = T::EPSILON.to_f64().sqrt();
        let inverse = |x: f64| {
            let x = x.max(border);
            x + (-(-x).exp_m1()).ln()
        };
        let y: Vec<T> = x.to_vec().iter().map(|x| T::from_f64(inverse(x.to_f64()))).collect();
        Ok(vec![Tensor::from_slice(x.shape(), &y)])
    }
    fn defect(&self, x: &Tensor<T>) -> f64 {
        x.to_vec().iter().map(|x| (-x.to_f64()).max(0.0)).fold(0.0, f64::max)
    }
    /// Uniform in (0, 1).
    fn sample(&self, shape: &[usize], rng: &mut dyn Rng) -> Result<Tensor<T>> {
        let key = Key::from(u128::from(rng.next_u64()));
        Ok(Tensor::build(shape, |out| {
            fill_uniform(key, 0, out);
            out.iter_mut().for_each(|x| *x += T::EPSILON);
        }))
    }
}

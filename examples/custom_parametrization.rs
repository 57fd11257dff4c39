//! A set of your own: angles on the circle, x = π·y/√(1 + y²) in (−π, π), as the weight of a layer.
//!
//! The map, its right inverse, how far outside a value is, a sample: derivatives of every order follow from `forward`.
//!
//! ```text
//! $ cargo run --release --example custom_parametrization
//! attached: Kept; the weight lies within π by 2.2; ∂/∂y and ∂²/∂y² agree with finite differences
//! ```
use gradus::nn::{Linear, Named};
use gradus::rand::{Rng, RngExt, SeedableRng, rngs::Xoshiro256PlusPlus};
use gradus::tensor::{Parametrization, Result, Tensor, check_grads};
use std::f64::consts::PI;

#[derive(Debug)]
struct Angle;

impl Parametrization<f64> for Angle {
    fn name(&self) -> &str {
        "angle"
    }
    fn forward(&self, y: &[Tensor<f64>]) -> Tensor<f64> {
        &y[0] * PI / (y[0].square() + 1.0).sqrt()
    }
    fn right_inverse(&self, x: &Tensor<f64>) -> Result<Vec<Tensor<f64>>> {
        let x = x.clamp(-0.999 * PI, 0.999 * PI); // what is outside starts inside
        Ok(vec![&x / (PI * PI - x.square()).sqrt()])
    }
    fn defect(&self, x: &Tensor<f64>) -> f64 {
        x.to_vec().iter().fold(0.0, |worst: f64, x| worst.max(x.abs() - PI))
    }
    fn sample(&self, shape: &[usize], rng: &mut dyn Rng) -> Result<Tensor<f64>> {
        Ok(Tensor::build(shape, |x| x.iter_mut().for_each(|x| *x = rng.random_range(-PI..PI))))
    }
}

fn main() -> std::result::Result<(), Box<dyn std::error::Error>> {
    let rng = &mut Xoshiro256PlusPlus::seed_from_u64(0);
    let mut layer = Linear::<f64>::new(3, 2, rng);
    let attached = layer.constrain("weight", Angle)?;
    let weight = layer.named_parameters()[0].1.value();
    check_grads(|y: &Tensor<f64>| Angle.forward(std::slice::from_ref(y)), &Angle.right_inverse(&weight)?[0], 2)?;
    let inside = PI - weight.to_vec().iter().fold(0.0, |most: f64, x| most.max(x.abs()));
    print!("attached: {attached:?}; the weight lies within π by {inside:.1}; ");
    println!("∂/∂y and ∂²/∂y² agree with finite differences");
    Ok(())
}

//! Platt & Barr (1988): x² + y² → min on x + y = 1, by descent in (x, y) and ascent in the multiplier λ of L = x² + y² + λ (x + y − 1).
//!
//! At the solution ∇L = 0: 2x + λ = 0, 2y + λ = 0, so x = y = ½ and λ = −1.
//!
//! ```text
//! $ cargo run --release --example lagrange
//! x = 0.500000, y = 0.500000, λ = -1.000000 after 400 steps
//! Kkt { feasibility: 0.0, complementarity: 0.0, stationarity: 0.0 }
//! ```
use gradus::optim::constrained::{ConstrainedProblem, LagrangianDescentAscent};
use gradus::tensor::{Tensor, ndarray::array};

fn main() -> Result<(), gradus::optim::Error> {
    let mut w = Tensor::from(array![2.0_f64, -1.0]).tracked();
    let risk = |w: &Tensor<f64>| w.square().sum();
    let problem = ConstrainedProblem::new(&risk).equal("line", |w: &Tensor<f64>| w.sum(), 1.0);
    let solved = problem.solve(LagrangianDescentAscent::default(), &mut w)?;
    let (x, lambda) = (w.to_vec(), solved.multiplier("line"));
    let steps = 20 * (solved.history().len() - 1);
    println!("x = {:.6}, y = {:.6}, λ = {lambda:.6} after {steps} steps", x[0], x[1]);
    println!("{:.1?}", solved.kkt());
    Ok(())
}

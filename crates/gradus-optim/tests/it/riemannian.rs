//! Riemannian optimisers: orthogonal Procrustes reaches the singular value solution, and members stay members.

use gradus_kernels::linalg::polar;
use gradus_optim::gradus_tensor::{Manifold, Param, Real, Role, Tensor};
use gradus_optim::riemannian::Riemannian;
use std::sync::Arc;

/// Orthogonal matrices with the polar retraction.
#[derive(Debug)]
struct Orthogonal;

impl<T: Real> Manifold<T> for Orthogonal {
    fn name(&self) -> &str {
        "orthogonal"
    }
    fn project(&self, x: &Tensor<T>, u: &Tensor<T>) -> Tensor<T> {
        let xu = x.t().matmul(u);
        x.matmul(&((&xu - xu.t()) * 0.5))
    }
    fn retract(&self, x: &Tensor<T>, u: &Tensor<T>) -> Tensor<T> {
        let n = x.shape()[0];
        Tensor::build(x.shape(), |out| polar(n, n, &(x + u).to_vec(), out).expect("near a member"))
    }
    fn defect(&self, x: &Tensor<T>) -> f64 {
        (x.t().matmul(x) - Tensor::eye(x.shape()[0])).to_vec().iter().map(|d| d.to_f64().abs()).fold(0.0, f64::max)
    }
}

fn numbers(n: usize, seed: usize) -> Vec<f64> {
    (0..n).map(|i| ((i * 3 + seed * 5 + 1) as f64 * 0.618_033_988_749_894_9).fract() * 2.0 - 1.0).collect()
}

#[test]
fn procrustes_reaches_the_singular_value_solution() {
    // ‖A W − B‖² over orthogonal W: the polar factor of AᵀB. B is near A, so that it is in the component of I.
    let n = 3;
    let a = Tensor::from_slice(&[5, n], &numbers(5 * n, 1)) + Tensor::eye(5).narrow(1, 0, n) * 2.0;
    let b = &a + Tensor::from_slice(&[5, n], &numbers(5 * n, 2)) * 0.5;
    let mut wanted = vec![0.0; n * n];
    polar(n, n, &a.t().matmul(&b).to_vec(), &mut wanted).expect("regular");
    for (mut rule, steps) in [
        (Riemannian::<f64>::sgd(0.02), 2_000),
        (Riemannian::sgd(0.01).momentum(0.9), 2_000),
        (Riemannian::adam(0.02), 0),
    ] {
        let mut w = Param::new(&Tensor::eye(n), Role::Weight);
        w.set_manifold(Some(Arc::new(Orthogonal)));
        let adam = steps == 0;
        for step in 0..steps.max(2_000) {
            if adam {
                rule.set_rate(0.02 * 0.99_f64.powi(step));
            }
            let grads = (a.matmul(&w.value()) - &b).square().sum().backward();
            rule.step(&mut w, &grads).expect("finite");
        }
        for (got, wanted) in w.value().to_vec().iter().zip(&wanted) {
            assert!((got - wanted).abs() < 1e-6, "{rule:?}: {:?}, expected {wanted:?}", w.value());
        }
        let defect = Manifold::<f64>::defect(&Orthogonal, &w.value());
        assert!(defect <= 50.0 * f64::EPSILON * (n as f64).sqrt(), "{defect:e}");
    }
}

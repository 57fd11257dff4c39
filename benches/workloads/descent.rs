//! Gradients in one tensor: the matrix exponential, elementwise functions, a chain of small ops.

use super::{Purpose, Work, normals};
use gradus::tensor::{Tensor, grad};
use std::fmt;
use std::hint::black_box;

/// What a step does.
#[derive(Clone, Copy)]
enum Step {
    Forward,
    Gradient,
    /// x ← x − rate · ∇.
    Move(f64),
}

struct Descent<F, G> {
    x: Tensor,
    forward: F,
    sum: G,
    /// By which the reported loss is divided.
    divisor: f64,
    step: Step,
}

impl<F: Fn(&Tensor) -> Tensor, G: Fn(&Tensor) -> Tensor> Work for Descent<F, G> {
    fn step(&mut self) {
        if let Step::Forward = self.step {
            black_box((self.forward)(&self.x));
            return;
        }
        let g = grad(&(self.sum)(&(self.forward)(&self.x)), &self.x).expect("x is used");
        if let Step::Move(rate) = self.step {
            self.x = (self.x.detach() - g * rate).tracked();
        } else {
            black_box(g);
        }
    }

    fn loss(&mut self) -> Option<f64> {
        Some(f64::from((self.sum)(&(self.forward)(&self.x)).item()) / self.divisor)
    }
}

impl<F, G> fmt::Debug for Descent<F, G> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Descent").field("x", &self.x.shape()).finish_non_exhaustive()
    }
}

/// The step of a gradient: for timing the gradient alone.
fn gradient(purpose: Purpose, rate: f64) -> Step {
    if purpose == Purpose::Time { Step::Gradient } else { Step::Move(rate) }
}

/// ⟨e^(V − Vᵀ), G⟩, 64 x 64.
pub(super) fn expm_64(purpose: Purpose) -> Box<dyn Work> {
    expm(64, 0.1, purpose)
}

/// ⟨e^(V − Vᵀ), G⟩, 512 x 512.
pub(super) fn expm_512(purpose: Purpose) -> Box<dyn Work> {
    expm(512, 0.05, purpose)
}

fn expm(n: usize, sd: f64, purpose: Purpose) -> Box<dyn Work> {
    let g = normals(3, &[n, n], 1.0);
    Box::new(Descent {
        x: normals(10, &[n, n], sd).tracked(),
        forward: Tensor::skew_expm,
        sum: move |w: &Tensor| (w * &g).sum(),
        divisor: n as f64,
        step: gradient(purpose, 1e-4),
    })
}

/// Σ sigmoid(x) · softplus(x) + exp(−x²), 2²⁰ numbers.
pub(super) fn elementwise(purpose: Purpose) -> Box<dyn Work> {
    Box::new(Descent {
        x: normals(1, &[1 << 20], 1.0).tracked(),
        forward: |x: &Tensor| x.sigmoid() * x.softplus() + (-x.square()).exp(),
        sum: Tensor::sum,
        divisor: 1.0,
        step: gradient(purpose, 1e-3),
    })
}

/// 100 tanh on 4 x 4, recorded.
pub(super) fn chain_forward(purpose: Purpose) -> Box<dyn Work> {
    tanh_chain(if purpose == Purpose::Time { Step::Forward } else { Step::Move(1e-3) })
}

/// The same, and the gradient of the sum.
pub(super) fn chain(purpose: Purpose) -> Box<dyn Work> {
    tanh_chain(gradient(purpose, 1e-3))
}

fn tanh_chain(step: Step) -> Box<dyn Work> {
    Box::new(Descent {
        x: normals(1, &[4, 4], 1.0).tracked(),
        forward: |x: &Tensor| (1..100).fold(x.tanh(), |y, _| y.tanh()),
        sum: Tensor::sum,
        divisor: 1.0,
        step,
    })
}

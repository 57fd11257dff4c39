//! Curvature: the trace of the Hessian of the data term, by Hutchinson's estimate.

use super::jacobian::{generator, signs};
use super::select::{selectable, sum};
use super::{At, Penalty, Select};
use crate::error::{Error, Kind};
use gradus_tensor::{Grad, Module, Real, Tensor};
use rand::Rng;

/// tr ∇²L ≈ 1/m Σ vᵀ ∇²L v over m random vectors v of independent signs, tracked.
///
/// `value` is L, recorded; `of` the leaves. Unbiased, with variance 2 Σ_{i≠j} H²ᵢⱼ/m. Source: Hutchinson 1990.
///
/// # Errors
/// If L depends on none of the leaves.
///
/// # Panics
/// If `samples` is 0.
pub fn hessian_trace<T: Real>(
    value: &Tensor<T>,
    of: &[Tensor<T>],
    samples: usize,
    rng: &mut (impl Rng + ?Sized),
) -> Result<Tensor<T>, Error> {
    assert!(samples > 0, "hessian_trace: needs at least one sample");
    let cut = |e| Error::new(Kind::Gradient, format!("hessian_trace: {e}"));
    let gradient = Grad::of(value).wrt(of).create_graph().allow_unused().run().map_err(cut)?;
    let mut terms = Vec::with_capacity(samples);
    for _ in 0..samples {
        let v: Vec<Tensor<T>> = of.iter().map(|x| signs(x.shape(), rng)).collect();
        let along = sum(gradient.iter().zip(&v).map(|(g, v)| (g * v).sum()));
        if !along.is_tracked() {
            terms.push(Tensor::scalar(0.0)); // L is linear in the leaves.
            continue;
        }
        let hv = Grad::of(&along).wrt(of).create_graph().allow_unused().run().map_err(cut)?;
        terms.push(sum(hv.iter().zip(&v).map(|(h, v)| (h * v).sum())));
    }
    Ok(sum(terms) * (1.0 / samples as f64))
}

/// See [`curvature`].
#[derive(Clone, Debug)]
pub struct Curvature {
    lambda: f64,
    select: Select,
    samples: usize,
}

/// λ tr ∇²_w L of the data term, by Hutchinson's estimate with one random vector a step unless told otherwise.
///
/// Its gradient needs third derivatives of L, which are exact.
pub fn curvature(lambda: f64) -> Curvature {
    Curvature { lambda, select: Select::All, samples: 1 }
}

selectable!(Curvature);

impl Curvature {
    /// Takes the mean over this many random vectors a step.
    #[must_use]
    pub fn samples(self, samples: usize) -> Self {
        Curvature { samples, ..self }
    }
}

impl<N: Module, B> Penalty<N, B> for Curvature {
    fn name(&self) -> &str {
        "curvature"
    }

    fn value(&self, at: At<'_, N, B>) -> Result<Tensor<N::Elem>, Error> {
        let of = self.select.leaves("curvature", at.net)?;
        Ok(hessian_trace(at.data, &of, self.samples, &mut generator(at.mode))? * self.lambda)
    }
}

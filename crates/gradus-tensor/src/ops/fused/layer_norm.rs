//! Layer normalisation: each row brought to mean 0 and variance 1, in one pass; the twin is its formula.

use crate::case::{Case, Room, row, spread};
use crate::kind::Fused;
use crate::message;
use crate::node::Tensor;
use crate::op::{Point, Refusal, Slot, Slots};
use crate::real::Real;
use crate::shape::Dims;
use gradus_kernels::View;
use gradus_kernels::norm::{RowPull, normalise_rows, pull_rows};

/// y = γ (x − m)/√(σ² + ε) + δ with m, σ² (biased) over the last axis: x `[.., n]`, γ and δ `[n]`.
#[derive(Clone, Debug)]
pub struct LayerNorm {
    eps: f64,
}

/// The output's shape, or why scale and shift do not fit the last axis.
pub(super) fn rows_shape(op: &str, x: &[usize], along: &[&[usize]]) -> Result<Dims, Refusal> {
    let Some(&n) = x.last() else {
        return Err(format!("{op}: x has rank 0; it needs an axis to normalise over"));
    };
    match along.iter().find(|&&s| s != [n]) {
        Some(s) => {
            Err(format!("{op}: scale and shift must be [{n}] for x {x:?}, got {s:?}; reshape several last axes to one"))
        }
        None => Ok(x.into()),
    }
}

/// Refuses an ε that would make a constant row 0/0.
#[track_caller]
pub(super) fn checked_eps(op: &str, eps: f64) -> f64 {
    if !(eps > 0.0 && eps.is_finite()) {
        message::panic_with(&format!("{op}: eps must be finite and positive, got {eps}; a constant row would be 0/0"));
    }
    eps
}

/// The cotangents of x, γ and, where rows are centred, δ.
pub(super) fn pull<T: Real>(centred: bool, at: &Point<'_, T>, g: &Tensor<T>, wanted: &[bool]) -> Slots<T> {
    let [x, gamma, g] = [at.inputs[0].view().flat(), at.inputs[1].view().flat(), g.view().flat()];
    let mut sums = vec![T::ZERO; 2 * gamma.len()];
    let rule = RowPull { x: &x, g: &g, gamma: &gamma, stats: at.aux, centred };
    let dx = Tensor::build(at.inputs[0].shape(), |dx| pull_rows(rule, dx, &mut sums));
    let mut slots: Slots<T> = std::iter::once(Slot::Of(dx)).collect();
    for (sum, wanted) in sums.chunks_exact(gamma.len().max(1)).zip(&wanted[1..]) {
        slots.push(if *wanted { Slot::Of(Tensor::from_slice(&[gamma.len()], sum)) } else { Slot::Zero });
    }
    slots.resize_with(wanted.len(), || Slot::Zero);
    slots
}

impl<T: Real> Fused<T> for LayerNorm {
    const NAME: &'static str = "layer_norm";
    fn shape(&self, s: &[&[usize]]) -> Result<Dims, Refusal> {
        rows_shape("layer_norm", s[0], &s[1..])
    }
    /// Mean and 1/√(σ² + ε) of each row.
    fn aux_len(&self, s: &[&[usize]]) -> usize {
        2 * s[0].iter().rev().skip(1).product::<usize>()
    }
    fn eval(&self, v: &[View<'_, T>], out: &mut [T], aux: &mut [T]) {
        let [x, gamma, delta] = [v[0].flat(), v[1].flat(), v[2].flat()];
        normalise_rows(&x, &gamma, Some(&delta), T::from_f64(self.eps), aux, out);
    }
    fn backward(&self, at: &Point<'_, T>, g: &Tensor<T>, wanted: &[bool]) -> Slots<T> {
        pull(true, at, g, wanted)
    }
    fn twin(&self, v: &[Tensor<T>]) -> Tensor<T> {
        let x = &v[0];
        if v[1].is_empty() {
            return x * &v[1] + &v[2];
        }
        let centred = x - x.mean_axes(&[-1], true);
        let deviation = (centred.square().mean_axes(&[-1], true) + self.eps).sqrt();
        centred / deviation * &v[1] + &v[2]
    }
}

impl<T: Real> Tensor<T> {
    /// γ (x − m)/√(σ² + ε) + δ with mean m and biased variance σ² over the last axis (Ba, Kiros & Hinton 2016).
    ///
    /// Shapes: x `[.., n]`, γ and δ `[n]`.
    ///
    /// # Panics
    /// If the shapes do not fit, or `eps` is not finite and positive.
    #[track_caller]
    #[must_use]
    pub fn layer_norm(&self, gamma: &Self, delta: &Self, eps: f64) -> Self {
        let eps = checked_eps("layer_norm", eps);
        T::apply(T::boxed(LayerNorm { eps }), &[self, gamma, delta])
    }
}

impl Room for LayerNorm {
    const NAME: &'static str = "layer_norm";
    const FORMULA: &'static str = "y = γ (x − m)/√(σ² + ε) + δ over the last axis";
    #[inline]
    fn cases() -> Vec<Case> {
        let with = |x: Tensor<f64>| {
            let n = x.shape()[x.rank() - 1];
            vec![x, spread(&[n], 2) + 1.5, spread(&[n], 3)]
        };
        let on = |label: &str, x: Tensor<f64>, eps| {
            Case::new(label, with(x), move |x| x[0].layer_norm(&x[1], &x[2], eps).square())
        };
        let plain = |label: &str, x: Tensor<f64>| {
            let n = x.len();
            Case::new(label, vec![x], move |x| x[0].layer_norm(&Tensor::ones(&[n]), &Tensor::zeros(&[n]), 1.0).exp())
        };
        vec![
            on("rows", spread(&[3, 4], 1), 1e-3),
            on("one row", spread(&[5], 1), 1e-5),
            on("three axes", spread(&[2, 2, 3], 1), 1e-3),
            on("a row longer than the lanes", spread(&[1, 37], 1), 1e-2),
            on("far from 0", spread(&[2, 3], 1) + 1e3, 1e-2),
            on("no rows", spread(&[0, 3], 1), 1e-3),
            on("empty rows", spread(&[2, 0], 1), 1e-3),
            on("one number a row: δ² whatever x is", spread(&[3, 1], 1), 1e-3),
            on("huge ε", spread(&[2, 3], 1), 1e6),
            plain("no variance", row(&[2.0, 2.0, 2.0])),
            plain("zeros, one of them −0", row(&[0.0, -0.0, 0.0, 0.0])),
            plain("two numbers", row(&[0.0, 1e-3])),
            Case::new("one number, plain", vec![row(&[3.0])], |x| {
                x[0].layer_norm(&Tensor::ones(&[1]), &Tensor::zeros(&[1]), 1e-5)
            })
            .expect_all([0.0; 4]),
            Case::new("of a transpose", vec![spread(&[3, 2], 1), spread(&[3], 2), spread(&[3], 3)], |x| {
                x[0].t().layer_norm(&x[1], &x[2], 1e-2).exp()
            }),
            Case::new("of broadcast rows", vec![spread(&[3], 1), spread(&[1], 2), spread(&[3], 3)], |x| {
                x[0].broadcast_to(&[2, 3]).layer_norm(&x[1].broadcast_to(&[3]), &x[2], 1e-1).exp()
            }),
            Case::new("against the twin", with(spread(&[3, 4], 1)), |x| {
                (x[0].layer_norm(&x[1], &x[2], 1e-2) - Fused::twin(&LayerNorm { eps: 1e-2 }, x)).square()
            }),
        ]
    }
}

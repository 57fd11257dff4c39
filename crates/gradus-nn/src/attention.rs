//! Scaled dot-product attention with several heads.

use crate::dropout::dropout;
use crate::linear::{Linear, drawn};
use gradus_derive::Module;
use gradus_init::{glorot_uniform, zeros};
use gradus_tensor::extend::refuse;
use gradus_tensor::rand::Rng;
use gradus_tensor::{Mode, Param, Real, Role, Tensor};

/// Multi-head attention `softmax(Q Kᵀ/√d + mask) V` over h heads of d = features/h, under PyTorch's names (Vaswani et al. 2017).
///
/// Shapes: queries `[n, t, features]`, keys and values `[n, s, features]`, mask `[t, s]` or what broadcasts to `[n, h, t, s]`; answers
/// `[n, t, features]`. The mask is added to the scores: 0 where a query may look, −∞ where not. A query that may look nowhere finds 0 (in
/// PyTorch's `MultiheadAttention` it finds NaN).
///
/// # Panics
/// If the shapes do not fit.
#[derive(Debug, Module)]
pub struct MultiheadAttention<T: Real = f32> {
    in_proj_weight: Param<T>,
    in_proj_bias: Param<T>,
    out_proj: Linear<T>,
    heads: usize,
    drop: f64,
}

/// The mask that lets a place look at itself and what came before: `[t, t]`, −∞ above the diagonal.
pub fn causal_mask<T: Real>(t: usize) -> Tensor<T> {
    let entry = |k: usize| if k % t > k / t { -T::INFINITY } else { T::ZERO };
    Tensor::build(&[t, t], |x| x.iter_mut().enumerate().for_each(|(k, x)| *x = entry(k)))
}

/// Scores with the mask added, which must not broadcast them up.
#[track_caller]
fn masked<T: Real>(scores: &Tensor<T>, mask: &Tensor<T>) -> Tensor<T> {
    let (s, m) = (scores.shape(), mask.shape());
    let fits = m.len() <= s.len() && m.iter().rev().zip(s.iter().rev()).all(|(m, s)| *m == 1 || m == s);
    if !fits {
        refuse(&format!("attention: a mask {m:?} does not broadcast to [n, heads, t, s], here {s:?}"));
    }
    scores + mask
}

impl<T: Real> MultiheadAttention<T> {
    /// Over `features` numbers a place, in `heads` heads.
    ///
    /// # Panics
    /// If the features do not divide into the heads.
    #[track_caller]
    pub fn new(features: usize, heads: usize, rng: &mut (impl Rng + ?Sized)) -> Self {
        assert!(
            heads > 0 && features.is_multiple_of(heads),
            "attention: {features} features do not divide into {heads} heads"
        );
        MultiheadAttention {
            in_proj_weight: Param::new(&drawn(&glorot_uniform(), &[3 * features, features], rng), Role::Weight),
            in_proj_bias: Param::new(&drawn(&zeros(), &[3 * features], rng), Role::Bias),
            out_proj: Linear::new(features, features, rng),
            heads,
            drop: 0.0,
        }
    }

    /// With dropout of the attention weights.
    ///
    /// # Panics
    /// If p is not in [0, 1).
    #[track_caller]
    #[must_use]
    pub fn dropout(mut self, p: f64) -> Self {
        assert!((0.0..1.0).contains(&p), "attention: p must lie in [0, 1), got {p}");
        self.drop = p;
        self
    }

    /// What the queries find among the keys.
    #[track_caller]
    pub fn forward(
        &self,
        queries: &Tensor<T>,
        keys: &Tensor<T>,
        values: &Tensor<T>,
        mask: Option<&Tensor<T>>,
        mode: &mut Mode,
    ) -> Tensor<T> {
        let (w, b) = (self.in_proj_weight.value(), self.in_proj_bias.value());
        let e = w.shape()[1];
        let (n, t, s) = match (queries.shape(), keys.shape(), values.shape()) {
            (&[n, t, a], &[m, s, b], v) if n == m && a == e && b == e && v == keys.shape() => (n, t, s),
            (q, k, v) => refuse(&format!(
                "attention: queries must be [n, t, {e}], keys and values [n, s, {e}], got {q:?}, {k:?} and {v:?}"
            )),
        };
        let d = e / self.heads;
        let project = |x: &Tensor<T>, part: usize, places: usize| {
            x.linear(&w.narrow(0, part * e, e), &b.narrow(0, part * e, e))
                .reshape(&[n, places, self.heads, d])
                .transpose(1, 2)
        };
        let (q, k, v) = (project(queries, 0, t), project(keys, 1, s), project(values, 2, s));
        let mut scores = q.matmul(&k.t()) / (d as f64).sqrt();
        if let Some(mask) = mask {
            scores = masked(&scores, mask);
        }
        let weights = dropout(&scores.softmax(), self.drop, mode);
        let y = self.out_proj.forward(&weights.matmul(&v).transpose(1, 2).reshape(&[n, t, e]), mode);
        mode.report(self, &[queries, keys, values], y)
    }
}

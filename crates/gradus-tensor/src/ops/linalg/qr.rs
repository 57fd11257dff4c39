//! The reduced QR factorisation, batched.

use super::batch::{needs_matrix, nth, pack, sizes, unpack, with_tail};
use super::triangular_solve::solve;
use super::verdict::{data, is_differentiated, rounding};
use crate::anomaly::unwatched;
use crate::case::{Case, Room, spread};
use crate::error::Result;
use crate::node::Tensor;
use crate::op::{Op, Point, Refusal, Slot, Slots};
use crate::real::Real;
use crate::shape::Dims;
use gradus_kernels::linalg::Triangular;
use gradus_kernels::{View, linalg};

/// (Q, R) one after another along the last axis, for A `[.., m, n]` with m ≥ n: A = Q R, QᵀQ = I, R upper triangular with diagonal ≥ 0.
///
/// With C = dA R⁻¹, M = QᵀC and Ω the skew matrix with M's lower triangle: dQ = C − Q M + Q Ω, dR = (M − Ω) R (Walter & Lehmann 2010).
#[derive(Clone, Debug)]
pub struct Qr;

/// The two factors of a packed output or cotangent.
fn factors<T: Real>(packed: &Tensor<T>, m: usize, n: usize) -> (Tensor<T>, Tensor<T>) {
    let mut parts = unpack(packed, &[&[m, n], &[n, n]]).into_iter();
    match (parts.next(), parts.next()) {
        (Some(q), Some(r)) => (q, r),
        _ => unreachable!("two shapes were given"),
    }
}

impl<T: Real> Op<T> for Qr {
    fn name(&self) -> &str {
        <Self as Room>::NAME
    }
    fn shape(&self, x: &[&[usize]]) -> Result<Dims, Refusal> {
        let (_, m, n) = sizes(x[0]);
        Ok(with_tail(x[0], &[m * n + n * n]))
    }
    fn eval(&self, x: &[View<'_, T>], out: &mut [T], _: &mut [T]) {
        let (batch, m, n) = sizes(x[0].shape);
        let a = x[0].to_vec();
        for i in 0..batch {
            let (q, r) = out[i * (m + n) * n..(i + 1) * (m + n) * n].split_at_mut(m * n);
            linalg::qr_thin(m, n, nth(&a, m * n, i), q, r);
            linalg::fix_signs(m, n, n, q, r);
        }
    }
    fn vjp(&self, at: &Point<'_, T>, g: &Tensor<T>, _: &[bool]) -> Slots<T> {
        let (_, m, n) = sizes(at.inputs[0].shape());
        let ((q, r), (gq, gr)) = (factors(at.output, m, n), factors(g, m, n));
        let inner = r.matmul(&gr.t()) - gq.t().matmul(&q);
        let low = inner.tril(-1);
        let both = inner.tril(0) + low.t();
        let da = solve(Triangular::UPPER.transposed().right(), &r, &(gq + q.matmul(&both)));
        std::iter::once(Slot::Of(da)).collect()
    }
    fn jvp(&self, at: &Point<'_, T>, t: &[Slot<T>]) -> Slot<T> {
        let (_, m, n) = sizes(at.inputs[0].shape());
        let (q, r) = factors(at.output, m, n);
        t[0].clone().map(|da| {
            let c = solve(Triangular::UPPER.right(), &r, &da);
            let inner = q.t().matmul(&c);
            let low = inner.tril(-1);
            let upper = inner - (&low - low.t());
            let dq = c - q.matmul(&upper);
            pack(&[(dq, 2), (upper.matmul(&r), 2)])
        })
    }
}

impl<T: Real> Tensor<T> {
    /// (Q, R) with A = Q R for A `[.., m, n]`, k = min(m, n): Q `[.., m, k]` with orthonormal columns, R `[.., k, n]` upper triangular with
    /// diagonal ≥ 0, which makes both unique, and smooth, where the first k columns of A are independent.
    ///
    /// # Errors
    /// If an entry is not finite; if A is tracked and its first k columns are dependent, to working precision: Q has no derivative there.
    /// (An untracked A of any rank is factored.)
    ///
    /// # Panics
    /// If the rank is below 2.
    #[track_caller]
    pub fn qr(&self) -> Result<(Self, Self)> {
        needs_matrix("qr", self);
        let (batch, m, n) = sizes(self.shape());
        if m < n {
            // The first m columns decide Q; the others follow.
            let (q, r) = self.narrow(-1, 0, m).qr()?;
            let rest = q.t().matmul(&self.narrow(-1, m, n - m));
            let r = Tensor::concat(&[r, rest], -1);
            return if r.to_vec().iter().all(|x| x.is_finite()) { Ok((q, r)) } else { Err(not_finite()) };
        }
        let packed = {
            let _guard = unwatched();
            T::apply(T::boxed(Qr), &[self])
        };
        let (q, r) = factors(&packed, m, n);
        let numbers = r.to_vec();
        if !numbers.iter().all(|x| x.is_finite()) {
            return Err(not_finite());
        }
        if is_differentiated(self) {
            for i in 0..batch {
                let r = nth(&numbers, n * n, i);
                let largest = r.iter().map(|x| x.abs().to_f64()).fold(0.0, f64::max);
                let tolerance = rounding::<T>(m, largest);
                if let Some(k) = r.iter().step_by(n + 1).position(|d| d.to_f64() <= tolerance) {
                    return Err(data(format!(
                        "qr: column {k} of matrix {i} (shape {:?}) depends on those before it, so Q has no derivative; detach it, or \
                         add what makes the columns independent",
                        self.shape()
                    )));
                }
            }
        }
        Ok((q, r))
    }
}

fn not_finite() -> crate::error::Error {
    data("qr: an entry of the matrix is infinite or not a number, or so large that a product of two overflows".into())
}

#[allow(clippy::expect_used, reason = "cases have independent columns")]
impl Room for Qr {
    const NAME: &'static str = "qr";
    const FORMULA: &'static str = "A = Q R, QᵀQ = I";
    #[inline]
    fn cases() -> Vec<Case> {
        let both = |x: &Tensor<f64>| {
            let (q, r) = x.qr().expect("independent columns");
            q.sin().sum() + (r.square() * spread(r.shape(), 4)).sum()
        };
        let on = |label: &str, x: Tensor<f64>| Case::new(label, vec![x], move |x| both(&x[0]));
        let tall = Tensor::concat(&[spread(&[2, 2], 1) + Tensor::eye(2) * 2, spread(&[2, 2], 3)], 0);
        vec![
            on("square", spread(&[2, 2], 1) + Tensor::eye(2)),
            on("three", spread(&[3, 3], 1) + Tensor::eye(3) * 2),
            on("tall", tall.clone()),
            on("wide", tall.t()),
            on("one by one", Tensor::from_slice(&[1, 1], &[-0.7])),
            on("a column", spread(&[3, 1], 1)),
            on("a row", spread(&[1, 3], 1)),
            on("identity", Tensor::eye(2)),
            on("empty", Tensor::zeros(&[0, 0])),
            on("no columns", Tensor::zeros(&[2, 0])),
            on("a batch", spread(&[2, 3, 2], 1) + Tensor::eye(3).narrow(1, 0, 2) * 2),
            on("an empty batch", Tensor::zeros(&[0, 2, 2])),
            on("nearly dependent", Tensor::from_slice(&[2, 2], &[1.0, 1.0, 1.0, 1.02])).step(0.02),
            Case::new("transposed view", vec![tall.t()], move |x| both(&x[0].t())),
            Case::new("Q R is A", vec![tall], |x| {
                let (q, r) = x[0].qr().expect("independent columns");
                q.matmul(&r).square()
            }),
        ]
    }
}

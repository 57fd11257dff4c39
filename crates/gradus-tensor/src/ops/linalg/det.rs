//! The determinant, batched, with derivatives that stay right where the matrix is singular.

use super::batch::{needs_matrix, nth, sizes, square};
use super::inverse::inverse;
use crate::case::{Case, Room, spread};
use crate::node::Tensor;
use crate::op::{Op, Point, Refusal, Slot, Slots};
use crate::real::Real;
use crate::shape::Dims;
use gradus_kernels::{View, linalg};

/// y = det A, with dy = ⟨C, dA⟩, C the matrix of cofactors: y·A⁻ᵀ where A is far from singular. Else A is split, with rows and columns
/// exchanged, into a regular block A₁₁ and its small Schur complement S = A₂₂ − A₂₁A₁₁⁻¹A₁₂, so that y = ± det A₁₁ · det S, and det S is
/// taken as the polynomial that it is. So no derivative divides by a number near 0.
#[derive(Clone, Debug)]
pub struct Det;

/// Through the door.
#[track_caller]
fn det<T: Real>(a: &Tensor<T>) -> Tensor<T> {
    T::apply(T::boxed(Det), &[a])
}

/// What a pivot, or 1/κ, must exceed to divide by it three times: a third derivative of y·A⁻ᵀ loses κ² against rounding.
fn smallest<T: Real>() -> f64 {
    T::EPSILON.to_f64().powf(0.2)
}

impl<T: Real> Op<T> for Det {
    fn name(&self) -> &str {
        <Self as Room>::NAME
    }
    fn shape(&self, x: &[&[usize]]) -> Result<Dims, Refusal> {
        square("det", x[0]).map(|s| s[..s.len() - 2].into())
    }
    fn eval(&self, x: &[View<'_, T>], out: &mut [T], _: &mut [T]) {
        let (_, n, _) = sizes(x[0].shape);
        let a = x[0].to_vec();
        let (mut lu, mut pivots) = (vec![T::ZERO; n * n], vec![0; n]);
        for (i, y) in out.iter_mut().enumerate() {
            lu.copy_from_slice(nth(&a, n * n, i));
            *y = match linalg::lu_factor(n, &mut lu, &mut pivots) {
                Err(linalg::Error::NotFinite { .. }) => T::NAN,
                _ => linalg::determinant(n, &lu, &pivots),
            };
        }
    }
    fn vjp(&self, at: &Point<'_, T>, g: &Tensor<T>, _: &[bool]) -> Slots<T> {
        let g = g.unsqueeze(-1).unsqueeze(-1);
        std::iter::once(Slot::Of(cofactors(&at.inputs[0], at.output) * g)).collect()
    }
    fn jvp(&self, at: &Point<'_, T>, t: &[Slot<T>]) -> Slot<T> {
        t[0].clone().map(|da| (cofactors(&at.inputs[0], at.output) * da).sum_axes(&[-2, -1], false))
    }
}

/// The cofactors C of every matrix, given the determinants: maths on tensors, right to every order.
fn cofactors<T: Real>(a: &Tensor<T>, y: &Tensor<T>) -> Tensor<T> {
    let (batch, n, _) = sizes(a.shape());
    let numbers = a.to_vec();
    let splits: Vec<Split> = (0..batch).map(|i| Split::of(n, nth(&numbers, n * n, i))).collect();
    if splits.iter().all(|s| s.regular == n) {
        return y.unsqueeze(-1).unsqueeze(-1) * inverse(a).t();
    }
    let flat = a.reshape(&[batch, n, n]);
    let each: Vec<Tensor<T>> = splits.iter().enumerate().map(|(i, s)| s.cofactors(&flat.select(0, i))).collect();
    Tensor::stack(&each, 0).reshape(a.shape())
}

/// Orders of rows and columns, with the sign of both together, that bring a well-conditioned block of order `regular` to the front.
struct Split {
    rows: Vec<usize>,
    columns: Vec<usize>,
    sign: f64,
    regular: usize,
}

impl Split {
    fn of<T: Real>(n: usize, a: &[T]) -> Self {
        let whole = Split { rows: Vec::new(), columns: Vec::new(), sign: 1.0, regular: n };
        let (mut lu, mut pivots) = (a.to_vec(), vec![0; n]);
        match linalg::lu_factor(n, &mut lu, &mut pivots) {
            Ok(()) if linalg::condition_1(n, a, &lu, &pivots) * smallest::<T>() < 1.0 => whole,
            // NaN spreads.
            Err(linalg::Error::NotFinite { .. }) => whole,
            _ => Split::eliminate(n, a),
        }
    }

    /// Elimination with exchanges of rows and columns, until no pivot is left that is large against the first.
    fn eliminate<T: Real>(n: usize, a: &[T]) -> Self {
        let mut w: Vec<f64> = a.iter().map(|x| x.to_f64()).collect();
        let mut split = Split { rows: (0..n).collect(), columns: (0..n).collect(), sign: 1.0, regular: n };
        let mut first = 0.0;
        for k in 0..n {
            let rest = (k..n).flat_map(|i| (k..n).map(move |j| (i, j)));
            let (p, q) =
                rest.fold((k, k), |at, (i, j)| if w[i * n + j].abs() > w[at.0 * n + at.1].abs() { (i, j) } else { at });
            let pivot = w[p * n + q].abs();
            if k == 0 {
                first = pivot;
            }
            if pivot <= first * smallest::<T>() {
                split.regular = k;
                break;
            }
            if p != k {
                (0..n).for_each(|j| w.swap(p * n + j, k * n + j));
                split.rows.swap(p, k);
                split.sign = -split.sign;
            }
            if q != k {
                (0..n).for_each(|i| w.swap(i * n + q, i * n + k));
                split.columns.swap(q, k);
                split.sign = -split.sign;
            }
            for i in k + 1..n {
                let f = w[i * n + k] / w[k * n + k];
                (k..n).for_each(|j| w[i * n + j] -= f * w[k * n + j]);
            }
        }
        split
    }

    /// The cofactors of one matrix. With B = P A Q, δ = det A₁₁ and C = the cofactors of S, those of B are
    /// δ [[det S · A₁₁⁻ᵀ + L C R, −L C], [−C R, C]] with L = A₁₁⁻ᵀA₂₁ᵀ and R = A₁₂ᵀA₁₁⁻ᵀ.
    fn cofactors<T: Real>(&self, a: &Tensor<T>) -> Tensor<T> {
        let n = a.shape()[0];
        let (r, d) = (self.regular, n - self.regular);
        if self.rows.is_empty() || d == 0 {
            return det(a) * inverse(a).t();
        }
        let exchange = |order: &[usize]| {
            Tensor::build(&[n, n], |x| {
                x.fill(T::ZERO);
                order.iter().enumerate().for_each(|(k, &from)| x[k * n + from] = T::ONE);
            })
        };
        let (p, q) = (exchange(&self.rows), exchange(&self.columns).t());
        let b = p.matmul(a).matmul(&q);
        let block = |i, rows, j, columns| b.narrow(0, i, rows).narrow(1, j, columns);
        let (a11, a12, a21) = (block(0, r, 0, r), block(0, r, r, d), block(r, d, 0, r));
        let inverse = inverse(&a11);
        let s = block(r, d, r, d) - a21.matmul(&inverse).matmul(&a12);
        let (det_s, c) = polynomial(&s);
        let (left, right) = (inverse.t().matmul(&a21.t()), a12.t().matmul(&inverse.t()));
        let (lc, cr) = (left.matmul(&c), c.matmul(&right));
        let top = Tensor::concat(&[inverse.t() * det_s + lc.matmul(&right), -lc], 1);
        let bottom = Tensor::concat(&[-cr, c], 1);
        let whole = Tensor::concat(&[top, bottom], 0) * det(&a11) * self.sign;
        p.t().matmul(&whole).matmul(&q.t())
    }
}

/// det S and the cofactors of S by products alone (Faddeev & LeVerrier).
fn polynomial<T: Real>(s: &Tensor<T>) -> (Tensor<T>, Tensor<T>) {
    let n = s.shape()[0];
    let mut m = Tensor::eye(n);
    let mut c = Tensor::scalar(1.0);
    for k in 1..=n {
        let sm = s.matmul(&m);
        c = -sm.trace() / k as f64;
        if k < n {
            m = sm + Tensor::eye(n) * &c;
        }
    }
    let even = if n.is_multiple_of(2) { 1.0 } else { -1.0 };
    (c * even, m.t() * -even)
}

impl<T: Real> Tensor<T> {
    /// det A of `[.., n, n]`: shape `[..]`; 0 where A is singular, 1 where n = 0, NaN where an entry is not finite.
    ///
    /// Derivatives of every order are those of the polynomial det, also where A is singular or nearly so. (Large matrices with many
    /// singular values spread over more than three decades lose digits there.)
    ///
    /// # Panics
    /// If the last two axes are not equal.
    #[doc(alias = "determinant")]
    #[track_caller]
    #[must_use]
    pub fn det(&self) -> Self {
        needs_matrix("det", self);
        det(self)
    }
}

impl Room for Det {
    const NAME: &'static str = "det";
    const FORMULA: &'static str = "y = det A";
    #[inline]
    fn cases() -> Vec<Case> {
        let on = |label: &str, x: Tensor<f64>| Case::new(label, vec![x], |x| x[0].det());
        let m = |n: usize, x: &[f64]| Tensor::from_slice(&[n, n], x);
        // Order 3, rank 2 and rank 1, by outer products without structure.
        let rank = |r: usize| spread(&[3, r], 1).matmul(&spread(&[r, 3], 2));
        let batch = Tensor::stack(&[spread(&[2, 2], 1), m(2, &[1.0, 2.0, 2.0, 4.0])], 0);
        vec![
            on("two", spread(&[2, 2], 1)),
            on("three", spread(&[3, 3], 1)),
            on("four", spread(&[4, 4], 3)),
            on("one by one", spread(&[1, 1], 1)),
            on("one by one, zero", m(1, &[0.0])).expect_all([0.0, 1.0, 0.0, 0.0]),
            on("empty", Tensor::zeros(&[0, 0])),
            on("zero", Tensor::zeros(&[2, 2])),
            on("zero of order 3: only the third derivative is left", Tensor::zeros(&[3, 3])),
            on("rank 1 of 2", m(2, &[1.0, 2.0, 2.0, 4.0])),
            on("rank 2 of 3", rank(2)),
            on("rank 1 of 3", rank(1)),
            on("nearly singular", m(2, &[1.0, 1.0, 1.0, 1.0 + 1e-9])),
            on("three scales", m(3, &[1.0, 0.5, 0.0, 0.5, 0.25 + 1e-5, 0.0, 0.0, 0.0, 1e-10])),
            on("a batch, one of it singular", batch),
            on("an empty batch", Tensor::zeros(&[0, 2, 2])),
            on("negative", m(2, &[0.0, 1.0, 1.0, 0.0])),
            Case::new("transposed view", vec![spread(&[3, 3], 1)], |x| x[0].t().det().square()),
            Case::new("of a square", vec![spread(&[2, 2], 1)], |x| x[0].matmul(&x[0]).det()),
        ]
    }
}

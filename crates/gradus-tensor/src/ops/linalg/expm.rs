//! The matrix exponential of any square matrix, batched over leading axes.

use super::batch::square;
use crate::case::{Case, Room, spread};
use crate::kind::Fused;
use crate::node::Tensor;
use crate::op::{Point, Refusal, Slot, Slots};
use crate::real::Real;
use crate::shape::Dims;
use gradus_kernels::{View, linalg};

/// Y = e^A, with first derivative the Fréchet derivative: the gradient of ⟨G, e^A⟩ is L(Aᵀ, G) (Al-Mohy & Higham 2009).
#[derive(Clone, Debug)]
pub struct Expm;

/// Runs `f(n, matrix, out)` for every matrix of a batch; a matrix that is not finite gives NaN.
pub(crate) fn for_each_matrix<T: Real>(
    x: View<'_, T>,
    out: &mut [T],
    mut f: impl FnMut(usize, &[T], &mut [T]) -> Result<(), linalg::Error>,
) {
    let n = x.shape[x.shape.len() - 1];
    if n == 0 {
        return;
    }
    let x = x.to_vec();
    for (x, out) in x.chunks_exact(n * n).zip(out.chunks_exact_mut(n * n)) {
        if f(n, x, out).is_err() {
            out.fill(T::NAN);
        }
    }
}

impl<T: Real> Fused<T> for Expm {
    const NAME: &'static str = "expm";
    fn shape(&self, x: &[&[usize]]) -> Result<Dims, Refusal> {
        square("expm", x[0])
    }
    fn eval(&self, x: &[View<'_, T>], out: &mut [T], _: &mut [T]) {
        for_each_matrix(x[0], out, |n, a, out| linalg::expm(n, a, out));
    }
    fn backward(&self, at: &Point<'_, T>, g: &Tensor<T>, _: &[bool]) -> Slots<T> {
        let (x, g) = (at.inputs[0].t(), g.to_vec());
        let mut next = 0;
        let out = Tensor::build(x.shape(), |out| {
            for_each_matrix(x.view(), out, |n, a, out| {
                let g = &g[next..next + n * n];
                next += n * n;
                let mut exp = vec![T::ZERO; n * n];
                linalg::expm_frechet(n, a, g, &mut exp, out)
            });
        });
        std::iter::once(Slot::Of(out)).collect()
    }
    fn twin(&self, x: &[Tensor<T>]) -> Tensor<T> {
        taylor(&x[0])
    }
}

/// e^A by scaling, a Taylor polynomial of degree 24 in blocks of A⁵ (Paterson & Stockmeyer 1973), and squaring: products only, so that
/// every derivative is made of products too. Scaled to norm at most 1, the polynomial's third derivative is exact to rounding as well.
pub(crate) fn taylor<T: Real>(a: &Tensor<T>) -> Tensor<T> {
    const BLOCK: usize = 5;
    let n = a.shape()[a.rank() - 1];
    let norm = norm_1(a);
    let squarings = if norm.is_finite() && norm > 1.0 { norm.log2().ceil() as i32 } else { 0 };
    let a = a * 0.5_f64.powi(squarings);
    let mut powers = vec![Tensor::eye(n).broadcast_to(a.shape()), a.clone()];
    for k in 2..=BLOCK {
        powers.push(powers[k - 1].matmul(&a));
    }
    let mut factorial = 1.0;
    let coefficients: Vec<f64> = (0..BLOCK * BLOCK)
        .map(|k| {
            factorial *= k.max(1) as f64;
            1.0 / factorial
        })
        .collect();
    let block = |b: usize| -> Tensor<T> { (0..BLOCK).map(|j| &powers[j] * coefficients[b * BLOCK + j]).sum() };
    let mut y = (0..BLOCK - 1).rev().fold(block(BLOCK - 1), |y, b| y.matmul(&powers[BLOCK]) + block(b));
    for _ in 0..squarings {
        y = y.matmul(&y);
    }
    y
}

/// The largest 1-norm of the matrices: a number, for the choice of scaling.
fn norm_1<T: Real>(a: &Tensor<T>) -> f64 {
    let (n, x) = (a.shape()[a.rank() - 1], a.to_vec());
    let column = |m: &[T], j: usize| m.iter().skip(j).step_by(n).map(|x| x.to_f64().abs()).sum::<f64>();
    x.chunks((n * n).max(1)).flat_map(|m| (0..n).map(move |j| column(m, j))).fold(0.0, f64::max)
}

impl<T: Real> Tensor<T> {
    /// The matrix exponential e^A = Σ Aᵏ/k! over the last two axes; leading axes are a batch. NaN for a matrix that is not finite.
    ///
    /// # Panics
    /// If the last two axes are not equal.
    #[doc(alias = "matrix_exp")]
    #[track_caller]
    #[must_use]
    pub fn expm(&self) -> Self {
        T::apply(T::boxed(Expm), &[self])
    }
}

impl Room for Expm {
    const NAME: &'static str = "expm";
    const FORMULA: &'static str = "Y = e^A";
    #[inline]
    fn cases() -> Vec<Case> {
        let on = |label: &str, x: Tensor<f64>| Case::new(label, vec![x], |x| x[0].expm());
        vec![
            on("two", spread(&[2, 2], 1)),
            on("three", spread(&[3, 3], 1)),
            on("zero", Tensor::zeros(&[2, 2])),
            on("one by one", spread(&[1, 1], 1)),
            on("empty", spread(&[0, 0], 1)),
            on("large: squarings", spread(&[2, 2], 1) * 5),
            on("nilpotent", Tensor::from_slice(&[2, 2], &[0.0, 1.0, 0.0, 0.0])),
            on("repeated eigenvalue", Tensor::from_slice(&[2, 2], &[1.0, 1.0, 0.0, 1.0])),
            on("rotation", Tensor::from_slice(&[2, 2], &[0.0, 2.0, -2.0, 0.0])),
            on("a batch", spread(&[2, 2, 2], 1)),
            on("an empty batch", spread(&[0, 2, 2], 1)),
            Case::new("transposed", vec![spread(&[2, 2], 1)], |x| x[0].t().expm().square()),
        ]
    }
}

//! Lyapunov's equation with a symmetric matrix, batched: what the derivatives of a matrix's square root are made of.

use super::batch::{nth, sizes, square};
use super::polar::with_values;
use super::verdict::{code, rounding};
use crate::case::{Case, Room, spread};
use crate::message;
use crate::node::Tensor;
use crate::op::{Op, Point, Refusal, Slot, Slots};
use crate::real::Real;
use crate::shape::Dims;
use gradus_kernels::{View, linalg};

/// X with H X + X H = C for a symmetric H with eigenvalues λ ≥ 0: in the basis of its eigenvectors Xᵢⱼ = Cᵢⱼ/(λᵢ + λⱼ), and 0 where both are 0.
/// dX solves the same equation for dC − dH X − X dH.
#[derive(Clone, Debug)]
pub struct Lyapunov;

/// Through the door, for matrices of the same leading axes.
#[track_caller]
pub(super) fn lyapunov<T: Real>(h: &Tensor<T>, c: &Tensor<T>) -> Tensor<T> {
    T::apply(T::boxed(Lyapunov), &[h, c])
}

impl Lyapunov {
    /// Ends a derivative where an eigenvalue is 0: X has none.
    #[track_caller]
    fn needs_regular<T: Real>(at: &Point<'_, T>) {
        let n = at.output.shape()[at.output.rank() - 1];
        for (i, values) in at.aux.chunks_exact(n.max(1)).enumerate() {
            let largest = values.iter().fold(0.0, |m: f64, x| m.max(x.to_f64()));
            if values.iter().any(|x| x.to_f64() <= rounding::<T>(n, largest)) {
                message::panic_with(&format!(
                    "nuclear_norm: a singular value of matrix {i} is 0, a cusp: there is a first derivative by convention, but no second; \
                     add a small multiple of a matrix of full rank"
                ));
            }
        }
    }
}

impl<T: Real> Op<T> for Lyapunov {
    fn name(&self) -> &str {
        <Self as Room>::NAME
    }
    fn shape(&self, x: &[&[usize]]) -> Result<Dims, Refusal> {
        square("lyapunov", x[0])?;
        if x[0] != x[1] {
            return Err(format!("lyapunov: H {:?} and C {:?} must have the same shape", x[0], x[1]));
        }
        Ok(x[1].into())
    }
    fn aux_len(&self, x: &[&[usize]]) -> usize {
        let (batch, n, _) = sizes(x[0]);
        batch * n
    }
    fn eval(&self, x: &[View<'_, T>], out: &mut [T], aux: &mut [T]) {
        let (batch, n, _) = sizes(x[0].shape);
        let (h, c) = (x[0].to_vec(), x[1].to_vec());
        let (mut v, mut turned) = (vec![T::ZERO; n * n], vec![T::ZERO; n * n]);
        for i in 0..batch {
            let (values, y) = (&mut aux[i * n..(i + 1) * n], &mut out[i * n * n..(i + 1) * n * n]);
            let verdict = linalg::symmetric_eigen(n, nth(&h, n * n, i), values, &mut v);
            if code::<T>(verdict) != T::ZERO {
                values.fill(T::NAN);
                y.fill(T::NAN);
                continue;
            }
            // Vᵀ C V over the sums of eigenvalues, and back.
            product(n, [&v, nth(&c, n * n, i)], [true, false], &mut turned);
            product(n, [&turned, &v], [false, false], y);
            let least = rounding::<T>(n, values.iter().fold(0.0, |m: f64, x| m.max(x.to_f64())));
            for (k, y) in y.iter_mut().enumerate() {
                let sum = values[k / n] + values[k % n];
                *y = if sum.to_f64() <= least { T::ZERO } else { *y / sum };
            }
            product(n, [&v, y], [false, false], &mut turned);
            product(n, [&turned, &v], [false, true], y);
        }
    }
    fn vjp(&self, at: &Point<'_, T>, g: &Tensor<T>, _: &[bool]) -> Slots<T> {
        Self::needs_regular(at);
        let c = lyapunov(&at.inputs[0], g);
        let xt = at.output.t();
        [Slot::Of(-(c.matmul(&xt) + xt.matmul(&c))), Slot::Of(c)].into_iter().collect()
    }
    fn jvp(&self, at: &Point<'_, T>, t: &[Slot<T>]) -> Slot<T> {
        Self::needs_regular(at);
        let x = at.output;
        let through_h = t[0].clone().map(|dh| -(dh.matmul(x) + x.matmul(&dh)));
        through_h.plus(t[1].clone()).map(|right| lyapunov(&at.inputs[0], &right))
    }
}

/// out = op(a) op(b) of square matrices, each transposed where said.
fn product<T: Real>(n: usize, [a, b]: [&[T]; 2], [at, bt]: [bool; 2], out: &mut [T]) {
    let entry = |x: &[T], turned: bool, i: usize, j: usize| if turned { x[j * n + i] } else { x[i * n + j] };
    for (k, y) in out.iter_mut().enumerate() {
        *y = (0..n).map(|l| entry(a, at, k / n, l) * entry(b, bt, l, k % n)).sum();
    }
}

impl Room for Lyapunov {
    const NAME: &'static str = "lyapunov";
    const FORMULA: &'static str = "X with H X + X H = C";
    #[inline]
    fn cases() -> Vec<Case> {
        // A symmetric H of both halves, so that differences stay symmetric.
        let on = |label: &str, h: Tensor<f64>, c: &[usize]| {
            Case::new(label, vec![h, spread(c, 3)], |x| lyapunov(&((&x[0] + x[0].t()) * 0.5), &x[1]))
        };
        vec![
            on("one", Tensor::from_slice(&[1, 1], &[2.0]), &[1, 1]),
            on("two", with_values(&[1.0, 0.5]), &[2, 2]),
            on("three", with_values(&[2.0, 1.0, 0.4]), &[3, 3]),
            on("equal eigenvalues", Tensor::eye(2), &[2, 2]),
            on("two of three equal", with_values(&[1.0, 1.0, 0.5]), &[3, 3]),
            on("far apart", with_values(&[10.0, 0.5]), &[2, 2]),
            on("a gap of 1e-6", with_values(&[1.0, 1.0 + 1e-6]), &[2, 2]),
            on("empty", Tensor::zeros(&[0, 0]), &[0, 0]),
            on("a batch", Tensor::stack(&[with_values(&[2.0, 1.0]), Tensor::eye(2)], 0), &[2, 2, 2]),
            on("an empty batch", Tensor::zeros(&[0, 2, 2]), &[0, 2, 2]),
            Case::new("the equation", vec![with_values(&[2.0, 0.7]), spread(&[2, 2], 3)], |x| {
                let h = (&x[0] + x[0].t()) * 0.5;
                let y = lyapunov(&h, &x[1]);
                h.matmul(&y) + y.matmul(&h)
            }),
        ]
    }
}

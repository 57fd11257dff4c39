//! The inverse of a matrix as an op: what the Cayley map needs.

use gradus_kernels::{View, linalg};
use gradus_tensor::extend::{Dims, Op, Point, Refusal, Slot, Slots, apply};
use gradus_tensor::{Real, Tensor};

/// Y = A⁻¹ over the last two axes, with dY = −Y dA Y. NaN for a singular matrix.
#[derive(Clone, Debug)]
struct Inverse;

impl<T: Real> Op<T> for Inverse {
    fn name(&self) -> &str {
        "inverse"
    }
    fn shape(&self, x: &[&[usize]]) -> Result<Dims, Refusal> {
        match x[0] {
            [.., n, m] if n == m => Ok(x[0].into()),
            other => Err(format!("inverse: the last two axes must be equal, got {other:?}")),
        }
    }
    fn eval(&self, x: &[View<'_, T>], out: &mut [T], _: &mut [T]) {
        let n = x[0].shape[x[0].shape.len() - 1];
        for (a, y) in x[0].to_vec().chunks_exact((n * n).max(1)).zip(out.chunks_exact_mut((n * n).max(1))) {
            if linalg::inverse(n, a, y).is_err() {
                y.fill(T::NAN);
            }
        }
    }
    fn vjp(&self, at: &Point<'_, T>, g: &Tensor<T>, _: &[bool]) -> Slots<T> {
        let yt = at.output.t();
        std::iter::once(Slot::Of(-yt.matmul(g).matmul(&yt))).collect()
    }
    fn jvp(&self, at: &Point<'_, T>, tangents: &[Slot<T>]) -> Slot<T> {
        let y = at.output;
        tangents[0].clone().map(|da| -y.matmul(&da).matmul(y))
    }
}

pub(crate) fn inverse<T: Real>(a: &Tensor<T>) -> Tensor<T> {
    apply(Inverse, &[a])
}

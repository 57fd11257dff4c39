//! Pooling over one or two spatial axes: the largest and the mean of every window, fixed or adaptive.

use crate::node::Tensor;
use crate::op::Refusal;
use crate::real::Real;
use gradus_kernels::pooling::{PoolShape, Windows};

rooms! {
    average: AveragePool as Straight, Spread as Straight;
    max: Pick as Straight, PutBack as Straight;
}

/// The sizes of a pooling of x `[.., h, w]`.
fn sizes(who: &str, windows: [Windows; 2], x: &[usize]) -> Result<PoolShape, Refusal> {
    let [planes @ .., h, w] = x else {
        return Err(format!("{who}: x must be [.., h, w], got {x:?}"));
    };
    let shape = PoolShape { planes: planes.iter().product(), spatial: [*h, *w], windows };
    shape.output().map_err(|e| format!("{who}: {e}"))?;
    Ok(shape)
}

/// One axis as an image of height 1.
#[track_caller]
fn over_one_axis<T: Real>(x: &Tensor<T>, f: impl FnOnce(&Tensor<T>, Windows) -> Tensor<T>) -> Tensor<T> {
    f(&x.unsqueeze(-2), Windows::tiles(1)).squeeze(-2)
}

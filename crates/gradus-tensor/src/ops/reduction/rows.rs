//! Reduced axes brought to the end, as one axis: what ops that need an order along the reduced numbers work on.

use super::sum::reduced_shape;
use crate::message;
use crate::node::Tensor;
use crate::real::Real;
use crate::shape::Dims;

/// How many numbers go into one.
pub(super) fn count(shape: &[usize], reduced: &[bool]) -> usize {
    shape.iter().zip(reduced).filter(|(_, r)| **r).map(|(&n, _)| n).product()
}

/// `[kept.., n]`: the kept axes, then the reduced ones as one. A view where the layout allows it.
#[track_caller]
pub(super) fn rows<T: Real>(x: &Tensor<T>, reduced: &[bool]) -> Tensor<T> {
    let kept = (0..x.rank()).filter(|&k| !reduced[k]);
    let order: Vec<usize> = kept.clone().chain((0..x.rank()).filter(|&k| reduced[k])).collect();
    let shape: Vec<usize> = kept.map(|k| x.shape()[k]).chain([count(x.shape(), reduced)]).collect();
    x.permute(&order).reshape(&shape)
}

/// A result over the kept axes with the reduced ones back as 1, where `keepdim`.
#[track_caller]
pub(super) fn shaped<T: Real>(y: &Tensor<T>, shape: &[usize], reduced: &[bool], keepdim: bool) -> Tensor<T> {
    if keepdim { y.reshape(&reduced_shape(shape, reduced, true)) } else { y.clone() }
}

/// Ends the call where there is nothing to choose from although an answer is wanted.
#[track_caller]
pub(super) fn need_elements(op: &str, shape: &[usize], reduced: &[bool]) {
    let answers: Dims = reduced_shape(shape, reduced, false);
    if count(shape, reduced) == 0 && answers.iter().product::<usize>() > 0 {
        message::panic_with(&format!(
            "{op}: the reduced axes of {shape:?} hold no elements, so there is none to answer with; give them a length of at least 1"
        ));
    }
}

//! What the ops on matrices share: leading axes as a batch, masks, packed outputs.

use crate::message;
use crate::node::Tensor;
use crate::op::Refusal;
use crate::real::Real;
use crate::shape::{Dims, broadcast};

/// The shape of square matrices with leading axes.
pub(crate) fn square(op: &str, x: &[usize]) -> Result<Dims, Refusal> {
    match x {
        [.., n, m] if n == m => Ok(x.into()),
        _ => Err(format!("{op}: the last two axes must be equal, got {x:?}")),
    }
}

/// How many matrices a shape `[.., m, n]` holds, and m and n.
pub(super) fn sizes(x: &[usize]) -> (usize, usize, usize) {
    let r = x.len();
    (x[..r - 2].iter().product(), x[r - 2], x[r - 1])
}

/// The leading axes of `x` followed by `tail`.
pub(super) fn with_tail(x: &[usize], tail: &[usize]) -> Dims {
    x[..x.len() - 2].iter().chain(tail).copied().collect()
}

/// The `i`-th of matrices of `len` numbers that lie one after another.
pub(super) fn nth<T>(x: &[T], len: usize, i: usize) -> &[T] {
    &x[i * len..(i + 1) * len]
}

/// Both with the same leading axes.
#[track_caller]
pub(super) fn same_lead<T: Real>(op: &str, a: &Tensor<T>, b: &Tensor<T>) -> (Tensor<T>, Tensor<T>) {
    let (p, q) = (a.rank() - 2, b.rank() - 2);
    let Some(lead) = broadcast(&[&a.shape()[..p], &b.shape()[..q]]) else {
        message::panic_with(&format!(
            "{op}: leading axes do not broadcast: left {:?}, right {:?}; all but the last two must be equal or 1",
            a.shape(),
            b.shape()
        ))
    };
    let wide = |x: &Tensor<T>| {
        let r = x.rank();
        let shape: Dims = lead.iter().chain(&x.shape()[r - 2..]).copied().collect();
        if x.shape() == &*shape { x.clone() } else { x.broadcast_to(&shape) }
    };
    (wide(a), wide(b))
}

/// Ends a call with a tensor that holds no matrix.
#[track_caller]
pub(super) fn needs_matrix<T: Real>(op: &str, x: &Tensor<T>) {
    if x.rank() < 2 {
        message::panic_with(&format!("{op}: the tensor has shape {:?}; a matrix needs two axes", x.shape()));
    }
}

/// A constant matrix of ones where `keep(row, column)`, else zeros.
pub(super) fn mask<T: Real>(n: usize, keep: impl Fn(usize, usize) -> bool) -> Tensor<T> {
    Tensor::build(&[n, n], |x| {
        x.iter_mut().enumerate().for_each(|(k, x)| *x = if keep(k / n, k % n) { T::ONE } else { T::ZERO });
    })
}

/// (X + Xᵀ)/2.
pub(super) fn symmetric<T: Real>(x: &Tensor<T>) -> Tensor<T> {
    (x + x.t()) * 0.5
}

/// The outputs of an op that packs several into rows: each `len` numbers long, as `lead` followed by `tail`.
pub(super) fn unpack<T: Real>(packed: &Tensor<T>, tails: &[&[usize]]) -> Vec<Tensor<T>> {
    let lead = &packed.shape()[..packed.rank() - 1];
    let mut from = 0;
    let one = |tail: &&[usize]| {
        let len: usize = tail.iter().product();
        let shape: Dims = lead.iter().chain(*tail).copied().collect();
        from += len;
        packed.narrow(-1, from - len, len).reshape(&shape)
    };
    tails.iter().map(one).collect()
}

/// The inverse of [`unpack`]; `axes` says how many axes of each part are its tail.
pub(super) fn pack<T: Real>(parts: &[(Tensor<T>, usize)]) -> Tensor<T> {
    let flat = |(x, axes): &(Tensor<T>, usize)| {
        let (lead, tail) = x.shape().split_at(x.rank() - axes);
        let mut shape: Dims = lead.into();
        shape.push(tail.iter().product());
        x.reshape(&shape)
    };
    Tensor::concat(&parts.iter().map(flat).collect::<Vec<_>>(), -1)
}

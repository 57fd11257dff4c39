//! Functions of functions: `vjp`, `jvp`, `hvp`, `jacobian`, `hessian`. They nest in every order, and a captured tracked tensor stays what it is.
//!
//! A transform hands its closure recorded aliases of the input, so that two transforms over one tensor do not confuse their perturbations,
//! and whatever the closure does, backward passes included, is recorded. An input that the value does not depend on has derivative zero.
//! Each has a `try_` twin for closures that may fail.

mod fallible;
mod inside;

pub use fallible::{
    try_gvp, try_hessian, try_hessian_matrix, try_hvp, try_jacobian, try_jvp, try_laplacian, try_per_sample_grads,
    try_value_and_grad, try_vjp,
};

use crate::error::{Error, Result};
use crate::message;
use crate::node::Tensor;
use crate::real::Real;
use crate::tree::Tree;

/// What a transform of a closure that never fails answers; its own refusal ends the call.
#[track_caller]
fn or_panic<R>(answer: Result<R>) -> R {
    match answer {
        Ok(answer) => answer,
        Err(e) => message::panic_with(&e.to_string()),
    }
}

/// f(x) and the directional derivative J v, by forward mode. `f` may answer any tree.
///
/// ```
/// use gradus_tensor::{Tensor, jvp, ndarray::array};
/// let (x, v) = (Tensor::from(array![0.0_f64]), Tensor::from(array![1.0_f64]));
/// // The second derivative of eˣ by forward over forward.
/// let (_, d2) = jvp(|x: &Tensor<f64>| jvp(|x: &Tensor<f64>| x.exp(), x, &v).1, &x, &v);
/// assert_eq!(d2.to_vec(), [1.0]);
/// ```
///
/// # Panics
/// If `v` has other shapes than `x`.
#[doc(alias = "pushforward")]
#[track_caller]
pub fn jvp<X, V, R>(f: impl FnOnce(&X) -> R, x: &X, v: &V) -> (R, R)
where
    X: Tree<Owned = X>,
    V: Tree<Elem = X::Elem> + ?Sized,
    R: Tree<Elem = X::Elem, Owned = R>,
{
    or_panic(try_jvp(|x: &X| Ok::<_, Error>(f(x)), x, v))
}

/// f(x) and the pullback Jᵀ u, by reverse mode.
///
/// # Panics
/// If `u` has another shape than f(x).
#[doc(alias = "pullback")]
#[track_caller]
pub fn vjp<X>(f: impl FnOnce(&X) -> Tensor<X::Elem>, x: &X, u: &Tensor<X::Elem>) -> (Tensor<X::Elem>, X)
where
    X: Tree<Owned = X>,
{
    or_panic(try_vjp(|x: &X| Ok::<_, Error>(f(x)), x, u))
}

/// f(x) and ∇f(x) for f that answers one number.
///
/// # Panics
/// If f answers more than one number.
#[track_caller]
pub fn value_and_grad<X: Tree<Owned = X>>(f: impl FnOnce(&X) -> Tensor<X::Elem>, x: &X) -> (Tensor<X::Elem>, X) {
    or_panic(try_value_and_grad(|x: &X| Ok::<_, Error>(f(x)), x))
}

/// The function x ↦ ∇f(x).
pub fn grad_fn<X: Tree<Owned = X>>(mut f: impl FnMut(&X) -> Tensor<X::Elem>) -> impl FnMut(&X) -> X {
    move |x| value_and_grad(&mut f, x).1
}

/// f(x) and the Hessian-vector product ∇²f(x) v, exact, without forming the Hessian (reverse over reverse).
///
/// # Panics
/// If f answers more than one number, or `v` has other shapes than `x`.
#[track_caller]
pub fn hvp<X, V>(f: impl FnOnce(&X) -> Tensor<X::Elem>, x: &X, v: &V) -> (Tensor<X::Elem>, X)
where
    X: Tree<Owned = X>,
    V: Tree<Elem = X::Elem> + ?Sized,
{
    or_panic(try_hvp(|x: &X| Ok::<_, Error>(f(x)), x, v))
}

/// The Gauss-Newton product Jᵀ H J v, where J is the Jacobian of `f` at x and H the Hessian of `loss` at f(x): ∇² of loss∘f without the
/// curvature of f, positive semidefinite for a convex loss.
///
/// # Panics
/// If the loss answers more than one number, or `v` has other shapes than `x`.
#[doc(alias = "ggn")]
#[track_caller]
pub fn gvp<X, V>(
    f: impl Fn(&X) -> Tensor<X::Elem>,
    loss: impl FnOnce(&Tensor<X::Elem>) -> Tensor<X::Elem>,
    x: &X,
    v: &V,
) -> (Tensor<X::Elem>, X)
where
    X: Tree<Owned = X>,
    V: Tree<Elem = X::Elem> + ?Sized,
{
    or_panic(try_gvp(|x: &X| Ok::<_, Error>(f(x)), |y: &Tensor<X::Elem>| Ok(loss(y)), x, v))
}

/// The Jacobian of `f` at x: for each leaf of x, a tensor of shape `[shape of f(x).., shape of the leaf..]`. One backward pass a number of f(x).
#[track_caller]
pub fn jacobian<X: Tree<Owned = X>>(f: impl FnOnce(&X) -> Tensor<X::Elem>, x: &X) -> X {
    or_panic(try_jacobian(|x: &X| Ok::<_, Error>(f(x)), x))
}

/// The Hessian of `f`, which answers one number, at the tensor x: shape `[shape of x.., shape of x..]`.
///
/// # Panics
/// If f answers more than one number.
#[track_caller]
pub fn hessian<T: Real>(mut f: impl FnMut(&Tensor<T>) -> Tensor<T>, x: &Tensor<T>) -> Tensor<T> {
    or_panic(try_hessian(|x: &Tensor<T>| Ok::<_, Error>(f(x)), x))
}

/// The Hessian over all leaves of a tree as one symmetric matrix `[n, n]`, leaves flattened one after another.
///
/// # Panics
/// If f answers more than one number.
#[track_caller]
pub fn hessian_matrix<X: Tree<Owned = X>>(mut f: impl FnMut(&X) -> Tensor<X::Elem>, x: &X) -> Tensor<X::Elem> {
    or_panic(try_hessian_matrix(|x: &X| Ok::<_, Error>(f(x)), x))
}

/// The Laplacian Σᵢ ∂²f/∂xᵢ², by forward over forward along every coordinate.
///
/// # Panics
/// If f answers more than one number.
#[track_caller]
pub fn laplacian<T: Real>(mut f: impl FnMut(&Tensor<T>) -> Tensor<T>, x: &Tensor<T>) -> Tensor<T> {
    or_panic(try_laplacian(|x: &Tensor<T>| Ok::<_, Error>(f(x)), x))
}

/// The gradients of many losses, one a sample: `f(x, i)` is the loss of sample i, and each leaf of the answer is `[samples, shape of the
/// leaf..]`. Their mean is the gradient of the mean; their spread is the noise of a mini-batch. One forward and backward a sample.
///
/// ```
/// use gradus_tensor::{Tensor, ndarray::array, per_sample_grads};
/// let data = Tensor::from(array![[1.0_f64, 2.0], [3.0, 4.0]]);
/// let g = per_sample_grads(|w: &Tensor<f64>, i| (w * data.select(0, i)).sum(), &Tensor::from(array![0.0_f64, 0.0]), 2);
/// assert_eq!(g.to_vec(), data.to_vec());
/// ```
///
/// # Panics
/// If f answers more than one number.
#[doc(alias = "vmap")]
#[track_caller]
pub fn per_sample_grads<X: Tree<Owned = X>>(
    mut f: impl FnMut(&X, usize) -> Tensor<X::Elem>,
    x: &X,
    samples: usize,
) -> X {
    or_panic(try_per_sample_grads(|x: &X, i| Ok::<_, Error>(f(x, i)), x, samples))
}

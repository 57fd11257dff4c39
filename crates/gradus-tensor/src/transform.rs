//! Functions of functions: `vjp`, `jvp`, `hvp`, `jacobian`, `hessian`. They nest in every order, and a captured tracked tensor stays what it is.
//!
//! A transform hands its closure recorded aliases of the input, so that two transforms over one tensor do not confuse their perturbations,
//! and whatever the closure does, backward passes included, is recorded. An input that the value does not depend on has derivative zero.

use crate::backward::depends_only_on;
use crate::grad::cotangents;
use crate::message;
use crate::node::{LeafId, Tensor};
use crate::op::Slot;
use crate::ops::movement::alias::alias;
use crate::real::Real;
use crate::trace::{is_recording, no_grad, transforming};
use crate::tree::Tree;

/// One run of a transform's closure: the fresh aliases of its input and the leaves among them that are the transform's own.
struct Inside<T: Real> {
    aliases: Vec<Tensor<T>>,
    own: Vec<LeafId>,
}

impl<T: Real> Inside<T> {
    /// f at fresh aliases of `x`.
    fn run<X: Tree<Elem = T, Owned = X>, R>(f: impl FnOnce(&X) -> R, x: &X) -> (R, Self) {
        transforming(|| {
            let inner = x.map(&mut |t| alias(t));
            let y = f(&inner);
            let aliases = inner.leaves();
            let own = aliases.iter().filter_map(Tensor::leaf).map(|(id, _)| id).collect();
            (y, Inside { aliases, own })
        })
    }

    /// Whether derivatives of `outputs` may still be asked from outside: something tracked that is not our own went in.
    fn is_open(&self, outputs: &[Tensor<T>]) -> bool {
        is_recording() && outputs.iter().any(|y| !depends_only_on(y, &self.own))
    }

    /// `walk`, recorded only where somebody may ask for its derivative.
    fn walk<R>(&self, outputs: &[Tensor<T>], walk: impl FnOnce(bool) -> R) -> R {
        if self.is_open(outputs) { walk(true) } else { no_grad(|| walk(false)) }
    }

    /// `y` as the surroundings may see it: without the graph that is ours alone.
    fn release<R: Tree<Elem = T, Owned = R>>(&self, y: &R) -> R {
        y.map(&mut |t| if is_recording() && !depends_only_on(t, &self.own) { t.clone() } else { t.without_history() })
    }
}

fn directions<T: Real, V: Tree<Elem = T> + ?Sized>(who: &str, aliases: &[Tensor<T>], v: &V) -> Vec<Tensor<T>> {
    let v = v.leaves();
    if v.len() != aliases.len() {
        message::panic_with(&format!("{who}: the direction has {} tensors, the input {}", v.len(), aliases.len()));
    }
    for (x, v) in aliases.iter().zip(&v) {
        if x.shape() != v.shape() {
            message::panic_with(&message::other_shape(who, x.shape(), v.shape()));
        }
    }
    v
}

fn check_scalar<T: Real>(who: &str, y: &Tensor<T>) {
    if y.len() != 1 {
        message::panic_with(&format!(
            "{who}: the function must answer one number, got shape {:?}; reduce it with .sum() or .mean()",
            y.shape()
        ));
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
pub fn jvp<X, V, R>(f: impl FnOnce(&X) -> R, x: &X, v: &V) -> (R, R)
where
    X: Tree<Owned = X>,
    V: Tree<Elem = X::Elem> + ?Sized,
    R: Tree<Elem = X::Elem, Owned = R>,
{
    let (y, inside) = Inside::run(f, x);
    let v = directions("jvp", &inside.aliases, v);
    let open_because_of_v = v.iter().any(Tensor::is_tracked);
    let seeds: Vec<_> = inside.aliases.iter().cloned().zip(v).collect();
    let outputs = y.leaves();
    let push = || <X::Elem as Real>::push(&outputs, &seeds).into_iter();
    let mut tangents = if open_because_of_v { push() } else { inside.walk(&outputs, |_| push()) };
    let dy = y.map(&mut |t| tangents.next().unwrap_or(Slot::Zero).or_zeros(t.shape()));
    (inside.release(&y), inside.release(&dy))
}

/// f(x) and the pullback Jᵀ u, by reverse mode.
///
/// # Panics
/// If `u` has another shape than f(x).
#[doc(alias = "pullback")]
pub fn vjp<X>(f: impl FnOnce(&X) -> Tensor<X::Elem>, x: &X, u: &Tensor<X::Elem>) -> (Tensor<X::Elem>, X)
where
    X: Tree<Owned = X>,
{
    let (y, inside) = Inside::run(f, x);
    if u.shape() != y.shape() {
        message::panic_with(&message::other_shape("vjp", y.shape(), u.shape()));
    }
    let record = is_recording() && (u.is_tracked() || inside.is_open(std::slice::from_ref(&y)));
    let slots = cotangents_where(record, vec![(y.clone(), u.clone())], &inside.aliases);
    (inside.release(&y), inside.release(&filled(x, slots)))
}

/// f(x) and ∇f(x) for f that answers one number.
///
/// # Panics
/// If f answers more than one number.
pub fn value_and_grad<X: Tree<Owned = X>>(f: impl FnOnce(&X) -> Tensor<X::Elem>, x: &X) -> (Tensor<X::Elem>, X) {
    let (y, inside) = Inside::run(f, x);
    check_scalar("value_and_grad", &y);
    let record = inside.is_open(std::slice::from_ref(&y));
    let slots = cotangents_where(record, vec![(y.clone(), y.ones_like())], &inside.aliases);
    (inside.release(&y), inside.release(&filled(x, slots)))
}

/// The function x ↦ ∇f(x).
pub fn grad_fn<X: Tree<Owned = X>>(mut f: impl FnMut(&X) -> Tensor<X::Elem>) -> impl FnMut(&X) -> X {
    move |x| value_and_grad(&mut f, x).1
}

/// f(x) and the Hessian-vector product ∇²f(x) v, exact, without forming the Hessian (reverse over reverse).
///
/// # Panics
/// If f answers more than one number, or `v` has other shapes than `x`.
pub fn hvp<X, V>(f: impl FnOnce(&X) -> Tensor<X::Elem>, x: &X, v: &V) -> (Tensor<X::Elem>, X)
where
    X: Tree<Owned = X>,
    V: Tree<Elem = X::Elem> + ?Sized,
{
    let (y, inside) = Inside::run(f, x);
    check_scalar("hvp", &y);
    let v = directions("hvp", &inside.aliases, v);
    let first = transforming(|| cotangents(vec![(y.clone(), y.ones_like())], &inside.aliases, true));
    let seeds: Vec<_> =
        first.into_iter().zip(&v).filter_map(|(g, v)| Some((g?.tensor()?.clone(), v.clone()))).collect();
    let gradients: Vec<_> = seeds.iter().map(|(g, _)| g.clone()).collect();
    let record = is_recording() && (v.iter().any(Tensor::is_tracked) || inside.is_open(&gradients));
    let slots = cotangents_where(record, seeds, &inside.aliases);
    (inside.release(&y), inside.release(&filled(x, slots)))
}

/// The Gauss-Newton product Jᵀ H J v, where J is the Jacobian of `f` at x and H the Hessian of `loss` at f(x): ∇² of loss∘f without the
/// curvature of f, positive semidefinite for a convex loss.
///
/// # Panics
/// If the loss answers more than one number, or `v` has other shapes than `x`.
#[doc(alias = "ggn")]
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
    let (outputs, jv) = jvp(&f, x, v);
    let (value, hjv) = hvp(loss, &outputs, &jv);
    (value, vjp(f, x, &hjv).1)
}

/// The Jacobian of `f` at x: for each leaf of x, a tensor of shape `[shape of f(x).., shape of the leaf..]`. One backward pass a number of f(x).
pub fn jacobian<X: Tree<Owned = X>>(f: impl FnOnce(&X) -> Tensor<X::Elem>, x: &X) -> X {
    let (y, inside) = Inside::run(f, x);
    let record = inside.is_open(std::slice::from_ref(&y));
    let mut rows: Vec<Vec<Tensor<X::Elem>>> = vec![Vec::new(); inside.aliases.len()];
    for i in 0..y.len() {
        let unit = unit(y.shape(), i);
        let slots = cotangents_where(record, vec![(y.clone(), unit)], &inside.aliases);
        for ((rows, slot), x) in rows.iter_mut().zip(slots).zip(&inside.aliases) {
            rows.push(slot.unwrap_or(Slot::Zero).or_zeros(x.shape()));
        }
    }
    let mut blocks = rows.into_iter();
    let whole = x.map(&mut |x| {
        let rows = blocks.next().unwrap_or_default();
        let shape: Vec<usize> = y.shape().iter().chain(x.shape()).copied().collect();
        if rows.is_empty() { Tensor::zeros(&shape) } else { Tensor::stack(&rows, 0).reshape(&shape) }
    });
    inside.release(&whole)
}

/// The Hessian of `f`, which answers one number, at the tensor x: shape `[shape of x.., shape of x..]`.
///
/// # Panics
/// If f answers more than one number.
pub fn hessian<T: Real>(mut f: impl FnMut(&Tensor<T>) -> Tensor<T>, x: &Tensor<T>) -> Tensor<T> {
    jacobian(|x: &Tensor<T>| value_and_grad(&mut f, x).1, x)
}

/// The Hessian over all leaves of a tree as one symmetric matrix `[n, n]`, leaves flattened one after another.
///
/// # Panics
/// If f answers more than one number.
pub fn hessian_matrix<X: Tree<Owned = X>>(mut f: impl FnMut(&X) -> Tensor<X::Elem>, x: &X) -> Tensor<X::Elem> {
    let blocks = jacobian(
        |x: &X| {
            let g = value_and_grad(&mut f, x).1;
            Tensor::concat(&g.leaves().iter().map(Tensor::flatten).collect::<Vec<_>>(), 0)
        },
        x,
    );
    let blocks: Vec<_> =
        blocks.leaves().iter().map(|b| b.reshape(&[b.shape()[0], b.shape()[1..].iter().product()])).collect();
    Tensor::concat(&blocks, 1)
}

/// The Laplacian Σᵢ ∂²f/∂xᵢ², by forward over forward along every coordinate.
///
/// # Panics
/// If f answers more than one number.
pub fn laplacian<T: Real>(mut f: impl FnMut(&Tensor<T>) -> Tensor<T>, x: &Tensor<T>) -> Tensor<T> {
    let second = |i: usize| {
        let e = unit(x.shape(), i);
        jvp(|x: &Tensor<T>| jvp(&mut f, x, &e).1, x, &e).1
    };
    let terms: Vec<Tensor<T>> = (0..x.len()).map(second).collect();
    terms.into_iter().sum()
}

/// The `i`-th unit tensor of a shape.
fn unit<T: Real>(shape: &[usize], i: usize) -> Tensor<T> {
    Tensor::build(shape, |x| {
        x.fill(T::ZERO);
        x[i] = T::ONE;
    })
}

fn cotangents_where<T: Real>(
    record: bool,
    seeds: Vec<(Tensor<T>, Tensor<T>)>,
    at: &[Tensor<T>],
) -> Vec<Option<Slot<T>>> {
    if record { cotangents(seeds, at, true) } else { no_grad(|| cotangents(seeds, at, false)) }
}

fn filled<X: Tree<Owned = X>>(x: &X, slots: Vec<Option<Slot<X::Elem>>>) -> X {
    let mut next = slots.into_iter();
    x.map(&mut |x| next.next().flatten().unwrap_or(Slot::Zero).or_zeros(x.shape()))
}

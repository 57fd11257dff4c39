//! One run of a transform's closure at fresh aliases of its input, and what of it the surroundings may see.

use crate::backward::Plan;
use crate::error::{Error, ErrorKind};
use crate::grad::cotangents;
use crate::message;
use crate::node::{LeafId, Tensor};
use crate::op::Slot;
use crate::ops::movement::alias::alias;
use crate::real::Real;
use crate::trace::{is_recording, no_grad, transforming};
use crate::tree::Tree;

/// One run of a transform's closure: the fresh aliases of its input and the leaves among them that are the transform's own.
pub(super) struct Inside<T: Real> {
    pub(super) aliases: Vec<Tensor<T>>,
    own: Vec<LeafId>,
}

impl<T: Real> Inside<T> {
    /// f at fresh aliases of `x`.
    pub(super) fn run<X: Tree<Elem = T, Owned = X>, R, E>(
        f: impl FnOnce(&X) -> Result<R, E>,
        x: &X,
    ) -> Result<(R, Self), E> {
        transforming(|| {
            let inner = x.map(&mut |t| alias(t));
            let y = f(&inner)?;
            let aliases = inner.leaves();
            let own = aliases.iter().filter_map(Tensor::leaf).map(|(id, _)| id).collect();
            Ok((y, Inside { aliases, own }))
        })
    }

    /// Whether derivatives of `outputs` may still be asked from outside: something tracked that is not our own went in.
    pub(super) fn is_open(&self, outputs: &[Tensor<T>]) -> bool {
        is_recording() && outputs.iter().any(|y| !depends_only_on(y, &self.own))
    }

    /// `walk`, recorded only where somebody may ask for its derivative.
    pub(super) fn walk<R>(&self, outputs: &[Tensor<T>], walk: impl FnOnce(bool) -> R) -> R {
        if self.is_open(outputs) { walk(true) } else { no_grad(|| walk(false)) }
    }

    /// `y` as the surroundings may see it: without the graph that is ours alone.
    pub(super) fn release<R: Tree<Elem = T, Owned = R>>(&self, y: &R) -> R {
        y.map(&mut |t| if is_recording() && !depends_only_on(t, &self.own) { t.clone() } else { t.without_history() })
    }
}

/// The tensors of a direction, which must have the shapes of the input.
pub(super) fn directions<T: Real, V: Tree<Elem = T> + ?Sized>(
    who: &str,
    aliases: &[Tensor<T>],
    v: &V,
) -> Result<Vec<Tensor<T>>, Error> {
    let v = v.leaves();
    if v.len() != aliases.len() {
        let message = format!("{who}: the direction has {} tensors, the input {}", v.len(), aliases.len());
        return Err(Error::new(ErrorKind::Shape, message));
    }
    match aliases.iter().zip(&v).find(|(x, v)| x.shape() != v.shape()) {
        Some((x, v)) => Err(Error::new(ErrorKind::Shape, message::other_shape(who, x.shape(), v.shape()))),
        None => Ok(v),
    }
}

/// Refuses what is not one number.
pub(super) fn check_scalar<T: Real>(who: &str, y: &Tensor<T>) -> Result<(), Error> {
    if y.len() == 1 {
        return Ok(());
    }
    let message = format!(
        "{who}: the function must answer one number, got shape {:?}; reduce it with .sum() or .mean()",
        y.shape()
    );
    Err(Error::new(ErrorKind::NotScalar, message))
}

/// The `i`-th unit tensor of a shape.
pub(super) fn unit<T: Real>(shape: &[usize], i: usize) -> Tensor<T> {
    Tensor::build(shape, |x| {
        x.fill(T::ZERO);
        x[i] = T::ONE;
    })
}

/// The cotangents at `at`, recorded or not.
pub(super) fn cotangents_where<T: Real>(
    record: bool,
    seeds: Vec<(Tensor<T>, Tensor<T>)>,
    at: &[Tensor<T>],
) -> Vec<Option<Slot<T>>> {
    if record { cotangents(seeds, at, true) } else { no_grad(|| cotangents(seeds, at, false)) }
}

/// The slots in the shape of `x`, zeros where nothing leads.
pub(super) fn filled<X: Tree<Owned = X>>(x: &X, slots: Vec<Option<Slot<X::Elem>>>) -> X {
    let mut next = slots.into_iter();
    x.map(&mut |x| next.next().flatten().unwrap_or(Slot::Zero).or_zeros(x.shape()))
}

/// Whether every leaf below `y` is one of `own`.
fn depends_only_on<T: Real>(y: &Tensor<T>, own: &[LeafId]) -> bool {
    if !y.is_tracked() {
        return true;
    }
    if own.is_empty() {
        return false;
    }
    let plan = Plan::new(std::slice::from_ref(y), &[]);
    plan.nodes.iter().flatten().filter_map(Tensor::leaf).all(|(id, _)| own.contains(&id))
}

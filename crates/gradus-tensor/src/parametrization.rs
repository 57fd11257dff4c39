//! The traits behind constrained weights: maps x = g(y) from free leaves, and manifolds to move on.

use crate::error::Result;
use crate::node::Tensor;
use crate::real::Real;
use rand::Rng;
use std::fmt::Debug;

/// A map g from free leaves onto a set Ω: the weight is x = g(y), and x ∈ Ω whatever the optimiser makes of y.
pub trait Parametrization<T: Real>: Debug + Send + Sync {
    /// The name in messages and tables.
    fn name(&self) -> &str;

    /// x = g(y), in tensor ops, so that every derivative follows: y are the free leaves, then the [`fixed`](Parametrization::fixed) tensors. The last axes are the constrained ones; leading axes are a batch.
    fn forward(&self, y: &[Tensor<T>]) -> Tensor<T>;

    /// Leaves y with g(y) = x, for x ∈ Ω; for x outside, those of a nearby member (the projection, where there is one).
    ///
    /// # Errors
    /// If x has a shape that Ω has no members of.
    fn right_inverse(&self, x: &Tensor<T>) -> Result<Vec<Tensor<T>>>;

    /// How many free leaves the map takes: `y` has these first, then the fixed tensors.
    fn leaves(&self) -> usize {
        1
    }

    /// How many tensors at the end of `y` are fixed (base points): part of the map, kept with the parameter, not trained.
    fn fixed(&self) -> usize {
        0
    }

    /// How far x is from Ω: 0 for members, in units of x's entries (the largest violated equation or inequality).
    fn defect(&self, x: &Tensor<T>) -> f64;

    /// A member of Ω of this shape, distributed as the doc of the type says.
    ///
    /// # Errors
    /// If Ω has no members of this shape.
    fn sample(&self, shape: &[usize], rng: &mut dyn Rng) -> Result<Tensor<T>>;
}

/// A smooth set to move on, for optimisers that step along it instead of through free leaves.
pub trait Manifold<T: Real>: Debug + Send + Sync {
    /// The name in messages and tables.
    fn name(&self) -> &str;

    /// The orthogonal projection of an ambient direction `u` onto the tangent space at `x` (the Riemannian gradient of a Euclidean one).
    fn project(&self, x: &Tensor<T>, u: &Tensor<T>) -> Tensor<T>;

    /// The point reached from `x` along the tangent `u`.
    fn retract(&self, x: &Tensor<T>, u: &Tensor<T>) -> Tensor<T>;

    /// The tangent `u` at `x`, carried to the tangent space at `to`. By default it is projected there.
    fn transport(&self, _x: &Tensor<T>, to: &Tensor<T>, u: &Tensor<T>) -> Tensor<T> {
        self.project(to, u)
    }

    /// How far `x` is from the set: 0 for members.
    fn defect(&self, x: &Tensor<T>) -> f64;
}

//! Parameters: free leaves that the optimiser moves, and the weight that the layer sees.

use crate::error::{Error, ErrorKind, Result};
use crate::node::{LeafId, Tensor};
use crate::parametrization::{Manifold, Parametrization};
use crate::real::Real;
use crate::ties::copy_of;
use crate::trace::is_recording;
use crate::tree::{Module, Tree, Visitor, VisitorMut};
use smallvec::SmallVec;
use std::sync::{Arc, Mutex, PoisonError};

/// What a parameter is in its layer: penalties and weight decay act on weights alone unless told otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// A matrix or kernel that multiplies the input.
    Weight,
    /// Something added.
    Bias,
    /// A scale of a normalisation.
    Scale,
    /// Anything else (an embedding's table, a learnt slope).
    Other,
}

/// A parameter of a layer: the value is a leaf, or the image g(y) of leaves under a [`Parametrization`].
///
/// Optimisers see the leaves only; layers call [`value`](Param::value). The image is computed once a step, however often it is used.
/// `Clone` copies the leaves into new ones: the clone learns apart. Parameters of one net that are tied stay tied in the net's clone.
#[derive(Debug)]
pub struct Param<T: Real = f32> {
    leaves: SmallVec<[Tensor<T>; 1]>,
    /// Base points of the constraint's map.
    fixed: Vec<Tensor<T>>,
    role: Role,
    frozen: bool,
    constraint: Option<Arc<dyn Parametrization<T>>>,
    manifold: Option<Arc<dyn Manifold<T>>>,
    cache: Mutex<Option<Image<T>>>,
}

/// What a cached image was computed from, and the image.
#[derive(Debug)]
struct Image<T: Real> {
    key: SmallVec<[Key<T>; 1]>,
    recorded: bool,
    value: Tensor<T>,
}

/// A leaf by identity and version (a handle would keep it from being written in place), anything else by its node.
#[derive(Debug)]
enum Key<T: Real> {
    Leaf(LeafId, u64),
    Node(Tensor<T>),
}

impl<T: Real> Key<T> {
    fn of(x: &Tensor<T>) -> Self {
        x.leaf().map_or_else(|| Key::Node(x.clone()), |(id, version)| Key::Leaf(id, version))
    }

    fn is(&self, x: &Tensor<T>) -> bool {
        match self {
            Key::Leaf(id, version) => x.leaf() == Some((*id, *version)),
            Key::Node(node) => node.is_same(x),
        }
    }
}

/// What attaching a constraint, or setting a value under one, did to the weight.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Attached {
    /// The weight was a member and is unchanged.
    Kept,
    /// The weight was outside (or on the open border) and was moved by this Frobenius distance.
    Projected {
        /// ‖new − old‖_F.
        distance: f64,
    },
}

impl Attached {
    /// What became of `old`.
    fn by<T: Real>(old: &Tensor<T>, new: &Tensor<T>) -> Self {
        let (new, old) = (new.to_vec(), old.to_vec());
        let distance = new.iter().zip(&old).map(|(a, b)| (a.to_f64() - b.to_f64()).powi(2)).sum::<f64>().sqrt();
        let size = old.iter().map(|x| x.to_f64().powi(2)).sum::<f64>().sqrt();
        // Within rounding of a map and its inverse the weight was kept.
        let kept = distance <= 100.0 * T::EPSILON.to_f64() * (size + 1.0);
        if kept { Attached::Kept } else { Attached::Projected { distance } }
    }
}

impl<T: Real> Param<T> {
    /// A free parameter: the value becomes a leaf.
    pub fn new(value: &Tensor<T>, role: Role) -> Self {
        Param {
            leaves: std::iter::once(value.tracked()).collect(),
            fixed: Vec::new(),
            role,
            frozen: false,
            constraint: None,
            manifold: None,
            cache: Mutex::new(None),
        }
    }

    /// The value that the layer sees: the leaf, or the image g(y), computed once while the leaves stay as they are.
    pub fn value(&self) -> Tensor<T> {
        let Some(g) = &self.constraint else { return self.leaves[0].clone() };
        let recorded = is_recording() && self.leaves.iter().any(Tensor::is_tracked);
        let mut cache = self.cache.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(image) = &*cache
            && image.key.iter().zip(&self.leaves).all(|(k, x)| k.is(x))
            && (image.recorded || !recorded)
        {
            // An unrecorded use may take a recorded image's value, never the reverse.
            return if recorded { image.value.clone() } else { image.value.detach() };
        }
        let value = if self.fixed.is_empty() {
            g.forward(&self.leaves)
        } else {
            g.forward(&self.leaves.iter().chain(&self.fixed).cloned().collect::<Vec<_>>())
        };
        *cache = Some(Image { key: self.leaves.iter().map(Key::of).collect(), recorded, value: value.clone() });
        value
    }

    /// The free leaves.
    pub fn leaves(&self) -> &[Tensor<T>] {
        &self.leaves
    }

    /// The free leaves for changing; the cached image is dropped.
    pub fn leaves_mut(&mut self) -> &mut [Tensor<T>] {
        self.forget_image();
        &mut self.leaves
    }

    /// The fixed tensors (base points) of the constraint's map.
    pub fn fixed(&self) -> &[Tensor<T>] {
        &self.fixed
    }

    /// The fixed tensors for changing (loading, moving a base point); the cached image is dropped.
    pub fn fixed_mut(&mut self) -> &mut [Tensor<T>] {
        self.forget_image();
        &mut self.fixed
    }

    /// What the parameter is in its layer.
    pub fn role(&self) -> Role {
        self.role
    }

    /// Whether optimisers leave the parameter alone.
    pub fn is_frozen(&self) -> bool {
        self.frozen
    }

    /// Makes optimisers leave the parameter alone, or move it again.
    pub fn set_frozen(&mut self, frozen: bool) {
        self.frozen = frozen;
    }

    /// The constraint, where there is one.
    pub fn constraint(&self) -> Option<&Arc<dyn Parametrization<T>>> {
        self.constraint.as_ref()
    }

    /// The manifold that Riemannian optimisers move the (free) value on, where there is one.
    pub fn manifold(&self) -> Option<&Arc<dyn Manifold<T>>> {
        self.manifold.as_ref()
    }

    /// Lets Riemannian optimisers move the value on `manifold`.
    pub fn set_manifold(&mut self, manifold: Option<Arc<dyn Manifold<T>>>) {
        self.manifold = manifold;
    }

    /// Holds the value to the set of `g`: kept where it is a member, else projected, never sampled anew.
    ///
    /// # Errors
    /// If the set has no members of this shape, or the value is not finite; the parameter is unchanged then.
    pub fn constrain(&mut self, g: Arc<dyn Parametrization<T>>) -> Result<Attached> {
        let old = crate::trace::no_grad(|| self.value().detach());
        finite("constrain", &*g, &old)?;
        let leaves = crate::trace::no_grad(|| g.right_inverse(&old))?;
        let new = crate::trace::no_grad(|| g.forward(&leaves));
        if new.shape() != old.shape() {
            let why = format!(
                "{}: the image of the right inverse has shape {:?}, the weight {:?}",
                g.name(),
                new.shape(),
                old.shape()
            );
            return Err(Error::new(ErrorKind::Shape, why));
        }
        let free = leaves.len() - g.fixed();
        self.leaves = leaves[..free].iter().map(Tensor::tracked).collect();
        self.fixed = leaves[free..].iter().map(Tensor::detach).collect();
        self.constraint = Some(g);
        self.forget_image();
        Ok(Attached::by(&old, &new))
    }

    /// Lets the constraint go, leaving the present image as a free weight.
    pub fn bake(&mut self) {
        let value = crate::trace::no_grad(|| self.value().detach());
        self.leaves = std::iter::once(value.tracked()).collect();
        self.fixed.clear();
        self.constraint = None;
        self.forget_image();
    }

    /// Sets the value, through the right inverse where there is a constraint: kept where it is a member, else projected, and the answer
    /// says how far. The leaves keep their identity.
    ///
    /// # Errors
    /// If the shape is another, or the constraint refuses the value, as all do where it is not finite.
    pub fn set(&mut self, value: &Tensor<T>) -> Result<Attached> {
        let now = crate::trace::no_grad(|| self.value());
        if value.shape() != now.shape() {
            return Err(Error::new(ErrorKind::Shape, crate::message::other_shape("set", now.shape(), value.shape())));
        }
        let leaves = match &self.constraint {
            Some(g) => {
                finite("set", &**g, value)?;
                crate::trace::no_grad(|| g.right_inverse(&value.detach()))?
            }
            None => vec![value.detach()],
        };
        drop(now);
        let free = self.leaves.len();
        for (old, new) in self.leaves_mut().iter_mut().zip(&leaves) {
            old.rewrite_leaf(|x| new.view().copy_to(x));
        }
        self.fixed = leaves[free..].iter().map(Tensor::detach).collect();
        if self.constraint.is_none() {
            return Ok(Attached::Kept);
        }
        Ok(Attached::by(&value.detach(), &crate::trace::no_grad(|| self.value())))
    }

    /// A parameter that shares this one's leaves: both learn as one.
    #[must_use]
    pub fn tie(&self) -> Self {
        Param {
            leaves: self.leaves.clone(),
            fixed: self.fixed.clone(),
            role: self.role,
            frozen: self.frozen,
            constraint: self.constraint.clone(),
            manifold: self.manifold.clone(),
            cache: Mutex::new(None),
        }
    }

    /// The same parameter with other leaves (gradients, directions, aliases): not a copy that learns.
    #[must_use]
    pub fn with_leaves(&self, leaves: impl IntoIterator<Item = Tensor<T>>) -> Self {
        Param { leaves: leaves.into_iter().collect(), ..self.tie() }
    }

    fn forget_image(&mut self) {
        *self.cache.get_mut().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

/// Refuses values of which no projection is near: a right inverse that takes the larger of x and a border would make a member of NaN.
fn finite<T: Real>(who: &str, g: &dyn Parametrization<T>, x: &Tensor<T>) -> Result<()> {
    if x.to_vec().iter().all(|x| x.to_f64().is_finite()) {
        return Ok(());
    }
    Err(Error::new(ErrorKind::Data, crate::message::not_finite(who, g.name())))
}

impl<T: Real> Clone for Param<T> {
    fn clone(&self) -> Self {
        self.with_leaves(self.leaves.iter().map(copy_of))
    }
}

impl<T: Real> Tree for Param<T> {
    type Elem = T;
    type Owned = Self;
    fn visit(&self, v: &mut dyn Visitor<T>) {
        v.param(self);
    }
    fn map(&self, f: &mut dyn FnMut(&Tensor<T>) -> Tensor<T>) -> Self {
        self.with_leaves(self.leaves.iter().map(f))
    }
}

impl<T: Real> Module for Param<T> {
    fn visit_mut(&mut self, v: &mut dyn VisitorMut<T>) {
        v.param(self);
    }
}

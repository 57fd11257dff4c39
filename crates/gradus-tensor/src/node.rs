//! The tensor: one small reference-counted node with shape, numbers and the op that made them.

use crate::op::Op;
use crate::real::Real;
use crate::shape::{Dims, Layout};
use gradus_kernels::{Counted, Shared, View};
use smallvec::SmallVec;
use std::panic::Location;
use std::sync::atomic::{AtomicU64, Ordering};

/// An n-dimensional array of `f32` or `f64` that remembers how it was made.
///
/// A tensor never changes for anyone who can see it. Cloning is a reference count; transposes, slices and broadcasts are views.
/// A tensor made by [`tracked`](Tensor::tracked), or from one, can be differentiated, to any order.
///
/// ```
/// use gradus_tensor::{Tensor, grad, ndarray::array};
/// let x = Tensor::from(array![0.3_f64, -1.2]).tracked();
/// let g = grad(&(x.sin() * x.exp()).sum(), &x)?;
/// assert_eq!(g.shape(), [2]);
/// # Ok::<(), gradus_tensor::Error>(())
/// ```
pub struct Tensor<T: Real = f32>(pub(crate) Counted<Node<T>>);

impl<T: Real> Clone for Tensor<T> {
    #[inline]
    fn clone(&self) -> Self {
        Tensor(self.0.clone())
    }
}

pub(crate) struct Node<T: Real> {
    pub(crate) layout: Layout,
    pub(crate) data: Shared<T>,
    pub(crate) origin: Origin<T>,
}

/// Where a tensor comes from.
///
/// With a tag as wide as a pointer: behind a narrow one a call is moved as odd bytes, which wait for each other.
#[repr(usize)]
pub(crate) enum Origin<T: Real> {
    /// Not tracked; `cut` tells whether something tracked went in.
    Constant { cut: Cut },
    /// What derivatives are taken with respect to.
    Leaf { id: LeafId, version: u64 },
    /// A recorded op.
    Op(Call<T>),
}

/// Whether, and by what, a constant was cut from a graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cut {
    No,
    Detach,
    NoGrad,
}

/// The identity of a leaf: it survives steps, and is never used again for another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LeafId(u64);

impl LeafId {
    fn fresh() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        LeafId(NEXT.fetch_add(1, Ordering::Relaxed))
    }
}

/// One recorded application of an op.
pub(crate) struct Call<T: Real> {
    pub(crate) op: Box<dyn Op<T>>,
    pub(crate) inputs: SmallVec<[Tensor<T>; 3]>,
    /// Statistics that `eval` leaves for the first-order backward, never seen by a rule of higher order.
    pub(crate) aux: Option<Shared<T>>,
    /// 1 + the greatest depth of an input: the order of every walk.
    pub(crate) depth: u32,
    /// Where in the user's source the op was called.
    pub(crate) site: &'static Location<'static>,
}

impl<T: Real> Drop for Node<T> {
    /// Takes a graph down with a work list: chains of any length must not overflow the stack.
    fn drop(&mut self) {
        let Origin::Op(call) = &mut self.origin else { return };
        if call.inputs.is_empty() {
            return;
        }
        let mut work = std::mem::take(&mut call.inputs);
        while let Some(Tensor(input)) = work.pop() {
            // The last owner takes the node's inputs.
            if let Some(mut last) = Counted::last(input)
                && let Some(Node { origin: Origin::Op(call), .. }) = Counted::get_mut(&mut last)
            {
                while let Some(input) = call.inputs.pop() {
                    work.push(input);
                }
            }
        }
    }
}

impl<T: Real> Tensor<T> {
    #[inline(always)]
    pub(crate) fn new(layout: Layout, data: Shared<T>, origin: Origin<T>) -> Self {
        Tensor(Counted::new(Node { layout, data, origin }))
    }

    /// A constant in row-major order from a buffer.
    #[inline]
    pub(crate) fn from_shared(shape: Dims, data: Shared<T>) -> Self {
        debug_assert_eq!(shape.iter().product::<usize>(), data.len());
        Self::new(Layout::contiguous(shape), data, Origin::Constant { cut: Cut::No })
    }

    /// A constant whose numbers `write` puts into a fresh buffer of stale numbers.
    #[inline]
    pub fn build(shape: &[usize], write: impl FnOnce(&mut [T])) -> Self {
        Self::written(Layout::contiguous(shape.into()), write)
    }

    /// [`build`](Tensor::build) in the shape of another.
    #[inline]
    pub(crate) fn build_like(x: &Self, write: impl FnOnce(&mut [T])) -> Self {
        Self::written(x.0.layout.without_gaps(), write)
    }

    #[inline]
    fn written(layout: Layout, write: impl FnOnce(&mut [T])) -> Self {
        let mut data = Shared::stale(layout.len());
        data.get_mut().map(write);
        Self::new(layout, data, Origin::Constant { cut: Cut::No })
    }

    /// A new leaf with the same numbers: derivatives can be taken with respect to it.
    #[doc(alias = "requires_grad")]
    #[must_use]
    pub fn tracked(&self) -> Self {
        Self::new(self.0.layout.clone(), self.0.data.clone(), Origin::Leaf { id: LeafId::fresh(), version: 0 })
    }

    /// The same numbers without history: no derivative passes.
    #[doc(alias = "stop_gradient")]
    #[must_use]
    pub fn detach(&self) -> Self {
        match self.0.origin {
            Origin::Constant { .. } => self.clone(),
            _ => Self::new(self.0.layout.clone(), self.0.data.clone(), Origin::Constant { cut: Cut::Detach }),
        }
    }

    /// The same numbers without history and without the mark of a cut: for results whose history was a transform's own.
    pub(crate) fn without_history(&self) -> Self {
        if self.is_tracked() {
            Self::new(self.0.layout.clone(), self.0.data.clone(), Origin::Constant { cut: Cut::No })
        } else {
            self.clone()
        }
    }

    /// The lengths of the axes.
    #[doc(alias = "size")]
    #[inline]
    pub fn shape(&self) -> &[usize] {
        &self.0.layout.shape
    }

    /// The number of axes.
    #[doc(alias = "dim")]
    #[inline]
    pub fn rank(&self) -> usize {
        self.0.layout.shape.len()
    }

    /// The number of elements.
    #[doc(alias = "numel")]
    #[inline]
    pub fn len(&self) -> usize {
        self.0.layout.len()
    }

    /// Whether there are no elements.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.0.layout.is_empty()
    }

    /// Whether derivatives can be taken through this tensor.
    #[doc(alias = "requires_grad")]
    #[inline]
    pub fn is_tracked(&self) -> bool {
        !matches!(self.0.origin, Origin::Constant { .. })
    }

    /// The identity and version, where this is a leaf.
    pub fn leaf(&self) -> Option<(LeafId, u64)> {
        match self.0.origin {
            Origin::Leaf { id, version } => Some((id, version)),
            _ => None,
        }
    }

    /// The name of the op that made this tensor, where it was recorded.
    pub fn op_name(&self) -> Option<&str> {
        self.call().map(|c| c.op.name())
    }

    /// The numbers as kernels read them.
    #[inline]
    pub fn view(&self) -> View<'_, T> {
        let Layout { shape, strides, offset } = &self.0.layout;
        View { data: self.0.data.get(*offset..).unwrap_or(&[]), shape, strides }
    }

    /// The numbers in row-major order, without a copy where they lie so.
    pub fn as_slice(&self) -> Option<&[T]> {
        self.view().contiguous()
    }

    /// The numbers in row-major order.
    #[doc(alias = "tolist")]
    pub fn to_vec(&self) -> Vec<T> {
        self.view().to_vec()
    }

    /// The one number of a tensor with one element.
    ///
    /// # Panics
    /// If there is not exactly one element.
    #[track_caller]
    pub fn item(&self) -> T {
        if self.len() != 1 {
            crate::message::panic_with(&format!(
                "item: the tensor has shape {:?}; it needs exactly one element",
                self.shape()
            ));
        }
        self.view().data[0]
    }

    /// A constant of the same shape filled with zeros.
    #[must_use]
    pub fn zeros_like(&self) -> Self {
        Self::zeros(self.shape())
    }

    /// A constant of the same shape filled with ones.
    #[must_use]
    pub fn ones_like(&self) -> Self {
        Self::ones(self.shape())
    }

    /// Replaces the numbers of a leaf by what `write` makes of them: [`leaf_mut`](Self::leaf_mut) as a closure.
    pub fn rewrite_leaf(&mut self, write: impl FnOnce(&mut [T])) {
        write(self.leaf_mut());
    }

    /// The numbers of a leaf for changing: in place where nobody else holds them, else a copy in a fresh buffer.
    /// The leaf keeps its identity and gets a new version; tensors and graphs made before keep the old numbers.
    pub fn leaf_mut(&mut self) -> &mut [T] {
        let origin = match self.0.origin {
            Origin::Leaf { id, version } => Origin::Leaf { id, version: version + 1 },
            _ => Origin::Leaf { id: LeafId::fresh(), version: 0 },
        };
        let in_place = Counted::get_mut(&mut self.0).is_some_and(|node| {
            node.layout.is_contiguous()
                && node.layout.offset == 0
                && node.layout.len() == node.data.len()
                && node.data.is_unique()
        });
        if !in_place {
            let mut data = Shared::stale(self.len());
            if let Some(x) = data.get_mut() {
                self.view().copy_to(x);
            }
            *self = Self::new(Layout::contiguous(self.shape().into()), data, Origin::Constant { cut: Cut::No });
        }
        let node = Counted::get_mut(&mut self.0).expect("looked at or made above: nobody else holds it");
        node.origin = origin;
        node.data.get_mut().expect("looked at or made above: nobody else holds it")
    }

    #[inline]
    pub(crate) fn call(&self) -> Option<&Call<T>> {
        match &self.0.origin {
            Origin::Op(call) => Some(call),
            _ => None,
        }
    }

    #[inline]
    pub(crate) fn depth(&self) -> u32 {
        self.call().map_or(0, |c| c.depth)
    }

    #[inline]
    pub(crate) fn address(&self) -> *const () {
        Counted::address(&self.0)
    }

    /// Whether both are the same node.
    pub fn is_same(&self, other: &Self) -> bool {
        self.address() == other.address()
    }
}

//! Sums over axes.

use crate::case::{Case, Room, spread};
use crate::dims::marks;
use crate::kind::Linear;
use crate::message;
use crate::node::Tensor;
use crate::op::Refusal;
use crate::real::Real;
use crate::shape::{Dims, axis};
use gradus_kernels::{View, reduce};
use smallvec::SmallVec;

/// y = Σ x over the reduced axes.
#[derive(Clone, Debug)]
pub struct Sum {
    reduced: SmallVec<[bool; 8]>,
    keepdim: bool,
}

/// The shape without the reduced axes, or with 1 in their place.
pub(crate) fn reduced_shape(shape: &[usize], reduced: &[bool], keepdim: bool) -> Dims {
    shape.iter().zip(reduced).filter(|(_, r)| keepdim || !**r).map(|(&n, &r)| if r { 1 } else { n }).collect()
}

/// Which axes are named, each once.
#[track_caller]
pub(crate) fn axes_of(op: &str, axes: &[isize], rank: usize) -> SmallVec<[bool; 8]> {
    let mut reduced = marks(false, rank);
    for &a in axes {
        let k = axis(op, a, rank);
        if std::mem::replace(&mut reduced[k], true) {
            message::panic_with(&format!("{op}: axis {k} is named twice in {axes:?}"));
        }
    }
    reduced
}

impl<T: Real> Linear<T> for Sum {
    const NAME: &'static str = "sum";
    fn shape(&self, x: &[&[usize]]) -> Result<Dims, Refusal> {
        Ok(reduced_shape(x[0], &self.reduced, self.keepdim))
    }
    fn eval(&self, x: &[View<'_, T>], out: &mut [T]) {
        reduce::sum(x[0], &self.reduced, out);
    }
    fn adjoint(&self, _: usize, g: &Tensor<T>, shapes: &[&[usize]]) -> Tensor<T> {
        g.reshape(&reduced_shape(shapes[0], &self.reduced, true)).broadcast_to(shapes[0])
    }
}

impl<T: Real> Tensor<T> {
    /// The sum of all elements, of rank 0.
    #[must_use]
    #[track_caller]
    pub fn sum(&self) -> Self {
        T::apply(T::boxed(Sum { reduced: marks(true, self.rank()), keepdim: false }), &[self])
    }

    /// Sums over `axes` (from the end where negative), which stay with length 1 where `keepdim`.
    ///
    /// # Panics
    /// If an axis does not exist or is named twice.
    #[track_caller]
    #[must_use]
    pub fn sum_axes(&self, axes: &[isize], keepdim: bool) -> Self {
        T::apply(T::boxed(Sum { reduced: axes_of("sum", axes, self.rank()), keepdim }), &[self])
    }
}

impl Room for Sum {
    const NAME: &'static str = "sum";
    const FORMULA: &'static str = "y = Σ x over axes";
    #[inline]
    fn cases() -> Vec<Case> {
        let on = |label: &str, shape: &[usize], axes: &'static [isize], keep| {
            Case::new(label, vec![spread(shape, 1)], move |x| x[0].sum_axes(axes, keep).exp())
        };
        vec![
            Case::new("all", vec![spread(&[2, 3], 1)], |x| x[0].sum().exp()),
            on("rows", &[2, 3], &[1], false),
            on("columns", &[2, 3], &[0], false),
            on("keepdim", &[2, 3], &[-1], true),
            on("two of three", &[2, 3, 2], &[0, 2], false),
            on("no axes", &[2, 2], &[], false),
            on("over an empty axis", &[2, 0], &[1], false),
            on("empty result", &[0, 2], &[1], false),
            on("rank 0", &[], &[], false),
            Case::new("of a transpose", vec![spread(&[2, 3], 1)], |x| x[0].t().sum_axes(&[0], false).exp()),
        ]
    }
}

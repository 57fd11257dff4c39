//! Numbers added up one by one at the places that an index names along an axis: the adjoint of picking them.

use super::gather::{Gather, misfit};
use crate::case::{Case, Room, row, spread};
use crate::index::Index;
use crate::kind::Linear;
use crate::message;
use crate::node::Tensor;
use crate::op::Refusal;
use crate::real::Real;
use crate::shape::{Dims, Layout, axis};
use gradus_kernels::View;
use gradus_kernels::threads::for_each_chunk_with;
use gradus_kernels::view::Offsets;

/// y[.., j, ..] = Σ x[.., i, ..] over all i with index[.., i, ..] = j; y has the shape `shape`.
///
/// The work is cut by slices of y along its first axis (one piece where that is the axis itself); each adds its sources in the order
/// of the index, so the bits do not depend on the number of threads.
#[derive(Clone, Debug)]
pub struct ScatterAdd {
    pub(super) axis: usize,
    pub(super) index: Index,
    pub(super) shape: Dims,
}

impl<T: Real> Linear<T> for ScatterAdd {
    const NAME: &'static str = "scatter_add";
    fn shape(&self, x: &[&[usize]]) -> Result<Dims, Refusal> {
        if x[0] != self.index.shape() {
            return Err(format!(
                "scatter_add: a source {:?} needs an index of its shape, got {:?}",
                x[0],
                self.index.shape()
            ));
        }
        match misfit("scatter_add", self.axis, &self.index, &self.shape) {
            Some(why) => Err(why),
            None => Ok(self.shape.clone()),
        }
    }
    fn eval(&self, x: &[View<'_, T>], out: &mut [T]) {
        if out.is_empty() {
            return;
        }
        let flat = x[0].flat();
        let (shape, index) = (self.index.shape(), self.index.as_slice());
        let mut strides = Layout::contiguous(self.shape.clone()).strides;
        let step = std::mem::replace(&mut strides[self.axis], 0);
        // Axes before `cut` are taken by the pieces: none where the indexed axis comes first.
        let cut = usize::from(self.axis > 0);
        let (piece, sources) =
            if cut == 1 { (out.len() / self.shape[0], flat.len() / shape[0].max(1)) } else { (out.len(), flat.len()) };
        let nanos = out.len() + 2 * flat.len();
        for_each_chunk_with(out, piece, nanos, |start, out| {
            out.fill(T::ZERO);
            let part = start / piece;
            if cut == 1 && part >= shape[0] {
                return;
            }
            let own = part * sources..(part + 1) * sources;
            let bases = Offsets::new(&shape[cut..], &strides[cut..]);
            for ((&x, &i), base) in flat[own.clone()].iter().zip(&index[own]).zip(bases) {
                out[base + i as usize * step] += x;
            }
        });
    }
    fn adjoint(&self, _: usize, g: &Tensor<T>, _: &[&[usize]]) -> Tensor<T> {
        T::apply(T::boxed(Gather { axis: self.axis, index: self.index.clone() }), &[g])
    }
}

/// Zeros of `shape` with the numbers of `x` added at the places of `index` along `axis`.
#[track_caller]
pub(crate) fn scatter<T: Real>(x: &Tensor<T>, axis: usize, index: &Index, shape: &[usize]) -> Tensor<T> {
    T::apply(T::boxed(ScatterAdd { axis, index: index.clone(), shape: shape.into() }), &[x])
}

impl<T: Real> Tensor<T> {
    /// This tensor with the numbers of `source` added along an axis (from the end where negative) where the index says:
    /// y[index[i, j], j] += s[i, j] for axis 0. Places that coincide add up, in the order of the index.
    ///
    /// Shapes: the index has the shape of the source; no axis of it but the named one is longer than that of `self`.
    ///
    /// # Panics
    /// If the axis does not exist, the index does not fit or is out of range.
    #[track_caller]
    #[must_use]
    pub fn scatter_add(&self, at: isize, index: &Index, source: &Self) -> Self {
        let axis = axis("scatter_add", at, self.rank());
        if let Some(why) = misfit("scatter_add", axis, index, self.shape()) {
            message::panic_with(&why);
        }
        self + scatter(source, axis, index, self.shape())
    }
}

impl Room for ScatterAdd {
    const NAME: &'static str = "scatter_add";
    const FORMULA: &'static str = "y[.., j, ..] = x[.., j, ..] + Σ s[.., i, ..] over index[.., i, ..] = j";
    #[inline]
    fn cases() -> Vec<Case> {
        let one = |label: &str, to: &[usize], at: isize, shape: &[usize], index: &[u32]| {
            let index = Index::new(shape, index.to_vec());
            Case::new(label, vec![spread(to, 1), spread(shape, 2)], move |x| x[0].scatter_add(at, &index, &x[1]).exp())
        };
        let labels = Index::new(&[3, 1], vec![1, 0, 1]);
        vec![
            one("columns", &[2, 3], 1, &[2, 2], &[2, 0, 1, 1]),
            one("rows", &[3, 2], 0, &[2, 2], &[2, 0, 2, 1]),
            one("one place often", &[3], 0, &[4], &[1, 1, 1, 1]),
            one("longer", &[2, 2], -1, &[2, 4], &[0, 1, 1, 0, 1, 1, 1, 0]),
            one("fewer rows", &[3, 2], 1, &[2, 1], &[1, 0]),
            one("middle axis", &[2, 3, 2], 1, &[2, 1, 2], &[0, 2, 1, 1]),
            one("one to one", &[1], 0, &[1], &[0]),
            one("nothing", &[2, 3], 1, &[2, 0], &[]),
            one("to empty", &[0, 3], 1, &[0, 2], &[]),
            Case::new("a transpose", vec![spread(&[3, 2], 1), spread(&[1, 3], 2)], move |x| {
                x[0].scatter_add(1, &labels, &x[1].t()).exp()
            }),
            Case::new("a broadcast", vec![spread(&[3], 1), spread(&[], 2)], |x| {
                x[0].scatter_add(0, &Index::new(&[2], vec![0, 0]), &x[1].broadcast_to(&[2])).exp()
            }),
            Case::new("a known sum", vec![row(&[1.0, 10.0])], |x| {
                Tensor::zeros(&[2]).scatter_add(0, &Index::new(&[2], vec![1, 1]), &x[0]).square()
            })
            .expect_all([121.0, 44.0, 8.0, 0.0]),
        ]
    }
}

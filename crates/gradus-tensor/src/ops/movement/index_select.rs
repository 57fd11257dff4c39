//! Slices of an axis picked by an index: the rows of an embedding. Its adjoint adds slices up where they came from.

use super::index_add::IndexAdd;
use crate::case::{Case, Room, spread};
use crate::index::Index;
use crate::kind::Linear;
use crate::node::Tensor;
use crate::op::Refusal;
use crate::real::Real;
use crate::shape::{Dims, axis};
use gradus_kernels::View;
use gradus_kernels::threads::for_each_chunk_with;

/// How many numbers a piece of work writes, about.
pub(super) const PIECE: usize = 1 << 14;

/// `y[.., k, ..] = x[.., index[k], ..]`.
#[derive(Clone, Debug)]
pub struct IndexSelect {
    pub(super) axis: usize,
    pub(super) index: Index,
}

impl<T: Real> Linear<T> for IndexSelect {
    const NAME: &'static str = "index_select";
    fn shape(&self, x: &[&[usize]]) -> Result<Dims, Refusal> {
        let n = x[0][self.axis];
        if let Some(i) = self.index.max().filter(|&i| i as usize >= n) {
            return Err(format!(
                "index_select: index {i} is out of range for axis {} of {:?}, which has length {n}",
                self.axis, x[0]
            ));
        }
        let mut shape: Dims = x[0].into();
        shape[self.axis] = self.index.len();
        Ok(shape)
    }
    fn eval(&self, x: &[View<'_, T>], out: &mut [T]) {
        if out.is_empty() {
            return;
        }
        let (x, index) = (x[0], self.index.as_slice());
        let (n, inner) = (x.shape[self.axis], x.shape[self.axis + 1..].iter().product::<usize>());
        let flat = x.flat();
        let nanos = out.len();
        for_each_chunk_with(out, (PIECE / inner).max(1) * inner, nanos, |start, out| {
            for (r, row) in out.chunks_exact_mut(inner).enumerate() {
                let (o, k) = ((start / inner + r) / index.len(), (start / inner + r) % index.len());
                let from = (o * n + index[k] as usize) * inner;
                row.copy_from_slice(&flat[from..from + inner]);
            }
        });
    }
    fn adjoint(&self, _: usize, g: &Tensor<T>, shapes: &[&[usize]]) -> Tensor<T> {
        let op = IndexAdd { axis: self.axis, index: self.index.clone(), total: shapes[0][self.axis] };
        T::apply(T::boxed(op), &[g])
    }
}

impl<T: Real> Tensor<T> {
    /// The slices `index` of an axis (from the end where negative), in the order of the index; a slice may come often or never.
    ///
    /// Shapes: index of any shape `s`; its axes take the place of the axis: `[.., n, ..]` becomes `[.., s.., ..]`. The derivative adds up
    /// what comes back to one slice, in the order of the index, whatever the number of threads.
    ///
    /// # Panics
    /// If the axis does not exist or an index is out of range.
    #[doc(alias = "take")]
    #[doc(alias = "embedding")]
    #[track_caller]
    #[must_use]
    pub fn index_select(&self, at: isize, index: &Index) -> Self {
        let axis = axis("index_select", at, self.rank());
        let y = T::apply(T::boxed(IndexSelect { axis, index: index.clone() }), &[self]);
        if index.shape().len() == 1 {
            return y;
        }
        let (lead, tail) = (&self.shape()[..axis], &self.shape()[axis + 1..]);
        y.reshape(&[lead, index.shape(), tail].concat())
    }
}

impl Room for IndexSelect {
    const NAME: &'static str = "index_select";
    const FORMULA: &'static str = "y[.., k, ..] = x[.., index[k], ..]";
    #[inline]
    fn cases() -> Vec<Case> {
        let one = |label: &str, from: &[usize], at: isize, index: &[usize]| {
            let index = Index::from(index);
            Case::new(label, vec![spread(from, 1)], move |x| x[0].index_select(at, &index).square().exp())
        };
        let table = Index::new(&[2, 2], vec![0, 2, 2, 1]);
        vec![
            one("rows", &[3, 2], 0, &[2, 0]),
            one("one row often", &[3, 2], 0, &[1, 1, 1]),
            one("repeated and mixed", &[4], 0, &[3, 0, 3, 1, 3]),
            one("columns", &[2, 3], -1, &[2, 2, 0, 1]),
            one("middle axis", &[2, 3, 2], 1, &[0, 2, 0]),
            one("one of one", &[1], 0, &[0]),
            one("nothing", &[3, 2], 0, &[]),
            one("nothing of nothing", &[0], 0, &[]),
            one("empty elsewhere", &[2, 0], 0, &[1, 0, 1]),
            Case::new("index of rank 2", vec![spread(&[3, 2], 1)], move |x| x[0].index_select(0, &table).exp()),
            Case::new("index of rank 0", vec![spread(&[3, 2], 1)], |x| {
                x[0].index_select(0, &Index::new(&[], vec![2])).exp()
            }),
            Case::new("of a transpose", vec![spread(&[2, 3], 1)], |x| {
                x[0].t().index_select(0, &Index::from(&[2, 0, 2][..])).exp()
            }),
            Case::new("of a broadcast", vec![spread(&[1, 3], 1)], |x| {
                x[0].broadcast_to(&[2, 3]).index_select(0, &Index::from(&[1, 1, 0][..])).exp()
            }),
        ]
    }
}

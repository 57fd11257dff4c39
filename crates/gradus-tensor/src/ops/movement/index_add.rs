//! Slices added up at the places that an index names: the adjoint of picking them.

use super::index_select::{IndexSelect, PIECE};
use crate::case::{Case, Room, spread};
use crate::index::Index;
use crate::kind::Linear;
use crate::message;
use crate::node::Tensor;
use crate::op::Refusal;
use crate::real::Real;
use crate::shape::{Dims, axis};
use gradus_kernels::View;
use gradus_kernels::threads::for_each_chunk_with;

/// `y[.., j, ..] = Σ x[.., k, ..]` over all k with `index[k] = j`, for j below `total`.
///
/// The work is cut by rows of y. Each adds its sources in the order of the index, so the bits do not depend on the number of threads.
#[derive(Clone, Debug)]
pub struct IndexAdd {
    pub(super) axis: usize,
    pub(super) index: Index,
    pub(super) total: usize,
}

/// For each j below `total` the places k with index[k] = j, in order: `order[starts[j]..starts[j + 1]]`.
fn sources(index: &[u32], total: usize) -> (Vec<usize>, Vec<usize>) {
    let mut starts = vec![0; total + 1];
    index.iter().for_each(|&j| starts[j as usize + 1] += 1);
    (0..total).for_each(|j| starts[j + 1] += starts[j]);
    let (mut next, mut order) = (starts.clone(), vec![0; index.len()]);
    for (k, &j) in index.iter().enumerate() {
        order[next[j as usize]] = k;
        next[j as usize] += 1;
    }
    (starts, order)
}

impl<T: Real> Linear<T> for IndexAdd {
    const NAME: &'static str = "index_add";
    fn shape(&self, x: &[&[usize]]) -> Result<Dims, Refusal> {
        if x[0][self.axis] != self.index.len() {
            return Err(format!(
                "index_add: {} indices need as many slices along axis {}, got {:?}",
                self.index.len(),
                self.axis,
                x[0]
            ));
        }
        if let Some(i) = self.index.max().filter(|&i| i as usize >= self.total) {
            return Err(format!(
                "index_add: index {i} is out of range for axis {}, which has length {}",
                self.axis, self.total
            ));
        }
        let mut shape: Dims = x[0].into();
        shape[self.axis] = self.total;
        Ok(shape)
    }
    fn eval(&self, x: &[View<'_, T>], out: &mut [T]) {
        if out.is_empty() {
            return;
        }
        let (x, n) = (x[0], self.index.len());
        let inner: usize = x.shape[self.axis + 1..].iter().product();
        let flat = x.flat();
        let (starts, order) = sources(self.index.as_slice(), self.total);
        let nanos = out.len() + flat.len();
        for_each_chunk_with(out, (PIECE / inner).max(1) * inner, nanos, |start, out| {
            for (r, row) in out.chunks_exact_mut(inner).enumerate() {
                let (o, j) = ((start / inner + r) / self.total, (start / inner + r) % self.total);
                row.fill(T::ZERO);
                for &k in &order[starts[j]..starts[j + 1]] {
                    let from = (o * n + k) * inner;
                    row.iter_mut().zip(&flat[from..from + inner]).for_each(|(y, &x)| *y += x);
                }
            }
        });
    }
    fn adjoint(&self, _: usize, g: &Tensor<T>, _: &[&[usize]]) -> Tensor<T> {
        T::apply(T::boxed(IndexSelect { axis: self.axis, index: self.index.clone() }), &[g])
    }
}

impl<T: Real> Tensor<T> {
    /// This tensor with the k-th slice of `source` along an axis (from the end where negative) added to its slice `index[k]`.
    ///
    /// Shapes: index `[n]`, source that of `self` with length n along the axis.
    ///
    /// # Panics
    /// If the axis does not exist, the shapes do not fit or an index is out of range.
    #[track_caller]
    #[must_use]
    pub fn index_add(&self, at: isize, index: &Index, source: &Self) -> Self {
        let axis = axis("index_add", at, self.rank());
        let mut expected: Dims = self.shape().into();
        expected[axis] = index.len();
        if source.shape() != &*expected || index.shape().len() != 1 {
            message::panic_with(&format!(
                "index_add: {:?} and an index {:?} along axis {axis} need a source {expected:?} and an index of rank 1, got a source {:?}",
                self.shape(),
                index.shape(),
                source.shape()
            ));
        }
        let op = IndexAdd { axis, index: index.clone(), total: self.shape()[axis] };
        self + T::apply(T::boxed(op), &[source])
    }
}

impl Room for IndexAdd {
    const NAME: &'static str = "index_add";
    const FORMULA: &'static str = "y[.., j, ..] = x[.., j, ..] + Σ s[.., k, ..] over index[k] = j";
    #[inline]
    fn cases() -> Vec<Case> {
        let one = |label: &str, to: &[usize], at: isize, index: &[usize]| {
            let mut from = to.to_vec();
            from[if at < 0 { to.len() - 1 } else { at as usize }] = index.len();
            let index = Index::from(index);
            Case::new(label, vec![spread(to, 1), spread(&from, 2)], move |x| x[0].index_add(at, &index, &x[1]).exp())
        };
        let twice = Index::from(&[1, 1][..]);
        vec![
            one("rows", &[3, 2], 0, &[2, 0]),
            one("all to one", &[3, 2], 0, &[1, 1, 1]),
            one("mixed", &[4], 0, &[3, 0, 3, 1, 3]),
            one("columns", &[2, 3], -1, &[2, 2, 0]),
            one("middle axis", &[2, 3, 2], 1, &[0, 2, 0, 1]),
            one("one to one", &[1], 0, &[0]),
            one("nothing", &[3, 2], 0, &[]),
            one("empty elsewhere", &[2, 0], 0, &[1, 0]),
            Case::new("a transpose", vec![spread(&[2, 2], 1)], {
                let twice = twice.clone();
                move |x| x[0].index_add(0, &twice, &x[0].t()).exp()
            }),
            Case::new("a broadcast", vec![spread(&[3, 2], 1), spread(&[2], 2)], move |x| {
                x[0].index_add(0, &twice, &x[1].broadcast_to(&[2, 2])).exp()
            }),
            Case::new("undoes a selection", vec![spread(&[3], 1)], |x| {
                let order = Index::from(&[2, 0, 1][..]);
                (x[0].zeros_like().index_add(0, &order, &x[0].index_select(0, &order)) - &x[0]).square()
            })
            .expect_all([0.0; 4]),
        ]
    }
}

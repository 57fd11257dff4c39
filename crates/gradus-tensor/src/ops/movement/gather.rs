//! Numbers picked one by one along an axis; its adjoint adds them up where they came from.

use super::index_select::PIECE;
use super::scatter_add::ScatterAdd;
use crate::case::{Case, Room, row, spread};
use crate::index::Index;
use crate::kind::Linear;
use crate::node::Tensor;
use crate::op::Refusal;
use crate::real::Real;
use crate::shape::{Dims, axis};
use gradus_kernels::View;
use gradus_kernels::threads::for_each_chunk_with;
use gradus_kernels::view::Offsets;

/// y[.., i, ..] = x[.., index[.., i, ..], ..].
#[derive(Clone, Debug)]
pub struct Gather {
    pub(super) axis: usize,
    pub(super) index: Index,
}

/// Why an index does not fit a tensor of this shape along this axis.
pub(super) fn misfit(op: &str, axis: usize, index: &Index, shape: &[usize]) -> Option<Refusal> {
    let fits = index.shape().len() == shape.len()
        && index.shape().iter().zip(shape).enumerate().all(|(k, (i, n))| k == axis || i <= n);
    if !fits {
        return Some(format!(
            "{op}: an index of shape {:?} does not fit {shape:?}: the ranks must be equal, and no axis but {axis} of the index may be longer",
            index.shape()
        ));
    }
    let i = index.max().filter(|&i| i as usize >= shape[axis])?;
    Some(format!("{op}: index {i} is out of range for axis {axis} of {shape:?}, which has length {}", shape[axis]))
}

impl<T: Real> Linear<T> for Gather {
    const NAME: &'static str = "gather";
    fn shape(&self, x: &[&[usize]]) -> Result<Dims, Refusal> {
        match misfit("gather", self.axis, &self.index, x[0]) {
            Some(why) => Err(why),
            None => Ok(self.index.shape().into()),
        }
    }
    fn eval(&self, x: &[View<'_, T>], out: &mut [T]) {
        let mut strides: Dims = x[0].strides.into();
        let step = std::mem::replace(&mut strides[self.axis], 0);
        let nanos = 2 * out.len();
        for_each_chunk_with(out, PIECE, nanos, |start, out| {
            let mut bases = Offsets::new(self.index.shape(), &strides);
            bases.skip_to(start);
            for ((y, &i), base) in out.iter_mut().zip(&self.index.as_slice()[start..]).zip(bases) {
                *y = x[0].data[base + i as usize * step];
            }
        });
    }
    fn adjoint(&self, _: usize, g: &Tensor<T>, shapes: &[&[usize]]) -> Tensor<T> {
        let op = ScatterAdd { axis: self.axis, index: self.index.clone(), shape: shapes[0].into() };
        T::apply(T::boxed(op), &[g])
    }
}

impl<T: Real> Tensor<T> {
    /// The numbers that an index picks along an axis (from the end where negative): y[i, j] = x[index[i, j], j] for axis 0.
    ///
    /// Shapes: the index has the rank of x, and no other axis of it is longer than that of x; y has the shape of the index.
    ///
    /// # Panics
    /// If the axis does not exist, the index does not fit or is out of range.
    #[doc(alias = "take_along_axis")]
    #[track_caller]
    #[must_use]
    pub fn gather(&self, at: isize, index: &Index) -> Self {
        let axis = axis("gather", at, self.rank());
        T::apply(T::boxed(Gather { axis, index: index.clone() }), &[self])
    }
}

impl Room for Gather {
    const NAME: &'static str = "gather";
    const FORMULA: &'static str = "y[.., i, ..] = x[.., index[.., i, ..], ..]";
    #[inline]
    fn cases() -> Vec<Case> {
        let one = |label: &str, from: &[usize], at: isize, shape: &[usize], index: &[u32]| {
            let index = Index::new(shape, index.to_vec());
            Case::new(label, vec![spread(from, 1)], move |x| x[0].gather(at, &index).square().exp())
        };
        let labels = Index::new(&[3, 1], vec![1, 0, 1]);
        vec![
            one("columns", &[2, 3], 1, &[2, 2], &[2, 0, 1, 1]),
            one("rows", &[3, 2], 0, &[2, 2], &[2, 0, 2, 1]),
            one("one place often", &[3], 0, &[4], &[1, 1, 1, 1]),
            one("longer than x", &[2, 2], -1, &[2, 4], &[0, 1, 1, 0, 1, 1, 1, 0]),
            one("fewer rows", &[3, 2], 1, &[2, 1], &[1, 0]),
            one("middle axis", &[2, 3, 2], 1, &[2, 1, 2], &[0, 2, 1, 1]),
            one("one of one", &[1], 0, &[1], &[0]),
            one("nothing", &[2, 3], 1, &[2, 0], &[]),
            one("of empty", &[0, 3], 1, &[0, 2], &[]),
            Case::new("labels of a transpose", vec![spread(&[2, 3], 1)], move |x| x[0].t().gather(1, &labels).exp()),
            Case::new("of a broadcast", vec![spread(&[3], 1)], |x| {
                x[0].broadcast_to(&[2, 3]).gather(1, &Index::new(&[2, 2], vec![0, 2, 2, 2])).exp()
            }),
            Case::new("a known sum", vec![row(&[1.0, 10.0, 100.0])], |x| {
                x[0].gather(0, &Index::new(&[4], vec![2, 0, 0, 1]))
            })
            .expect_all([112.0, 4.0, 0.0, 0.0]),
        ]
    }
}

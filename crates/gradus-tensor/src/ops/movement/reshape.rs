//! The same numbers in row-major order under another shape: a view where the layout allows it.

use crate::case::{Case, Room, spread};
use crate::kind::Linear;
use crate::message;
use crate::node::Tensor;
use crate::op::Refusal;
use crate::real::Real;
use crate::shape::{Dims, Layout, axis};
use gradus_kernels::View;

/// y has the elements of x in row-major order.
#[derive(Clone, Debug)]
pub struct Reshape(Dims);

impl<T: Real> Linear<T> for Reshape {
    const NAME: &'static str = "reshape";
    fn shape(&self, x: &[&[usize]]) -> Result<Dims, Refusal> {
        if x[0].iter().product::<usize>() != self.0.iter().product::<usize>() {
            return Err(message::reshape(x[0], &self.0));
        }
        Ok(self.0.clone())
    }
    fn view(&self, x: &Layout) -> Option<Layout> {
        x.reshape(&self.0)
    }
    fn eval(&self, x: &[View<'_, T>], out: &mut [T]) {
        x[0].copy_to(out);
    }
    fn adjoint(&self, _: usize, g: &Tensor<T>, shapes: &[&[usize]]) -> Tensor<T> {
        g.reshape(shapes[0])
    }
}

impl<T: Real> Tensor<T> {
    /// The same elements in row-major order under another shape.
    ///
    /// # Panics
    /// If the numbers of elements differ.
    #[doc(alias = "view")]
    #[track_caller]
    #[must_use]
    pub fn reshape(&self, shape: &[usize]) -> Self {
        if self.shape() == shape {
            return self.clone();
        }
        T::apply(T::boxed(Reshape(shape.into())), &[self])
    }

    /// All elements along one axis.
    #[doc(alias = "ravel")]
    #[must_use]
    #[track_caller]
    pub fn flatten(&self) -> Self {
        self.reshape(&[self.len()])
    }

    /// A new axis of length 1 at `axis` (from the end where negative: −1 appends).
    ///
    /// # Panics
    /// If `axis` is out of range.
    #[doc(alias = "expand_dims")]
    #[track_caller]
    #[must_use]
    pub fn unsqueeze(&self, at: isize) -> Self {
        let at = axis("unsqueeze", at, self.rank() + 1);
        let mut shape: Dims = self.shape().into();
        shape.insert(at, 1);
        self.reshape(&shape)
    }

    /// Without the axis `at`, which must have length 1.
    ///
    /// # Panics
    /// If the axis does not exist or has another length than 1.
    #[track_caller]
    #[must_use]
    pub fn squeeze(&self, at: isize) -> Self {
        let at = axis("squeeze", at, self.rank());
        let mut shape: Dims = self.shape().into();
        if shape.remove(at) != 1 {
            message::panic_with(&format!(
                "squeeze: axis {at} of {:?} has length {}, not 1",
                self.shape(),
                self.shape()[at]
            ));
        }
        self.reshape(&shape)
    }
}

impl Room for Reshape {
    const NAME: &'static str = "reshape";
    const FORMULA: &'static str = "y = x in row-major order under another shape";
    #[inline]
    fn cases() -> Vec<Case> {
        let one = |label: &str, from: &[usize], to: &'static [usize]| {
            Case::new(label, vec![spread(from, 1)], move |x| x[0].reshape(to).square() * spread(to, 5))
        };
        vec![
            one("split", &[6], &[2, 3]),
            one("join", &[2, 3], &[6]),
            one("to rank 0", &[1], &[]),
            one("from rank 0", &[], &[1, 1]),
            one("empty", &[0, 3], &[3, 0]),
            one("new ones", &[2, 2], &[1, 2, 1, 2]),
            one("same", &[2, 2], &[2, 2]),
            Case::new("transposed: a copy", vec![spread(&[2, 3], 1)], |x| {
                x[0].t().reshape(&[6]).square() * spread(&[6], 2)
            }),
            Case::new("broadcast: a copy", vec![spread(&[3], 1)], |x| {
                x[0].broadcast_to(&[2, 3]).reshape(&[6]).exp() * spread(&[6], 2)
            }),
            Case::new("unsqueeze and squeeze", vec![spread(&[2, 1], 1)], |x| x[0].unsqueeze(0).squeeze(-1).exp()),
        ]
    }
}

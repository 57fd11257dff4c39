//! Repetition along new leading axes and axes of length 1: a view; its adjoint is the sum.

use crate::case::{Case, Room, spread};
use crate::kind::Linear;
use crate::message;
use crate::node::Tensor;
use crate::op::Refusal;
use crate::real::Real;
use crate::shape::{Dims, Layout, broadcast};
use gradus_kernels::View;

/// y[.., i, ..] = x[.., i or 0, ..].
#[derive(Clone, Debug)]
pub struct BroadcastTo(Dims);

impl<T: Real> Linear<T> for BroadcastTo {
    const NAME: &'static str = "broadcast_to";
    fn shape(&self, x: &[&[usize]]) -> Result<Dims, Refusal> {
        match broadcast(&[x[0], &self.0]) {
            Some(s) if s == self.0 => Ok(s),
            _ => Err(message::broadcast_to(x[0], &self.0)),
        }
    }
    fn view(&self, x: &Layout) -> Option<Layout> {
        Some(x.broadcast_to(&self.0))
    }
    fn eval(&self, x: &[View<'_, T>], out: &mut [T]) {
        x[0].copy_to(out);
    }
    fn adjoint(&self, _: usize, g: &Tensor<T>, shapes: &[&[usize]]) -> Tensor<T> {
        g.sum_to(shapes[0])
    }
}

impl<T: Real> Tensor<T> {
    /// Repeats along new leading axes and along axes of length 1, as a view.
    ///
    /// # Panics
    /// If the shape does not broadcast to `shape`.
    #[doc(alias = "expand")]
    #[track_caller]
    #[must_use]
    pub fn broadcast_to(&self, shape: &[usize]) -> Self {
        if self.shape() == shape {
            return self.clone();
        }
        T::apply(T::boxed(BroadcastTo(shape.into())), &[self])
    }

    /// Sums over the axes that a broadcast from `shape` would repeat: the adjoint of [`broadcast_to`](Self::broadcast_to).
    #[track_caller]
    #[must_use]
    pub fn sum_to(&self, shape: &[usize]) -> Self {
        if self.shape() == shape {
            return self.clone();
        }
        let lead = self.rank() - shape.len();
        let axes: Vec<isize> = (0..self.rank())
            .filter(|&k| k < lead || (shape[k - lead] == 1 && self.shape()[k] != 1))
            .map(|k| k as isize)
            .collect();
        self.sum_axes(&axes, false).reshape(shape)
    }
}

impl Room for BroadcastTo {
    const NAME: &'static str = "broadcast_to";
    const FORMULA: &'static str = "y[.., i, ..] = x[.., i or 0, ..]";
    #[inline]
    fn cases() -> Vec<Case> {
        let one = |label: &str, from: &[usize], to: &'static [usize]| {
            Case::new(label, vec![spread(from, 1)], move |x| x[0].broadcast_to(to).square())
        };
        vec![
            one("new axis", &[3], &[2, 3]),
            one("inner axis", &[2, 1], &[2, 4]),
            one("both", &[3, 1], &[2, 3, 2]),
            one("rank 0", &[], &[2, 2]),
            one("same", &[2, 2], &[2, 2]),
            one("to empty", &[1, 2], &[0, 2]),
            one("new axis of one", &[2], &[1, 2]),
            one("all ones", &[1, 1], &[3, 2]),
            one("deep", &[1, 2, 1], &[2, 3, 2, 2]),
            Case::new("of a view", vec![spread(&[2, 3], 2)], |x| {
                x[0].t().reshape(&[3, 2, 1]).broadcast_to(&[3, 2, 2]).exp()
            }),
        ]
    }
}

//! Logic on masks.

use crate::case::{Case, Room, row, spread};
use crate::index::Mask;
use crate::message;
use crate::node::Tensor;
use crate::real::Real;
use crate::shape::{Layout, axis, broadcast};
use gradus_kernels::view::Offsets;

impl Mask {
    #[track_caller]
    fn combine(&self, op: &str, other: &Mask, f: impl Fn(u8, u8) -> u8) -> Mask {
        let shapes = [self.shape(), other.shape()];
        let Some(shape) = broadcast(&shapes) else { message::panic_with(&message::broadcast(op, &shapes)) };
        let (a, b) = (self.broadcast_to(&shape), other.broadcast_to(&shape));
        Mask::new(&shape, a.as_slice().iter().zip(b.as_slice()).map(|(&a, &b)| f(a, b)).collect())
    }

    /// Where both are set; the shapes broadcast.
    ///
    /// # Panics
    /// If the shapes do not broadcast.
    #[doc(alias = "logical_and")]
    #[track_caller]
    #[must_use]
    pub fn and(&self, other: &Mask) -> Mask {
        self.combine("and", other, |a, b| u8::from(a != 0 && b != 0))
    }

    /// Where at least one is set; the shapes broadcast.
    ///
    /// # Panics
    /// If the shapes do not broadcast.
    #[doc(alias = "logical_or")]
    #[track_caller]
    #[must_use]
    pub fn or(&self, other: &Mask) -> Mask {
        self.combine("or", other, |a, b| u8::from(a != 0 || b != 0))
    }

    /// Where exactly one is set; the shapes broadcast.
    ///
    /// # Panics
    /// If the shapes do not broadcast.
    #[doc(alias = "logical_xor")]
    #[track_caller]
    #[must_use]
    pub fn xor(&self, other: &Mask) -> Mask {
        self.combine("xor", other, |a, b| u8::from((a != 0) != (b != 0)))
    }

    /// Where it is not set.
    #[doc(alias = "logical_not")]
    #[must_use]
    pub fn not(&self) -> Mask {
        Mask::new(self.shape(), self.as_slice().iter().map(|&m| u8::from(m == 0)).collect())
    }

    /// Whether at least one element is set.
    #[must_use]
    pub fn any(&self) -> bool {
        self.as_slice().iter().any(|&m| m != 0)
    }

    /// Whether all elements are set; true where there are none.
    #[must_use]
    pub fn all(&self) -> bool {
        self.as_slice().iter().all(|&m| m != 0)
    }

    /// How many elements are set.
    #[doc(alias = "count_nonzero")]
    #[must_use]
    pub fn count(&self) -> usize {
        self.as_slice().iter().filter(|&&m| m != 0).count()
    }

    /// Whether at least one element along an axis is set; the axis goes.
    ///
    /// # Panics
    /// If the axis does not exist.
    #[track_caller]
    #[must_use]
    pub fn any_axis(&self, at: isize) -> Mask {
        let k = axis("any_axis", at, self.shape().len());
        let inner: usize = self.shape()[k + 1..].iter().product();
        let n = self.shape()[k];
        let mut shape = self.shape().to_vec();
        shape.remove(k);
        let set = |o: usize| (0..n).any(|j| self.as_slice()[(o / inner * n + j) * inner + o % inner] != 0);
        Mask::new(&shape, (0..shape.iter().product()).map(|o| u8::from(set(o))).collect())
    }

    /// Whether all elements along an axis are set; the axis goes.
    ///
    /// # Panics
    /// If the axis does not exist.
    #[track_caller]
    #[must_use]
    pub fn all_axis(&self, at: isize) -> Mask {
        self.not().any_axis(at).not()
    }

    /// Repeats along new leading axes and along axes of length 1.
    ///
    /// # Panics
    /// If the shape does not broadcast to `shape`.
    #[track_caller]
    #[must_use]
    pub fn broadcast_to(&self, shape: &[usize]) -> Mask {
        if self.shape() == shape {
            return self.clone();
        }
        if broadcast(&[self.shape(), shape]).as_deref() != Some(shape) {
            message::panic_with(&message::broadcast_to(self.shape(), shape));
        }
        let wide = Layout::contiguous(self.shape().into()).broadcast_to(shape);
        Mask::new(shape, Offsets::new(&wide.shape, &wide.strides).map(|i| self.as_slice()[i]).collect())
    }

    /// 1 where it is set, else 0, as a constant.
    #[must_use]
    pub fn to_tensor<T: Real>(&self) -> Tensor<T> {
        Tensor::build(self.shape(), |x| {
            x.iter_mut().zip(self.as_slice()).for_each(|(x, &m)| *x = if m == 0 { T::ZERO } else { T::ONE });
        })
    }
}

/// Logic on masks.
pub struct Logic;

impl Room for Logic {
    const NAME: &'static str = "logic";
    const FORMULA: &'static str = "and, or, xor, not, any, all of masks";
    #[inline]
    fn cases() -> Vec<Case> {
        let table = |label: &str, y: f64, f: fn(&Mask, &Mask) -> Mask| {
            let (a, b) = (Mask::new(&[4], vec![0, 0, 1, 1]), Mask::new(&[4], vec![0, 1, 0, 1]));
            Case::new(label, vec![row(&[1.0, 10.0, 100.0, 1000.0])], move |x| x[0].masked_fill(&f(&a, &b).not(), 0.0))
                .expect(0, y)
        };
        let count = |label: &str, shape: &'static [usize], y: f64, f: fn(&Mask) -> Mask| {
            Case::new(label, vec![spread(shape, 1)], move |x| f(&x[0].ge(-2.0)).to_tensor()).expect(0, y)
        };
        vec![
            table("and", 1000.0, Mask::and),
            table("or", 1110.0, Mask::or),
            table("xor", 110.0, Mask::xor),
            table("not", 11.0, |a, _| a.not()),
            table("a row and a number", 1100.0, |a, _| a.and(&Mask::new(&[], vec![1]))),
            count("any of a row", &[2, 3], 2.0, |m| m.any_axis(1)),
            count("all of a column", &[2, 3], 3.0, |m| m.all_axis(0)),
            count("any of nothing", &[2, 0], 0.0, |m| m.any_axis(-1)),
            count("all of nothing", &[2, 0], 2.0, |m| m.all_axis(-1)),
            count("broadcast", &[2, 1], 6.0, |m| m.broadcast_to(&[2, 3])),
            Case::new("chosen", vec![spread(&[2, 3], 1)], |x| {
                x[0].masked_fill(&x[0].gt(0.5).or(&x[0].lt(-0.5)), 0.0).exp()
            }),
        ]
    }
}

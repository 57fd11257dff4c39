//! A choice between two tensors by a mask; filling by a mask.

use crate::case::{Case, Room, row, spread};
use crate::index::Mask;
use crate::kind::Linear;
use crate::message;
use crate::node::Tensor;
use crate::op::Refusal;
use crate::real::Real;
use crate::shape::{Dims, broadcast};
use gradus_kernels::View;

/// y = a where the mask is set, else b: linear in both together. What is not chosen does not matter, even if it is NaN.
#[derive(Clone, Debug)]
pub struct Where {
    mask: Mask,
}

impl<T: Real> Linear<T> for Where {
    const NAME: &'static str = "where";
    fn shape(&self, x: &[&[usize]]) -> Result<Dims, Refusal> {
        debug_assert!(x[0] == self.mask.shape() && x[1] == self.mask.shape(), "where: the method broadcasts");
        Ok(x[0].into())
    }
    fn eval(&self, x: &[View<'_, T>], out: &mut [T]) {
        x[1].copy_to(out);
        for ((y, &a), &m) in out.iter_mut().zip(&*x[0].flat()).zip(self.mask.as_slice()) {
            if m != 0 {
                *y = a;
            }
        }
    }
    fn adjoint(&self, i: usize, g: &Tensor<T>, _: &[&[usize]]) -> Tensor<T> {
        keep(g, if i == 0 { self.mask.clone() } else { self.mask.not() })
    }
}

/// y = x where the mask is set, else 0: its own adjoint.
#[derive(Clone, Debug)]
pub struct Keep {
    mask: Mask,
}

impl<T: Real> Linear<T> for Keep {
    const NAME: &'static str = "keep";
    fn shape(&self, x: &[&[usize]]) -> Result<Dims, Refusal> {
        debug_assert_eq!(x[0], self.mask.shape(), "keep: the caller broadcasts");
        Ok(x[0].into())
    }
    fn eval(&self, x: &[View<'_, T>], out: &mut [T]) {
        x[0].copy_to(out);
        out.iter_mut().zip(self.mask.as_slice()).filter(|(_, m)| **m == 0).for_each(|(y, _)| *y = T::ZERO);
    }
    fn adjoint(&self, _: usize, g: &Tensor<T>, _: &[&[usize]]) -> Tensor<T> {
        keep(g, self.mask.clone())
    }
}

/// x where the mask, of the same shape, is set, else 0.
#[track_caller]
pub(crate) fn keep<T: Real>(x: &Tensor<T>, mask: Mask) -> Tensor<T> {
    T::apply(T::boxed(Keep { mask }), &[x])
}

impl<T: Real> Tensor<T> {
    /// `a` where the mask is set, else `b`; all three broadcast. The derivative of what is not chosen is 0, even where it is NaN.
    ///
    /// That 0 then goes back through what made the argument, where 0 · NaN is NaN again: guard the argument itself, as in
    /// `x.masked_fill(&x.lt(0.0), 1.0).sqrt()`, not only its value.
    ///
    /// # Panics
    /// If the shapes do not broadcast.
    #[doc(alias = "where")]
    #[doc(alias = "select")]
    #[track_caller]
    #[must_use]
    pub fn where_(mask: &Mask, a: &Self, b: &Self) -> Self {
        let shapes = [mask.shape(), a.shape(), b.shape()];
        let Some(shape) = broadcast(&shapes) else { message::panic_with(&message::broadcast("where", &shapes)) };
        let mask = mask.broadcast_to(&shape);
        T::apply(T::boxed(Where { mask }), &[&a.broadcast_to(&shape), &b.broadcast_to(&shape)])
    }

    /// `value` where the mask is set, else x; the mask broadcasts to the shape of x.
    ///
    /// # Panics
    /// If the mask does not broadcast to the shape of x.
    #[track_caller]
    #[must_use]
    pub fn masked_fill(&self, mask: &Mask, value: f64) -> Self {
        let kept = mask.broadcast_to(self.shape()).not();
        let x = keep(self, kept.clone());
        if value == 0.0 {
            return x;
        }
        Self::where_(&kept, &x, &Self::scalar(value))
    }
}

fn mask(shape: &[usize]) -> Mask {
    spread(shape, 9).gt(0.0)
}

impl Room for Where {
    const NAME: &'static str = "where";
    const FORMULA: &'static str = "y = a where the mask is set, else b";
    #[inline]
    fn cases() -> Vec<Case> {
        let on = |label: &str, m: &'static [usize], a: &[usize], b: &[usize]| {
            Case::new(label, vec![spread(a, 1), spread(b, 2)], move |x| Tensor::where_(&mask(m), &x[0], &x[1]).exp())
        };
        let all = |label: &str, m: u8, d| {
            Case::new(label, vec![row(&[2.0]), row(&[3.0])], move |x| {
                Tensor::where_(&Mask::new(&[1], vec![m]), &x[0], &x[1]).square()
            })
            .expect_all(d)
        };
        vec![
            on("same shape", &[2, 3], &[2, 3], &[2, 3]),
            on("mask of a row", &[3], &[2, 3], &[2, 3]),
            on("rows", &[2, 1], &[3], &[2, 3]),
            on("numbers", &[4], &[], &[]),
            on("rank 0", &[], &[], &[]),
            on("empty", &[0], &[0], &[1]),
            all("first", 1, [4.0, 4.0, 2.0, 0.0]),
            all("second", 0, [9.0, 6.0, 2.0, 0.0]),
            Case::new("the dead branch is NaN", vec![row(&[-1.0, 4.0])], |x| {
                let dead = x[0].lt(0.0);
                Tensor::where_(&dead, &x[0], &x[0].masked_fill(&dead, 1.0).sqrt())
            }),
            Case::new("views", vec![spread(&[2, 3], 1), spread(&[3, 2], 2)], |x| {
                Tensor::where_(&mask(&[3, 2]), &x[0].t(), &x[1]).square()
            }),
        ]
    }
}

impl Room for Keep {
    const NAME: &'static str = "keep";
    const FORMULA: &'static str = "y = x where the mask is set, else 0";
    #[inline]
    fn cases() -> Vec<Case> {
        let on = |label: &str, shape: &'static [usize]| {
            Case::new(label, vec![spread(shape, 1)], move |x| keep(&x[0], mask(shape)).exp())
        };
        vec![
            on("row", &[5]),
            on("matrix", &[2, 3]),
            on("three axes", &[2, 2, 2]),
            on("rank 0", &[]),
            on("one", &[1]),
            on("empty", &[0, 2]),
            Case::new("nothing", vec![row(&[1.0, 2.0])], |x| keep(&x[0], Mask::new(&[2], vec![0, 0])).square())
                .expect_all([0.0; 4]),
            Case::new("all", vec![row(&[1.0, 2.0])], |x| keep(&x[0], Mask::new(&[2], vec![1, 1])).square())
                .expect_all([5.0, 6.0, 4.0, 0.0]),
            Case::new("transposed", vec![spread(&[2, 3], 1)], |x| keep(&x[0].t(), mask(&[3, 2])).square()),
            Case::new("of a broadcast", vec![spread(&[3], 1)], |x| {
                keep(&x[0].broadcast_to(&[2, 3]), mask(&[2, 3])).square()
            }),
        ]
    }
}

/// Filling by a mask.
pub struct MaskedFill;

impl Room for MaskedFill {
    const NAME: &'static str = "masked_fill";
    const FORMULA: &'static str = "y = v where the mask is set, else x";
    #[inline]
    fn cases() -> Vec<Case> {
        let on = |label: &str, m: &'static [usize], x: &[usize], v: f64| {
            Case::new(label, vec![spread(x, 1)], move |x| x[0].masked_fill(&mask(m), v).exp())
        };
        vec![
            on("same shape", &[2, 3], &[2, 3], 0.5),
            on("zero", &[2, 3], &[2, 3], 0.0),
            on("rows", &[2, 1], &[2, 3], -1.0),
            on("columns", &[3], &[2, 3], -1.0),
            on("rank 0", &[], &[], 2.0),
            on("one", &[1], &[1], 2.0),
            on("empty", &[0], &[0], 2.0),
            on("three axes", &[2, 1, 2], &[2, 2, 2], 1.0),
            Case::new("−∞ before softmax", vec![row(&[1.0, 2.0, 3.0])], |x| {
                x[0].masked_fill(&x[0].gt(2.5), f64::NEG_INFINITY).softmax()
            }),
            Case::new("transposed", vec![spread(&[2, 3], 1)], |x| x[0].t().masked_fill(&mask(&[3, 2]), 1.0).square()),
        ]
    }
}

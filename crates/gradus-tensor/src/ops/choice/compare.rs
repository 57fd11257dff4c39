//! Comparisons: masks out of numbers.

use crate::case::{Case, Room, row, spread};
use crate::index::Mask;
use crate::message;
use crate::node::Tensor;
use crate::real::Real;
use crate::shape::broadcast;
use gradus_kernels::view::Offsets;

/// What a tensor can be compared with: a tensor or a plain number.
pub trait Comparand<T: Real> {
    #[doc(hidden)]
    fn operand(&self) -> Tensor<T>;
}

impl<T: Real> Comparand<T> for &Tensor<T> {
    fn operand(&self) -> Tensor<T> {
        (*self).clone()
    }
}

impl<T: Real> Comparand<T> for Tensor<T> {
    fn operand(&self) -> Tensor<T> {
        self.clone()
    }
}

impl<T: Real> Comparand<T> for f64 {
    fn operand(&self) -> Tensor<T> {
        Tensor::scalar(*self)
    }
}

impl<T: Real> Comparand<T> for i32 {
    fn operand(&self) -> Tensor<T> {
        Tensor::scalar(f64::from(*self))
    }
}

#[track_caller]
fn compare<T: Real>(op: &str, a: &Tensor<T>, b: &Tensor<T>, holds: impl Fn(T, T) -> bool) -> Mask {
    let Some(shape) = broadcast(&[a.shape(), b.shape()]) else {
        message::panic_with(&message::broadcast(op, &[a.shape(), b.shape()]))
    };
    let (a, b) = crate::trace::no_grad(|| (a.broadcast_to(&shape), b.broadcast_to(&shape)));
    let (a, b) = (a.view(), b.view());
    let at = Offsets::new(a.shape, a.strides).zip(Offsets::new(b.shape, b.strides));
    Mask::new(&shape, at.map(|(i, j)| u8::from(holds(a.data[i], b.data[j]))).collect())
}

macro_rules! comparisons {
    ($($(#[$doc:meta])+ $f:ident $holds:expr;)+) => {
        impl<T: Real> Tensor<T> {
            $(
                $(#[$doc])+
                /// With a tensor (broadcast) or a plain number; false wherever a NaN stands (true for `ne`).
                ///
                /// # Panics
                /// If the shapes do not broadcast.
                #[track_caller]
                #[must_use]
                pub fn $f(&self, other: impl Comparand<T>) -> Mask {
                    compare(stringify!($f), self, &other.operand(), $holds)
                }
            )+
        }
    };
}

comparisons! {
    /// Where self > other.
    gt |a, b| a > b;
    /// Where self < other.
    lt |a, b| a < b;
    /// Where self ≥ other.
    ge |a, b| a >= b;
    /// Where self ≤ other.
    le |a, b| a <= b;
    /// Where self = other.
    eq |a, b| a == b;
    /// Where self ≠ other.
    ne |a, b| a != b;
}

impl<T: Real> Tensor<T> {
    /// Where the numbers are NaN.
    #[must_use]
    pub fn is_nan(&self) -> Mask {
        Mask::new(self.shape(), self.to_vec().into_iter().map(|x| u8::from(x.is_nan())).collect())
    }

    /// Where the numbers are neither infinite nor NaN.
    #[must_use]
    pub fn is_finite(&self) -> Mask {
        Mask::new(self.shape(), self.to_vec().into_iter().map(|x| u8::from(x.is_finite())).collect())
    }
}

/// The comparisons, each as a mask.
pub struct Compare;

impl Room for Compare {
    const NAME: &'static str = "compare";
    const FORMULA: &'static str = "m = a > b, a < b, a ≥ b, a ≤ b, a = b, a ≠ b";
    #[inline]
    fn cases() -> Vec<Case> {
        let of = |m: &Mask, x: &[Tensor<f64>]| Tensor::where_(m, &x[0], &x[1]).square();
        let on = |label: &str, a: &[usize], b: &[usize]| {
            Case::new(label, vec![spread(a, 1), spread(b, 2)], move |x| of(&x[0].gt(&x[1]), x))
        };
        let tie = |label: &str, y: f64, f: fn(&Tensor<f64>, &Tensor<f64>) -> Mask| {
            Case::new(label, vec![row(&[0.0, 1.0, 2.0])], move |x| f(&x[0], &row(&[-0.0, 2.0, 1.0])).to_tensor())
                .expect_all([y, 0.0, 0.0, 0.0])
        };
        vec![
            on("same shape", &[2, 3], &[2, 3]),
            on("row to matrix", &[2, 3], &[3]),
            on("column with row", &[2, 1], &[1, 3]),
            on("rank 0", &[], &[]),
            on("empty", &[0, 2], &[2]),
            tie("gt", 1.0, |a, b| a.gt(b)),
            tie("lt", 1.0, |a, b| a.lt(b)),
            tie("ge", 2.0, |a, b| a.ge(b)),
            tie("le", 2.0, |a, b| a.le(b)),
            tie("eq", 1.0, |a, b| a.eq(b)),
            tie("ne", 2.0, |a, b| a.ne(b)),
            tie("NaN is no number", 0.0, |a, _| (a * f64::NAN).eq(0.0)),
            tie("is_nan", 3.0, |a, _| (a * f64::NAN).is_nan()),
            tie("is_finite", 2.0, |a, _| a.recip().is_finite()),
            Case::new("with a number", vec![spread(&[2, 3], 1)], |x| x[0].masked_fill(&x[0].t().t().lt(0), 0.0).exp()),
        ]
    }
}

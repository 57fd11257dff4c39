//! The largest and smallest number over axes, and where it stands.

use super::rows::need_elements;
use super::sum::{axes_of, reduced_shape};
use crate::case::{Case, Room, row, spread};
use crate::index::Index;
use crate::node::Tensor;
use crate::op::{Op, Point, Refusal, Slot, Slots};
use crate::real::Real;
use crate::shape::Dims;
use gradus_kernels::view::Offsets;
use gradus_kernels::{View, reduce};
use smallvec::SmallVec;

/// y = max x over axes. The derivative goes to the largest, in equal parts to equals; which they are is locally constant.
#[derive(Clone, Debug)]
pub struct Max {
    reduced: SmallVec<[bool; 8]>,
    keepdim: bool,
}

/// 1 over the number of equals where x is the largest over the reduced axes, else 0. Locally constant: its derivative is zero.
#[derive(Clone, Debug)]
pub struct Share {
    reduced: SmallVec<[bool; 8]>,
}

/// y = min x over axes.
pub struct Min;

/// The place of the largest.
pub struct ArgMax;

/// The place of the smallest.
pub struct ArgMin;

impl<T: Real> Op<T> for Max {
    fn name(&self) -> &str {
        <Self as Room>::NAME
    }
    fn shape(&self, x: &[&[usize]]) -> Result<Dims, Refusal> {
        Ok(reduced_shape(x[0], &self.reduced, self.keepdim))
    }
    fn eval(&self, x: &[View<'_, T>], out: &mut [T], _: &mut [T]) {
        reduce::max(x[0], &self.reduced, out);
    }
    fn vjp(&self, at: &Point<'_, T>, g: &Tensor<T>, _: &[bool]) -> Slots<T> {
        let x = &at.inputs[0];
        let g = g.reshape(&reduced_shape(x.shape(), &self.reduced, true));
        std::iter::once(Slot::Of(g * share(x, &self.reduced))).collect()
    }
    fn jvp(&self, at: &Point<'_, T>, t: &[Slot<T>]) -> Slot<T> {
        let axes: Vec<isize> = (0..self.reduced.len()).filter(|&k| self.reduced[k]).map(|k| k as isize).collect();
        t[0].clone().map(|v| (v * share(&at.inputs[0], &self.reduced)).sum_axes(&axes, self.keepdim))
    }
}

impl<T: Real> Op<T> for Share {
    fn name(&self) -> &str {
        <Self as Room>::NAME
    }
    fn shape(&self, x: &[&[usize]]) -> Result<Dims, Refusal> {
        Ok(x[0].into())
    }
    fn eval(&self, x: &[View<'_, T>], out: &mut [T], _: &mut [T]) {
        let x = x[0];
        let kept = reduced_shape(x.shape, &self.reduced, true);
        let mut top = vec![T::ZERO; kept.iter().product()];
        reduce::max(x, &self.reduced, &mut top);
        let layout = crate::shape::Layout::contiguous(kept).broadcast_to(x.shape);
        let mut equals = vec![T::ZERO; top.len()];
        x.copy_to(out);
        for (y, at) in out.iter_mut().zip(Offsets::new(&layout.shape, &layout.strides)) {
            *y = if (*y == top[at]) | (y.is_nan() & top[at].is_nan()) { T::ONE } else { T::ZERO };
            equals[at] += *y;
        }
        for (y, at) in out.iter_mut().zip(Offsets::new(&layout.shape, &layout.strides)) {
            *y = if *y == T::ZERO { T::ZERO } else { T::ONE / equals[at] };
        }
    }
    fn is_locally_constant(&self, _: usize) -> bool {
        true
    }
    fn vjp(&self, _: &Point<'_, T>, _: &Tensor<T>, _: &[bool]) -> Slots<T> {
        std::iter::once(Slot::Zero).collect()
    }
    fn jvp(&self, _: &Point<'_, T>, _: &[Slot<T>]) -> Slot<T> {
        Slot::Zero
    }
}

fn share<T: Real>(x: &Tensor<T>, reduced: &[bool]) -> Tensor<T> {
    T::apply(T::boxed(Share { reduced: reduced.into() }), &[x])
}

/// The places chosen by a kernel along one axis.
#[track_caller]
fn places<T: Real>(
    op: &str,
    x: &Tensor<T>,
    at: isize,
    keepdim: bool,
    kernel: fn(View<'_, T>, &[bool], &mut [T], &mut [u32]),
) -> Index {
    let reduced = axes_of(op, &[at], x.rank());
    need_elements(op, x.shape(), &reduced);
    let shape = reduced_shape(x.shape(), &reduced, keepdim);
    let n = shape.iter().product();
    let (mut values, mut index) = (vec![T::ZERO; n], vec![0; n]);
    kernel(x.view(), &reduced, &mut values, &mut index);
    Index::new(&shape, index)
}

impl<T: Real> Tensor<T> {
    /// The largest of all elements, of rank 0; equals share the derivative. NaN passes.
    ///
    /// # Panics
    /// If there are no elements.
    #[track_caller]
    #[must_use]
    pub fn max(&self) -> Self {
        self.max_axes(&(0..self.rank() as isize).collect::<Vec<_>>(), false)
    }

    /// The largest over `axes` (from the end where negative), which stay with length 1 where `keepdim`. Where several are equal each
    /// gets an equal part of the derivative, as in PyTorch's `amax`; second derivatives are zero. NaN passes.
    ///
    /// # Panics
    /// If an axis does not exist or is named twice, or the axes hold no elements.
    #[doc(alias = "amax")]
    #[track_caller]
    #[must_use]
    pub fn max_axes(&self, axes: &[isize], keepdim: bool) -> Self {
        let reduced = axes_of("max", axes, self.rank());
        need_elements("max", self.shape(), &reduced);
        T::apply(T::boxed(Max { reduced, keepdim }), &[self])
    }

    /// The smallest of all elements, of rank 0; equals share the derivative. NaN passes.
    ///
    /// # Panics
    /// If there are no elements.
    #[track_caller]
    #[must_use]
    pub fn min(&self) -> Self {
        -(-self).max()
    }

    /// The smallest over `axes` (from the end where negative), which stay with length 1 where `keepdim`. Where several are equal each
    /// gets an equal part of the derivative, as in PyTorch's `amin`; second derivatives are zero. NaN passes.
    ///
    /// # Panics
    /// If an axis does not exist or is named twice, or the axes hold no elements.
    #[doc(alias = "amin")]
    #[track_caller]
    #[must_use]
    pub fn min_axes(&self, axes: &[isize], keepdim: bool) -> Self {
        -(-self).max_axes(axes, keepdim)
    }

    /// The place of the largest along an axis (from the end where negative), the first of equals, or of the first NaN.
    ///
    /// # Panics
    /// If the axis does not exist or has no elements.
    #[track_caller]
    #[must_use]
    pub fn argmax(&self, at: isize, keepdim: bool) -> Index {
        places("argmax", self, at, keepdim, reduce::arg_max)
    }

    /// The place of the smallest along an axis (from the end where negative), the first of equals, or of the first NaN.
    ///
    /// # Panics
    /// If the axis does not exist or has no elements.
    #[track_caller]
    #[must_use]
    pub fn argmin(&self, at: isize, keepdim: bool) -> Index {
        places("argmin", self, at, keepdim, reduce::arg_min)
    }
}

#[inline]
fn cases(f: fn(&Tensor<f64>, &[isize], bool) -> Tensor<f64>) -> Vec<Case> {
    let on = |label: &str, shape: &[usize], axes: &'static [isize], keep| {
        Case::new(label, vec![spread(shape, 1)], move |x| f(&x[0], axes, keep).exp())
    };
    vec![
        on("all", &[2, 3], &[0, 1], false),
        on("rows", &[2, 3], &[1], false),
        on("columns, kept", &[3, 2], &[0], true),
        on("two of three", &[2, 3, 2], &[0, 2], false),
        on("no axes", &[2], &[], false),
        on("one", &[1], &[0], false),
        on("no rows", &[0, 3], &[-1], false),
        on("empty result", &[0, 0], &[1], false),
        Case::new("of a transpose", vec![spread(&[3, 2], 1)], move |x| f(&x[0].t(), &[1], false).exp()),
        Case::new("all equal share", vec![row(&[2.0, 2.0, 2.0])], move |x| f(&x[0], &[0], false))
            .expect_all([2.0, 1.0, 0.0, 0.0]),
        Case::new("a share of a tie", vec![row(&[2.0])], move |x| {
            f(&Tensor::concat(&[x[0].clone(), row(&[2.0])], 0), &[0], false)
        })
        .expect_all([2.0, 0.5, 0.0, 0.0]),
        Case::new("0 and −0 tie", vec![row(&[0.0, -0.0])], move |x| f(&x[0], &[0], false))
            .expect_all([0.0, 1.0, 0.0, 0.0]),
        Case::new("huge", vec![row(&[1e300, -1e300])], move |x| f(&x[0], &[0], false)).step(1e299),
    ]
}

impl Room for Max {
    const NAME: &'static str = "max";
    const FORMULA: &'static str = "y = max x over axes";
    #[inline]
    fn cases() -> Vec<Case> {
        let mut all = cases(Tensor::max_axes);
        all.push(
            Case::new("known", vec![row(&[1.0, 3.0, 2.0])], |x| x[0].max().square()).expect_all([9.0, 6.0, 2.0, 0.0]),
        );
        all
    }
}

impl Room for Min {
    const NAME: &'static str = "min";
    const FORMULA: &'static str = "y = min x over axes";
    #[inline]
    fn cases() -> Vec<Case> {
        let mut all = cases(Tensor::min_axes);
        all.push(
            Case::new("known", vec![row(&[2.0, 1.0, 3.0])], |x| x[0].min().exp().ln()).expect_all([1.0, 1.0, 0.0, 0.0]),
        );
        all
    }
}

impl Room for Share {
    const NAME: &'static str = "share";
    const FORMULA: &'static str = "w = 1/(number of equals) at the largest, else 0";
    #[inline]
    fn cases() -> Vec<Case> {
        let on = |label: &str, x: Tensor<f64>, reduced: &'static [bool]| {
            Case::new(label, vec![x], move |x| share(&x[0], reduced) * &x[0])
        };
        vec![
            on("row", spread(&[4], 1), &[true]),
            on("rows", spread(&[2, 3], 1), &[false, true]),
            on("columns", spread(&[2, 3], 1), &[true, false]),
            on("all", spread(&[2, 3], 1), &[true, true]),
            on("none", spread(&[2, 3], 1), &[false, false]),
            on("rank 0", spread(&[], 1), &[]),
            on("no rows", spread(&[0, 3], 1), &[false, true]),
            on("ties", row(&[1.0, 1.0, 0.0]), &[true]).expect_all([1.0, 1.0, 0.0, 0.0]),
            on("negative", row(&[-1.0, -2.0]), &[true]),
            Case::new("of a transpose", vec![spread(&[2, 3], 1)], |x| {
                share(&x[0].t(), &[true, false]) * x[0].t().exp()
            }),
        ]
    }
}

/// Cases of places: what stands there is the extreme.
#[inline]
fn place_cases(
    places: fn(&Tensor<f64>, isize, bool) -> Index,
    extreme: fn(&Tensor<f64>, &[isize], bool) -> Tensor<f64>,
) -> Vec<Case> {
    let on = |label: &str, shape: &[usize], at: isize| {
        Case::new(label, vec![spread(shape, 1)], move |x| {
            (x[0].gather(at, &places(&x[0], at, true)) - extreme(&x[0], &[at], true)).square()
        })
        .expect_all([0.0; 4])
    };
    let first = |label: &str, x: &[f64], place: f64| {
        let x = row(x);
        Case::new(label, vec![row(&[1.0])], move |y| {
            let i = places(&x, 0, false).as_slice()[0];
            &y[0] * f64::from(i)
        })
        .expect(0, place)
    };
    vec![
        on("row", &[5], 0),
        on("rows", &[2, 3], 1),
        on("columns", &[3, 2], 0),
        on("from the end", &[2, 3], -1),
        on("middle axis", &[2, 3, 2], 1),
        on("one", &[1], 0),
        on("no rows", &[0, 3], 1),
        first("first of equals", &[2.0, 2.0, 2.0], 0.0),
        first("the first NaN", &[2.0, f64::NAN, 1.0, f64::NAN], 1.0),
        Case::new("through what it picks", vec![spread(&[2, 3], 1)], move |x| {
            x[0].t().gather(0, &places(&x[0].t(), 0, true)).exp()
        }),
    ]
}

impl Room for ArgMax {
    const NAME: &'static str = "argmax";
    const FORMULA: &'static str = "i with xᵢ = max x, the first";
    #[inline]
    fn cases() -> Vec<Case> {
        place_cases(Tensor::argmax, Tensor::max_axes)
    }
}

impl Room for ArgMin {
    const NAME: &'static str = "argmin";
    const FORMULA: &'static str = "i with xᵢ = min x, the first";
    #[inline]
    fn cases() -> Vec<Case> {
        place_cases(Tensor::argmin, Tensor::min_axes)
    }
}

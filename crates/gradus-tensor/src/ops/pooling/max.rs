//! The largest element of every window: a choice of elements that is locally constant, and reading and writing through it.

use super::{over_one_axis, sizes};
use crate::case::{Case, Room, row, spread};
use crate::kind::Linear;
use crate::message;
use crate::node::Tensor;
use crate::op::Refusal;
use crate::real::Real;
use crate::shape::Dims;
use gradus_kernels::View;
use gradus_kernels::pooling::{PoolShape, Windows, max_pool, pick, pick_adjoint};
use std::sync::{Arc, OnceLock};

/// Which element of its image every window chose.
#[derive(Clone, Debug)]
struct Choice {
    sizes: PoolShape,
    x: Dims,
    y: Dims,
    /// Empty until the op has seen the numbers that it chooses from.
    places: Arc<OnceLock<Vec<u32>>>,
}

/// y[.., o] = x[.., place(o)]: linear in x, the choice being locally constant.
#[derive(Clone, Debug)]
pub struct Pick(Choice);

/// The adjoint of [`Pick`]: x[.., q] = Σ g[.., o] over the windows o that chose q.
#[derive(Clone, Debug)]
pub struct PutBack(Choice);

impl<T: Real> Linear<T> for Pick {
    const NAME: &'static str = "max_pool";
    fn shape(&self, x: &[&[usize]]) -> Result<Dims, Refusal> {
        debug_assert_eq!(x[0], &*self.0.x, "max_pool: the choice was made on this shape");
        Ok(self.0.y.clone())
    }
    fn eval(&self, x: &[View<'_, T>], out: &mut [T]) {
        let choice = &self.0;
        let x = x[0].flat();
        if let Some(places) = choice.places.get() {
            return pick(&choice.sizes, &x, places, out);
        }
        let mut places = vec![0; out.len()];
        max_pool(&choice.sizes, &x, out, &mut places);
        choice.places.get_or_init(|| places);
    }
    fn adjoint(&self, _: usize, g: &Tensor<T>, _: &[&[usize]]) -> Tensor<T> {
        T::apply(T::boxed(PutBack(self.0.clone())), &[g])
    }
}

impl<T: Real> Linear<T> for PutBack {
    const NAME: &'static str = "max_pool_adjoint";
    fn shape(&self, g: &[&[usize]]) -> Result<Dims, Refusal> {
        debug_assert_eq!(g[0], &*self.0.y, "max_pool_adjoint: the choice was made on this shape");
        Ok(self.0.x.clone())
    }
    fn eval(&self, g: &[View<'_, T>], out: &mut [T]) {
        let places = self.0.places.get().map_or(&[][..], |p| p);
        pick_adjoint(&self.0.sizes, &g[0].flat(), places, out);
    }
    fn adjoint(&self, _: usize, x: &Tensor<T>, _: &[&[usize]]) -> Tensor<T> {
        T::apply(T::boxed(Pick(self.0.clone())), &[x])
    }
}

/// A choice yet to be made: the first evaluation makes it.
#[track_caller]
fn choice(x: &[usize], windows: [Windows; 2]) -> Choice {
    let found = sizes("max_pool", windows, x).and_then(|s| Ok((s, s.output()?)));
    let (sizes, [h, w]) = found.unwrap_or_else(|e| message::panic_with(&e));
    let mut y: Dims = x.into();
    let rank = x.len();
    (y[rank - 2], y[rank - 1]) = (h, w);
    Choice { sizes, x: x.into(), y, places: Arc::default() }
}

impl<T: Real> Tensor<T> {
    /// The largest element of every window over the last two axes: y[.., o] = max over window o of x. The derivative goes to the first of
    /// equal elements; a NaN in a window is its maximum.
    ///
    /// Shapes: x `[.., h, w]`, y `[.., h′, w′]`; windows along height and width.
    ///
    /// # Panics
    /// If a window does not fit or holds padding only.
    #[track_caller]
    #[must_use]
    pub fn max_pool2d(&self, windows: [Windows; 2]) -> Self {
        T::apply(T::boxed(Pick(choice(self.shape(), windows))), &[self])
    }

    /// The largest element of every window over the last axis; x `[.., l]`.
    ///
    /// # Panics
    /// If a window does not fit or holds padding only.
    #[track_caller]
    #[must_use]
    pub fn max_pool1d(&self, windows: Windows) -> Self {
        over_one_axis(self, |x, one| x.max_pool2d([one, windows]))
    }

    /// The largest elements of `[h′, w′]` windows that share the last two axes as evenly as they can: window o covers
    /// ⌊o·n/n′⌋ .. ⌈(o + 1)·n/n′⌉.
    ///
    /// # Panics
    /// If x has fewer than two axes, or windows are asked of an empty image.
    #[track_caller]
    #[must_use]
    pub fn adaptive_max_pool2d(&self, output: [usize; 2]) -> Self {
        self.max_pool2d(output.map(|output| Windows::Adaptive { output }))
    }

    /// The largest elements of `output` windows that share the last axis as evenly as they can.
    ///
    /// # Panics
    /// If windows are asked of an empty axis.
    #[track_caller]
    #[must_use]
    pub fn adaptive_max_pool1d(&self, output: usize) -> Self {
        self.max_pool1d(Windows::Adaptive { output })
    }
}

/// Windows of `kernel` points every `stride`, with `padding` and `dilation`.
pub(super) const fn fixed(kernel: usize, stride: usize, padding: usize, dilation: usize) -> Windows {
    Windows::Fixed { kernel, stride, padding, dilation, ceil: false }
}

/// Windows of every kind, with an image that they fit.
pub(super) fn ways() -> Vec<(&'static str, [Windows; 2], &'static [usize])> {
    let tiles = Windows::tiles;
    vec![
        ("tiles", [tiles(2); 2], &[2, 2, 4, 4]),
        ("a rest", [tiles(2); 2], &[1, 5, 3]),
        ("overlapping", [fixed(3, 1, 0, 1), fixed(2, 1, 0, 1)], &[1, 4, 4]),
        ("padding", [fixed(3, 2, 1, 1); 2], &[1, 1, 4, 5]),
        ("dilation", [fixed(2, 1, 0, 2), fixed(2, 2, 1, 3)], &[1, 4, 5]),
        ("adaptive", [Windows::Adaptive { output: 2 }, Windows::Adaptive { output: 3 }], &[2, 3, 5]),
        ("adaptive, more than there are", [Windows::Adaptive { output: 3 }; 2], &[2, 2]),
        (
            "a last window beyond the image",
            [Windows::Fixed { kernel: 2, stride: 2, padding: 0, dilation: 1, ceil: true }; 2],
            &[1, 3, 5],
        ),
        (
            "beyond image and padding",
            [Windows::Fixed { kernel: 3, stride: 2, padding: 1, dilation: 1, ceil: true }; 2],
            &[1, 4, 6],
        ),
        ("whole image", [Windows::Adaptive { output: 1 }; 2], &[1, 2, 3, 2]),
        ("one point", [tiles(1); 2], &[1, 1]),
        ("no images", [tiles(2); 2], &[0, 2, 2]),
    ]
}

impl Room for Pick {
    const NAME: &'static str = "max_pool";
    const FORMULA: &'static str = "y[o] = max over window o of x";
    #[inline]
    fn cases() -> Vec<Case> {
        let one = |(label, windows, x): (&str, [Windows; 2], &[usize])| {
            Case::new(label, vec![spread(x, 1)], move |v| v[0].max_pool2d(windows).exp())
        };
        let mut cases: Vec<Case> = ways().into_iter().map(one).collect();
        cases.push(Case::new("one axis", vec![spread(&[2, 5], 1)], |v| v[0].max_pool1d(fixed(3, 2, 1, 1)).square()));
        cases.push(Case::new("transposed view", vec![spread(&[1, 4, 2], 1)], |v| {
            v[0].t().max_pool2d([Windows::tiles(2); 2]).square()
        }));
        cases.push(
            Case::new("the first of equals", vec![row(&[1.0, 1.0, 1.0, 0.0])], |v| {
                v[0].adaptive_max_pool1d(1) + 0.0 * v[0].narrow(0, 0, 1)
            })
            .expect_all([1.0, 1.0, 0.0, 0.0]),
        );
        cases.push(
            Case::new("−∞ everywhere", vec![row(&[f64::NEG_INFINITY; 2])], |v| v[0].max_pool1d(Windows::tiles(2)))
                .expect_all([f64::NEG_INFINITY, 1.0, 0.0, 0.0]),
        );
        cases.push(Case::new("adaptive, one axis", vec![spread(&[2, 5], 1)], |v| v[0].adaptive_max_pool1d(3).square()));
        cases.push(Case::new("adaptive, two axes", vec![spread(&[1, 3, 5], 1)], |v| {
            v[0].adaptive_max_pool2d([2, 2]).exp()
        }));
        let known = row(&[1.0, 3.0, 2.0, -1.0]).reshape(&[2, 2]);
        cases.push(
            Case::new("known", vec![known], |v| v[0].max_pool2d([Windows::tiles(2); 2]).square())
                .expect_all([9.0, 6.0, 2.0, 0.0]),
        );
        cases
    }
}

impl Room for PutBack {
    const NAME: &'static str = "max_pool_adjoint";
    const FORMULA: &'static str = "x[q] = Σ g[o] over the windows that chose q";
    #[inline]
    fn cases() -> Vec<Case> {
        let one = |(label, windows, x): (&str, [Windows; 2], &'static [usize])| {
            let choice = choice(x, windows);
            f64::apply(f64::boxed(Pick(choice.clone())), &[&spread(x, 1)]);
            Case::new(label, vec![spread(&choice.y, 2)], move |g| {
                f64::apply(f64::boxed(PutBack(choice.clone())), &[&g[0]]).exp()
            })
        };
        ways().into_iter().map(one).collect()
    }
}

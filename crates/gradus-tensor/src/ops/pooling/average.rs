//! The mean of every window, and its adjoint.

use super::max::{fixed, ways};
use super::{over_one_axis, sizes};
use crate::case::{Case, Room, row, spread};
use crate::kind::Linear;
use crate::node::Tensor;
use crate::op::Refusal;
use crate::real::Real;
use crate::shape::Dims;
use gradus_kernels::View;
use gradus_kernels::pooling::{Windows, average_pool, average_pool_adjoint};

/// y[.., o] = mean over window o of x.
#[derive(Clone, Debug)]
pub struct AveragePool {
    windows: [Windows; 2],
    count_padding: bool,
}

/// The adjoint of [`AveragePool`] for images of size `spatial`: x[.., q] = Σ g[.., o] / |window o| over the windows o that hold q.
#[derive(Clone, Debug)]
pub struct Spread {
    by: AveragePool,
    spatial: [usize; 2],
}

impl AveragePool {
    fn output(&self, x: &[usize]) -> Result<Dims, Refusal> {
        let [h, w] = sizes("avg_pool", self.windows, x)?.output()?;
        let mut y: Dims = x.into();
        (y[x.len() - 2], y[x.len() - 1]) = (h, w);
        Ok(y)
    }
}

impl Spread {
    fn image(&self, g: &[usize]) -> Dims {
        let mut x: Dims = g.into();
        (x[g.len() - 2], x[g.len() - 1]) = (self.spatial[0], self.spatial[1]);
        x
    }
}

impl<T: Real> Linear<T> for AveragePool {
    const NAME: &'static str = "avg_pool";
    fn shape(&self, x: &[&[usize]]) -> Result<Dims, Refusal> {
        self.output(x[0])
    }
    fn eval(&self, x: &[View<'_, T>], out: &mut [T]) {
        let Ok(sizes) = sizes("avg_pool", self.windows, x[0].shape) else { return };
        average_pool(&sizes, self.count_padding, &x[0].flat(), out);
    }
    fn adjoint(&self, _: usize, g: &Tensor<T>, shapes: &[&[usize]]) -> Tensor<T> {
        let [.., h, w] = *shapes[0] else { unreachable!("avg_pool: the shape was checked") };
        T::apply(T::boxed(Spread { by: self.clone(), spatial: [h, w] }), &[g])
    }
}

impl<T: Real> Linear<T> for Spread {
    const NAME: &'static str = "avg_pool_adjoint";
    fn shape(&self, g: &[&[usize]]) -> Result<Dims, Refusal> {
        Ok(self.image(g[0]))
    }
    fn eval(&self, g: &[View<'_, T>], out: &mut [T]) {
        let Ok(sizes) = sizes("avg_pool", self.by.windows, &self.image(g[0].shape)) else { return };
        average_pool_adjoint(&sizes, self.by.count_padding, &g[0].flat(), out);
    }
    fn adjoint(&self, _: usize, x: &Tensor<T>, _: &[&[usize]]) -> Tensor<T> {
        T::apply(T::boxed(self.by.clone()), &[x])
    }
}

impl<T: Real> Tensor<T> {
    /// The mean of every window over the last two axes: y[.., o] = mean over window o of x. `count_padding`: whether points in the padding
    /// count as zeros, or not at all.
    ///
    /// Shapes: x `[.., h, w]`, y `[.., h′, w′]`; windows along height and width.
    ///
    /// # Panics
    /// If a window does not fit or holds padding only.
    #[track_caller]
    #[must_use]
    pub fn avg_pool2d(&self, windows: [Windows; 2], count_padding: bool) -> Self {
        T::apply(T::boxed(AveragePool { windows, count_padding }), &[self])
    }

    /// The mean of every window over the last axis; x `[.., l]`.
    ///
    /// # Panics
    /// If a window does not fit or holds padding only.
    #[track_caller]
    #[must_use]
    pub fn avg_pool1d(&self, windows: Windows, count_padding: bool) -> Self {
        over_one_axis(self, |x, one| x.avg_pool2d([one, windows], count_padding))
    }

    /// The means of `[h′, w′]` windows that share the last two axes as evenly as they can: window o covers ⌊o·n/n′⌋ .. ⌈(o + 1)·n/n′⌉.
    ///
    /// # Panics
    /// If x has fewer than two axes, or windows are asked of an empty image.
    #[track_caller]
    #[must_use]
    pub fn adaptive_avg_pool2d(&self, output: [usize; 2]) -> Self {
        self.avg_pool2d(output.map(|output| Windows::Adaptive { output }), false)
    }

    /// The means of `output` windows that share the last axis as evenly as they can.
    ///
    /// # Panics
    /// If windows are asked of an empty axis.
    #[track_caller]
    #[must_use]
    pub fn adaptive_avg_pool1d(&self, output: usize) -> Self {
        self.avg_pool1d(Windows::Adaptive { output }, false)
    }
}

impl Room for AveragePool {
    const NAME: &'static str = "avg_pool";
    const FORMULA: &'static str = "y[o] = mean over window o of x";
    #[inline]
    fn cases() -> Vec<Case> {
        let one = |(label, windows, x): (&str, [Windows; 2], &[usize])| {
            [true, false].map(|count| {
                Case::new(format!("{label}, padding {count}"), vec![spread(x, 1)], move |v| {
                    v[0].avg_pool2d(windows, count).exp()
                })
            })
        };
        let mut cases: Vec<Case> = ways().into_iter().flat_map(one).collect();
        cases.push(Case::new("one axis", vec![spread(&[2, 5], 1)], |v| {
            v[0].avg_pool1d(fixed(3, 2, 1, 1), true).square()
        }));
        cases.push(Case::new("transposed view", vec![spread(&[1, 4, 2], 1)], |v| {
            v[0].t().adaptive_avg_pool2d([1, 2]).square()
        }));
        let known = row(&[1.0, 3.0, 2.0, -2.0]).reshape(&[2, 2]);
        cases.push(
            Case::new("known", vec![known], |v| v[0].avg_pool2d([Windows::tiles(2); 2], false).square())
                .expect_all([1.0, 2.0, 2.0, 0.0]),
        );
        cases
    }
}

impl Room for Spread {
    const NAME: &'static str = "avg_pool_adjoint";
    const FORMULA: &'static str = "x[q] = Σ g[o] / |window o| over the windows that hold q";
    #[inline]
    fn cases() -> Vec<Case> {
        let one = |(label, windows, x): (&str, [Windows; 2], &'static [usize])| {
            let by = AveragePool { windows, count_padding: true };
            let g = by.output(x).map(|d| d.to_vec()).unwrap_or_default();
            let spatial = [x[x.len() - 2], x[x.len() - 1]];
            Case::new(label, vec![spread(&g, 2)], move |g| {
                f64::apply(f64::boxed(Spread { by: by.clone(), spatial }), &[&g[0]]).exp()
            })
        };
        ways().into_iter().map(one).collect()
    }
}

//! ln Σ eˣ over the last axis, without overflow.

use crate::case::{Case, Room, row, spread};
use crate::message;
use crate::node::Tensor;
use crate::op::{Op, Point, Refusal, Slot, Slots};
use crate::real::Real;
use crate::shape::Dims;
use gradus_kernels::{Portable, View};

/// y = ln Σⱼ e^{xⱼ} over the last axis, with dy = Σⱼ softmax(x)ⱼ dxⱼ; −∞ over an empty axis.
#[derive(Clone, Debug)]
pub struct LogSumExp;

/// max + ln Σ e^{x − max}; the maximum itself where it is infinite.
pub(crate) fn log_sum_exp<T: Real>(x: &[T]) -> T {
    let max = x.iter().fold(-T::INFINITY, |m, &x| if x > m || x.is_nan() { x } else { m });
    if !max.is_finite() {
        return max;
    }
    max + x.iter().map(|&x| (x - max).exp(Portable)).sum::<T>().ln(Portable)
}

/// Runs `f` over the rows (last axis) of a view.
pub(crate) fn for_each_row<T: Real>(x: View<'_, T>, mut f: impl FnMut(usize, &[T])) {
    let n = *x.shape.last().unwrap_or(&1);
    let copy;
    let flat = match x.contiguous() {
        Some(flat) => flat,
        None => {
            copy = x.to_vec();
            &copy
        }
    };
    if n > 0 {
        flat.chunks_exact(n).enumerate().for_each(|(i, row)| f(i, row));
    }
}

impl<T: Real> Op<T> for LogSumExp {
    fn name(&self) -> &str {
        <Self as Room>::NAME
    }
    fn shape(&self, x: &[&[usize]]) -> Result<Dims, Refusal> {
        match x[0].split_last() {
            Some((_, lead)) => Ok(lead.into()),
            None => Err("logsumexp: the tensor has rank 0; it needs an axis to sum over".into()),
        }
    }
    fn eval(&self, x: &[View<'_, T>], out: &mut [T], _: &mut [T]) {
        out.fill(-T::INFINITY);
        for_each_row(x[0], |i, row| out[i] = log_sum_exp(row));
    }
    fn vjp(&self, at: &Point<'_, T>, g: &Tensor<T>, _: &[bool]) -> Slots<T> {
        std::iter::once(Slot::Of(at.inputs[0].softmax() * g.unsqueeze(-1))).collect()
    }
    fn jvp(&self, at: &Point<'_, T>, t: &[Slot<T>]) -> Slot<T> {
        t[0].clone().map(|v| (at.inputs[0].softmax() * v).sum_axes(&[-1], false))
    }
}

impl<T: Real> Tensor<T> {
    /// ln Σ eˣ over the last axis, without overflow; −∞ over an empty axis.
    ///
    /// # Panics
    /// If the rank is 0.
    #[track_caller]
    #[must_use]
    pub fn logsumexp(&self) -> Self {
        T::apply(T::boxed(LogSumExp), &[self])
    }

    /// ln softmax(x) = x − ln Σ eˣ over the last axis.
    ///
    /// # Panics
    /// If the rank is 0.
    #[track_caller]
    #[must_use]
    pub fn log_softmax(&self) -> Self {
        if self.rank() == 0 {
            message::panic_with("log_softmax: the tensor has rank 0; it needs an axis to normalise over");
        }
        self - self.logsumexp().unsqueeze(-1)
    }
}

impl Room for LogSumExp {
    const NAME: &'static str = "logsumexp";
    const FORMULA: &'static str = "y = ln Σ eˣ over the last axis";
    fn cases() -> Vec<Case> {
        let on = |label: &str, x: Tensor<f64>| Case::new(label, vec![x], |x| x[0].logsumexp());
        let log = |label: &str, x: Tensor<f64>| Case::new(label, vec![x], |x| x[0].log_softmax());
        vec![
            on("rows", spread(&[2, 3], 1)),
            on("ties", row(&[1.0, 1.0, 1.0])),
            on("one element", row(&[2.0])).expect_all([2.0, 1.0, 0.0, 0.0]),
            on("huge", row(&[1e4, 9.99e3, -1e4])),
            on("tiny", row(&[-1e4, -1e4 + 1.0])),
            on("no rows", spread(&[0, 3], 1)),
            on("three axes", spread(&[2, 2, 2], 1)),
            Case::new("columns", vec![spread(&[2, 3], 1)], |x| x[0].t().logsumexp()),
            log("log-softmax", spread(&[2, 3], 1)),
            log("log-softmax of ±1e4", row(&[1e4, -1e4, 0.0])),
        ]
    }
}

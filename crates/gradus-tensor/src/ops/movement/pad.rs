//! Numbers around a tensor: constant, or the tensor itself reflected, wrapped or held at its border.

use crate::case::{Case, Room, row, spread};
use crate::index::Index;
use crate::kind::Linear;
use crate::message;
use crate::node::Tensor;
use crate::op::Refusal;
use crate::real::Real;
use crate::shape::{Dims, Layout};
use gradus_kernels::View;
use gradus_kernels::view::Offsets;

/// y = x with `before` and `after` zeros around each axis.
#[derive(Clone, Debug)]
pub struct Pad {
    before: Dims,
    after: Dims,
}

impl<T: Real> Linear<T> for Pad {
    const NAME: &'static str = "pad";
    fn shape(&self, x: &[&[usize]]) -> Result<Dims, Refusal> {
        Ok((0..x[0].len()).map(|k| self.before[k] + x[0][k] + self.after[k]).collect())
    }
    fn eval(&self, x: &[View<'_, T>], out: &mut [T]) {
        out.fill(T::ZERO);
        let Some((&n, lead)) = x[0].shape.split_last().filter(|_| !x[0].is_empty()) else {
            if x[0].shape.is_empty() {
                x[0].copy_to(out);
            }
            return;
        };
        let flat = x[0].flat();
        let whole: Dims = (0..x[0].shape.len()).map(|k| self.before[k] + x[0].shape[k] + self.after[k]).collect();
        let strides = Layout::contiguous(whole).strides;
        let first: usize = self.before.iter().zip(&*strides).map(|(b, s)| b * s).sum();
        for (x, at) in flat.chunks_exact(n).zip(Offsets::new(lead, &strides[..lead.len()])) {
            out[first + at..first + at + n].copy_from_slice(x);
        }
    }
    fn adjoint(&self, _: usize, g: &Tensor<T>, shapes: &[&[usize]]) -> Tensor<T> {
        let inner = |g: Tensor<T>, k: usize| match g.shape()[k] == shapes[0][k] {
            true => g,
            false => g.narrow(k as isize, self.before[k], shapes[0][k]),
        };
        (0..g.rank()).fold(g.clone(), inner)
    }
}

/// y = x with itself around it, mirrored at the border elements, which are not repeated.
pub struct PadReflect;

/// y = x with its border elements repeated around it.
pub struct PadReplicate;

/// y = x with itself around it, as on a ring.
pub struct PadCircular;

/// Widths for all axes, from widths for the last ones.
#[track_caller]
fn widths_of(op: &str, widths: &[(usize, usize)], shape: &[usize]) -> Vec<(usize, usize)> {
    if widths.len() > shape.len() {
        message::panic_with(&format!(
            "{op}: {} pairs of widths for {shape:?}, which has {} axes; give one pair for each of the last axes, or fewer",
            widths.len(),
            shape.len()
        ));
    }
    let mut all = vec![(0, 0); shape.len() - widths.len()];
    all.extend_from_slice(widths);
    all
}

impl<T: Real> Tensor<T> {
    /// `value` around the last axes: one pair (before, after) for each of them, in their order (PyTorch counts from the last axis).
    ///
    /// # Panics
    /// If there are more pairs than axes.
    #[track_caller]
    #[must_use]
    pub fn pad(&self, widths: &[(usize, usize)], value: f64) -> Self {
        let widths = widths_of("pad", widths, self.shape());
        if widths.iter().all(|w| *w == (0, 0)) {
            return self.clone();
        }
        let op = Pad { before: widths.iter().map(|w| w.0).collect(), after: widths.iter().map(|w| w.1).collect() };
        let y = T::apply(T::boxed(op.clone()), &[self]);
        if value == 0.0 {
            return y;
        }
        let inside = T::apply(T::boxed(op), &[&Self::ones(self.shape())]);
        y.masked_fill(&inside.eq(0.0), value)
    }

    /// Picks along each axis by `place(i − before, n)`, i over the widened axis.
    #[track_caller]
    fn pad_by(
        &self,
        op: &str,
        widths: &[(usize, usize)],
        most: impl Fn(usize) -> usize,
        place: impl Fn(isize, isize) -> isize,
    ) -> Self {
        let widths = widths_of(op, widths, self.shape());
        widths.iter().enumerate().filter(|(_, w)| **w != (0, 0)).fold(self.clone(), |x, (k, &(before, after))| {
            let n = x.shape()[k];
            if before.max(after) > most(n) {
                message::panic_with(&format!(
                    "{op}: widths ({before}, {after}) around axis {k} of {:?} are more than the axis can give, which is {}",
                    self.shape(),
                    most(n)
                ));
            }
            let places: Vec<usize> =
                (0..before + n + after).map(|i| place(i as isize - before as isize, n as isize) as usize).collect();
            x.index_select(k as isize, &Index::from(&places[..]))
        })
    }

    /// The tensor mirrored around its last axes at the border elements, which are not repeated: 1 2 3 becomes 3 2 1 2 3 2 1.
    /// One pair (before, after) for each of the last axes, in their order.
    ///
    /// # Panics
    /// If there are more pairs than axes, or a width is not below the length of its axis.
    #[track_caller]
    #[must_use]
    pub fn pad_reflect(&self, widths: &[(usize, usize)]) -> Self {
        let mirror = |i: isize, n: isize| {
            if i < 0 {
                -i
            } else if i >= n {
                2 * (n - 1) - i
            } else {
                i
            }
        };
        self.pad_by("pad_reflect", widths, |n| n.saturating_sub(1), mirror)
    }

    /// The border elements repeated around the last axes: 1 2 3 becomes 1 1 2 3 3.
    /// One pair (before, after) for each of the last axes, in their order.
    ///
    /// # Panics
    /// If there are more pairs than axes, or an axis to be widened is empty.
    #[doc(alias = "edge")]
    #[track_caller]
    #[must_use]
    pub fn pad_replicate(&self, widths: &[(usize, usize)]) -> Self {
        let most = |n: usize| if n == 0 { 0 } else { usize::MAX };
        self.pad_by("pad_replicate", widths, most, |i, n| i.clamp(0, n - 1))
    }

    /// The tensor continued around its last axes as on a ring: 1 2 3 becomes 3 1 2 3 1.
    /// One pair (before, after) for each of the last axes, in their order.
    ///
    /// # Panics
    /// If there are more pairs than axes, or an axis to be widened is empty.
    #[doc(alias = "wrap")]
    #[track_caller]
    #[must_use]
    pub fn pad_circular(&self, widths: &[(usize, usize)]) -> Self {
        let most = |n: usize| if n == 0 { 0 } else { usize::MAX };
        self.pad_by("pad_circular", widths, most, isize::rem_euclid)
    }
}

impl Room for Pad {
    const NAME: &'static str = "pad";
    const FORMULA: &'static str = "y = x inside, a constant around it";
    #[inline]
    fn cases() -> Vec<Case> {
        let one = |label: &str, shape: &[usize], widths: &'static [(usize, usize)], value: f64| {
            Case::new(label, vec![spread(shape, 1)], move |x| x[0].pad(widths, value).square().exp())
        };
        vec![
            one("row", &[3], &[(1, 2)], 0.0),
            one("image", &[2, 3], &[(1, 0), (2, 1)], 0.0),
            one("last axis of three", &[2, 2, 2], &[(1, 1)], 0.0),
            one("last two of three", &[2, 2, 2], &[(1, 1), (0, 1)], 0.0),
            one("by a constant", &[2, 2], &[(1, 1), (1, 1)], 0.5),
            one("nothing", &[2], &[(0, 0)], 1.0),
            one("no widths", &[2], &[], 1.0),
            one("empty rows", &[2, 0], &[(1, 0), (1, 1)], 0.5),
            one("no rows", &[0, 2], &[(1, 0), (0, 0)], 0.0),
            one("one", &[1], &[(2, 2)], -1.0),
            one("rank 0", &[], &[], 0.0),
            Case::new("−∞ before softmax", vec![row(&[1.0, 2.0])], |x| {
                x[0].pad(&[(1, 1)], f64::NEG_INFINITY).softmax()
            }),
            Case::new("of a transpose", vec![spread(&[2, 3], 1)], |x| x[0].t().pad(&[(1, 0), (0, 2)], 0.0).exp()),
        ]
    }
}

type Widths = &'static [(usize, usize)];

/// Cases of a pad that continues the tensor.
#[inline]
fn around(f: fn(&Tensor<f64>, Widths) -> Tensor<f64>, known: [f64; 4]) -> Vec<Case> {
    let one = |label: &str, shape: &[usize], widths: Widths| {
        Case::new(label, vec![spread(shape, 1)], move |x| f(&x[0], widths).square().exp())
    };
    vec![
        one("row", &[3], &[(1, 2)]),
        one("image", &[3, 3], &[(1, 1), (2, 1)]),
        one("last axis of three", &[2, 2, 2], &[(1, 1)]),
        one("last two of three", &[2, 2, 2], &[(1, 1), (0, 1)]),
        one("as far as it goes", &[4], &[(3, 3)]),
        one("nothing", &[2], &[(0, 0)]),
        one("one, not widened", &[1, 3], &[(0, 0), (1, 1)]),
        one("no rows", &[0, 2], &[(1, 0)]),
        one("rank 0", &[], &[]),
        Case::new("a known sum", vec![row(&[1.0, 10.0, 100.0])], move |x| f(&x[0], &[(1, 2)])).expect_all(known),
        Case::new("of a transpose", vec![spread(&[2, 3], 1)], move |x| f(&x[0].t(), &[(1, 1), (1, 0)]).exp()),
    ]
}

impl Room for PadReflect {
    const NAME: &'static str = "pad_reflect";
    const FORMULA: &'static str = "y[−i] = x[i], y[n − 1 + i] = x[n − 1 − i]";
    #[inline]
    fn cases() -> Vec<Case> {
        around(|x, w| x.pad_reflect(w), [132.0, 6.0, 0.0, 0.0])
    }
}

impl Room for PadReplicate {
    const NAME: &'static str = "pad_replicate";
    const FORMULA: &'static str = "y[−i] = x[0], y[n − 1 + i] = x[n − 1]";
    #[inline]
    fn cases() -> Vec<Case> {
        around(|x, w| x.pad_replicate(w), [312.0, 6.0, 0.0, 0.0])
    }
}

impl Room for PadCircular {
    const NAME: &'static str = "pad_circular";
    const FORMULA: &'static str = "y[i] = x[i mod n]";
    #[inline]
    fn cases() -> Vec<Case> {
        around(|x, w| x.pad_circular(w), [222.0, 6.0, 0.0, 0.0])
    }
}

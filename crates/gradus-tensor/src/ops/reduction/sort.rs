//! Numbers in order along an axis, and the first of them.

use crate::case::{Case, Room, row, spread};
use crate::index::Index;
use crate::message;
use crate::node::Tensor;
use crate::real::Real;
use crate::shape::axis;
use gradus_kernels::threads::for_each_chunk_with;
use std::cmp::Ordering;

/// y = x in order along an axis. A permutation that is locally constant; derivatives go with the numbers.
pub struct Sort;

/// The k first of the sorted numbers.
pub struct TopK;

/// The order of numbers: NaN counts as the largest, as in PyTorch; 0 = −0.
fn compare<T: Real>(a: T, b: T) -> Ordering {
    a.partial_cmp(&b).unwrap_or_else(|| a.is_nan().cmp(&b.is_nan()))
}

/// How many numbers a piece of work puts in order, about.
const PIECE: usize = 1 << 12;
/// Nanoseconds a number, roughly.
const COST: usize = 20;

/// The first `k` places in order along axis `at`, equals in their own order.
fn places<T: Real>(x: &Tensor<T>, at: usize, k: usize, descending: bool) -> Index {
    let (n, inner) = (x.shape()[at], x.shape()[at + 1..].iter().product::<usize>());
    let mut shape = x.shape().to_vec();
    shape[at] = k;
    let mut order = vec![0; shape.iter().product()];
    let flat = x.view().flat();
    let nanos = COST * if k == 0 { 0 } else { x.len() };
    for_each_chunk_with(&mut order, (PIECE / n.max(1)).max(1) * k, nanos, |start, order| {
        let mut fibre: Vec<u32> = Vec::with_capacity(n);
        for (r, first) in order.chunks_exact_mut(k).enumerate() {
            let f = start / k + r;
            let (outer, i) = (f / inner, f % inner);
            let value = |j: u32| flat[(outer * n + j as usize) * inner + i];
            fibre.clear();
            fibre.extend(0..n as u32);
            let by = |&a: &u32, &b: &u32| {
                let by_value = compare(value(a), value(b));
                (if descending { by_value.reverse() } else { by_value }).then(a.cmp(&b))
            };
            if k < n {
                // Only what is asked for is put in order: n + k log k comparisons.
                fibre.select_nth_unstable_by(k, by);
            }
            fibre[..k].sort_unstable_by(by);
            first.copy_from_slice(&fibre[..k]);
        }
    });
    if inner == 1 {
        return Index::new(&shape, order);
    }
    // Fibres lie one after the other; in the result their places alternate.
    let mut index = vec![0; order.len()];
    for (f, first) in order.chunks_exact(k.max(1)).enumerate() {
        let (outer, i) = (f / inner, f % inner);
        first.iter().enumerate().for_each(|(r, &j)| index[(outer * k + r) * inner + i] = j);
    }
    Index::new(&shape, index)
}

impl<T: Real> Tensor<T> {
    /// The numbers in order along an axis (from the end where negative), and where each stood. Equals keep their order; NaN counts as the
    /// largest. Derivatives go with the numbers.
    ///
    /// # Panics
    /// If the axis does not exist.
    #[track_caller]
    #[must_use]
    pub fn sort(&self, at: isize, descending: bool) -> (Self, Index) {
        let index = self.argsort(at, descending);
        (self.gather(at, &index), index)
    }

    /// Where the numbers stand that come in order along an axis (from the end where negative). Equals keep their order.
    ///
    /// # Panics
    /// If the axis does not exist.
    #[track_caller]
    #[must_use]
    pub fn argsort(&self, at: isize, descending: bool) -> Index {
        let k = axis("sort", at, self.rank());
        places(self, k, self.shape()[k], descending)
    }

    /// The `k` largest along an axis (from the end where negative), largest first, or the `k` smallest, smallest first, unless `largest`;
    /// and where they stood. Of equals the first come first. Derivatives go with the numbers.
    ///
    /// # Panics
    /// If the axis does not exist or is shorter than `k`.
    #[track_caller]
    #[must_use]
    pub fn topk(&self, k: usize, at: isize, largest: bool) -> (Self, Index) {
        let along = axis("topk", at, self.rank());
        if k > self.shape()[along] {
            message::panic_with(&format!(
                "topk: the {k} first were asked for, but axis {along} of {:?} has length {}",
                self.shape(),
                self.shape()[along]
            ));
        }
        let index = places(self, along, k, largest);
        (self.gather(at, &index), index)
    }
}

/// Weights that make places matter.
fn weighed(y: &Tensor<f64>) -> Tensor<f64> {
    y.exp() * spread(y.shape(), 3)
}

impl Room for Sort {
    const NAME: &'static str = "sort";
    const FORMULA: &'static str = "y = x in order";
    #[inline]
    fn cases() -> Vec<Case> {
        let on = |label: &str, shape: &[usize], at, down| {
            Case::new(label, vec![spread(shape, 1)], move |x| weighed(&x[0].sort(at, down).0))
        };
        vec![
            on("row", &[5], 0, false),
            on("descending", &[5], 0, true),
            on("rows", &[3, 2], 0, false),
            on("columns", &[2, 3], -1, true),
            on("middle axis", &[2, 3, 2], 1, false),
            on("one", &[1], 0, false),
            on("empty", &[0, 2], 0, false),
            on("empty rows", &[2, 0], 1, false),
            Case::new("of a transpose", vec![spread(&[2, 3], 1)], |x| weighed(&x[0].t().sort(0, false).0)),
            Case::new("ties keep their order", vec![row(&[1.0, 0.0, 1.0, -0.0])], |x| {
                let places: Vec<f64> = x[0].argsort(0, true).as_slice().iter().map(|&i| f64::from(i)).collect();
                &x[0] * 0.0 + (row(&places) - row(&[0.0, 2.0, 1.0, 3.0])).square()
            })
            .expect_all([0.0; 4]),
            Case::new("NaN is the largest", vec![row(&[1.0])], |x| {
                let index = row(&[f64::NAN, 2.0, 1.0]).argsort(0, false);
                &x[0] * f64::from(index.as_slice()[2] + 10 * index.as_slice()[0])
            })
            .expect(0, 20.0),
            Case::new("known", vec![row(&[3.0, 1.0])], |x| x[0].sort(0, false).0 * row(&[1.0, 10.0]))
                .expect_all([31.0, 11.0, 0.0, 0.0]),
        ]
    }
}

impl Room for TopK {
    const NAME: &'static str = "topk";
    const FORMULA: &'static str = "y = the k largest (or smallest), in order";
    #[inline]
    fn cases() -> Vec<Case> {
        let on = |label: &str, shape: &[usize], k, at, largest| {
            Case::new(label, vec![spread(shape, 1)], move |x| weighed(&x[0].topk(k, at, largest).0))
        };
        vec![
            on("row", &[6], 2, 0, true),
            on("smallest", &[6], 3, 0, false),
            on("all", &[4], 4, 0, true),
            on("none", &[4], 0, 0, true),
            on("rows", &[4, 2], 2, 0, true),
            on("columns", &[2, 4], 3, -1, false),
            on("middle axis", &[2, 3, 2], 1, 1, true),
            on("one", &[1], 1, 0, true),
            on("empty", &[0, 2], 1, 1, true),
            Case::new("first of ties", vec![row(&[2.0, 1.0, 2.0])], |x| x[0].topk(1, 0, true).0.square() * row(&[1.0]))
                .expect_all([4.0, 4.0, 2.0, 0.0]),
            Case::new("of a transpose", vec![spread(&[2, 3], 1)], |x| weighed(&x[0].t().topk(2, 0, true).0)),
            Case::new("known", vec![row(&[3.0, 1.0, 2.0])], |x| x[0].topk(2, 0, true).0 * row(&[1.0, 10.0]))
                .expect_all([23.0, 11.0, 0.0, 0.0]),
        ]
    }
}

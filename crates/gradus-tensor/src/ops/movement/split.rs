//! A tensor taken apart along an axis: pieces of a size, of given sizes, or a number of pieces. Pieces are views.

use crate::case::{Case, Room, row, spread};
use crate::message;
use crate::node::Tensor;
use crate::real::Real;
use crate::shape::axis;

/// Pieces of a size; the last may be shorter.
pub struct Split;

/// A number of pieces.
pub struct Chunk;

/// All slices of an axis.
pub struct Unbind;

impl<T: Real> Tensor<T> {
    /// Pieces of `size` along an axis (from the end where negative), as views; the last may be shorter.
    ///
    /// # Panics
    /// If the axis does not exist or `size` is 0.
    #[track_caller]
    #[must_use]
    pub fn split(&self, size: usize, at: isize) -> Vec<Self> {
        let k = axis("split", at, self.rank());
        if size == 0 {
            message::panic_with("split: the size of a piece must be at least 1, got 0");
        }
        let n = self.shape()[k];
        (0..n).step_by(size).map(|start| self.narrow(k as isize, start, size.min(n - start))).collect()
    }

    /// Pieces of the given sizes along an axis (from the end where negative), as views.
    ///
    /// # Panics
    /// If the axis does not exist, or the sizes do not add up to its length.
    #[doc(alias = "split_with_sizes")]
    #[track_caller]
    #[must_use]
    pub fn split_sizes(&self, sizes: &[usize], at: isize) -> Vec<Self> {
        let k = axis("split_sizes", at, self.rank());
        let total: usize = sizes.iter().sum();
        if total != self.shape()[k] {
            message::panic_with(&format!(
                "split_sizes: {sizes:?} add up to {total}, but axis {k} of {:?} has length {}",
                self.shape(),
                self.shape()[k]
            ));
        }
        let start = |i: usize| sizes[..i].iter().sum();
        sizes.iter().enumerate().map(|(i, &n)| self.narrow(k as isize, start(i), n)).collect()
    }

    /// `pieces` pieces along an axis (from the end where negative), as views. Their lengths differ by one at most, the longer first.
    ///
    /// PyTorch's `chunk` makes all but the last equally long and so may give fewer pieces than asked; this is its `tensor_split`.
    ///
    /// # Panics
    /// If the axis does not exist or `pieces` is 0.
    #[doc(alias = "tensor_split")]
    #[doc(alias = "array_split")]
    #[track_caller]
    #[must_use]
    pub fn chunk(&self, pieces: usize, at: isize) -> Vec<Self> {
        let k = axis("chunk", at, self.rank());
        if pieces == 0 {
            message::panic_with("chunk: the number of pieces must be at least 1, got 0");
        }
        let n = self.shape()[k];
        let sizes: Vec<usize> = (0..pieces).map(|i| n / pieces + usize::from(i < n % pieces)).collect();
        self.split_sizes(&sizes, k as isize)
    }

    /// All slices of an axis (from the end where negative), without that axis, as views.
    ///
    /// # Panics
    /// If the axis does not exist.
    #[doc(alias = "unstack")]
    #[track_caller]
    #[must_use]
    pub fn unbind(&self, at: isize) -> Vec<Self> {
        let k = axis("unbind", at, self.rank());
        (0..self.shape()[k]).map(|i| self.select(k as isize, i)).collect()
    }
}

/// Σᵢ (i + 1)·exp xᵢ² of the sums of the pieces: every piece counts, and differently.
fn weigh(pieces: &[Tensor<f64>]) -> Tensor<f64> {
    pieces.iter().enumerate().map(|(i, x)| x.square().exp().sum() * (i + 1) as f64).sum()
}

impl Room for Split {
    const NAME: &'static str = "split";
    const FORMULA: &'static str = "yᵢ = x[.., i·size..(i + 1)·size, ..]";
    #[inline]
    fn cases() -> Vec<Case> {
        let one = |label: &str, shape: &[usize], size, at: isize| {
            Case::new(label, vec![spread(shape, 1)], move |x| weigh(&x[0].split(size, at)))
        };
        let sizes = |label: &str, shape: &[usize], sizes: &'static [usize], at: isize| {
            Case::new(label, vec![spread(shape, 1)], move |x| weigh(&x[0].split_sizes(sizes, at)))
        };
        vec![
            one("even", &[4], 2, 0),
            one("a shorter last", &[5], 2, 0),
            one("larger than the axis", &[3], 7, 0),
            one("columns", &[2, 4], 3, 1),
            one("middle axis", &[2, 3, 2], 1, -2),
            one("of nothing", &[0, 2], 2, 0),
            sizes("by sizes", &[6], &[1, 3, 2], 0),
            sizes("an empty piece", &[3, 2], &[0, 2, 1], 0),
            sizes("columns by sizes", &[2, 3], &[1, 2], -1),
            Case::new("of a transpose", vec![spread(&[2, 3], 1)], |x| weigh(&x[0].t().split(2, 0))),
            Case::new("and back", vec![spread(&[5], 1)], |x| (Tensor::concat(&x[0].split(2, 0), 0) - &x[0]).square())
                .expect_all([0.0; 4]),
        ]
    }
}

impl Room for Chunk {
    const NAME: &'static str = "chunk";
    const FORMULA: &'static str = "n pieces whose lengths differ by one at most";
    #[inline]
    fn cases() -> Vec<Case> {
        let one = |label: &str, shape: &[usize], n, at: isize| {
            Case::new(label, vec![spread(shape, 1)], move |x| weigh(&x[0].chunk(n, at)))
        };
        vec![
            one("even", &[4], 2, 0),
            one("uneven", &[5], 3, 0),
            one("more pieces than elements", &[2], 3, 0),
            one("one piece", &[3], 1, 0),
            one("columns", &[2, 3], 2, 1),
            one("from the end", &[2, 3], 2, -2),
            one("middle axis", &[2, 3, 2], 3, 1),
            one("of nothing", &[0], 2, 0),
            Case::new("of a transpose", vec![spread(&[2, 3], 1)], |x| weigh(&x[0].t().chunk(2, 0))),
            Case::new("gates", vec![spread(&[1, 4], 1)], |x| {
                let gates = x[0].chunk(2, 1);
                gates[0].sigmoid() * gates[1].tanh()
            }),
        ]
    }
}

impl Room for Unbind {
    const NAME: &'static str = "unbind";
    const FORMULA: &'static str = "yᵢ = x[.., i, ..]";
    #[inline]
    fn cases() -> Vec<Case> {
        let one = |label: &str, shape: &[usize], at: isize| {
            Case::new(label, vec![spread(shape, 1)], move |x| weigh(&x[0].unbind(at)))
        };
        vec![
            one("numbers", &[3], 0),
            one("rows", &[2, 3], 0),
            one("columns", &[2, 3], 1),
            one("from the end", &[2, 3], -1),
            one("middle axis", &[2, 3, 2], 1),
            one("one", &[1, 2], 0),
            one("none", &[0, 2], 0),
            one("empty ones", &[2, 0], 0),
            Case::new("of a transpose", vec![spread(&[2, 3], 1)], |x| weigh(&x[0].t().unbind(0))),
            Case::new("product", vec![row(&[2.0, 3.0, 4.0])], |x| {
                x[0].unbind(0).into_iter().reduce(|a, b| a * b).unwrap_or_else(|| Tensor::scalar(1.0))
            })
            .expect_all([24.0, 26.0, 18.0, 6.0]),
        ]
    }
}

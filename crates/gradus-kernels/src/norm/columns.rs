//! Several sums over the rows of a batch of features in one pass.

use super::BLOCK;
use crate::map::each;
use crate::real::Real;
use crate::simd::{Isa, Kernel, simd};
use crate::threads::for_each_chunk_with;

/// How many columns are summed side by side.
const LANES: usize = 32;

/// The sums over rows of what `lift` makes of the numbers of `x` (each rows of `c` numbers) and of the numbers of `along` (one a column).
/// Rows are added in order in blocks, and blocks pairwise.
pub(super) fn column_sums<T: Real, const N: usize, const K: usize, const M: usize>(
    c: usize,
    x: [&[T]; N],
    along: [&[T]; K],
    lift: impl Fn([T; N], [T; K]) -> [T; M] + Copy + Sync,
) -> [Vec<T>; M] {
    let rows = x[0].len() / c.max(1);
    let mut blocks = rows.div_ceil(BLOCK);
    let mut all = vec![T::ZERO; blocks.max(1) * M * c];
    for_each_chunk_with(&mut all, M * c, x[0].len() / 4, |at, out| {
        let first = at / (M * c) * BLOCK;
        simd((Block { c, rows: first..rows.min(first + BLOCK), x, along, lift, out }, [(); M]));
    });
    while blocks > 1 {
        let half = blocks.div_ceil(2);
        let (low, high) = all[..blocks * M * c].split_at_mut(half * M * c);
        low.iter_mut().zip(high).for_each(|(a, &mut b)| *a += b);
        blocks = half;
    }
    std::array::from_fn(|m| all[m * c..(m + 1) * c].to_vec())
}

struct Block<'a, T, F, const N: usize, const K: usize> {
    c: usize,
    rows: std::ops::Range<usize>,
    x: [&'a [T]; N],
    along: [&'a [T]; K],
    lift: F,
    out: &'a mut [T],
}

impl<T: Real, F: Fn([T; N], [T; K]) -> [T; M], const N: usize, const K: usize, const M: usize> Kernel
    for (Block<'_, T, F, N, K>, [(); M])
{
    type Output = ();
    #[inline(always)]
    fn run<S: Isa>(self, _: S) {
        let (block, _) = self;
        for from in (0..block.c).step_by(LANES) {
            let mut sums = [[T::ZERO; LANES]; M];
            // A whole tile has a width that the compiler knows.
            match block.c - from {
                width @ ..LANES => block.add(from, width, &mut sums),
                _ => block.add(from, LANES, &mut sums),
            }
            let width = LANES.min(block.c - from);
            for m in 0..M {
                block.out[m * block.c + from..][..width].copy_from_slice(&sums[m][..width]);
            }
        }
    }
}

impl<T: Real, F, const N: usize, const K: usize> Block<'_, T, F, N, K> {
    /// Adds the rows of columns from .. from + width.
    #[inline(always)]
    fn add<const M: usize>(&self, from: usize, width: usize, sums: &mut [[T; LANES]; M])
    where
        F: Fn([T; N], [T; K]) -> [T; M],
    {
        let along = self.along.map(|a| &a[from..from + width]);
        for i in self.rows.clone() {
            let at = i * self.c + from;
            let x = each(self.x, |x| &x[at..at + width]);
            for k in 0..width {
                let y = (self.lift)(each(x, |x| x[k]), along.map(|a| a[k]));
                for m in 0..M {
                    sums[m][k] += y[m];
                }
            }
        }
    }
}

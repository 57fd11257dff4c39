//! A row times columns that lie along memory: dot products, without packing.

use super::block::Target;
use super::pack::Matrix;
use super::vector::{Job, Vector, with_vectors};
use crate::real::Real;
use crate::threads::for_each_piece_with;

/// c[j] = Σ_p x[p]·b[p, j] (+ c[j]) for x along memory and b with unit steps along its columns.
///
/// Each sum runs in the lanes of one vector, and the lanes are added at the end: the order depends on k alone.
///
/// # Safety
/// x holds k numbers, b k x n with `b.row` = 1, c n; nobody else uses c.
pub(super) unsafe fn row_times_columns<T: Real>(
    k: usize,
    n: usize,
    x: *const T,
    b: Matrix<T>,
    c: Target<T>,
    accumulate: bool,
) {
    let each = ((1 << 16) / k).max(1).next_multiple_of(8);
    let x = Matrix { data: x, row: 1, col: 1 };
    for_each_piece_with(n.div_ceil(each), n * k / 8, |i| {
        let j = i * each;
        // SAFETY: pieces write different parts of c; addresses are the caller's.
        unsafe {
            let job = Dots { k, n: each.min(n - j), x: { x }.data, b: b.from(0, j), c: c.at(j), accumulate };
            with_vectors(job);
        }
    });
}

struct Dots<T> {
    k: usize,
    n: usize,
    x: *const T,
    b: Matrix<T>,
    c: *mut T,
    accumulate: bool,
}

impl<T: Real> Job<T> for Dots<T> {
    #[inline(always)]
    unsafe fn run<V: Vector<T = T>>(self) {
        let mut j = 0;
        while j < self.n {
            // SAFETY: columns j .. j + 8 (or j alone) lie inside the operands.
            unsafe {
                if j + 8 <= self.n {
                    self.columns::<V, 8>(j);
                    j += 8;
                } else {
                    self.columns::<V, 1>(j);
                    j += 1;
                }
            }
        }
    }
}

impl<T: Real> Dots<T> {
    #[inline(always)]
    unsafe fn columns<V: Vector<T = T>, const N: usize>(&self, j: usize) {
        let (whole, l) = (self.k - self.k % V::LANES, V::LANES);
        // SAFETY: the caller keeps j + N within the columns; p stays below k.
        unsafe {
            let mut sums = [V::zero(); N];
            let at = |i: usize, p: usize| self.b.data.add((j + i) * self.b.col + p);
            let mut p = 0;
            while p < whole {
                let x = V::load(self.x.add(p));
                for i in 0..N {
                    sums[i] = sums[i].add_product(x, V::load(at(i, p)));
                }
                p += l;
            }
            if p < self.k {
                let x = V::load_part(self.x.add(p), self.k - p);
                for i in 0..N {
                    sums[i] = sums[i].add_product(x, V::load_part(at(i, p), self.k - p));
                }
            }
            for i in 0..N {
                let (to, sum) = (self.c.add(j + i), sums[i].sum());
                to.write(if self.accumulate { to.read() + sum } else { sum });
            }
        }
    }
}

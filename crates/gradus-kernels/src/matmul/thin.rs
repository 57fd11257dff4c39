//! A row times a matrix, without packing: dot products where columns lie along memory, sums of scaled rows where rows do.

use super::block::Target;
use super::pack::Matrix;
use super::vector::{Job, Vector};
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
            T::dots(job);
        }
    });
}

/// c[j] = Σ_p x[p]·b[p, j] (+ c[j]) for b with unit steps along its rows; x steps by `x.row`.
///
/// Rows are added eight at a time to a run of c that stays in the first-level cache, in the order of p.
///
/// # Safety
/// x holds k numbers, b k x n with `b.col` = 1, c n; nobody else uses c.
pub(super) unsafe fn row_times_rows<T: Real>(
    k: usize,
    n: usize,
    x: Matrix<T>,
    b: Matrix<T>,
    c: Target<T>,
    accumulate: bool,
) {
    let each = ((1 << 17) / k).clamp(256, 2048);
    for_each_piece_with(n.div_ceil(each), n * k / 8, |i| {
        let (j, x) = (i * each, x);
        // SAFETY: pieces write different parts of c; addresses are the caller's.
        unsafe {
            T::rows(Rows { k, n: each.min(n - j), x, b: b.from(0, j), c: c.at(j), accumulate });
        }
    });
}

pub(super) struct Rows<T> {
    k: usize,
    n: usize,
    x: Matrix<T>,
    b: Matrix<T>,
    c: *mut T,
    accumulate: bool,
}

impl<T: Real> Job<T> for Rows<T> {
    #[inline(always)]
    unsafe fn run<V: Vector<T = T>>(self) {
        let mut p = 0;
        while p < self.k {
            // SAFETY: rows p .. p + 8 (or p alone) lie inside the operands.
            unsafe {
                if p + 8 <= self.k {
                    self.rows::<V, 8>(p);
                    p += 8;
                } else {
                    self.rows::<V, 1>(p);
                    p += 1;
                }
            }
        }
    }
}

impl<T: Real> Rows<T> {
    #[inline(always)]
    unsafe fn rows<V: Vector<T = T>, const N: usize>(&self, p: usize) {
        let fresh = p == 0 && !self.accumulate;
        // SAFETY: the caller keeps p + N within k; j stays below n.
        unsafe {
            let mut x = [V::zero(); N];
            for (i, x) in x.iter_mut().enumerate() {
                *x = V::splat(self.x.data.add((p + i) * self.x.row));
            }
            let at = |i: usize, j: usize| self.b.data.add((p + i) * self.b.row + j);
            let mut j = 0;
            while j + V::LANES <= self.n {
                let mut sum = if fresh { V::zero() } else { V::load(self.c.add(j)) };
                for i in 0..N {
                    sum = sum.add_product(x[i], V::load(at(i, j)));
                }
                sum.store(self.c.add(j));
                j += V::LANES;
            }
            if j < self.n {
                let rest = self.n - j;
                let mut sum = if fresh { V::zero() } else { V::load_part(self.c.add(j), rest) };
                for i in 0..N {
                    sum = sum.add_product(x[i], V::load_part(at(i, j), rest));
                }
                sum.store_part(self.c.add(j), rest);
            }
        }
    }
}

pub(super) struct Dots<T> {
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

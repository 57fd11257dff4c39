//! Operands rewritten in the order in which the innermost loop reads them.

use super::vector::{Job, Vector};
use super::walk::STRIP;
use crate::real::Real;

/// A matrix somewhere in memory: number (i, j) lies at `data + i·row + j·col`.
#[derive(Clone, Copy)]
pub(crate) struct Matrix<T> {
    pub(crate) data: *const T,
    pub(crate) row: usize,
    pub(crate) col: usize,
}

// SAFETY: a matrix is only read, by those who vouch for the numbers behind it.
unsafe impl<T: Sync> Send for Matrix<T> {}
// SAFETY: as above.
unsafe impl<T: Sync> Sync for Matrix<T> {}

impl<T> Matrix<T> {
    /// The matrix that starts at (i, j).
    ///
    /// # Safety
    /// (i, j) lies inside.
    #[inline(always)]
    pub(crate) unsafe fn from(self, i: usize, j: usize) -> Self {
        // SAFETY: the caller's.
        Matrix { data: unsafe { self.data.add(i * self.row + j * self.col) }, ..self }
    }

    #[inline(always)]
    pub(crate) fn transposed(self) -> Self {
        Matrix { data: self.data, row: self.col, col: self.row }
    }
}

/// Writes `columns` columns of `k` rows as panels of so many vectors' width, one behind the other; the last is filled with zeros.
pub(crate) struct Panels<T> {
    pub(crate) vectors: usize,
    pub(crate) k: usize,
    pub(crate) columns: usize,
    pub(crate) from: Matrix<T>,
    pub(crate) to: *mut T,
}

impl<T: Real> Job<T> for Panels<T> {
    #[inline(always)]
    unsafe fn run<V: Vector<T = T>>(self) {
        let width = self.vectors * V::LANES;
        let mut j = 0;
        while j < self.columns {
            // SAFETY: the panel lies inside `to`, its columns inside `from`.
            unsafe {
                panel::<V>(width, self.k, width.min(self.columns - j), self.from.from(0, j), self.to.add(j * self.k));
            }
            j += width;
        }
    }
}

/// One panel: `columns` columns of `k` rows, as rows of `width` numbers, which are whole vectors.
///
/// # Safety
/// `from` holds k x columns numbers, `to` k rows of `width`.
#[inline(always)]
pub(crate) unsafe fn panel<V: Vector>(width: usize, k: usize, columns: usize, from: Matrix<V::T>, to: *mut V::T) {
    let l = V::LANES;
    let (whole, part) = (columns - columns % l, columns % l);
    // SAFETY: reads are of (p < k, j < columns), writes of k · width numbers.
    unsafe {
        if from.col == 1 {
            for p in 0..k {
                let (x, y) = (from.data.add(p * from.row), to.add(p * width));
                for j in (0..whole).step_by(l) {
                    V::load(x.add(j)).store(y.add(j));
                }
                if part > 0 {
                    V::load_part(x.add(whole), part).store(y.add(whole));
                }
                for j in (columns.next_multiple_of(l)..width).step_by(l) {
                    V::zero().store(y.add(j));
                }
            }
        } else {
            let block = V::BLOCK;
            if from.row == 1 && columns >= block && k >= block {
                for j in (whole..width).step_by(l) {
                    (0..k).for_each(|p| V::zero().store(to.add(p * width + j)));
                }
                // The last squares lie over those before them where the sides are no multiples. Eight squares of a row at a time: memory
                // brings a run of lines sooner, and rows a power of two apart share few places of the nearest cache.
                let run = 8 * block;
                for start in (0..k).step_by(run) {
                    for j in (0..columns).step_by(block).map(|j| j.min(columns - block)) {
                        for p in (start..k.min(start + run)).step_by(block).map(|p| p.min(k - block)) {
                            V::transpose(from.data.add(p + j * from.col), from.col, to.add(p * width + j), width);
                        }
                    }
                }
            } else {
                for p in 0..k {
                    for j in 0..width {
                        let x = if j < columns { from.from(p, j).data.read() } else { V::T::ZERO };
                        to.add(p * width + j).write(x);
                    }
                }
            }
        }
    }
}

/// Writes `rows` rows of `k` steps as strips of [`STRIP`] rows, one behind the other: a strip holds its rows' numbers of a step beside each
/// other, step by step. Steps must be runs of memory: the left operand is transposed. The last strip is filled with zeros.
pub(crate) struct Strips<T> {
    pub(crate) rows: usize,
    pub(crate) k: usize,
    pub(crate) from: Matrix<T>,
    pub(crate) to: *mut T,
}

impl<T: Real> Job<T> for Strips<T> {
    #[inline(always)]
    unsafe fn run<V: Vector<T = T>>(self) {
        let Strips { rows, k, from, to } = self;
        let whole = rows - rows % STRIP;
        // SAFETY: reads are of (i < rows, p < k), writes inside the strips.
        unsafe {
            for p in 0..k {
                let (x, to) = (from.data.add(p * from.col), to.add(p * STRIP));
                for i in (0..whole).step_by(STRIP) {
                    x.add(i).copy_to_nonoverlapping(to.add(i * k), STRIP);
                }
                if whole < rows {
                    let to = to.add(whole * k);
                    x.add(whole).copy_to_nonoverlapping(to, rows - whole);
                    (rows - whole..STRIP).for_each(|i| to.add(i).write(T::ZERO));
                }
            }
        }
    }
}

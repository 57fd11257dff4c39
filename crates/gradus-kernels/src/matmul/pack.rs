//! Operands rewritten in the order in which the innermost loop reads them.

use super::vector::{Job, Vector};
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

/// Writes `columns` columns of `k` rows as panels of two vectors' width, one behind the other; the last is filled with zeros.
pub(crate) struct Panels<T> {
    pub(crate) k: usize,
    pub(crate) columns: usize,
    pub(crate) from: Matrix<T>,
    pub(crate) to: *mut T,
}

impl<T: Real> Job<T> for Panels<T> {
    #[inline(always)]
    unsafe fn run<V: Vector<T = T>>(self) {
        let width = 2 * V::LANES;
        let mut j = 0;
        while j < self.columns {
            // SAFETY: the panel lies inside `to`, its columns inside `from`.
            unsafe {
                panel::<V>(self.k, width.min(self.columns - j), self.from.from(0, j), self.to.add(j * self.k));
            }
            j += width;
        }
    }
}

/// One panel: `columns` columns of `k` rows, as rows of two vectors' width.
///
/// # Safety
/// `from` holds k x columns numbers, `to` k rows of two vectors.
#[inline(always)]
pub(crate) unsafe fn panel<V: Vector>(k: usize, columns: usize, from: Matrix<V::T>, to: *mut V::T) {
    let (l, width, block) = (V::LANES, 2 * V::LANES, V::BLOCK);
    // SAFETY: reads are of (p < k, j < columns), writes of k · width numbers.
    unsafe {
        if from.col == 1 && columns == width {
            for p in 0..k {
                let (x, y) = (from.data.add(p * from.row), to.add(p * width));
                V::load(x).store(y);
                V::load(x.add(l)).store(y.add(l));
            }
        } else if from.col == 1 {
            for p in 0..k {
                let (x, y) = (from.data.add(p * from.row), to.add(p * width));
                for half in 0..2 {
                    let n = columns.saturating_sub(half * l).min(l);
                    let v = if n == l {
                        V::load(x.add(half * l))
                    } else if n > 0 {
                        V::load_part(x.add(half * l), n)
                    } else {
                        V::zero()
                    };
                    v.store(y.add(half * l));
                }
            }
        } else {
            let turned = if from.row == 1 { (columns - columns % block, k - k % block) } else { (0, 0) };
            for p in (0..turned.1).step_by(block) {
                for j in (0..turned.0).step_by(block) {
                    V::transpose(from.data.add(p + j * from.col), from.col, to.add(p * width + j), width);
                }
            }
            for p in 0..k {
                let start = if p < turned.1 { turned.0 } else { 0 };
                for j in start..width {
                    let x = if j < columns { from.data.add(p * from.row + j * from.col).read() } else { V::T::ZERO };
                    to.add(p * width + j).write(x);
                }
            }
        }
    }
}

/// How far apart [`steps_beside`] writes steps of m numbers: an odd number of cache lines, so that they spread over all of the cache.
pub(crate) fn apart<T>(m: usize) -> usize {
    let line = 64 / size_of::<T>();
    (m.div_ceil(line) | 1) * line
}

/// The k steps of a transposed left operand of m rows, written [`apart`]: where they are then.
///
/// # Safety
/// `from` holds m x k numbers, those of a column one behind the other; `to` k times [`apart`].
#[inline(always)]
pub(crate) unsafe fn steps_beside<T: Real>(k: usize, m: usize, from: Matrix<T>, to: *mut T) -> Matrix<T> {
    let col = apart::<T>(m);
    // SAFETY: the caller's.
    (0..k).for_each(|p| unsafe { from.from(0, p).data.copy_to_nonoverlapping(to.add(p * col), m) });
    Matrix { data: to, row: 1, col }
}

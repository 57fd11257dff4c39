//! A right operand packed once, for several products.

use super::block::{Factor, Operand, Target, pack, pieces};
use super::pack::Matrix;
use super::tile::Onto;
use super::vector::tile_size;
use crate::buffer::Shared;
use crate::real::Real;
use crate::view::View;

/// b (k x n) in panels.
pub(crate) struct Packed<T: Real> {
    k: usize,
    n: usize,
    panels: Shared<T>,
}

impl<T: Real> Packed<T> {
    /// Packs b `[k, n]`.
    pub(crate) fn new(b: View<'_, T>) -> Self {
        let ([k, n], [row, col]) = ([b.shape[0], b.shape[1]], [b.strides[0], b.strides[1]]);
        let mut panels = Shared::stale(k * n.next_multiple_of(tile_size::<T>().columns()));
        if k * n > 0 {
            let numbers = &b.data[..=(k - 1) * row + (n - 1) * col];
            let to = Target(panels.get_mut().unwrap_or_default().as_mut_ptr());
            // SAFETY: the last number of b lies inside `numbers`, and the panels have been given room.
            unsafe { pack(k, n, Matrix { data: numbers.as_ptr(), row, col }, to) }
        }
        Packed { k, n, panels }
    }

    /// out = a·b₁ (+ out where `accumulate`), b₁ the first `columns` columns of b; a `[m, k]`, out row-major without gaps.
    pub(crate) fn product(&self, a: View<'_, T>, columns: usize, accumulate: bool, out: &mut [T]) {
        let ([m, k], [row, col]) = ([a.shape[0], a.shape[1]], [a.strides[0], a.strides[1]]);
        assert!(k == self.k && columns <= self.n && out.len() == m * columns, "Packed: shapes do not fit");
        if out.is_empty() || k == 0 {
            if !accumulate {
                out.fill(T::ZERO);
            }
            return;
        }
        let numbers = &a.data[..=(m - 1) * row + (k - 1) * col];
        let a = Matrix { data: numbers.as_ptr(), row, col };
        let b = Matrix { data: self.panels.as_ptr(), row: tile_size::<T>().columns(), col: 1 };
        let (c, onto) = (Target(out.as_mut_ptr()), Onto::result(accumulate));
        // SAFETY: the last number of a lies inside `numbers`, the panels hold at least `columns` columns, out m · columns numbers.
        unsafe { pieces((m, k, columns), Factor::Any(a), Operand::Panels(b), c, onto) }
    }
}

//! Matrix products of strided operands.

mod block;
mod elsewhere;
mod once;
mod pack;
mod packed;
mod thin;
mod tile;
mod vector;
mod walk;

pub use once::Products;
pub(crate) use packed::Packed;
pub use vector::Lanes;

use crate::real::Real;
use crate::simd::{Level, level};
use crate::view::{Offsets, View};

pub(crate) use block::{Target, nanos};
pub(crate) use pack::{Matrix, Panels};
pub(crate) use tile::{Ahead, Left, Onto, Out, Right, height, pair, tile};
pub(crate) use vector::{Job, Vector, tile_size, with_vectors};
pub(crate) use walk::{Dense, Steps, Table};

/// out = a·b (+ out where `accumulate`): a `[.., m, k]`, b `[.., k, n]` with equal leading axes, out row-major `[.., m, n]`.
///
/// # Panics
/// If the shapes do not fit.
pub fn matmul<T: Real>(a: View<'_, T>, b: View<'_, T>, accumulate: bool, out: &mut [T]) {
    // SAFETY: there is no row.
    unsafe { run(a, b, Onto::result(accumulate), out) }
}

/// out = a·b + 1 rowᵀ: `row` is added to every row of the product as it leaves the registers. The bits are those of [`matmul`] added to
/// rows that were filled before.
///
/// # Panics
/// If the shapes do not fit.
pub fn matmul_onto_row<T: Real>(a: View<'_, T>, b: View<'_, T>, row: &[T], out: &mut [T]) {
    assert_eq!(Some(&row.len()), b.shape.last(), "matmul_onto_row: the row has another length than those of b");
    // SAFETY: the row has the length of b's, as just checked.
    unsafe { run(a, b, Onto::Row(row.as_ptr()), out) }
}

/// out = a·b, added to what `onto` says.
///
/// # Safety
/// The row of `onto`, if there is one, holds as many numbers as one of b.
unsafe fn run<T: Real>(a: View<'_, T>, b: View<'_, T>, onto: Onto<T>, out: &mut [T]) {
    let r = a.shape.len();
    assert!(
        r >= 2 && b.shape.len() == r && a.shape[..r - 2] == b.shape[..r - 2] && a.shape[r - 1] == b.shape[r - 2],
        "matmul: shapes do not fit"
    );
    let (m, k, n) = (a.shape[r - 2], a.shape[r - 1], b.shape[r - 1]);
    let batches: usize = a.shape[..r - 2].iter().product();
    assert_eq!(out.len(), batches * m * n, "matmul: out has another length");
    if out.is_empty() {
        return;
    }
    if k == 0 {
        // SAFETY: out holds batches · m rows of n numbers, and so many does the row.
        if !unsafe { onto.settle((batches * m, n), out.as_mut_ptr()) } {
            out.fill(T::ZERO);
        }
        return;
    }
    let matrix = |v: View<'_, T>, at: usize, rows: usize, columns: usize| {
        let (row, col) = (v.strides[r - 2], v.strides[r - 1]);
        let numbers = &v.data[at..=at + (rows - 1) * row + (columns - 1) * col];
        Matrix { data: numbers.as_ptr(), row, col }
    };
    if batches == 1 {
        // SAFETY: `matrix` has checked that the last number lies inside the storage, and out holds m · n numbers.
        return unsafe {
            one((m, k, n), matrix(a, 0, m, k), matrix(b, 0, k, n), Target(out.as_mut_ptr()), onto);
        };
    }
    let (oa, ob) =
        (Offsets::new(&a.shape[..r - 2], &a.strides[..r - 2]), Offsets::new(&b.shape[..r - 2], &b.strides[..r - 2]));
    for ((c, pa), pb) in out.chunks_exact_mut(m * n).zip(oa).zip(ob) {
        let (x, y) = (matrix(a, pa, m, k), matrix(b, pb, k, n));
        // SAFETY: as above.
        unsafe { one((m, k, n), x, y, Target(c.as_mut_ptr()), onto) }
    }
}

/// One product: by our tiles where the machine has the vectors that they are made for.
///
/// # Safety
/// Every number of a, b and c lies inside its storage, and nobody else uses c meanwhile.
unsafe fn one<T: Real>((m, k, n): (usize, usize, usize), a: Matrix<T>, b: Matrix<T>, c: Target<T>, onto: Onto<T>) {
    // SAFETY: the caller's.
    unsafe {
        if level() == Level::Portable {
            return elsewhere::product((m, k, n), a, b, c, onto.settle((m, n), c.0));
        }
        block::product((m, k, n), a, b, c, onto);
    }
}

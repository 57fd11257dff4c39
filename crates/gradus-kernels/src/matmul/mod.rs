//! Matrix products of strided operands.

mod block;
mod elsewhere;
mod once;
mod pack;
mod packed;
mod thin;
mod tile;
mod vector;

pub use once::Products;
pub(crate) use packed::Packed;
pub use vector::Lanes;

use crate::real::Real;
use crate::simd::{Level, level};
use crate::view::{Offsets, View};
use block::Epilogue;

pub(crate) use block::{Target, nanos};
pub(crate) use pack::{Matrix, Panels};
pub(crate) use tile::{Columns, Dense, Left, Out, Right, Steps, Table, height, tile};
pub(crate) use vector::{Job, Vector, tile_size, with_vectors};

/// out = a·b (+ out where `accumulate`): a `[.., m, k]`, b `[.., k, n]` with equal leading axes, out row-major `[.., m, n]`.
///
/// # Panics
/// If the shapes do not fit.
pub fn matmul<T: Real>(a: View<'_, T>, b: View<'_, T>, accumulate: bool, out: &mut [T]) {
    run(a, b, accumulate, out, None);
}

/// [`matmul`], and `epilogue(row, first column, numbers)` on each run of finished numbers while it is in the cache: a bias, an
/// activation. Rows count through all leading axes. Every number is in one run.
///
/// # Panics
/// If the shapes do not fit.
pub fn matmul_with<T: Real>(
    a: View<'_, T>,
    b: View<'_, T>,
    accumulate: bool,
    out: &mut [T],
    epilogue: impl Fn(usize, usize, &mut [T]) + Sync,
) {
    run(a, b, accumulate, out, Some(&epilogue));
}

fn run<T: Real>(a: View<'_, T>, b: View<'_, T>, accumulate: bool, out: &mut [T], epilogue: Epilogue<'_, T>) {
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
        if !accumulate {
            out.fill(T::ZERO);
        }
        if let Some(f) = epilogue {
            out.chunks_exact_mut(n).enumerate().for_each(|(i, row)| f(i, 0, row));
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
            one((m, k, n), matrix(a, 0, m, k), matrix(b, 0, k, n), Target(out.as_mut_ptr()), accumulate, epilogue);
        };
    }
    let (oa, ob) =
        (Offsets::new(&a.shape[..r - 2], &a.strides[..r - 2]), Offsets::new(&b.shape[..r - 2], &b.strides[..r - 2]));
    for (i, ((c, pa), pb)) in out.chunks_exact_mut(m * n).zip(oa).zip(ob).enumerate() {
        let (x, y) = (matrix(a, pa, m, k), matrix(b, pb, k, n));
        let shifted = epilogue.map(|f| move |row: usize, column: usize, run: &mut [T]| f(i * m + row, column, run));
        let epilogue = shifted.as_ref().map(|f| f as &(dyn Fn(usize, usize, &mut [T]) + Sync));
        // SAFETY: as above.
        unsafe { one((m, k, n), x, y, Target(c.as_mut_ptr()), accumulate, epilogue) }
    }
}

/// One product: by our tiles where the machine has the vectors that they are made for.
///
/// # Safety
/// Every number of a, b and c lies inside its storage, and nobody else uses c meanwhile.
unsafe fn one<T: Real>(
    (m, k, n): (usize, usize, usize),
    a: Matrix<T>,
    b: Matrix<T>,
    c: Target<T>,
    accumulate: bool,
    epilogue: Epilogue<'_, T>,
) {
    if level() != Level::Portable {
        // SAFETY: the caller's.
        return unsafe { block::product((m, k, n), a, b, c, accumulate, epilogue) };
    }
    // SAFETY: the caller's.
    unsafe { elsewhere::product((m, k, n), a, b, c, accumulate) };
    if let Some(f) = epilogue {
        for i in 0..m {
            // SAFETY: row i of c, which nobody else uses.
            f(i, 0, unsafe { std::slice::from_raw_parts_mut(c.at(i * n), n) });
        }
    }
}

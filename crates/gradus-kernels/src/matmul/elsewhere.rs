//! Machines that our tiles do not know (no AVX2): products by the `matrixmultiply` crate, row block by row block.

use super::block::{Target, nanos};
use super::pack::Matrix;
use crate::real::Real;
use crate::threads::for_each_piece_with;

/// Rows of a piece.
const ROWS: usize = 64;

/// c = a·b (+ c), c row-major `[m, n]`.
///
/// # Safety
/// Every number of a, b and c lies inside its storage, and nobody else uses c meanwhile.
pub(super) unsafe fn product<T: Real>(
    (m, k, n): (usize, usize, usize),
    a: Matrix<T>,
    b: Matrix<T>,
    c: Target<T>,
    accumulate: bool,
) {
    let (a_step, b_step) = ((a.row as isize, a.col as isize), (b.row as isize, b.col as isize));
    for_each_piece_with(m.div_ceil(ROWS), nanos::<T>(m * n * k), |i| {
        let (a, b, c) = (a, b, c);
        let (row, beta) = (i * ROWS, f64::from(u8::from(accumulate)));
        let rows = ROWS.min(m - row);
        // SAFETY: the piece's rows lie inside a and c, as the caller vouches, and no other piece writes them. `T` is `f32` or `f64` (the
        // trait is sealed), as its size says.
        unsafe {
            let (x, y) = (a.data.add(row * a.row), c.at(row * n));
            if size_of::<T>() == 4 {
                let (x, z, y) = (x.cast::<f32>(), b.data.cast::<f32>(), y.cast::<f32>());
                matrixmultiply::sgemm(
                    rows,
                    k,
                    n,
                    1.0,
                    x,
                    a_step.0,
                    a_step.1,
                    z,
                    b_step.0,
                    b_step.1,
                    beta as f32,
                    y,
                    n as isize,
                    1,
                );
            } else {
                let (x, z, y) = (x.cast::<f64>(), b.data.cast::<f64>(), y.cast::<f64>());
                matrixmultiply::dgemm(
                    rows, k, n, 1.0, x, a_step.0, a_step.1, z, b_step.0, b_step.1, beta, y, n as isize, 1,
                );
            }
        }
    });
}

#[cfg(test)]
mod tests {
    use super::{Matrix, Target, product};
    use crate::matmul::matmul;
    use crate::real::Real;
    use crate::view::View;

    fn same<T: Real>(tolerance: f64) {
        let (m, k, n) = (130, 17, 9);
        let numbers = |len: usize, by: f64| (0..len).map(|i| T::from_f64((i as f64 * by).sin())).collect::<Vec<T>>();
        let (a, b) = (numbers(m * k, 0.7), numbers(k * n, 0.3));
        for accumulate in [false, true] {
            let (mut ours, mut theirs) = (numbers(m * n, 0.1), numbers(m * n, 0.1));
            // b is read transposed.
            let view = View { data: &b, shape: &[k, n], strides: &[1, k] };
            matmul(View { data: &a, shape: &[m, k], strides: &[k, 1] }, view, accumulate, &mut ours);
            let (x, z) = (Matrix { data: a.as_ptr(), row: k, col: 1 }, Matrix { data: b.as_ptr(), row: 1, col: k });
            // SAFETY: the three vectors have the numbers that the shapes name.
            unsafe { product((m, k, n), x, z, Target(theirs.as_mut_ptr()), accumulate) };
            assert!(ours.iter().zip(&theirs).all(|(x, y)| (x.to_f64() - y.to_f64()).abs() < tolerance));
        }
    }

    #[test]
    fn the_crate_and_our_tiles_agree() {
        same::<f32>(1e-5);
        same::<f64>(1e-13);
    }
}

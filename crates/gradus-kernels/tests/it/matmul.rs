//! Products against the triple loop, over shapes, strides, batches and accumulation.

use gradus_kernels::matmul::matmul;
use gradus_kernels::{Real, View};

/// Small integers: every sum is exact, so results must be equal whatever the order.
fn numbers<T: Real>(n: usize, seed: u64) -> Vec<T> {
    let mut s = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    (0..n)
        .map(|_| {
            s ^= s << 13;
            s ^= s >> 7;
            s ^= s << 17;
            T::from_f64((s % 9) as f64 - 4.0)
        })
        .collect()
}

/// Layouts of a matrix of r rows and c columns: (length of the storage, strides).
fn layouts(r: usize, c: usize) -> [(usize, [usize; 2]); 4] {
    [(r * c, [c, 1]), (r * c, [1, r]), (r * (c + 3), [c + 3, 1]), (r * c * 6, [2, 2 * r * 3])]
}

fn check<T: Real>(m: usize, k: usize, n: usize) {
    check_left::<T>(m, k, n, &layouts(m, k));
}

fn check_left<T: Real>(m: usize, k: usize, n: usize, left: &[(usize, [usize; 2])]) {
    for &(la, sa) in left {
        for (lb, sb) in layouts(k, n) {
            let (a, b) = (numbers::<T>(la, 1), numbers::<T>(lb, 2));
            let (va, vb) =
                (View { data: &a, shape: &[m, k], strides: &sa }, View { data: &b, shape: &[k, n], strides: &sb });
            let mut expected = vec![T::ZERO; m * n];
            for i in 0..m {
                for l in 0..k {
                    let x = a[i * sa[0] + l * sa[1]];
                    for j in 0..n {
                        expected[i * n + j] += x * b[l * sb[0] + j * sb[1]];
                    }
                }
            }
            let mut out = vec![T::NAN; m * n];
            matmul(va, vb, false, &mut out);
            assert!(out == expected, "{m} x {k} x {n}, strides {sa:?} {sb:?}");
            matmul(va, vb, true, &mut out);
            assert!(
                out.iter().zip(&expected).all(|(&y, &e)| y == e + e),
                "accumulate {m} x {k} x {n}, strides {sa:?} {sb:?}"
            );
        }
    }
}

#[test]
fn every_small_shape() {
    for m in [1, 2, 3, 5, 6, 7, 8, 13] {
        for k in [0, 1, 2, 7, 9] {
            for n in [1, 2, 4, 8, 15, 16, 17, 33] {
                check::<f32>(m, k, n);
                check::<f64>(m, k, n);
            }
        }
    }
}

/// Panels of every number of vectors, whole and in part, in tiles of every height.
#[test]
fn every_width_and_height_of_a_tile() {
    for m in (57..70).step_by(3) {
        for n in [14, 16, 30, 32, 46, 47, 48, 49, 62, 63, 64, 65, 100, 130] {
            check::<f32>(m, 12, n);
            check::<f64>(m, 83, n);
        }
    }
}

#[test]
fn shapes_of_real_nets() {
    for (m, k, n) in
        [(32, 8, 50), (64, 64, 128), (128, 190, 190), (128, 512, 10), (64, 33, 1), (1, 300, 70), (1, 1000, 1)]
    {
        check::<f32>(m, k, n);
        check::<f64>(m, k, n);
    }
}

#[test]
fn blocks_in_every_direction() {
    for (m, k, n) in [(200, 700, 40), (31, 1100, 300), (400, 20, 130), (70, 60, 1100), (257, 259, 263), (219, 410, 200)]
    {
        check::<f32>(m, k, n);
        check::<f64>(m, k, n);
    }
}

/// The longest run of k that a panel may have, and a number beyond, for every number of vectors of a piece.
#[test]
fn long_runs_of_narrow_pieces() {
    for k in [288, 289, 320, 321, 400, 401, 533, 534, 640, 800, 801, 1600, 1601] {
        for n in [2, 7, 8, 10, 16, 17, 31, 33, 48, 50, 64] {
            check::<f32>(70, k, n);
            check::<f64>(70, k, n);
        }
    }
}

/// Rows of a left operand whose steps lie pages apart: some columns of a wide matrix, transposed.
#[test]
fn steps_that_lie_far_apart() {
    for (m, k, n) in [(1, 5, 70), (13, 333, 65), (60, 321, 130), (250, 40, 97), (16, 700, 33), (227, 300, 140)] {
        let wide = [(k * 2048, [1, 2048])];
        check_left::<f32>(m, k, n, &wide);
        check_left::<f64>(m, k, n, &wide);
    }
}

#[test]
fn batches_and_broadcasts() {
    let (m, k, n) = (5, 6, 7);
    let (a, b) = (numbers::<f32>(4 * m * k, 1), numbers::<f32>(3 * k * n, 2));
    let va = View { data: &a, shape: &[2, 3, m, k], strides: &[m * k, 0, k, 1] };
    let vb = View { data: &b, shape: &[2, 3, k, n], strides: &[0, k * n, 1, k] };
    let mut out = vec![f32::NAN; 6 * m * n];
    matmul(va, vb, false, &mut out);
    for i in 0..2 {
        for j in 0..3 {
            let mut one = vec![0.0; m * n];
            let a = View { data: &a[i * m * k..], shape: &[m, k], strides: &[k, 1] };
            let b = View { data: &b[j * k * n..], shape: &[k, n], strides: &[1, k] };
            matmul(a, b, false, &mut one);
            assert_eq!(out[(i * 3 + j) * m * n..][..m * n], one);
        }
    }
}

#[test]
fn broadcast_rows_and_columns() {
    let x = numbers::<f64>(40, 3);
    for (m, k, n) in [(7, 5, 9), (40, 40, 40)] {
        let a = View { data: &x, shape: &[m, k], strides: &[0, 1] };
        let b = View { data: &x, shape: &[k, n], strides: &[1, 0] };
        let dot: f64 = x[..k].iter().map(|v| v * v).sum();
        let mut out = vec![f64::NAN; m * n];
        matmul(a, b, false, &mut out);
        assert!(out.iter().all(|&y| y == dot));
    }
}

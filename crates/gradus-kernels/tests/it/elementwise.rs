//! Elementwise loops over operands that lie in every way against plain indexing.

use gradus_kernels::{Real, View, elementwise};

/// Every number of two operands of `shape` with these strides, joined by a function that tells them apart.
fn agrees<T: Real>(shape: &[usize; 2], strides: [[usize; 2]; 3]) {
    let [m, n] = *shape;
    let numbers: Vec<T> = (0..m * n * 3 + 7).map(|i| T::from_f64((i * 37 % 1009) as f64)).collect();
    let reach = |s: &[usize; 2]| 1 + (m - 1) * s[0] + (n - 1) * s[1];
    let views = strides.each_ref().map(|s| View { data: &numbers[..reach(s)], shape, strides: s });
    let mut out = vec![T::NAN; m * n];
    let join = |x: [T; 3]| x[0] + T::from_f64(3.0) * x[1] - T::from_f64(5.0) * x[2];
    elementwise(views, &mut out, |x, y| {
        for i in 0..y.len() {
            y[i] = join([x[0][i], x[1][i], x[2][i]]);
        }
    });
    for i in 0..m {
        for j in 0..n {
            let expected = join(strides.map(|s| numbers[i * s[0] + j * s[1]]));
            assert!(out[i * n + j] == expected, "{shape:?} {strides:?}: number ({i}, {j})");
        }
    }
}

#[test]
fn matrices_that_lie_in_every_way() {
    for shape @ [m, n] in [[1, 1], [1, 40], [40, 1], [3, 5], [64, 32], [65, 33], [64, 128], [300, 170], [700, 9]] {
        let ways = [[n, 1], [1, m], [0, 1], [1, 0], [2 * n, 2], [1, m + 2], [n + 1, 1]];
        for (a, &x) in ways.iter().enumerate() {
            for (b, &y) in ways.iter().enumerate() {
                // Three operands, the third in its turn.
                let strides = [x, y, ways[(a + b) % ways.len()]];
                agrees::<f32>(&shape, strides);
                agrees::<f64>(&shape, strides);
            }
        }
    }
}

/// Runs longer than a piece of work are cut, also where an operand is one number all along.
#[test]
fn runs_longer_than_a_piece() {
    for shape @ [m, n] in [[1, 70_001], [3, 40_007], [2, 98_304], [70_001, 1]] {
        for (a, b) in [([n, 1], [0, 0]), ([0, 0], [1, 0]), ([0, 2], [2 * n, 2]), ([1, m], [n, 1])] {
            agrees::<f32>(&shape, [a, b, [0, 0]]);
            agrees::<f64>(&shape, [b, a, [n, 1]]);
        }
    }
}

//! Identity, Dirac, sparse, gates, stacks.

use crate::{kolmogorov, rng};
use gradus_init::ndarray::{Array1, Array2, Array3, Array4, s};
use gradus_init::{
    Scheme, constant, delta_orthogonal, dirac, eye, gates, glorot_normal, identity, ones, orthogonal, rotations,
    sparse, zeros,
};

#[test]
fn constants_and_identities() {
    assert!(zeros().sample::<f32, _>((2, 3), &mut rng(1)).iter().all(|&w| w == 0.0));
    assert!(ones().sample::<f64, _>(4, &mut rng(1)).iter().all(|&w| w == 1.0));
    assert!(constant(-0.3).sample::<f64, _>((2, 2, 2), &mut rng(1)).iter().all(|&w| w == -0.3));
    assert_eq!(eye().sample::<f64, _>((4, 4), &mut rng(1)), Array2::<f64>::eye(4));
    let tall: Array2<f64> = identity(0.5).sample((5, 3), &mut rng(1));
    assert_eq!(tall.dot(&Array1::from(vec![1.0, 2.0, 4.0])).to_vec(), [0.5, 1.0, 2.0, 0.0, 0.0]);
}

/// A naive grouped convolution with "same" padding.
fn convolve(w: &Array4<f64>, x: &Array3<f64>, groups: usize) -> Array3<f64> {
    let (n_out, per_in, kh, kw) = w.dim();
    let (_, h, v) = x.dim();
    Array3::from_shape_fn((n_out, h, v), |(o, r, c)| {
        let first = o / (n_out / groups) * per_in;
        let mut sum = 0.0;
        for ((i, a), b) in
            (0..per_in).flat_map(|i| (0..kh).map(move |a| (i, a))).flat_map(|t| (0..kw).map(move |b| (t, b)))
        {
            let (row, column) = ((r + a).wrapping_sub(kh / 2), (c + b).wrapping_sub(kw / 2));
            if row < h && column < v {
                sum += w[[o, i, a, b]] * x[[first + i, row, column]];
            }
        }
        sum
    })
}

#[test]
fn dirac_copies_its_input() {
    let x: Array3<f64> = glorot_normal().sample((6, 5, 4), &mut rng(2));
    for groups in [1, 2, 3] {
        let w: Array4<f64> = dirac(groups).sample((6, 6 / groups, 3, 5), &mut rng(1));
        assert_eq!(convolve(&w, &x, groups), x);
    }
}

#[test]
fn delta_orthogonal_keeps_the_norm_of_an_image() {
    let x: Array3<f64> = glorot_normal().sample((6, 5, 4), &mut rng(3));
    let w: Array4<f64> = delta_orthogonal(2.0).sample((9, 6, 3, 3), &mut rng(4));
    let norm = |x: &Array3<f64>| x.iter().map(|x| x * x).sum::<f64>().sqrt();
    assert!((norm(&convolve(&w, &x, 1)) / norm(&x) - 2.0).abs() < 1e-13);
    assert_eq!(w.iter().filter(|&&w| w != 0.0).count(), 54);
}

#[test]
fn sparse_rows_have_their_connections_at_random_places() {
    let w: Array2<f32> = sparse(15, 1.0).sample((2000, 100), &mut rng(5));
    assert!(w.rows().into_iter().all(|row| row.iter().filter(|&&w| w != 0.0).count() == 15));
    // Every column is drawn equally often: 300 ± 5·√(2000·0.15·0.85).
    assert!(w.columns().into_iter().all(|c| (c.iter().filter(|&&w| w != 0.0).count() as f64 - 300.0).abs() < 80.0));
    let all: Array2<f32> = sparse(15, 1.0).sample((3, 4), &mut rng(5));
    assert!(all.iter().all(|&w| w != 0.0));
}

#[test]
fn gates_are_layers_of_their_own() {
    let u: Array2<f64> = gates([orthogonal(1.0); 4]).sample((4 * 7, 7), &mut rng(6));
    for g in 0..4 {
        let block = u.slice(s![7 * g..7 * (g + 1), ..]);
        let defect = (block.t().dot(&block) - Array2::<f64>::eye(7)).mapv(f64::abs).fold(0.0, |m: f64, &x| m.max(x));
        assert!(defect < 1e-14);
    }
    assert_ne!(u.slice(s![..7, ..]), u.slice(s![7..14, ..]));
    // A Glorot gate has fan_out n_hidden: 2/(30 + 30) and not 2/(30 + 120).
    let w: Array2<f64> = gates([glorot_normal(); 4]).sample((4000, 1000), &mut rng(7));
    let variance = w.iter().map(|w| w * w).sum::<f64>() / 4e6;
    assert!((variance - 1e-3).abs() < 5.0 * 1e-3 * (2.0_f64 / 4e6).sqrt());
}

#[test]
fn stacks_are_filled_matrix_by_matrix() {
    let w: Array4<f64> = orthogonal(1.0).batched().sample((2, 3, 6, 4), &mut rng(8));
    for (i, j) in (0..2).flat_map(|i| (0..3).map(move |j| (i, j))) {
        let q: Array2<f64> = w.slice(s![i, j, .., ..]).to_owned();
        let defect = (q.t().dot(&q) - Array2::<f64>::eye(4)).mapv(f64::abs).fold(0.0, |m: f64, &x| m.max(x));
        assert!(defect < 1e-14);
    }
}

/// Plane rotations: orthogonal, of determinant 1, zero off the blocks, angles uniform in ±largest (Kolmogorov-Smirnov).
#[test]
fn rotations_are_orthogonal_with_uniform_angles() {
    let largest = 2.0;
    let w: Array2<f64> = rotations(largest).sample((2001, 2001), &mut rng(9));
    let mut angles = Vec::new();
    for k in 0..1000 {
        let block = w.slice(s![2 * k..2 * k + 2, 2 * k..2 * k + 2]);
        let (c, s) = (block[[0, 0]], block[[1, 0]]);
        assert!(block[[1, 1]] == c && block[[0, 1]] == -s && (c * c + s * s - 1.0).abs() < 1e-15);
        angles.push(s.atan2(c));
    }
    assert!(w[[2000, 2000]] == 1.0 && w.iter().filter(|&&w| w != 0.0).count() <= 4001);
    let ks = kolmogorov(angles, |t| ((t + largest) / (2.0 * largest)).clamp(0.0, 1.0));
    assert!(ks < 1.95, "{ks}");
    // As gates of a recurrent weight, block by block.
    let u: Array2<f64> = gates([rotations(1.0), rotations(3.0)]).sample((8, 4), &mut rng(10));
    for g in 0..2 {
        let block = u.slice(s![4 * g..4 * (g + 1), ..]);
        assert!((block.t().dot(&block) - Array2::<f64>::eye(4)).iter().all(|d| d.abs() < 1e-15));
    }
}

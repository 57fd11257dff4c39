//! Haar-distributed orthogonal weights.

use crate::scheme::{Scheme, Target, on_numbers};
use gradus_kernels::linalg::qr_q;
use gradus_kernels::random::{Key, fill_normal};
use gradus_kernels::{Real, Shared, SliceMut};

/// A multiple of an orthogonal matrix: see [`orthogonal`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Orthogonal {
    gain: f64,
}

/// W = gain·Q for `(n_out, n_in)`, Q uniform (Haar) among the matrices with QᵀQ = I (n_out ≥ n_in) or QQᵀ = I (n_out ≤ n_in).
///
/// So ‖Wx‖ = gain·‖x‖ for n_out ≥ n_in, and ‖Wᵀg‖ = gain·‖g‖ for n_out ≤ n_in: for n_out = n_in a layer keeps the norms of
/// signals and of gradients, and all singular values are gain (Saxe, McClelland & Ganguli 2014). A weight with more axes is the matrix
/// `(n_out, product of the others)`; for convolutions see [`delta_orthogonal`](crate::delta_orthogonal()), for gates
/// [`gates`](crate::gates), for stacks [`Scheme::batched`].
///
/// Q is that of A = QR, A of independent normals, with the signs for which R has a positive diagonal (without them Q is not
/// uniform: Mezzadri 2007). A itself is never factored: what reflection j leaves of a Gaussian matrix is Gaussian again, so its
/// vectors are drawn (Stewart 1980, section 3), at half the cost.
///
/// # Panics
/// If `gain` is not finite; when filled, if the weight has fewer than two axes.
#[track_caller]
#[doc(alias = "orthogonal_")]
pub fn orthogonal(gain: f64) -> Orthogonal {
    assert!(gain.is_finite(), "orthogonal: the gain must be finite, got {gain}");
    Orthogonal { gain }
}

impl Scheme for Orthogonal {
    fn write(&self, target: &Target<'_>, key: Key, out: SliceMut<'_>) {
        let (rows, columns) = target.matrix("orthogonal");
        on_numbers!(out, out => haar(rows, columns, self.gain, key, out));
    }
}

/// out (rows x columns) = gain·Q, with orthonormal columns or, if there are more columns than rows, orthonormal rows.
pub(crate) fn haar<T: Real>(rows: usize, columns: usize, gain: f64, key: Key, out: &mut [T]) {
    if rows >= columns {
        return tall(rows, columns, gain, key, out);
    }
    let mut room = Shared::stale(rows * columns);
    let transposed = room.get_mut().unwrap_or_default();
    tall(columns, rows, gain, key, transposed);
    for (i, row) in out.chunks_exact_mut(columns).enumerate() {
        row.iter_mut().zip(transposed[i..].iter().step_by(rows)).for_each(|(x, &q)| *x = q);
    }
}

/// out (m x n, m ≥ n) = gain·H₀·H₁·…·H_{n−1}·D, D the signs.
fn tall<T: Real>(m: usize, n: usize, gain: f64, key: Key, out: &mut [T]) {
    if n == 0 {
        return;
    }
    let mut room = Shared::stale(m * n);
    let a = room.get_mut().unwrap_or_default();
    fill_normal(key, 0, a);
    // Column j on and below the diagonal is the vector that reflection j maps to β e₀, |β| its norm. Sums are made in f64 and row
    // by row, as the numbers lie.
    let squares = |a: &[T], from: usize| {
        let mut sum = vec![0.0; n];
        for (i, row) in a.chunks_exact(n).enumerate() {
            for j in 0..n.min((i + 1).saturating_sub(from)) {
                let x = row[j].to_f64();
                sum[j] += x * x;
            }
        }
        sum
    };
    let norms = squares(a, 0);
    // The divisor (the first entry of x − β e₀), and D: the sign of −β.
    let mut divide = vec![T::ONE; n];
    let mut scale = vec![T::ZERO; n];
    for j in 0..n {
        let top = a[j * n + j].to_f64();
        let beta = -norms[j].sqrt().copysign(top);
        if beta != 0.0 {
            divide[j] = T::from_f64(1.0 / (top - beta));
        }
        scale[j] = T::from_f64(if beta < 0.0 { -gain } else { gain });
    }
    for (i, row) in a.chunks_exact_mut(n).enumerate() {
        for j in 0..n.min(i) {
            row[j] *= divide[j];
        }
    }
    // τ = 2/vᵀv for the v that was kept, so that the reflection is orthogonal whatever v's rounding.
    let tau: Vec<T> = squares(a, 1).iter().map(|s| T::from_f64(2.0 / (1.0 + s))).collect();
    qr_q(m, n, n, a, &tau, out);
    for row in out.chunks_exact_mut(n) {
        row.iter_mut().zip(&scale).for_each(|(x, &d)| *x *= d);
    }
}

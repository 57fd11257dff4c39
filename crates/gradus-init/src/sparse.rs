//! Sparse weights: each unit listens to a few inputs.

use crate::scheme::{Scheme, Target, on_numbers};
use gradus_kernels::random::{Key, fill_bits, fill_normal_with};
use gradus_kernels::{Real, SliceMut};

/// A few normal weights a unit, the others 0: see [`sparse`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sparse {
    connections: usize,
    sd: f64,
}

/// Exactly min(`connections`, n_in) weights of every row of `(n_out, n_in)` are N(0, sd²), at places drawn without replacement; the
/// others are 0. So Var z = connections·sd²·E\[x²\], whatever n_in (Martens 2010, section 5: 15 connections).
///
/// A convolution's row is a whole kernel, n_in·∏k. (PyTorch's `sparse_` counts zeros by column, that is, by input.)
///
/// # Panics
/// If `sd` is negative or not finite; when filled, if the weight has fewer than two axes.
#[track_caller]
#[doc(alias = "sparse_")]
pub fn sparse(connections: usize, sd: f64) -> Sparse {
    assert!(sd >= 0.0 && sd.is_finite(), "sparse: the standard deviation must be finite and not negative, got {sd}");
    Sparse { connections, sd }
}

impl Scheme for Sparse {
    fn write(&self, target: &Target<'_>, key: Key, out: SliceMut<'_>) {
        let (_, n) = target.matrix("sparse");
        on_numbers!(out, out => self.draw(n, key, out));
    }
}

impl Sparse {
    fn draw<T: Real>(&self, n: usize, key: Key, out: &mut [T]) {
        fill_normal_with(key.child(0), 0, T::ZERO, T::from_f64(self.sd), out);
        if self.connections >= n {
            return;
        }
        let places = key.child(1);
        let (mut words, mut order) = (vec![0; n], Vec::with_capacity(n));
        for (i, row) in out.chunks_exact_mut(n).enumerate() {
            fill_bits(places, (i * n) as u64, &mut words);
            // The smallest words win; ties go by place.
            order.clear();
            order.extend(words.iter().copied().zip(0..n));
            order.select_nth_unstable(self.connections);
            for &(_, j) in &order[self.connections..] {
                row[j] = T::ZERO;
            }
        }
    }
}

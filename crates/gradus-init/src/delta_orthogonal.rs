//! Orthogonal convolutions: an orthogonal matrix at the centre of the kernel.

use crate::orthogonal::haar;
use crate::scheme::{Scheme, Target, on_numbers};
use crate::structured::centre;
use gradus_kernels::random::Key;
use gradus_kernels::{Real, SliceMut};

/// A kernel that is zero but for its centre: see [`delta_orthogonal`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DeltaOrthogonal {
    gain: f64,
}

/// A kernel `(n_out, n_in, k₁, k₂, …)` that is gain times a Haar-distributed orthogonal matrix at the centre ⌊k/2⌋ and 0 elsewhere.
///
/// With "same" padding and odd k the convolution applies that matrix at every pixel, so for n_out ≥ n_in it keeps the norm of an
/// image, and with n_out = n_in that of a gradient too (Xiao et al. 2018, section 3.3; nets of 10,000 layers train with it).
/// [`orthogonal`](crate::orthogonal()) on a kernel keeps no norms: shifted copies of a patch overlap. For n_out < n_in the matrix has
/// orthonormal rows.
///
/// # Panics
/// If `gain` is not finite; when filled, if the weight has fewer than three axes.
#[track_caller]
pub fn delta_orthogonal(gain: f64) -> DeltaOrthogonal {
    assert!(gain.is_finite(), "delta_orthogonal: the gain must be finite, got {gain}");
    DeltaOrthogonal { gain }
}

impl Scheme for DeltaOrthogonal {
    fn write(&self, target: &Target<'_>, key: Key, out: SliceMut<'_>) {
        let [n_out, n_in, ref kernel @ ..] = *target.shape() else {
            panic!("delta_orthogonal: needs a kernel (n_out, n_in, k₁, …), got shape {:?}", target.shape())
        };
        assert!(
            !kernel.is_empty(),
            "delta_orthogonal: a matrix has no kernel, got shape {:?}; use orthogonal()",
            target.shape()
        );
        on_numbers!(out, out => draw(n_out, n_in, kernel, self.gain, key, out));
    }
}

fn draw<T: Real>(n_out: usize, n_in: usize, kernel: &[usize], gain: f64, key: Key, out: &mut [T]) {
    out.fill(T::ZERO);
    let mut matrix = vec![T::ZERO; n_out * n_in];
    haar(n_out, n_in, gain, key, &mut matrix);
    let field = kernel.iter().product::<usize>();
    out.iter_mut().skip(centre(kernel)).step_by(field.max(1)).zip(matrix).for_each(|(x, w)| *x = w);
}

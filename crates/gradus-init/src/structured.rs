//! Weights that pass the input on: identity and Dirac.

use crate::scheme::{Scheme, Target, on_numbers};
use gradus_kernels::random::Key;
use gradus_kernels::{Real, SliceMut};

/// A multiple of the identity: see [`identity`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Identity {
    gain: f64,
}

/// W\[i, j\] = gain where i = j, else 0, for `(n_out, n_in)` of any lengths: z = gain·x on the first min(n_in, n_out) units.
///
/// For the state of ReLU recurrent nets (Le, Jaitly & Hinton 2015, section 3); stacked gates: [`gates`](crate::gates).
pub fn identity(gain: f64) -> Identity {
    Identity { gain }
}

/// [`identity`] with gain 1.
#[doc(alias = "eye_")]
pub fn eye() -> Identity {
    identity(1.0)
}

impl Scheme for Identity {
    fn write(&self, target: &Target<'_>, _: Key, out: SliceMut<'_>) {
        let [rows, columns] = *target.shape() else {
            panic!(
                "identity: needs a matrix (n_out, n_in), got shape {:?}; for convolutions use dirac()",
                target.shape()
            )
        };
        on_numbers!(out, out => {
            out.fill(Real::ZERO);
            for i in 0..rows.min(columns) {
                out[i * columns + i] = Real::from_f64(self.gain);
            }
        });
    }
}

/// A convolution that copies its input: see [`dirac`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Dirac {
    groups: usize,
}

/// A kernel `(n_out, n_in / groups, k₁, k₂, …)` with 1 at the centre ⌊k/2⌋ of channel pair (i, i) of every group, else 0:
/// with "same" padding and odd k the convolution copies min(n_in, n_out) / groups channels a group (Zagoruyko & Komodakis 2017).
///
/// # Panics
/// If `groups` is 0; when filled, if it does not divide n_out, or the weight has fewer than three axes.
#[track_caller]
#[doc(alias = "dirac_")]
pub fn dirac(groups: usize) -> Dirac {
    assert!(groups > 0, "dirac: needs one group or more, got 0");
    Dirac { groups }
}

impl Scheme for Dirac {
    fn write(&self, target: &Target<'_>, _: Key, out: SliceMut<'_>) {
        let [n_out, n_in, ref kernel @ ..] = *target.shape() else {
            panic!("dirac: needs a kernel (n_out, n_in, k₁, …), got shape {:?}", target.shape())
        };
        assert!(!kernel.is_empty(), "dirac: a matrix has no kernel, got shape {:?}; use eye()", target.shape());
        assert!(n_out.is_multiple_of(self.groups), "dirac: {} groups do not divide {n_out} outputs", self.groups);
        let (field, per_group) = (kernel.iter().product::<usize>(), n_out / self.groups);
        let centre = centre(kernel);
        on_numbers!(out, out => {
            out.fill(Real::ZERO);
            if field == 0 {
                return;
            }
            for g in 0..self.groups {
                for i in 0..per_group.min(n_in) {
                    out[((g * per_group + i) * n_in + i) * field + centre] = Real::ONE;
                }
            }
        });
    }
}

/// The row-major position of the centre ⌊k/2⌋ of a kernel.
pub(crate) fn centre(kernel: &[usize]) -> usize {
    kernel.iter().fold(0, |at, &k| at * k + k / 2)
}

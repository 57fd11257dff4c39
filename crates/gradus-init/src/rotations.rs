//! Block-diagonal rotations of the plane: orthogonal starts for recurrent weights.

use crate::scheme::{Scheme, Target, on_numbers};
use gradus_kernels::random::{Key, fill_uniform};
use gradus_kernels::{Real, SliceMut};

/// Blocks (cos t, −sin t; sin t, cos t) along the diagonal: see [`rotations`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rotations {
    largest: f64,
}

/// W `(n, n)` of ⌊n/2⌋ plane rotations by independent angles t ~ U[−`largest`, `largest`], with 1 left over for odd n: WᵀW = I, det W = 1.
///
/// With `largest` = π the eigenvalues fill the circle evenly, the start of Henaff, Szlam & LeCun (2016) for copying and adding tasks;
/// with a smaller one W is near the identity and the state changes slowly.
///
/// ```
/// use gradus_init::{ndarray::Array2, rotations, Scheme};
/// # use gradus_init::rand::{SeedableRng, rngs::Xoshiro256PlusPlus};
/// # let rng = &mut Xoshiro256PlusPlus::seed_from_u64(1);
/// let w: Array2<f64> = rotations(std::f64::consts::PI).sample((4, 4), rng);
/// assert!((w.t().dot(&w)[(0, 0)] - 1.0).abs() < 1e-15 && w[(0, 2)] == 0.0);
/// ```
///
/// # Panics
/// If `largest` is not finite; when filled, if the weight is not a square matrix.
#[track_caller]
#[doc(alias = "henaff")]
pub fn rotations(largest: f64) -> Rotations {
    assert!(largest.is_finite(), "rotations: the largest angle must be finite, got {largest}");
    Rotations { largest }
}

impl Scheme for Rotations {
    fn write(&self, target: &Target<'_>, key: Key, out: SliceMut<'_>) {
        let n = match *target.shape() {
            [rows, columns] if rows == columns => rows,
            _ => panic!("rotations: needs a square matrix, got shape {:?}; use orthogonal(1.0)", target.shape()),
        };
        let mut angles = vec![0.0_f64; n / 2];
        fill_uniform(key, 0, &mut angles);
        on_numbers!(out, out => {
            out.fill(Real::ZERO);
            if n % 2 == 1 {
                out[n * n - 1] = Real::ONE;
            }
            for (k, u) in angles.iter().enumerate() {
                let (sin, cos) = (self.largest * (2.0 * u - 1.0)).sin_cos();
                let at = 2 * k * (n + 1);
                out[at] = Real::from_f64(cos);
                out[at + n + 1] = Real::from_f64(cos);
                out[at + 1] = Real::from_f64(-sin);
                out[at + n] = Real::from_f64(sin);
            }
        });
    }
}

//! Singular values of a layer's Jacobian ∂y/∂x.

use crate::error::Result;
use gradus_tensor::{Grad, Real, Tensor};

/// The singular values of the Jacobians ∂y/∂x of a layer at one sample or several. All equal to 1 is *dynamical isometry* (Saxe et al.
/// 2014; Pennington, Schoenholz & Ganguli 2017): no direction of signal or gradient is stretched or lost.
#[derive(Clone, Debug, PartialEq)]
pub struct Spectrum {
    values: Vec<f64>,
}

impl Spectrum {
    /// All singular values of all Jacobians, falling.
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// σ_max.
    pub fn largest(&self) -> f64 {
        self.values.first().copied().unwrap_or(f64::NAN)
    }

    /// σ_min.
    pub fn smallest(&self) -> f64 {
        self.values.last().copied().unwrap_or(f64::NAN)
    }

    /// σ_max/σ_min: 1 for a multiple of an isometry.
    pub fn spread(&self) -> f64 {
        self.largest() / self.smallest()
    }

    /// Those of ∂yₛ/∂xₛ for the first samples s, if x and y have one sample each along the first axis and not too many numbers.
    ///
    /// Row i of a Jacobian is the cotangent of x for a 1 at number i of the sample's output; other samples have zeros, so that layers which
    /// look at the whole batch (batch norm in training) have the Jacobian of a sample with itself.
    pub(super) fn of<T: Real>(y: &Tensor<T>, x: &Tensor<T>, samples: usize, most: usize) -> Result<Option<Self>> {
        let batch = y.shape().first().copied().unwrap_or(0);
        if x.shape().first() != Some(&batch) || batch == 0 {
            return Ok(None);
        }
        let (n_out, n_in) = (y.len() / batch, x.len() / batch);
        if n_out * n_in == 0 || n_out * n_in > most {
            return Ok(None);
        }
        let mut values = Vec::new();
        for s in 0..samples.min(batch) {
            let mut rows = Vec::with_capacity(n_out * n_in);
            for i in 0..n_out {
                let one = Tensor::build(y.shape(), |u| {
                    u.fill(T::ZERO);
                    u[s * n_out + i] = T::ONE;
                });
                let row = Grad::of(y).cotangent(&one).wrt(x).allow_unused().run()?;
                rows.extend_from_slice(&row.to_vec()[s * n_in..(s + 1) * n_in]);
            }
            let jacobian = Tensor::from_slice(&[n_out, n_in], &rows);
            values.extend(jacobian.singular_values()?.to_vec().iter().map(|s| s.to_f64()));
        }
        values.sort_by(|a, b| b.total_cmp(a));
        Ok(Some(Spectrum { values }))
    }
}

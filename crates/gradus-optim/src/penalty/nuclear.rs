//! The sum of the singular values of each weight.

use super::select::{selectable, sum};
use super::{At, Penalty, Select};
use crate::error::{Error, Kind};
use gradus_tensor::{Module, Real, Tensor};

/// See [`nuclear`].
#[derive(Clone, Debug)]
pub struct Nuclear {
    lambda: f64,
    select: Select,
}

/// λ Σ_ℓ ‖W_ℓ‖_*, each weight taken as a matrix `[n_out, rest]`: it lowers ranks as the sum of absolute values lowers counts.
/// Source: Fazel, Hindi & Boyd 2001.
///
/// See [`nuclear_norm`] for its derivatives. With the feature `linalg` by faer, else by Jacobi's rotations, which are slower.
#[doc(alias = "trace_norm")]
#[doc(alias = "low_rank")]
pub fn nuclear(lambda: f64) -> Nuclear {
    Nuclear { lambda, select: Select::Weights }
}

selectable!(Nuclear);

/// ‖W‖_* = Σ σᵢ of a matrix `[m, n]`, tracked.
///
/// The gradient is U Vᵀ, over the singular values that are not 0 (the smallest of the subgradients). Further derivatives exist where none
/// is 0, also where some are equal.
///
/// # Errors
/// If an entry is not finite.
///
/// # Panics
/// If `w` is not a matrix; in a second derivative where a singular value is 0.
pub fn nuclear_norm<T: Real>(w: &Tensor<T>) -> Result<Tensor<T>, Error> {
    assert!(w.rank() == 2, "nuclear_norm: needs a matrix, got shape {:?}", w.shape());
    w.nuclear_norm().map_err(|e| Error::new(Kind::NonFinite, e.to_string()))
}

impl<N: Module, B> Penalty<N, B> for Nuclear {
    fn name(&self) -> &str {
        "nuclear"
    }

    fn value(&self, at: At<'_, N, B>) -> Result<Tensor<N::Elem>, Error> {
        let weights = self.select.values("nuclear", at.net)?;
        let term = |w: &Tensor<N::Elem>| {
            let units = w.shape().first().copied().unwrap_or(1);
            nuclear_norm(&w.reshape(&[units, w.len() / units]))
        };
        let terms = weights.iter().filter(|w| !w.is_empty()).map(term).collect::<Result<Vec<_>, Error>>()?;
        Ok(sum(terms) * self.lambda)
    }
}

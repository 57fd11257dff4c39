//! The squared Frobenius norm of the weights.

use super::select::selectable;
use super::{At, Penalty, Select};
use crate::error::Error;
use gradus_tensor::{Module, Tensor, sum_of_squares};

/// See [`frobenius_sq`].
#[derive(Clone, Debug)]
pub struct FrobeniusSq {
    lambda: f64,
    select: Select,
}

/// λ Σ_ℓ ‖W_ℓ‖_F² over the weights (of a constrained weight: its image), not biases or scales unless asked.
///
/// Its gradient is 2λW: the path of descent is that of coupled weight decay 2λ.
#[doc(alias = "l2")]
pub fn frobenius_sq(lambda: f64) -> FrobeniusSq {
    FrobeniusSq { lambda, select: Select::Weights }
}

selectable!(FrobeniusSq);

impl<N: Module, B> Penalty<N, B> for FrobeniusSq {
    fn name(&self) -> &str {
        "frobenius_sq"
    }

    fn value(&self, at: At<'_, N, B>) -> Result<Tensor<N::Elem>, Error> {
        let weights = self.select.values("frobenius_sq", at.net)?;
        Ok(sum_of_squares(&weights) * self.lambda)
    }
}

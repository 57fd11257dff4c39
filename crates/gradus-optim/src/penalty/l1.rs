//! The sum of the absolute values of the weights.

use super::select::{selectable, sum};
use super::{At, Penalty, Select};
use crate::error::Error;
use gradus_tensor::{Module, Tensor};

/// See [`l1`].
#[derive(Clone, Debug)]
pub struct L1 {
    lambda: f64,
    select: Select,
}

/// λ Σ |w| over the weights; the derivative at 0 is 0.
#[doc(alias = "lasso")]
pub fn l1(lambda: f64) -> L1 {
    L1 { lambda, select: Select::Weights }
}

selectable!(L1);

impl<N: Module, B> Penalty<N, B> for L1 {
    fn name(&self) -> &str {
        "l1"
    }

    fn value(&self, at: At<'_, N, B>) -> Result<Tensor<N::Elem>, Error> {
        let weights = self.select.values("l1", at.net)?;
        // |w| = relu(w) + relu(−w), whose derivative at 0 is 0.
        Ok(sum(weights.iter().map(|w| (w.relu() + (-w).relu()).sum())) * self.lambda)
    }
}

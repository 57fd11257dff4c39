//! The group lasso over output units.

use super::select::{root, selectable, sum};
use super::{At, Penalty, Select};
use crate::error::Error;
use gradus_tensor::{Module, Tensor};

/// See [`group`].
#[derive(Clone, Debug)]
pub struct Group {
    lambda: f64,
    select: Select,
}

/// λ Σ_g √n_g ‖w_g‖₂, a group being everything that belongs to one output unit (a row of W, a kernel of a convolution).
///
/// It drives whole units to 0. The derivative at w_g = 0 is 0. Source: Yuan & Lin 2006.
#[doc(alias = "group_lasso")]
pub fn group(lambda: f64) -> Group {
    Group { lambda, select: Select::Weights }
}

selectable!(Group);

impl<N: Module, B> Penalty<N, B> for Group {
    fn name(&self) -> &str {
        "group"
    }

    fn value(&self, at: At<'_, N, B>) -> Result<Tensor<N::Elem>, Error> {
        let weights = self.select.values("group", at.net)?;
        let term = |w: &Tensor<N::Elem>| {
            let units = w.shape().first().copied().unwrap_or(1);
            let size = w.len() / units.max(1);
            root(&w.reshape(&[units, size]).square().sum_axes(&[1], false)).sum() * (size as f64).sqrt()
        };
        Ok(sum(weights.iter().filter(|w| !w.is_empty()).map(term)) * self.lambda)
    }
}

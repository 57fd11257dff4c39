//! Penalties: functions of the weights, of the data term's gradient, of inputs. All are differentiated exactly.

mod curvature;
mod frobenius;
mod gradient_norm;
mod gradient_norm_difference;
mod group;
mod input_gradient;
mod jacobian;
mod l1;
mod nuclear;
mod select;
mod spectral;

pub use curvature::{Curvature, curvature, hessian_trace};
pub use frobenius::{FrobeniusSq, frobenius_sq};
pub use gradient_norm::{GradientNormSq, gradient_norm_sq};
pub use gradient_norm_difference::{GradientNormSqDifference, gradient_norm_sq_difference};
pub use group::{Group, group};
pub use input_gradient::{InputGradientSq, input_gradient_norms_sq, input_gradient_sq, r1, r2, wgan_gp};
pub use jacobian::{JacobianSq, jacobian_norm_sq, jacobian_norm_sq_estimate, jacobian_sq};
pub use l1::{L1, l1};
pub use nuclear::{Nuclear, nuclear, nuclear_norm};
pub use select::Select;
pub use spectral::{Spectral, spectral, spectral_norm};

use crate::error::Error;
use gradus_tensor::{Mode, Module, Tensor};

/// Where a penalty is taken: the net, the batch, and the data term there.
pub struct At<'a, N: Module, B> {
    /// The net.
    pub net: &'a N,
    /// The batch.
    pub batch: &'a B,
    /// The data term at this batch, tracked.
    pub data: &'a Tensor<N::Elem>,
    /// The data term and the penalties named before this one, tracked.
    pub total: &'a Tensor<N::Elem>,
    /// The data term as a function, for another evaluation (with another net or batch).
    pub data_term: &'a dyn Fn(&N, &B, &mut Mode) -> Tensor<N::Elem>,
    /// The mode for it: the same masks, no update of running statistics.
    pub mode: &'a mut Mode,
}

/// A term that is added to the data term.
pub trait Penalty<N: Module, B>: Send + Sync {
    /// Its name in reports.
    fn name(&self) -> &str;

    /// λ P at this place, one number, tracked.
    ///
    /// # Errors
    /// If it cannot be taken there.
    fn value(&self, at: At<'_, N, B>) -> Result<Tensor<N::Elem>, Error>;
}

//! The squared norm of the data term's gradient, by exact double backward.

use super::select::selectable;
use super::{At, Penalty, Select};
use crate::error::{Error, Kind};
use gradus_tensor::{Grad, Module, Tensor, sum_of_squares};

/// See [`gradient_norm_sq`].
#[derive(Clone, Debug)]
pub struct GradientNormSq {
    lambda: f64,
    select: Select,
    of_total: bool,
    of_images: bool,
}

/// λ ‖∇_w L(w)‖² of the data term L, over all free leaves that the optimiser moves; its gradient is 2λ H ∇L, exact.
///
/// The penalties do not count in L unless [`of_total`](GradientNormSq::of_total). On a mini-batch it is an estimate:
/// E‖∇L_B‖² = ‖∇L‖² + tr Cov(∇ℓᵢ)/B. Behind a batch norm it can fall by growth of W alone, since ∇L(cW) = ∇L(W)/c.
/// [`gradient_norm_sq_difference`](super::gradient_norm_sq_difference) is the cheaper, inexact form.
#[doc(alias = "gradient_penalty")]
pub fn gradient_norm_sq(lambda: f64) -> GradientNormSq {
    GradientNormSq { lambda, select: Select::All, of_total: false, of_images: false }
}

selectable!(GradientNormSq);

impl GradientNormSq {
    /// Differentiates the data term and the penalties named before this one.
    #[must_use]
    pub fn of_total(self) -> Self {
        GradientNormSq { of_total: true, ..self }
    }

    /// Takes the gradient at the image of a constrained weight instead of its free leaves: ‖∇_W L‖².
    #[must_use]
    pub fn of_images(self) -> Self {
        GradientNormSq { of_images: true, ..self }
    }
}

impl<N: Module, B> Penalty<N, B> for GradientNormSq {
    fn name(&self) -> &str {
        "gradient_norm_sq"
    }

    fn value(&self, at: At<'_, N, B>) -> Result<Tensor<N::Elem>, Error> {
        // The image that the data term used is the one that a parameter answers now: it is computed once a step.
        let who = "gradient_norm_sq";
        let of = if self.of_images { self.select.values(who, at.net)? } else { self.select.leaves(who, at.net)? };
        let value = if self.of_total { at.total } else { at.data };
        let gradient = Grad::of(value).wrt(&of).create_graph().allow_unused().run();
        let gradient = gradient.map_err(|e| Error::new(Kind::Gradient, format!("gradient_norm_sq: {e}")))?;
        Ok(sum_of_squares(&gradient) * self.lambda)
    }
}

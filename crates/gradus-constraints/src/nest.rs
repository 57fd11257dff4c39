//! A constraint behind the one that a weight has.

use crate::compose::Then;
use gradus_tensor::{Attached, Param, Parametrization, Real, Result};
use std::sync::Arc;

/// Puts `g` behind the present constraint f of a parameter: its value becomes g(f(y)), kept where it is such an image, else moved, and
/// the answer says how far. [`Param::constrain`] puts `g` in the place of f. Without a constraint both are the same.
///
/// ```
/// use gradus_constraints::{Interval, Symmetric, nest, tensor::{Attached, Param, Role, Tensor}};
/// let mut w = Param::new(&(Tensor::<f64>::eye(2) * 0.5 + 0.1), Role::Weight);
/// w.constrain(std::sync::Arc::new(Symmetric))?;
/// assert_eq!(nest(&mut w, Interval::new(0.0, 1.0))?, Attached::Kept);
/// # Ok::<(), gradus_constraints::tensor::Error>(())
/// ```
///
/// # Errors
/// If g's set has no members of this shape, or g takes several leaves.
#[doc(alias = "register_parametrization")]
pub fn nest<T: Real>(param: &mut Param<T>, g: impl Parametrization<T> + 'static) -> Result<Attached> {
    let g: Arc<dyn Parametrization<T>> = Arc::new(g);
    let set = match param.constraint() {
        Some(first) => Arc::new(Then::of(first.clone(), g)?) as Arc<dyn Parametrization<T>>,
        None => g,
    };
    param.constrain(set)
}

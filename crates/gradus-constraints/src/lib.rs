//! Constraints on weights: maps x = g(y) from free leaves onto a set, so that the weight stays inside whatever the optimiser does.
//!
//! ```
//! use gradus_constraints::{Positive, tensor::{Param, Parametrization, Role, Tensor}};
//! let mut w = Param::new(&Tensor::<f64>::full(&[2], 0.5), Role::Weight);
//! w.constrain(std::sync::Arc::new(Positive::softplus()))?;
//! assert!(Positive::softplus().defect(&w.value()) == 0.0);
//! # Ok::<(), gradus_constraints::tensor::Error>(())
//! ```
#![forbid(unsafe_code)]

mod positive;
mod stiefel;

pub use gradus_tensor as tensor;
pub use positive::Positive;
pub use stiefel::{Orthogonal, Stiefel};
pub use {ndarray, rand};

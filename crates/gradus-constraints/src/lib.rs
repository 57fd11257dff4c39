//! Constraints on weights: maps x = g(y) from free leaves onto a set, so that the weight stays inside whatever the optimiser does.
//!
//! Read `positive` for the pattern, `stiefel` for base points, `factored` for several leaves, `compose` for sets made of sets;
//! `manifold` has the sets to move on without free leaves. Every set is listed with its map in its own doc.
//!
//! ```
//! use gradus_constraints::{Positive, tensor::{Param, Parametrization, Role, Tensor}};
//! let mut w = Param::new(&Tensor::<f64>::full(&[2], 0.5), Role::Weight);
//! w.constrain(std::sync::Arc::new(Positive::softplus()))?;
//! assert!(Positive::softplus().defect(&w.value()) == 0.0);
//! # Ok::<(), gradus_constraints::tensor::Error>(())
//! ```
#![forbid(unsafe_code)]

mod compose;
mod definite;
mod factored;
mod half_line;
mod interval;
mod inverse;
pub mod manifold;
mod numbers;
mod ordered;
mod positive;
mod rebase;
mod simplex;
mod sphere;
mod start;
mod stiefel;
mod stuck;
mod symmetric;
mod weight_norm;

pub use compose::{AsMatrix, Product, Then};
pub use definite::{CholeskyFactor, Correlation, PositiveDefinite, PositiveSemidefinite};
pub use factored::{Factored, LowRank};
pub use gradus_tensor as tensor;
pub use half_line::HalfLine;
pub use interval::Interval;
pub use ordered::{Monotone, Ordered};
pub use positive::Positive;
pub use rebase::{Rebase, rebase};
pub use simplex::Simplex;
pub use sphere::{Ball, Sphere};
pub use start::{Started, start};
pub use stiefel::{Grassmann, Orthogonal, SpecialOrthogonal, Stiefel};
pub use stuck::{Stuck, stuck_leaves};
pub use symmetric::{Skew, Symmetric};
pub use weight_norm::WeightNorm;
pub use {ndarray, rand};

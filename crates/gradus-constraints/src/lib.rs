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
//!
//! # Where the maps differ from PyTorch's and geotorch's
//! Sets are the same, coordinates on them need not be. Weights carry over through [`right_inverse`](tensor::Parametrization), leaves do not.
//!
//! | set | here | there |
//! |---|---|---|
//! | symmetric, skew | (V ± Vᵀ)/2, both triangles | geotorch reads one triangle L: L ± Lᵀ |
//! | orthogonal, expm | square B e^(V − Vᵀ), thin e^(VBᵀ − BVᵀ) B with V as large as the weight | PyTorch and geotorch fill the base up to n x n |
//! | Cayley | (I − A/2)⁻¹(I + A/2) B, also for thin B | likewise; PyTorch has no thin case of its own |
//! | Householder | reflections along tril(V) and signs S | PyTorch's `householder` stores the vectors of LAPACK |
//! | low rank | U Vᵀ, free factors | geotorch U diag(s) Vᵀ with orthonormal U, V |
//! | fixed rank, invertible | singular values ln(1 + eʸ) | geotorch adds 10⁻⁶ |
//! | unit determinant | e^(y − mean y), either sign | geotorch takes softplus before the mean, det = 1 |
//! | almost orthogonal | 1 − r + 2r·σ(y) | geotorch `scaled_sigmoid`; its default is 1 + r·sin y |
//! | spectral norm | singular values below γ, exact | PyTorch divides by σ₁ of a power iteration: ‖X‖₂ ≈ 1 |
//! | (semi)definite | VVᵀ and LLᵀ | geotorch Q diag(λ) Qᵀ |
//! | sphere | r·y/‖y‖ | geotorch `SphereEmbedded`; its default is the exponential map |
#![forbid(unsafe_code)]

mod compose;
mod definite;
mod factored;
mod half_line;
mod interval;
pub mod manifold;
mod nest;
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
pub use nest::nest;
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

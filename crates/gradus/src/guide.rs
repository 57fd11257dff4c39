//! The guide, the house's README and this crate's, compiled and run as tests. Seen by `cargo test --doc` only.

#[doc = include_str!("../README.md")]
struct Readme;

#[doc = include_str!("../../../README.md")]
struct House;

#[doc = include_str!("../../../docs/risk.md")]
struct Risk;

#[doc = include_str!("../../../docs/descent.md")]
struct Descent;

#[doc = include_str!("../../../docs/regularisation.md")]
struct Regularisation;

#[doc = include_str!("../../../docs/dropout.md")]
struct Dropout;

#[doc = include_str!("../../../docs/gradient_penalty.md")]
struct GradientPenalty;

#[doc = include_str!("../../../docs/batch_norm.md")]
struct BatchNorm;

#[doc = include_str!("../../../docs/initialisation.md")]
struct Initialisation;

#[doc = include_str!("../../../docs/orthogonality.md")]
struct Orthogonality;

#[doc = include_str!("../../../docs/reparameterisation.md")]
struct Reparameterisation;

#[doc = include_str!("../../../docs/gaussian_regression.md")]
struct GaussianRegression;

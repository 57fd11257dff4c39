//! Objectives with exact penalties, optimisers as chains of small gradient transforms, schedules, and solvers.
//!
//! Read in this order: [`Objective`] is a data term with named [`penalty`] terms; [`optimiser`] steps any net along its
//! gradients through a chain of the parts in [`transform`], with a rate from [`schedule`]; [`solve`] goes to convergence.
//! [`Accumulator`], [`Average`] and [`Sam`] stand around a step.
//!
//! ```
//! use gradus_optim::{Adam, Objective, penalty};
//! use gradus_tensor::{Mode, Tensor, ndarray::array};
//! let objective = Objective::new(|w: &Tensor<f64>, x: &Tensor<f64>, _: &mut Mode| (w * x - 1.0).square().mean())
//!     .with(penalty::gradient_norm_sq(0.01));
//! let (mut w, x) = (Tensor::from(array![0.0, 0.0]).tracked(), Tensor::from(array![1.0, 2.0]));
//! let mut adam = Adam::new(0.1);
//! let grads = objective.evaluate(&w, &x, &mut Mode::eval())?.backward();
//! adam.step(&mut w, &grads);
//! # Ok::<(), gradus_optim::Error>(())
//! ```
#![forbid(unsafe_code)]

mod accumulate;
mod average;
pub mod constrained;
mod error;
mod objective;
pub mod optimiser;
pub mod penalty;
pub mod riemannian;
mod sam;
pub mod schedule;
pub mod solve;
pub mod transform;

pub use accumulate::Accumulator;
pub use average::Average;
pub use constrained::{AugmentedLagrangian, ConstrainedProblem};
pub use error::{Error, Kind};
pub use gradus_tensor;
pub use objective::{Evaluation, Objective};
pub use optimiser::{
    Adagrad, Adam, AdamW, Group, Lion, Muon, NonFinite, Optimise, Optimiser, RmsProp, Sgd, State, Stepped,
};
pub use sam::Sam;
pub use solve::{Armijo, GradientDescent, Lbfgs};
pub use {ndarray, rand};

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

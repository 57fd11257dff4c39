//! Tests of gradus-optim.

mod chain;
mod constrained;
mod estimates;
mod paths;
mod penalties;
mod riemannian;
mod sam;
mod schedules;
mod solvers;
mod step;
mod weight_norms;

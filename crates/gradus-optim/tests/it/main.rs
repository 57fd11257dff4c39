//! Tests of gradus-optim.

mod chain;
mod paths;
mod penalties;
mod schedules;
mod solvers;
mod step;
